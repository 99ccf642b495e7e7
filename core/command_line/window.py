"""What only the window can do. main.py gives it, for core does not know the window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowCommands:
    """Functions that import the window when called."""

    open: Callable[..., int]
    """Opens the window; returns the exit code."""
    benchmark: Callable[..., dict[str, Any]]
    """Measures the window; returns figures for JSON."""
    benchmark_trace: Callable[[Path], dict[str, Any]]
    """Measures how a trace is opened, searched and shown; returns figures for JSON."""
