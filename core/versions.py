"""Which versions made a result. Read from package metadata: nothing heavy is imported."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

PSISCOPE = "0.1.0"


def versions() -> dict[str, str]:
    """psiscope, python, torch, mujoco, gymnasium; empty where a package is not installed."""
    return {
        "psiscope": PSISCOPE,
        "python": platform.python_version(),
        **{name: _installed(name) for name in ("torch", "mujoco", "gymnasium")},
    }


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
