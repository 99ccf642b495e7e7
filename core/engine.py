"""The engine process, `python -m core.engine`: commands in (core/commands.py), trace out.

It alone owns the session and writes the trace. It ends when its standard input closes.
"""

from __future__ import annotations

import argparse
import json
import queue
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from core.checkpoints.checkpoint import load
from core.commands import LONGEST_LINE, Command, parse_command
from core.errors import InputError, PsiscopeError
from core.session.replay import checkpoint_of, go_on
from core.session.session import Session
from core.settings import Settings
from core.traces.archive import TraceWriter
from core.traces.connection import TraceFull
from core.traces.reader import TraceReader
from core.traces.trace import EnvironmentStep, EpisodeEnded, GradientUpdate, Record

_UNTIL: dict[str, tuple[type[Record], ...]] = {
    "run": (),
    "step_over": (EnvironmentStep, EpisodeEnded),
    "step_out": (EnvironmentStep, EpisodeEnded),
    "step_into": (GradientUpdate, EpisodeEnded),
}
"""The records after which each command pauses."""


class Engine:
    """A session, its trace, and whether it runs."""

    def __init__(self, session: Session, writer: TraceWriter, output: TextIO) -> None:
        self._session, self._writer, self._output = session, writer, output
        self.running = False
        self._until = _UNTIL["run"]
        self._unwritten: Record | None = None

    def serve(self, lines: queue.Queue[str | None]) -> None:
        """Follow commands until None (standard input closed) or `stop`."""
        self._say(event="ready", seq=self._writer.last_seq)
        self._say_state()
        while True:
            try:
                line = lines.get(block=not self.running)
            except queue.Empty:
                self.work()
                continue
            if line is None or not self._take(line):
                return

    def work(self) -> None:
        """Compute and commit one record. A full disk pauses; the record waits, not lost."""
        record = self._unwritten or self._session.advance()
        self._unwritten = record
        try:
            self._writer.append(record)
        except TraceFull as error:
            self._say(event="failed", line=str(error))
            self._set_running(running=False)
            return
        self._unwritten = None
        if isinstance(record, self._until):
            self._set_running(running=False)

    def _take(self, line: str) -> bool:
        """Apply one command; False for stop. An id applied before is only acknowledged.

        Whether the session runs is not in the trace, so `run` sent again after a crash obeys.
        """
        try:
            command = parse_command(line)
        except InputError as error:
            self._say(event="failed", line=str(error))
            return True
        seq = self._writer.command_seq(command.id)
        if seq is not None:
            self._say(
                event="applied", id=command.id, accepted=True, effect="applied before", seq=seq
            )
            if command.name == "run":
                self._obey(command)
            return True
        if self._unwritten is not None and not self._flush():
            return True
        applied = self._session.apply(command)
        try:
            seq = self._writer.append(applied)
        except TraceFull as error:
            self._unwritten = applied
            self._say(event="failed", line=str(error))
            self._set_running(running=False)
            return True
        self._say(
            event="applied",
            id=command.id,
            accepted=applied.accepted,
            effect=applied.effect,
            seq=seq,
        )
        self._obey(command)
        return command.name != "stop"

    def _flush(self) -> bool:
        """Try again to commit the record that a full disk refused."""
        self.work()
        return self._unwritten is None

    def _obey(self, command: Command) -> None:
        if command.name in _UNTIL:
            self._until = _UNTIL[command.name]
            self._set_running(running=True)
        elif command.name in ("pause", "stop"):
            self._set_running(running=False)

    def _set_running(self, *, running: bool) -> None:
        if running != self.running:
            self.running = running
            self._say_state()

    def _say_state(self) -> None:
        self._say(event="state", state="running" if self.running else "paused")

    def _say(self, **message: Any) -> None:
        self._output.write(json.dumps(message) + "\n")
        self._output.flush()


def open_session(
    trace: Path, checkpoint: str, settings: Settings, seed: int, *, resume: bool
) -> tuple[Session, TraceWriter]:
    """A new run, or with resume the one in the trace as it stood after its last record."""
    if resume:
        reader = TraceReader(trace)
        try:
            session = go_on(reader, checkpoint_of(reader.started()))
        finally:
            reader.close()
        return session, TraceWriter.open(trace)
    session = Session(load(checkpoint), settings, seed=seed)
    return session, TraceWriter.create(trace, session.started())


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the commands on standard input. Exit code 2 with one line where it cannot start."""
    parser = argparse.ArgumentParser(prog="python -m core.engine", description=__doc__)
    parser.add_argument("--trace", type=Path, required=True)
    parser.add_argument("--checkpoint", default="")
    parser.add_argument("--settings", default="{}", help="core.settings.Settings as JSON")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", action="store_true")

    options = parser.parse_args(arguments)
    try:
        session, writer = open_session(
            options.trace,
            options.checkpoint,
            Settings.from_json(options.settings),
            options.seed,
            resume=options.resume,
        )
    except PsiscopeError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    lines: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=_read_lines, args=(sys.stdin, lines), daemon=True).start()
    engine = Engine(session, writer, sys.stdout)
    try:
        engine.serve(lines)
    except (KeyboardInterrupt, BrokenPipeError):
        return 130
    finally:
        writer.close()
    return 0


def _read_lines(source: TextIO, lines: queue.Queue[str | None]) -> None:
    while line := source.readline(LONGEST_LINE + 2):
        lines.put(line.rstrip("\n"))
    lines.put(None)


if __name__ == "__main__":
    sys.exit(main())
