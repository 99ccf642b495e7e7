"""A window that was started with SIGINT ignored stops its child processes all the same."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.bridge import repro_process, training_process
from app.bridge.interruptible import interruptible_children
from app.bridge.repro_process import ReproProcess
from core.checkpoints.training import TrainingRequest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGINT is of POSIX")

TELLS = """
import signal
print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
"""
WAITS = """
import pathlib, sys, threading
words = dict(word.partition("=")[::2] for word in sys.argv)
begun = pathlib.Path(words["--output"] + ".begun")
try:
    begun.touch()
    threading.Event().wait(200)
except KeyboardInterrupt:
    begun.write_text("stopped")
"""
"""Stands for main.py: writes what became of it beside its output."""


@pytest.fixture
def ignored() -> Iterator[None]:
    """As `nohup` and a script's `&` start a program."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In place of main.py."""
    path = tmp_path / "main.py"
    path.write_text(WAITS)
    monkeypatch.setattr(repro_process, "PROJECT_ROOT", tmp_path)
    monkeypatch.setattr(training_process, "PROGRAM", (sys.executable, str(path)))
    return path


def hears_interrupts() -> bool:
    """Whether a process that is started now does."""
    done = subprocess.run(
        [sys.executable, "-c", TELLS], capture_output=True, text=True, check=True
    )
    return done.stdout == "True\n"


def begun(output: Path) -> Callable[[], bool]:
    return output.with_name(f"{output.name}.begun").exists


def end_of(output: Path) -> str:
    return output.with_name(f"{output.name}.begun").read_text()


def test_children_hear_what_their_parent_ignores_and_it_goes_on_ignoring(ignored: None) -> None:
    assert not hears_interrupts()
    with interruptible_children():
        assert hears_interrupts()
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    assert not hears_interrupts()


def test_a_parent_that_hears_keeps_its_own_handler() -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with interruptible_children():
            assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_start_that_fails_leaves_it_ignored(ignored: None) -> None:
    with pytest.raises(OSError, match="no process"), interruptible_children():
        raise OSError("no process")
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_a_repro_that_is_given_up_ends(
    qtbot: QtBot, tmp_path: Path, program: Path, ignored: None
) -> None:
    output = tmp_path / "moment"
    process = ReproProcess()
    process.start(tmp_path / "t.trace", (0, 0, 0, 0), output)
    qtbot.waitUntil(begun(output))
    process.give_up()
    qtbot.waitUntil(lambda: not process.busy)
    assert end_of(output) == "stopped"


def test_a_training_that_is_stopped_before_it_has_begun_to_learn_ends(
    qtbot: QtBot, tmp_path: Path, program: Path, ignored: None
) -> None:
    output = tmp_path / "mine"
    request = TrainingRequest(task="hopper", dataset="d", recipe="cpu")
    process = training_process.start(request, output, resume=False)
    qtbot.waitUntil(begun(output))
    training_process.stop(process)
    qtbot.waitUntil(lambda: not training_process.exists(process))
    assert end_of(output) == "stopped"
