"""The display that Qt gets, and the OpenGL that MuJoCo draws with: both tried for real."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping

from core.doctor.check import Check
from core.doctor.installed import SET_UP
from core.doctor.probe import Attempt, attempt

Try = Callable[[str, Mapping[str, str]], Attempt]

_OFF = {"disable", "disabled", "off", "false", "0"}
_BACK_ENDS = {"linux": ("egl", "osmesa", "glfw"), "darwin": ("cgl", "glfw")}
_INSTALL_GL = "sudo apt-get install -y libegl1 libegl-mesa0 libgl1-mesa-dri"

_OPEN_DISPLAY = """
from PyQt6.QtGui import QGuiApplication
application = QGuiApplication(["psiscope"])
size = application.primaryScreen().size()
print(f"Qt platform {application.platformName()}, screen {size.width()} x {size.height()}")
"""

_DRAW_FRAMES = """
import time
import mujoco
begun = time.perf_counter()
world = "<light pos='0 0 3'/><geom type='box' size='.1 .1 .1'/>"
model = mujoco.MjModel.from_xml_string(f"<mujoco><worldbody>{world}</worldbody></mujoco>")
data = mujoco.MjData(model)
renderer = mujoco.Renderer(model, 240, 320)
mujoco.mj_forward(model, data)
renderer.update_scene(data)
assert renderer.render().any(), "the frame is black"
ready = time.perf_counter()
renderer.render()
frame = time.perf_counter()
from OpenGL import GL
name = GL.glGetString(GL.GL_RENDERER).decode(errors="replace")
print(f"{name}; ready in {ready - begun:.1f} s, 320 x 240 in {1e3 * (frame - ready):.0f} ms")
"""


def check_display(
    environment: Mapping[str, str] = os.environ, run: Try = attempt, system: str = sys.platform
) -> Check:
    """Qt opens here; without a display it must at least draw offscreen."""
    named = any(environment.get(n) for n in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
    headless = system.startswith("linux") and not named
    tried = {**environment, "QT_QPA_PLATFORM": "offscreen"} if headless else environment
    outcome = run(_OPEN_DISPLAY, tried)
    if not outcome.worked:
        broken = environment.get("DISPLAY") and not environment.get("QT_QPA_PLATFORM")
        return Check(
            name="display",
            state="missing",
            fact=f"Qt cannot start ({outcome.said})",
            remedy="export DISPLAY=:0" if broken else SET_UP,
        )
    if headless:
        return Check(
            name="display",
            state="slow",
            fact=f"no display; {outcome.said} works: pictures and films, no window",
            remedy="python main.py gui --offscreen --output runs/first-light",
        )
    return Check(name="display", state="ok", fact=outcome.said)


def check_gl(
    environment: Mapping[str, str] = os.environ, run: Try = attempt, system: str = sys.platform
) -> Check:
    """MuJoCo draws a frame; the back end named by MUJOCO_GL is tried first."""
    wanted = environment.get("MUJOCO_GL", "").lower()
    if wanted in _OFF:
        return Check(
            name="gl",
            state="slow",
            fact=f"3D is switched off by MUJOCO_GL={wanted}",
            remedy="unset MUJOCO_GL",
        )
    known = _BACK_ENDS.get(system, ("wgl", "glfw"))
    first = (wanted,) if wanted else ()
    reasons: list[str] = []
    for name in first + tuple(n for n in known if n != wanted):
        outcome = run(_DRAW_FRAMES, {**_without_platform(environment), "MUJOCO_GL": name})
        if outcome.worked:
            return _drawn(name, wanted, outcome.said, reasons)
        reasons.append(f"{name}: {outcome.said}")
    fact = f"no OpenGL for MuJoCo ({'; '.join(reasons)})"
    return Check(name="gl", state="missing", fact=fact, remedy=_INSTALL_GL)


def _drawn(name: str, wanted: str, said: str, reasons: list[str]) -> Check:
    fact = f"{name}: {said}"
    if wanted and name != wanted:
        fact = f"MUJOCO_GL={wanted} does not work ({reasons[0]}); {fact}"
        return Check(name="gl", state="slow", fact=fact, remedy=f"export MUJOCO_GL={name}")
    return Check(name="gl", state="ok", fact=fact)


def _without_platform(environment: Mapping[str, str]) -> dict[str, str]:
    return {key: text for key, text in environment.items() if key != "PYOPENGL_PLATFORM"}
