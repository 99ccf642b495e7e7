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
from core.session.breakpoints import Watch
from core.session.obey import obey
from core.session.pausing import Pausing
from core.session.programs import ask_for, ask_for_those_of, refused_update
from core.session.replay import set_breakpoints
from core.session.session import Session
from core.session.shelf import Shelf
from core.session.travel import session_at_head
from core.settings import Settings
from core.traces.archive import TraceWriter
from core.traces.connection import TraceFull
from core.traces.reader import TraceReader
from core.traces.trace import CommandApplied, Record
from core.trust import UNTRUSTED, Trust


class Engine:
    """A session, its trace, and whether it runs."""

    def __init__(
        self, session: Session, writer: TraceWriter, output: TextIO, shelf: Shelf, watch: Watch
    ) -> None:
        self._session, self._writer, self._output = session, writer, output
        self._shelf, self._watch = shelf, watch
        self.running = False
        self._pausing = Pausing()
        self._asked: tuple[Command, Session] | None = None
        self._unwritten: tuple[Record, ...] = ()
        self._written: tuple[Record, ...] = ()

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
        """Compute one record and commit it. A full disk pauses; the record waits, not lost."""
        if not self._unwritten:
            record = self._session.advance()
            self._unwritten = (record, *self._watch.check(record))
        if self._commit() and self._pausing.is_due(self._written):
            self._set_running(running=False)
            refused = refused_update(self._written[0])
            if refused:
                self._say(event="failed", line=refused)

    def _commit(self) -> bool:
        """Write what waits, in one transaction."""
        try:
            self._writer.append(*self._unwritten)
        except TraceFull as error:
            self._say(event="failed", line=str(error))
            self._set_running(running=False)
            return False
        self._written, self._unwritten = self._unwritten, ()
        return True

    def _take(self, line: str) -> bool:
        """Apply one command; False for stop. An id applied before is only acknowledged.

        Whether the session runs is not in the trace, so `run` sent again after a crash obeys,
        and so does `stop`.
        """
        try:
            command = parse_command(line)
            if len(command.to_line()) > LONGEST_LINE:
                raise InputError("a command is longer than 64 KiB", "send a shorter one")
        except InputError as error:
            self._say(event="failed", line=str(error))
            return True
        if self._unwritten and not self._flush():
            return True
        seq = self._writer.command_seq(command.id)
        if seq is None:
            return self._apply(command)
        accepted = self._writer.was_accepted(seq)
        self._say(
            event="applied", id=command.id, accepted=accepted, effect="applied before", seq=seq
        )
        if command.name == "run" and not self._writer.paused_since(seq):
            self._obey(command)
        return command.name != "stop"

    def _apply(self, command: Command) -> bool:
        try:
            ask_for(command, self._shelf.trust)
        except InputError as error:
            # Not recorded: whether programs may run is a matter of the process, not of the run.
            self._say(event="applied", id=command.id, accepted=False, effect=str(error))
            return True
        with TraceReader(self._writer.path) as reader:
            session, records = obey(
                self._session, command, reader, self._shelf, before=self._writer.last_seq + 1
            )
        self._asked, self._unwritten = (command, session), records
        if self._commit():
            self._acknowledge()
        elif session is not self._session:
            # Nothing has happened: sent again, the command is obeyed then.
            self._asked, self._unwritten = None, ()
        return command.name != "stop"

    def _acknowledge(self) -> None:
        """The command that waited for its record is in the trace."""
        if self._asked is None:
            return
        (command, self._session), self._asked = self._asked, None
        applied = self._written[0]
        set_breakpoints(self._watch, command, applied)
        assert isinstance(applied, CommandApplied)  # noqa: S101 - obey's first record
        self._say(
            event="applied",
            id=command.id,
            accepted=applied.accepted,
            effect=applied.effect,
            seq=self._writer.last_seq - len(self._written) + 1,
        )
        if applied.accepted:
            self._obey(command)

    def _flush(self) -> bool:
        """Try again to commit the records that a full disk refused."""
        self.work()
        if not self._unwritten:
            self._acknowledge()
        return not self._unwritten

    def _obey(self, command: Command) -> None:
        runs = self._pausing.begin(command, self._session.stand, self._writer.path)
        if runs is not None:
            self._set_running(running=runs)

    def close(self) -> None:
        """Close the trace."""
        self._writer.close()

    def _set_running(self, *, running: bool) -> None:
        if running != self.running:
            self.running = running
            self._say_state()

    def _say_state(self) -> None:
        self._say(event="state", state="running" if self.running else "paused")

    def _say(self, **message: Any) -> None:
        self._output.write(json.dumps(message) + "\n")
        self._output.flush()


def open_engine(
    trace: Path,
    checkpoint: str,
    settings: Settings,
    seed: int,
    output: TextIO,
    *,
    resume: bool,
    trust: Trust = UNTRUSTED,
) -> Engine:
    """A new run, or with resume the one in the trace as it stood after its last record.

    trust: whether programs that the user brings may run.
    """
    if resume:
        reader = TraceReader(trace)
        try:
            ask_for_those_of(reader, trust)
            shelf = Shelf(trust=trust)
            session, watch = session_at_head(reader, shelf), Watch.from_trace(reader)
        finally:
            reader.close()
        return Engine(session, TraceWriter.open(trace), output, shelf, watch)
    loaded = load(checkpoint, trust)
    session = Session(loaded, settings, seed=seed)
    writer = TraceWriter.create(trace, session.started())
    return Engine(session, writer, output, Shelf(loaded, trust=trust), Watch())


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the commands on standard input. Exit code 2 with one line where it cannot start."""
    parser = argparse.ArgumentParser(prog="python -m core.engine", description=__doc__)
    parser.add_argument("--trace", type=Path, required=True)
    parser.add_argument("--checkpoint", default="")
    parser.add_argument("--settings", default="{}", help="core.settings.Settings as JSON")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--trust-code", action="store_true", help="run programs of the user")
    options = parser.parse_args(arguments)
    try:
        engine = open_engine(
            options.trace,
            options.checkpoint,
            Settings.from_json(options.settings),
            options.seed,
            sys.stdout,
            resume=options.resume,
            trust=Trust(given=options.trust_code),
        )
    except PsiscopeError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    lines: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=_read_lines, args=(sys.stdin, lines), daemon=True).start()
    try:
        engine.serve(lines)
    except (KeyboardInterrupt, BrokenPipeError):
        return 130
    except PsiscopeError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    finally:
        engine.close()
    return 0


def _read_lines(source: TextIO, lines: queue.Queue[str | None]) -> None:
    while line := source.readline(LONGEST_LINE + 2):
        lines.put(line.rstrip("\n"))
    lines.put(None)


if __name__ == "__main__":
    sys.exit(main())
