"""An engine in this process, behind its protocol."""

from __future__ import annotations

import io
import json
import queue
from pathlib import Path
from typing import Any, TextIO

from core.commands import Command
from core.engine import open_engine
from core.session.replay import recompute
from core.session.shelf import Shelf
from core.settings import Settings
from core.traces.reader import TraceReader
from core.traces.trace import Record
from core.traces.verify import check_integrity, compare_records
from core.trust import UNTRUSTED, Trust

FAST = Settings(horizon=1, particles=2, denoising_levels=1)


class Said(io.StringIO, TextIO):
    """What an engine says, kept in memory."""


class Served:
    """Send lines, let it serve until its input closes, then let it work."""

    def __init__(
        self,
        trace: Path,
        checkpoint: Path | str = "",
        settings: Settings = FAST,
        seed: int = 3,
        *,
        resume: bool = False,
        trust: Trust = UNTRUSTED,
    ) -> None:
        self.trace, self._said = trace, Said()
        self.engine = open_engine(
            trace, str(checkpoint), settings, seed, self._said, resume=resume, trust=trust
        )

    def send(self, *lines: str) -> list[dict[str, Any]]:
        """What it answers to these lines, given at once, up to the end of its input."""
        waiting: queue.Queue[str | None] = queue.Queue()
        for line in (*lines, None):
            waiting.put(line)
        before = len(self._said.getvalue())
        self.engine.serve(waiting)
        return [json.loads(line) for line in self._said.getvalue()[before:].splitlines()]

    def said(self) -> list[dict[str, Any]]:
        """All that it has said so far."""
        return [json.loads(line) for line in self._said.getvalue().splitlines()]

    def obey(self, name: str, **given: Any) -> dict[str, Any]:
        """Give one command, work until it pauses; the acknowledgement."""
        identity = given.pop("id", f"{name}-{self.last_seq}")
        said = self.send(Command(id=identity, name=name, **given).to_line())
        self.work_until_paused()
        (applied,) = [m for m in said if (m["event"], m.get("id")) == ("applied", identity)]
        return applied

    def work_until_paused(self) -> None:
        """As the engine does by itself while no command comes."""
        for _ in range(1000):
            if not self.engine.running:
                return
            self.engine.work()
        raise AssertionError("it runs on and on")

    def run(self, records: int) -> None:
        """Run for some records, then pause."""
        self.send(Command(id=f"run-{self.last_seq}", name="run").to_line())
        for _ in range(records):
            self.engine.work()
        self.obey("pause")

    @property
    def last_seq(self) -> int:
        """seq of the last committed record."""
        with TraceReader(self.trace) as reader:
            return reader.last_seq()

    def records(self) -> list[Record]:
        """Everything committed so far."""
        return records(self.trace)

    def crash(self) -> None:
        """The process ends, and another goes on with the trace."""
        self.close()
        self.engine = open_engine(self.trace, "", FAST, 0, self._said, resume=True)

    def close(self) -> None:
        """As at the end of its input."""
        self.engine.close()


def line(identity: str, name: str, **settings: Any) -> str:
    """A command with settings as the window sends it."""
    return Command(id=identity, name=name, settings=settings).to_line()


def records(trace: Path) -> list[Record]:
    """All records of a trace."""
    with TraceReader(trace) as reader:
        return list(reader.records())


def assert_verifies(trace: Path) -> int:
    """The trace holds to its digests and to its recomputation; the count of its records."""
    with TraceReader(trace) as reader:
        assert check_integrity(reader) is None
        count = 0
        for seq, stored, again in recompute(reader, Shelf()):
            difference = compare_records(stored, again, seq)
            assert difference is None, difference
            count += 1
        assert count == reader.last_seq()
        return count
