"""Child processes that can be asked to stop as Ctrl+C asks, however the window was started."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interruptible_children() -> Iterator[None]:
    """Processes that are started meanwhile hear SIGINT, even where this one ignores it.

    Only for the main thread.
    """
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        yield
        return
    # `nohup` and a script's `&` start a program with SIGINT ignored, and exec hands that down;
    # of a signal with a handler it makes the default again.
    signal.signal(signal.SIGINT, _ignore)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _ignore(number: int, frame: FrameType | None) -> None:
    """This process goes on as it did."""
