"""What a command does to a session: in place, or in a new branch of the trace.

Only accept, reject, redo, fork and resume can leave where the session stands. Nothing recorded
is ever changed: what deviates from it goes on in a branch of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from core.commands import At, Command
from core.errors import InputError
from core.session.session import Session
from core.session.shelf import Shelf
from core.session.travel import session_at, with_checkpoint
from core.settings import Settings, changes, changes_objective
from core.traces.reader import TraceReader
from core.traces.trace import CommandApplied, Record

LARGEST_SEED = 2**62
"""Seeds of later episodes, which count up from it, are whole numbers of 64 bits too."""
Outcome = tuple[Session, tuple[Record, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """A new branch that is asked for."""

    at: At
    settings: Settings | None = None
    """None: those in effect there, with the command's own on top."""
    waiting: dict[str, Any] | None = None
    """Edits that wait for the next environment step; None: those that wait there."""
    reset: bool = False
    """Whether the next episode was asked for."""


def obey(
    session: Session,
    command: Command,
    reader: TraceReader,
    shelf: Shelf,
    *,
    before: int,
    tolerance: float = 0.0,
) -> Outcome:
    """The session after a command, and the records to commit together.

    `before` is the seq that the first of them will have, `tolerance` that of session_at.
    A command that is refused leaves the session as it was.
    """
    try:
        departure = _departure(session, command)
        if departure is None:
            return session, (session.apply(command),)
        return _depart(session, command, departure, reader, shelf, before, tolerance)
    except (InputError, TypeError) as error:
        line = " ".join(str(error).split())
        return session, (session.applied(command, line, accepted=False),)


def _departure(session: Session, command: Command) -> Departure | None:
    """Where the command leads; None where the session stays."""
    stand = session.stand
    here = (
        stand.branch,
        stand.episode,
        stand.t,
        stand.k if stand.proposed else session.updates_made,
    )
    match command.name:
        case "fork" | "resume":
            return Departure(at=command.at or here)
        case "accept":
            _ask_for_update(session)
            if stand.fresh or stand.proposed:
                return None
            return _at_this_t(session, stand.k)
        case "reject":
            if command.at is not None:
                return Departure(at=command.at)
            return _at_this_t(session, _earlier(session, command.k))
        case "redo":
            _ask_for_update(session)
            k = stand.k if command.k is None else command.k
            settings = session.pending.replace(**command.settings)
            same = k == 0 or not changes_objective(session.settings_of_t, settings)
            if stand.fresh and k == stand.k and same:
                return None
            return replace(_at_this_t(session, k), settings=settings, waiting={})
    return None


def _at_this_t(session: Session, k: int) -> Departure:
    """To a k of this t. What waits for the next environment step goes along."""
    stand = session.stand
    return Departure(
        at=(stand.branch, stand.episode, stand.t, k),
        waiting=changes(session.settings_of_t, session.pending),
        reset=session.reset_waits,
    )


def _ask_for_update(session: Session) -> None:
    if not session.stand.begun:
        raise InputError(
            f"no update of t = {session.stand.t} has been made yet", "step into it first"
        )


def _earlier(session: Session, asked: int | None) -> int:
    """The k to go back to: one back, where none is named."""
    _ask_for_update(session)
    stand = session.stand
    k = stand.k - 1 if asked is None else asked
    if not 0 <= k < stand.k:
        remedy = f"name one from 0 to {stand.k - 1}" if stand.k else "k = 0 is the first"
        raise InputError(f"k = {k} is not before k = {stand.k}", remedy)
    return k


def _depart(
    session: Session,
    command: Command,
    departure: Departure,
    reader: TraceReader,
    shelf: Shelf,
    before: int,
    tolerance: float,
) -> Outcome:
    at = departure.at
    arrived = session_at(reader, at, shelf, before=before, tolerance=tolerance)
    if arrived.stand.over:
        raise InputError(
            f"no episode runs at episode {at[1]}, t = {at[2]}", "step over to begin the next"
        )
    departure = _with_what_waits(departure, arrived)
    seed = arrived.seed if command.seed is None else command.seed
    if seed > LARGEST_SEED:
        raise InputError(f"the seed {seed} is too large", f"use one up to {LARGEST_SEED}")
    checkpoint = arrived.checkpoint
    if command.checkpoint:
        checkpoint = shelf.named(command.checkpoint, checkpoint.task)
    settings = departure.settings or arrived.settings_of_t.replace(**command.settings)
    another = seed != arrived.seed or checkpoint is not arrived.checkpoint
    if at[3] > 0 and (another or changes_objective(arrived.settings_of_t, settings)):
        at = (*at[:3], 0)
        arrived = session_at(reader, at, shelf, before=before, tolerance=tolerance)
    if checkpoint is not arrived.checkpoint:
        arrived = with_checkpoint(arrived, checkpoint)
    branch = len(reader.branches_before(before))
    started = arrived.branch_off(branch, command.name, settings, seed)
    effect = f"branch {branch} begins at episode {at[1]}, t = {at[2]}, k = {at[3]}"
    waiting = _wait_again(arrived, command, departure)
    return arrived, (session.applied(command, effect), started, *waiting)


def _with_what_waits(departure: Departure, arrived: Session) -> Departure:
    """The edits and the reset that wait where it leads to, unless it brings its own."""
    waiting = departure.waiting
    if waiting is None:
        waiting = changes(arrived.settings_of_t, arrived.pending)
    return replace(departure, waiting=waiting, reset=departure.reset or arrived.reset_waits)


def _wait_again(
    session: Session, command: Command, departure: Departure
) -> Iterator[CommandApplied]:
    """What waited before a branch began and would be forgotten in it, given once more."""
    waiting = (departure.waiting or {}) | command.settings
    edited = changes(session.pending, session.settings_of_t.replace(**waiting))
    name = f"{command.id:.200}"
    if edited:
        yield session.apply(Command(id=f"{name}/edit", name="edit", settings=edited))
    if departure.reset and not session.reset_waits:
        yield session.apply(Command(id=f"{name}/reset", name="reset"))
