"""Which OpenGL MuJoCo draws with: tried in order, because asking the system is not reliable."""

from __future__ import annotations

import os
import sys
from typing import Any

from app.rendering.wire import Ready, Unavailable

OFF = {"disable", "disabled", "off", "false", "0"}


def candidates(wanted: str | None = None) -> list[str]:
    """Back ends to try, best first; `wanted` (MUJOCO_GL) goes before the others."""
    if wanted and wanted.lower() in OFF:
        return []
    known = {"linux": ["egl", "osmesa", "glfw"], "darwin": ["cgl", "glfw"]}.get(
        sys.platform, ["wgl", "glfw"]
    )
    first = [wanted.lower()] if wanted and wanted.lower() in known else []
    return first + [name for name in known if name not in first]


def open_context(backend: str) -> tuple[Any, Ready]:
    """A current GL context of that back end. Raises what the platform raises; see `refusal`.

    PyOpenGL binds to one platform for the life of a process: a second back end needs a new one.
    """
    os.environ["MUJOCO_GL"] = backend
    if backend in {"egl", "osmesa"}:
        os.environ["PYOPENGL_PLATFORM"] = backend
    from mujoco.gl_context import GLContext

    context = GLContext(64, 64)
    context.make_current()
    return context, Ready(backend=backend, renderer=_renderer_name())


def _renderer_name() -> str:
    from OpenGL import GL  # type: ignore[import-untyped]

    name = GL.glGetString(GL.GL_RENDERER)
    if not name:
        raise RuntimeError("the GL context has no renderer")
    return str(name.decode(errors="replace"))


def refusal(reasons: list[str]) -> Unavailable:
    """What to tell a person after every candidate failed."""
    if not reasons:
        return Unavailable(
            fact="3D is switched off by MUJOCO_GL", remedy="unset MUJOCO_GL and start again"
        )
    remedy = {
        "linux": "apt-get install libegl1 libegl-mesa0 libgl1-mesa-dri",
        "darwin": "log in to a desktop session",
    }.get(sys.platform, "install a graphics driver with OpenGL 1.5 or newer")
    return Unavailable(fact=f"no OpenGL here ({'; '.join(reasons)[:200]})", remedy=remedy)
