"""System calls that fail while a file or folder is written."""

from __future__ import annotations

import errno
import os
from typing import Any

import pytest

from core.checkpoints import disk

CALLS: dict[str, Any] = {"fsync": os, "replace": os, "_write": disk}
"""What may fail while a checkpoint is written -> where it is looked up."""


def break_call(monkeypatch: pytest.MonkeyPatch, name: str, number: int) -> None:
    """Let a call fail for want of space, the number-th time it is made."""
    real, calls = getattr(CALLS[name], name), iter(range(100))

    def failing(*arguments: object) -> object:
        if next(calls) == number:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(*arguments)

    monkeypatch.setattr(CALLS[name], name, failing)
