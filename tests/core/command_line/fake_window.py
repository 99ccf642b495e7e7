"""A window that only notes what it is asked for."""

from __future__ import annotations

from typing import Any

from core.command_line.dispatch import dispatch
from core.command_line.window import WindowCommands

SMALL = ("--horizon", "2", "--particles", "2", "--denoising-levels", "2")
"""Settings that make an environment step cheap."""


class FakeWindow:
    """Notes what it is asked for."""

    def __init__(self, failure: BaseException | None = None) -> None:
        self.asked: dict[str, Any] = {}
        self.failure = failure

    def open(self, **options: Any) -> int:
        self.asked = options
        if self.failure is not None:
            raise self.failure
        return 0

    def benchmark(self, **options: Any) -> dict[str, Any]:
        self.asked = options
        return {"frames_per_second": 30.0, "stall_ms": {"p99": 12.0}}

    def commands(self) -> WindowCommands:
        return WindowCommands(open=self.open, benchmark=self.benchmark)


def command_line(*words: object, window: FakeWindow | None = None) -> int:
    """Run a command line in this process; returns the exit code."""
    return dispatch([str(word) for word in words], (window or FakeWindow()).commands())
