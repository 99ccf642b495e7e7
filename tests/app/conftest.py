"""What every test of the window shares."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def imported_for_good() -> None:
    """What is there before the first test is never looked through again: it stays."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def garbage_waits() -> Iterator[None]:
    """A view that a test has dropped is not destroyed in the middle of its own painting."""
    gc.disable()
    yield
    gc.enable()
    gc.collect()
