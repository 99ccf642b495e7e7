"""A test double of the engine: the same protocol and a real trace, synthetic records, no torch.

python -m tests.app.fake_engine --trace FILE --checkpoint DIR [--resume] [--steps N] ...
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import queue
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from core.commands import Command, parse_command
from core.settings import Settings
from core.traces.archive import TraceReader, TraceWriter
from core.traces.trace import (
    CommandApplied,
    EnvironmentStep,
    GradientUpdate,
    Proposal,
    Record,
)
from tests.records import episode_records, make_run_started

UNTIL: dict[str, tuple[type[Record], ...]] = {
    "run": (),
    "step_over": (EnvironmentStep,),
    "step_out": (EnvironmentStep,),
    "step_into": (GradientUpdate, Proposal),
}


class FakeEngine:
    """Writes synthetic episodes of `length` steps, one record every `pause` seconds."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.settings = Settings.from_json(options.settings)
        made = records_made(options.trace) if options.resume else 0
        started = make_run_started(settings=self.settings.to_json(), checkpoint="fake")
        self.writer = (
            TraceWriter.open(options.trace)
            if options.resume
            else TraceWriter.create(options.trace, started)
        )
        self.records = self._make()
        self.address = (0, 0, 0)
        for _ in range(made):
            next(self.records)
        self.running = False
        self.until = UNTIL["run"]
        self.lines: queue.Queue[str | None] = queue.Queue()

    def serve(self) -> int:
        threading.Thread(target=self._read, daemon=True).start()
        say(event="ready", trace=str(self.options.trace), seq=self.writer.last_seq)
        say(event="state", state="paused")
        while True:
            try:
                line = self.lines.get(timeout=self.options.pause if self.running else None)
            except queue.Empty:
                self._work()
                continue
            if line is None or not self._take(line):
                self.writer.close()
                return 0

    def _work(self) -> None:
        record = next(self.records)
        if isinstance(record, GradientUpdate | Proposal | EnvironmentStep):
            record = dataclasses.replace(record, committed_at=time.time())
        self.writer.append(record)
        if isinstance(record, GradientUpdate | EnvironmentStep):
            k = record.k + 1 if isinstance(record, GradientUpdate) else 0
            t = record.t + isinstance(record, EnvironmentStep)
            self.address = (record.episode, t, k)
        if isinstance(record, EnvironmentStep) and record.t == self.options.full_at:
            say(event="failed", line="the disk is full: free some space, then run again")
            self._set_running(running=False)
        if isinstance(record, EnvironmentStep) and record.t == self.options.die_at:
            sys.stderr.write("made up: the fake engine was told to die\n")
            sys.stderr.flush()
            sys.exit(3)
        if isinstance(record, self.until) and not getattr(record, "last", False):
            self._set_running(running=False)

    def _take(self, line: str) -> bool:
        command = parse_command(line)
        known = self.writer.command_seq(command.id)
        if known is not None:
            say(
                event="applied",
                id=command.id,
                accepted=True,
                effect="applied before",
                seq=known,
            )
            return True
        accepted, effect = self._apply(command)
        episode, t, k = self.address
        seq = self.writer.append(
            CommandApplied(
                branch=0, episode=episode, t=t, k=k, command_id=command.id,
                command=line, effect=effect, accepted=accepted,
            )
        )  # fmt: skip
        say(event="applied", id=command.id, accepted=accepted, effect=effect, seq=seq)
        if command.name in UNTIL:
            self.until = UNTIL[command.name]
            self._set_running(running=True)
        elif command.name == "pause":
            self._set_running(running=False)
        return command.name != "stop"

    def _apply(self, command: Command) -> tuple[bool, str]:
        if command.name == "edit" and self.options.refuse_edits:
            return False, "the fake engine refuses every edit"
        if command.name == "edit":
            self.settings = self.settings.replace(**command.settings)
        return True, command.name

    def _set_running(self, *, running: bool) -> None:
        self.running = running
        say(event="state", state="running" if running else "paused")

    def _make(self) -> Iterator[Record]:
        rng = np.random.default_rng(0)
        for episode in range(1000):
            yield from episode_records(rng, episode, self.options.length)

    def _read(self) -> None:
        for line in sys.stdin:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)


def records_made(trace: Path) -> int:
    """Records of the synthetic run in the trace: all but the first and the commands."""
    with TraceReader(trace) as reader:
        kinds = [reader.kind(seq) for seq in range(2, reader.last_seq() + 1)]
    return len(kinds) - kinds.count("CommandApplied")


def say(**event: Any) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--trace", type=Path, required=True)
    parser.add_argument("--checkpoint", default="")
    parser.add_argument("--settings", default="{}")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--length", type=int, default=200)
    parser.add_argument("--pause", type=float, default=0.002)
    parser.add_argument("--die-at", type=int, default=-1)
    parser.add_argument("--full-at", type=int, default=-1)
    parser.add_argument("--refuse-edits", action="store_true")
    return FakeEngine(parser.parse_args()).serve()


if __name__ == "__main__":
    sys.exit(main())
