"""Twenty real kills while the debugger's commands are given: none is lost or applied twice."""

from __future__ import annotations

import json
import os
import queue
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.commands import Breakpoint, Command
from core.traces.reader import TraceReader
from core.traces.trace import BranchStarted, CommandApplied
from tests.engine_served import FAST, assert_verifies, records
from tests.runnable_checkpoint import write_runnable


class Killed:
    """An engine process, and what it says."""

    def __init__(self, trace: Path, folder: Path, *, resume: bool) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "core.engine", "--trace", str(trace),
             "--checkpoint", str(folder), "--settings", FAST.to_json(), "--seed", "3",
             *(["--resume"] if resume else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        self._said: queue.Queue[dict[str, Any]] = queue.Queue()
        self._reader = threading.Thread(target=self._listen)
        self._reader.start()
        assert self._said.get()["event"] == "ready"

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for text in self.process.stdout:
            self._said.put(json.loads(text))

    def send(self, command: Command) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(command.to_line() + "\n")
        self.process.stdin.flush()

    def acknowledged(self) -> set[str]:
        """Ids that it has acknowledged by now."""
        found = set()
        while not self._said.empty():
            message = self._said.get()
            if message["event"] == "applied":
                found.add(message["id"])
        return found

    def kill(self) -> None:
        """No chance to close anything."""
        self.process.send_signal(signal.SIGKILL)
        self.end()

    def end(self) -> None:
        """Close its input; wait for what it still does."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait()
        self._reader.join()
        self.process.stdout.close()


def asked_for(course: random.Random, trace: Path) -> Iterator[Command]:
    """Commands of every kind, with ids of their own; addresses that the trace holds."""
    number = 0
    while True:
        with TraceReader(trace) as reader:
            rows = reader.columns("GradientUpdate", ["branch", "episode", "t", "k"])
        found = list(zip(*list(rows.values())[1:], strict=True))
        at = tuple(int(n) for n in course.choice(found)) if found else (0, 0, 0, 0)
        name = course.choice(
            ["run", "run", "run", "edit", "reject", "redo", "accept", "fork", "resume",
             "breakpoints", "step_into", "step_over", "note"]
        )  # fmt: skip
        given: dict[str, Any] = {}
        if name in {"fork", "resume", "note"}:
            given["at"] = at
        if name in {"edit", "fork", "redo"}:
            given["settings"] = {"delta": course.choice([0.02, 0.05, 0.1])}
        if name == "breakpoints":
            given["breakpoints"] = (Breakpoint(id="b", condition="t % 5 == 3"),)
        number += 1
        yield Command(id=f"k{number}", name=name, **given)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_twenty_kills_lose_no_command_and_apply_none_twice(tmp_path: Path) -> None:
    trace, course = tmp_path / "run.trace", random.Random(1)
    folder = write_runnable(tmp_path / "tiny")
    engine = Killed(trace, folder, resume=False)
    commands = asked_for(course, trace)
    sent: list[Command] = []
    waiting: list[Command] = []
    committed: list[bytes] = []
    for _ in range(20):
        for command in waiting:
            engine.send(command)
        for _ in range(course.randrange(3, 9)):
            sent.append(next(commands))
            waiting.append(sent[-1])
            engine.send(sent[-1])
        wanted = len(committed) + course.randrange(1, 60)
        for _ in range(course.randrange(1, 400)):
            with TraceReader(trace) as reader:
                if reader.last_seq() >= wanted:
                    break
        engine.kill()
        done = engine.acknowledged()
        waiting = [command for command in waiting if command.id not in done]
        with TraceReader(trace) as reader:
            digests = [reader.digest(seq) for seq in range(1, reader.last_seq() + 1)]
        assert digests[: len(committed)] == committed
        committed = digests
        engine = Killed(trace, folder, resume=True)
    for command in waiting:
        engine.send(command)
    engine.end()
    found = records(trace)
    told = [r.command_id for r in found if isinstance(r, CommandApplied)]
    assert [name for name in told if "/" not in name] == [command.id for command in sent]
    assert sum(isinstance(r, BranchStarted) for r in found) > 5
    assert_verifies(trace)
