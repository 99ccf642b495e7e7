"""Starts and stops trainings: processes of their own, which outlive the window.

The window talks to none of them: each writes how far it is into its folder (core.checkpoints.
training), so that one that was started yesterday is watched like one of today.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from PyQt6.QtCore import QProcess

from app.bridge.engine_process import engine_environment
from app.bridge.interruptible import interruptible_children
from app.state.target import PROJECT_ROOT
from core.checkpoints.manifest import MANIFEST_FILE
from core.checkpoints.training import LOCK_FILE, TrainingRequest
from core.errors import InputError
from core.traces import lock

PROGRAM = (sys.executable, str(PROJECT_ROOT / "main.py"))
NICENESS = 15
"""Below window, scene and engine: an adaptation that runs live goes first."""
_LONGEST_LOG = 16_384


def start(request: TrainingRequest, output: Path, *, resume: bool) -> int:
    """Start a training, or go on with one; returns its process id.

    Raises InputError where the folder cannot be made or the process cannot be started.
    """
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{output.parent} cannot be created ({error.strerror})",
            "set PSISCOPE_CHECKPOINTS to a folder of yours",
        ) from error
    process = QProcess()
    process.setProgram(PROGRAM[0])
    process.setArguments([*PROGRAM[1:], *words(request, output, resume=resume)])
    process.setWorkingDirectory(str(PROJECT_ROOT))
    process.setProcessEnvironment(engine_environment())
    process.setStandardOutputFile(QProcess.nullDevice())
    process.setStandardErrorFile(str(log_of(output)))
    with interruptible_children():
        started, process_id = process.startDetached()
    if not started or not process_id:
        raise InputError("the training could not be started", "try again")
    if hasattr(os, "setpriority"):
        with suppress(OSError):
            own = os.getpriority(os.PRIO_PROCESS, 0)
            os.setpriority(os.PRIO_PROCESS, process_id, own + NICENESS)
    return int(process_id)


def words(request: TrainingRequest, output: Path, *, resume: bool) -> list[str]:
    """The command line after `main.py`."""
    given = ["train", request.task, f"--dataset={request.dataset}", f"--output={output}"]
    given += [f"--recipe={request.recipe}", f"--seed={request.seed}"]
    for flag in ("beta_actor", "beta_critic", "updates"):
        value = getattr(request, flag)
        if value is not None:
            given.append(f"--{flag.replace('_', '-')}={value}")
    return [*given, "--resume"] if resume else given


def stop(process: int) -> None:
    """As Ctrl+C: it keeps its state after the update under way."""
    number = signal.SIGINT if os.name == "posix" else signal.SIGTERM
    if process > 1:
        with suppress(OSError):
            os.kill(process, number)


def lives(folder: Path) -> bool:
    """Whether somebody works in a training folder."""
    try:
        return lock.is_taken(folder / LOCK_FILE)
    except OSError:
        return False


def exists(process: int) -> bool:
    """Whether a process that was started is still there; one that nobody buried is not."""
    with suppress(OSError, IndexError):
        stat = Path(f"/proc/{process}/stat").read_text(errors="replace")
        return stat.rpartition(")")[2].split()[0] not in "ZX"
    try:
        os.kill(process, 0)
    except OSError:
        return False
    return os.name == "posix"


def log_of(output: Path) -> Path:
    """Where a training writes what it has to complain of."""
    return output.with_name(f".{output.name}.log")


def remove_old_logs(folder: Path) -> None:
    """Those of trainings that have finished since."""
    with suppress(OSError):
        for log in folder.glob(".*.log"):
            if (folder / log.name[1 : -len(".log")] / MANIFEST_FILE).is_file():
                log.unlink(missing_ok=True)


def last_line(output: Path) -> str:
    """What it complained of last; empty where nothing is there."""
    with suppress(OSError), log_of(output).open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _LONGEST_LOG))
        lines = file.read().decode("utf-8", "replace").splitlines()
        told = [line.strip() for line in lines if line.strip()]
        return told[-1].removeprefix("psiscope train: ")[:500] if told else ""
    return ""
