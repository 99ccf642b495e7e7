"""A core of its own for the engine, the others for the window and the scene.

Three busy processes that wander over two cores cool each other's caches: the engine made 21
environment steps a second, and 31 with a core of its own (docs/decisions/0009).
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


class CoreShare:
    """Divides the cores this process has. Does nothing where the system knows no affinity."""

    def __init__(self) -> None:
        able = hasattr(os, "sched_getaffinity")
        self._cores = sorted(os.sched_getaffinity(0)) if able else []

    def share(self, engine: int | None, others: Iterable[int | None]) -> None:
        """Process ids: the engine gets the last core while it lives, the others the rest."""
        if len(self._cores) < 2:
            return
        everything = set(self._cores)
        own = {self._cores[-1]}
        if engine:
            _place(engine, own)
        for process in others:
            if process:
                _place(process, everything - own if engine else everything)


def _place(process: int, cores: set[int]) -> None:
    """Every thread of a process; one that ends meanwhile needs no place."""
    with suppress(OSError):
        for thread in Path(f"/proc/{process}/task").iterdir():
            with suppress(OSError):
                os.sched_setaffinity(int(thread.name), cores)
