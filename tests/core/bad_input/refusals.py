"""Exit code 2, one line on stderr, nothing printed, nothing left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from core.command_line.dispatch import dispatch
from core.command_line.window import WindowCommands

ROOT = Path(__file__).resolve().parents[3]


def open_nothing(**_options: Any) -> Any:
    """In place of the window."""
    raise AssertionError("the window was opened")


WINDOW = WindowCommands(open=open_nothing, benchmark=open_nothing, benchmark_trace=open_nothing)


def everything(folder: Path) -> dict[str, int]:
    """All files below a folder, and their sizes."""
    return {str(path): path.lstat().st_size for path in sorted(folder.rglob("*"))}


def one_line(errors: str) -> str:
    """What stderr holds, if that is one line that a person can use."""
    assert errors.count("\n") == 1, errors
    assert errors.startswith("psiscope"), errors
    assert ": " in errors.removeprefix("psiscope")
    assert "Traceback" not in errors
    return errors


def refusal(capfd: pytest.CaptureFixture[str], *words: str) -> str:
    """The line with which the command line refuses, having left nothing behind."""
    before = everything(Path.cwd())
    code = dispatch(words, WINDOW)
    printed, errors = capfd.readouterr()
    assert code == 2, errors
    assert printed == ""
    assert everything(Path.cwd()) == before
    return one_line(errors)


def process_refuses(words: tuple[str, ...], **variables: str) -> str:
    """The line with which a process of its own refuses, having left nothing behind."""
    before = everything(Path.cwd())
    done = subprocess.run(
        [sys.executable, str(ROOT / "main.py"), *words],
        env={name: value for name, value in (os.environ | variables).items() if value},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 2, (done.returncode, done.stderr)
    assert done.stdout == ""
    assert everything(Path.cwd()) == before
    return one_line(done.stderr)


def write_flat(path: Path, rows: int, state: int = 11, action: int = 3, **more: Any) -> None:
    """A data set in D4RL's layout."""
    ends = np.zeros(rows, bool)
    ends[9::10] = True
    columns = {
        "timeouts": ends,
        "observations": np.zeros((rows, state), np.float32),
        "actions": np.zeros((rows, action), np.float32),
        "rewards": np.zeros(rows, np.float32),
        "terminals": np.zeros(rows, bool),
    }
    with h5py.File(path, "w") as file:
        for name, column in (columns | more).items():
            if column is not None:
                file[name] = column
