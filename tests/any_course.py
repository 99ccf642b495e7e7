"""Random courses through the engine's protocol, with crashes at commits; shared by tests."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.commands import Breakpoint, Command
from core.engine import open_engine
from core.traces.archive import TraceWriter
from core.traces.reader import TraceReader
from core.traces.trace import Record
from tests.engine_served import FAST, Served
from tests.tiny_world import TINY

CONDITIONS = (
    "k == 1", "t == 2", "episode == 1 and t > 0", "objective_gain > 0", "action_change > 0.02",
    "gradient_norm > 1", "drift > 0.05 or trust_factor < 1", "milliseconds >= 0", "not finite",
)  # fmt: skip
EDITS: tuple[dict[str, Any], ...] = (
    {"ascent_steps": 1}, {"ascent_steps": 2}, {"ascent_steps": 3}, {"step_size": 0.2},
    {"step_size": 0.01}, {"trust_radius": 0.05}, {"trust_radius": None}, {"horizon": 1},
    {"horizon": 0}, {"particles": 2}, {"reset_mode": "step"}, {"reset_mode": "episode"},
    {"reset_mode": "never"}, {"optimizer": "gradient"}, {"optimizer": "adam"},
    {"controller": "frozen"}, {"controller": "adaptive"}, {"survival": "smooth"},
    {"step_rule": "action"}, {"horizon": -1}, {"nonsense": 1}, {"self": 1},
)  # fmt: skip


class Crash(Exception):
    """The process is gone."""


class FragileWriter:
    """Counts the commits of every trace, and crashes before or after some of them."""

    def __init__(self, patch: Any, crashes: Callable[[int], str]) -> None:
        self.commits, self.happened = 0, 0
        append = TraceWriter.append

        def fragile(writer: TraceWriter, *records: Record) -> int:
            self.commits += 1
            when = crashes(self.commits)
            self.happened += when in {"before", "after"}
            if when == "before":
                raise Crash
            seq = append(writer, *records)
            if when == "after":
                raise Crash
            return seq

        patch.setattr(TraceWriter, "append", fragile)


class AnyCourse:
    """A user at random, whose window sends again what was not acknowledged."""

    def __init__(self, trace: Path, checkpoints: tuple[Path, Path], seed: int) -> None:
        self.random, self.checkpoints = random.Random(seed), checkpoints
        self.served = Served(trace, checkpoints[0], TINY, seed % 5)
        self.sent: list[str] = []
        self.log: list[str] = []

    def play(self, commands: int) -> None:
        """So many commands, each at a random moment."""
        choices = [
            self._run, self._run, self._run, self._run, self._into, self._over, self._over,
            self._reject, self._reject, self._accept, self._redo, self._redo, self._edit,
            self._edit, self._edit, self._fork, self._fork, self._resume, self._resume,
            self._breakpoints, self._note, self._reset, self._pause,
        ]  # fmt: skip
        for _ in range(commands):
            self.random.choice(choices)()

    # What a user does.

    def _run(self) -> None:
        self._tell("run")
        self._work(self.random.randrange(1, 16))

    def _into(self) -> None:
        self._tell("step_into")
        self._work(10)

    def _over(self) -> None:
        self._tell(self.random.choice(["step_over", "step_out"]))
        self._work(10)

    def _reject(self) -> None:
        self._tell("reject", **self._maybe(k=self.random.randrange(4), at=self._address()))

    def _accept(self) -> None:
        self._tell("accept")
        self._work(10)

    def _redo(self) -> None:
        self._tell("redo", **self._maybe(k=self.random.randrange(4), settings=self._settings()))
        self._work(10)

    def _edit(self) -> None:
        self._tell("edit", settings=self._settings())

    def _fork(self) -> None:
        given = self._maybe(
            settings=self._settings(),
            seed=self.random.randrange(9),
            checkpoint=str(self.random.choice(self.checkpoints)),
        )
        self._tell("fork", at=self._address(), **given)

    def _resume(self) -> None:
        self._tell("resume", **self._maybe(at=self._address()))

    def _breakpoints(self) -> None:
        asked = tuple(
            Breakpoint(
                id=f"b{number}",
                condition=self.random.choice(CONDITIONS),
                enabled=self.random.random() < 0.8,
                log_only=self.random.random() < 0.3,
                ignore=self.random.choice([0, 0, 1, 3]),
            )
            for number in range(self.random.randrange(3))
        )
        self._tell("breakpoints", breakpoints=asked)

    def _note(self) -> None:
        self._tell("note", text="here", at=self._address())

    def _reset(self) -> None:
        self._tell("reset")

    def _pause(self) -> None:
        self._tell("pause")
        if self.random.random() < 0.3:
            self.log.append("restart")
            self.served.crash()

    def _settings(self) -> dict[str, Any]:
        return self.random.choice(EDITS)

    def _maybe(self, **given: Any) -> dict[str, Any]:
        return {name: v for name, v in given.items() if self.random.random() < 0.5}

    def _address(self) -> tuple[int, int, int, int]:
        """Mostly one that the trace holds."""
        with TraceReader(self.served.trace) as reader:
            columns = reader.columns("GradientUpdate", ["branch", "episode", "t", "k"])
        rows = list(zip(*list(columns.values())[1:], strict=True))
        if not rows or self.random.random() < 0.1:
            return (self.random.randrange(3), 0, self.random.randrange(9), 1)
        branch, episode, t, k = self.random.choice(rows[-40:])
        return int(branch), int(episode), int(t), int(k)

    # What the window and the machine do.

    def _tell(self, name: str, **given: Any) -> None:
        command = Command(id=f"c{len(self.sent)}", name=name, **given)
        self.sent.append(command.id)
        self.log.append(command.to_line())
        while True:
            try:
                said = self.served.send(command.to_line())
            except Crash:
                self._start_again()
                continue
            assert any(m.get("id") == command.id for m in said), said
            return

    def _work(self, most: int) -> None:
        for _ in range(most):
            if not self.served.engine.running:
                return
            try:
                self.served.engine.work()
            except Crash:
                self._start_again()

    def _start_again(self) -> None:
        """Nothing is closed properly: only what the system does for a dead process."""
        self.log.append("crash")
        writer = self.served.engine._writer
        writer._connection.close()
        os.close(writer._lock)
        served = self.served
        served.engine = open_engine(served.trace, "", FAST, 0, served._said, resume=True)
