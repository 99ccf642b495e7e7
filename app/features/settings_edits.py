"""Edits of the settings: sent to the engine, taken back and made again."""

from __future__ import annotations

from typing import Any

from PyQt6.QtCore import QObject
from PyQt6.QtGui import QUndoCommand

from app.desk import Desk
from app.panels.setting_fields import all_fields
from app.readouts import setting as in_words

Values = dict[str, Any]

BEFORE_THESE = (
    "run", "step_over", "step_into", "step_out", "accept", "reject", "redo_updates", "fork",
    "resume_here", "undo",
)  # fmt: skip
"""Commands that mean the settings as the fields say them, so what was typed goes out first."""


class SettingsEdits(QObject):
    """Puts what the panel announces on the stack of changes; what is refused comes off it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._panel = desk.window.settings_panel
        self._sent: dict[str, tuple[SettingsEdit, Values]] = {}
        self._quiet = False
        self._panel.edited.connect(self._push)
        desk.source.edit_refused.connect(self._take_back)
        desk.source.changed.connect(self._note_source)
        commands = desk.window.commands
        for name in BEFORE_THESE:
            commands.connect_before(name, self._announce)
        commands.connect("edit_settings", self._enter)
        self._note_source()

    def carry_out(self, edit: SettingsEdit, values: Values, instead_of: Values) -> None:
        """Send `values` to the engine and show them; back to `instead_of` if it refuses."""
        if self._quiet:
            return
        self._panel.change(values)
        self._sent[self._desk.source.edit(values)] = edit, instead_of

    def _announce(self) -> None:
        if self._desk.source.shows_live_run:
            self._panel.announce()

    def _push(self, changes: Values, replaced: Values) -> None:
        self._desk.undo.push(SettingsEdit(self, replaced, changes))

    def _take_back(self, command_id: str, line: str) -> None:
        edit, values = self._sent.pop(command_id, (None, {}))
        self._panel.change(values, line)
        if edit is not None:
            self._remove(edit)

    def _remove(self, edit: SettingsEdit) -> None:
        """Off the stack, wherever it is in it; other edits stay as they are."""
        stack = self._desk.undo
        stood, places = stack.index(), range(stack.count())
        place = next((place for place in places if stack.command(place) is edit), None)
        if place is None:
            return
        # Qt drops an obsolete command when its turn to be undone or redone comes.
        edit.setObsolete(True)
        self._quiet = True
        if place < stood:
            stack.setIndex(place)
            stack.setIndex(stood - 1)
        else:
            stack.setIndex(place + 1)
            stack.setIndex(stood)
        self._quiet = False

    def _enter(self) -> None:
        dock = self._desk.window.docks["run"]
        dock.show()
        dock.raise_()
        self._panel.enter()

    def _note_source(self) -> None:
        self._desk.window.commands.set_enabled(
            "edit_settings", self._desk.source.shows_live_run
        )


class SettingsEdit(QUndoCommand):
    """One edit of one or more settings."""

    def __init__(self, edits: SettingsEdits, before: Values, after: Values) -> None:
        super().__init__(describe(before, after))
        self._edits, self._before, self._after = edits, before, after

    def redo(self) -> None:
        """Also when it is made for the first time."""
        self._edits.carry_out(self, self._after, self._before)

    def undo(self) -> None:
        self._edits.carry_out(self, self._before, self._after)


def describe(before: Values, after: Values) -> str:
    """`delta 0.05 → 0.1`, or `preset safe → paper`, or `horizon and 2 more settings`."""
    first = "preset" if "preset" in after else next(iter(after))
    if len(after) > 1 and first != "preset":
        more = len(after) - 1
        return f"{_name(first)} and {more} more setting{'s' if more > 1 else ''}"
    return f"{_name(first)} {_word(first, before[first])} → {_word(first, after[first])}"


def _name(setting: str) -> str:
    return setting.replace("_", " ")


def _word(setting: str, value: object) -> str:
    missing = {text.name: text.missing for text in all_fields()}
    return missing.get(setting, "none") if value is None else in_words(value)
