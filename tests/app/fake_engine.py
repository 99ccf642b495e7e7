"""A test double of the engine: the same protocol and a real trace, synthetic records, no torch.

python -m tests.app.fake_engine --trace FILE --checkpoint DIR [--resume] [--length N] ...
"""

from __future__ import annotations

import argparse
import json
import queue
import sys
import threading
from pathlib import Path
from typing import Any

from core.commands import At, Command, parse_command
from core.errors import InputError
from core.session.breakpoints import Watch
from core.settings import Settings
from core.traces.archive import TraceReader, TraceWriter
from core.traces.trace import (
    CommandApplied,
    EnvironmentStep,
    GradientUpdate,
    Proposal,
    Record,
)
from tests.app.fake_session import FakeSession
from tests.records import make_run_started

UNTIL: dict[str, tuple[type[Record], ...]] = {
    "run": (),
    "step_over": (EnvironmentStep,),
    "step_out": (EnvironmentStep,),
    "step_into": (GradientUpdate, Proposal),
    "accept": (EnvironmentStep,),
    "redo": (Proposal,),
}
STAYS = ("pause", "stop", "reject", "fork", "resume")


class FakeEngine:
    """Writes synthetic episodes of `length` steps, one record every `pause` seconds."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        started = make_run_started(
            settings=Settings.from_json(options.settings).to_json(), checkpoint="fake"
        )
        self.writer = (
            TraceWriter.open(options.trace)
            if options.resume
            else TraceWriter.create(options.trace, started)
        )
        with TraceReader(options.trace) as reader:
            settings = Settings.from_json(reader.started().settings)
            self.watch = Watch.from_trace(reader)
        self.session = FakeSession(settings, options.length)
        if options.resume:
            self.session.go_to_head(options.trace)
        self.running = False
        self.until = UNTIL["run"]
        self.seen_k: int | None = None
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
        record = self.session.next_record()
        hits = self.watch.check(record)
        self.writer.append(record, *hits)
        if isinstance(record, EnvironmentStep) and record.t == self.options.full_at:
            say(event="failed", line="the disk is full: free some space, then run again")
            self._set_running(running=False)
        if isinstance(record, EnvironmentStep) and record.t == self.options.die_at:
            sys.stderr.write("made up: the fake engine was told to die\n")
            sys.stderr.flush()
            sys.exit(3)
        if any(hit.paused for hit in hits) or self._is_done(record):
            self._set_running(running=False)

    def _is_done(self, record: Record) -> bool:
        if not isinstance(record, self.until):
            return False
        again = isinstance(record, GradientUpdate) and record.k == self.seen_k
        self.seen_k = None
        return not again and not getattr(record, "last", False)

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
        session = self.session
        address = {
            "branch": session.branch, "episode": session.episode, "t": session.t,
            "k": len(session.made),
        }  # fmt: skip
        self.seen_k = session.k if session.fresh else None
        begun: tuple[Record, ...] = ()
        effect, accepted = str(command.name), True
        try:
            begun = self._apply(command)
        except InputError as error:
            effect, accepted = error.fact, False
        applied = CommandApplied(
            command_id=command.id, command=line, effect=effect, accepted=accepted, **address
        )
        seq = self.writer.append(applied, *begun) - len(begun)
        say(event="applied", id=command.id, accepted=accepted, effect=effect, seq=seq)
        if accepted and command.name in UNTIL:
            self.until = UNTIL[command.name]
            self._set_running(running=True)
        elif accepted and command.name in STAYS:
            self._set_running(running=False)
        return command.name != "stop"

    def _apply(self, command: Command) -> tuple[Record, ...]:
        """The branch that begins, if one does."""
        if command.name == "edit" and self.options.refuse_edits:
            raise InputError("the fake engine refuses every edit", "use another")
        if command.name == "edit":
            self.session.pending = self.session.pending.replace(**command.settings)
        elif command.name == "reset":
            self.session.abandon()
        elif command.name == "breakpoints":
            self.watch.set(command.breakpoints)
        at = self._departure(command)
        if at is None:
            return ()
        with TraceReader(self.options.trace) as reader:
            number = len(reader.branches())
            return (self.session.branch_off(command, at, number, reader),)

    def _departure(self, command: Command) -> At | None:
        session = self.session
        here = (session.branch, session.episode, session.t)
        match command.name:
            case "fork" | "resume":
                return command.at or (*here, len(session.made))
            case "reject" if command.at is not None:
                return command.at
            case "reject":
                k = session.k - 1 if command.k is None else command.k
                if not 0 <= k < session.k:
                    raise InputError(f"k = {k} is not before k = {session.k}", "name another")
                return (*here, k)
            case "accept":
                session.accept()
                last = bool(session.made) and session.made[-1].last
                return None if session.fresh or last else (*here, session.k)
            case "redo":
                return session.redo(command)
        return None

    def _set_running(self, *, running: bool) -> None:
        self.running = running
        say(event="state", state="running" if running else "paused")

    def _read(self) -> None:
        for line in sys.stdin:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)


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
    parser.add_argument("--length", type=int, default=100_000)
    parser.add_argument("--pause", type=float, default=0.002)
    parser.add_argument("--die-at", type=int, default=-1)
    parser.add_argument("--full-at", type=int, default=-1)
    parser.add_argument("--refuse-edits", action="store_true")
    return FakeEngine(parser.parse_args()).serve()


if __name__ == "__main__":
    sys.exit(main())
