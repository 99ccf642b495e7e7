"""The commands undo and redo_change: the stack of changes, with what each would change."""

from __future__ import annotations

from PyQt6.QtCore import QObject

from app.desk import Desk

MOST = 200
"""Changes that are kept."""


class Undoing(QObject):
    """Says in menus and palette what undo and redo would do; forgets it with the run."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._live_run = desk.source.live_run
        stack, commands = desk.undo, desk.window.commands
        stack.setUndoLimit(MOST)
        commands.connect("undo", stack.undo)
        commands.connect("redo_change", stack.redo)
        stack.indexChanged.connect(lambda _index: self._show())
        desk.source.changed.connect(self._note_source)
        desk.window.closing.connect(stack.clear)
        self._show()

    def _show(self) -> None:
        stack, commands = self._desk.undo, self._desk.window.commands
        commands.set_text("undo", f"Undo {stack.undoText()}".strip())
        commands.set_text("redo_change", f"Redo {stack.redoText()}".strip())
        commands.set_enabled("undo", stack.canUndo())
        commands.set_enabled("redo_change", stack.canRedo())

    def _note_source(self) -> None:
        # What was changed in one run cannot be taken back in another.
        if self._desk.source.live_run is not self._live_run:
            self._live_run = self._desk.source.live_run
            self._desk.undo.clear()
