"""The breakpoints of the window: a list that can be changed, taken back, and remembered."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QUndoCommand, QUndoStack

from core.commands import MOST_BREAKPOINTS, Breakpoint, parse_command
from core.errors import InputError

PRESETS: tuple[tuple[str, str], ...] = (
    ("J fell", "objective_gain < 0"),
    ("The action moved", "action_change > 0.1"),
    ("The gradient turned", "gradient_cosine < 0"),
    ("The trust region refused", "refused"),
    ("Something is not finite", "not finite"),
    ("The model is off", "model_error > 1"),
    ("Helped in imagination, not in truth", "objective_gain > 0 and true_gain < 0"),
    ("Over budget", "milliseconds > 50"),
)
"""Conditions worth a try: a name and the expression."""


class Breakpoints(QObject):
    """Every change replaces the list and can be undone."""

    changed = pyqtSignal()

    def __init__(self, undo: QUndoStack, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._undo = undo
        self._list: tuple[Breakpoint, ...] = ()

    @property
    def items(self) -> tuple[Breakpoint, ...]:
        return self._list

    def find(self, condition: str) -> Breakpoint | None:
        """The one with that condition, blanks aside."""
        same = [b for b in self._list if _plain(b.condition) == _plain(condition)]
        return same[0] if same else None

    def load(self, text: str) -> None:
        """What `to_text` has written. What cannot be read is left out; nothing to undo."""
        self._replace(read_breakpoints(text))

    def to_text(self) -> str:
        """The list as JSON."""
        return json.dumps([asdict(b) for b in self._list])

    def add(self, condition: str) -> None:
        """At the end; an old one with the same condition is switched on instead.

        Raises InputError where there are too many.
        """
        known = self.find(condition)
        if known is not None:
            self.change(known.id, enabled=True)
            return
        new = Breakpoint(id=f"b-{uuid.uuid4().hex[:8]}", condition=" ".join(condition.split()))
        self._do(f"breakpoint {new.condition}", (*self._list, new))

    def remove(self, ids: Sequence[str]) -> None:
        """All of these."""
        rest = tuple(b for b in self._list if b.id not in ids)
        self._do("delete breakpoint" if len(ids) == 1 else "delete breakpoints", rest)

    def toggle(self, condition: str) -> None:
        """Remove the one with that condition, or add it."""
        known = self.find(condition)
        if known is None:
            self.add(condition)
        else:
            self.remove([known.id])

    def change(self, breakpoint_id: str, **values: Any) -> None:
        """Another condition, enabled, log_only or ignore. Counting begins anew with the first.

        Raises InputError where another one has that condition.
        """
        if "condition" in values:
            values["condition"] = " ".join(values["condition"].split())
            same = self.find(values["condition"])
            if same is not None and same.id != breakpoint_id:
                raise InputError("there is a breakpoint with this condition", "edit that one")
        new = tuple(replace(b, **values) if b.id == breakpoint_id else b for b in self._list)
        self._do(_words(values), new)

    def set_enabled(self, enabled: bool) -> None:
        """All of them."""
        words = "enable all breakpoints" if enabled else "disable all breakpoints"
        self._do(words, tuple(replace(b, enabled=enabled) for b in self._list))

    def _do(self, words: str, new: tuple[Breakpoint, ...]) -> None:
        if new == self._list:
            return
        if len(new) > MOST_BREAKPOINTS:
            raise InputError(f"there are {MOST_BREAKPOINTS} breakpoints already", "delete some")
        self._undo.push(_Change(words, self, self._list, new))

    def _replace(self, new: tuple[Breakpoint, ...]) -> None:
        if new != self._list:
            self._list = new
            self.changed.emit()


class _Change(QUndoCommand):
    """One list for another."""

    def __init__(
        self,
        words: str,
        owner: Breakpoints,
        before: tuple[Breakpoint, ...],
        after: tuple[Breakpoint, ...],
    ) -> None:
        super().__init__(words)
        self._owner, self._before, self._after = owner, before, after

    def undo(self) -> None:
        self._owner._replace(self._before)

    def redo(self) -> None:
        self._owner._replace(self._after)


def read_breakpoints(text: str) -> tuple[Breakpoint, ...]:
    """Breakpoints from JSON; whatever cannot be one is left out."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    found: dict[str, Breakpoint] = {}
    for value in values[:MOST_BREAKPOINTS] if isinstance(values, list) else ():
        line = json.dumps({"id": "", "command": "breakpoints", "breakpoints": [value]})
        try:
            (breakpoint_,) = parse_command(line).breakpoints
        except InputError:
            continue
        found.setdefault(breakpoint_.id, breakpoint_)
    return tuple(found.values())


def at_t(episode: int, t: int) -> str:
    """The condition that holds at one environment step."""
    return f"episode == {episode} and t == {t}"


def _plain(condition: str) -> str:
    return "".join(condition.split())


def _words(values: dict[str, Any]) -> str:
    if "enabled" in values:
        return "enable breakpoint" if values["enabled"] else "disable breakpoint"
    return "edit breakpoint"
