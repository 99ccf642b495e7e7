"""How long a test of the window waits for what must come: on a fast machine never so long."""

from __future__ import annotations

from typing import Any

from pytestqt.qtbot import QtBot

PATIENCE_MS = 100_000
"""Shorter than the time limit of a test, so that what was waited for in vain is named."""


class PatientBot(QtBot):
    """A wait ends when it is over, so a long limit costs nothing where all is well."""

    def waitUntil(self, callback: Any, *, timeout: int = 0) -> None:
        """Until the callback is true, or no longer raises AssertionError."""
        super().waitUntil(callback, timeout=max(timeout, PATIENCE_MS))

    def waitSignal(
        self, signal: Any, *, timeout: int = 0, raising: bool = True, **options: Any
    ) -> Any:
        """Until the signal comes, inside a `with`; where it may stay away, so long as asked."""
        limit = max(timeout, PATIENCE_MS) if raising else timeout
        return super().waitSignal(signal, timeout=limit, raising=raising, **options)

    def waitSignals(self, signals: Any, *, timeout: int = 0, **options: Any) -> Any:
        """Until all of them have come, inside a `with`."""
        return super().waitSignals(signals, timeout=max(timeout, PATIENCE_MS), **options)

    def waitExposed(self, widget: Any, *, timeout: int = 0) -> Any:
        """Until the widget is on the screen, inside a `with`."""
        return super().waitExposed(widget, timeout=max(timeout, PATIENCE_MS))
