"""The notes pinned to moments: a list, and the editor of one."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QPoint, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QVBoxLayout, QWidget

from app.commands.guard import keep_keys
from app.panels.note_editor import NoteEditor
from app.panels.text_table import TextColumn, TextTable
from app.theme import Theme
from core.commands import At
from core.traces.notes import Note

NONE_YET = "No note yet. Press N to pin one to the moment you look at."
MOST_ROWS = 1000
_LONGEST_LINE = 200
_DELETE_KEYS = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)


class NotesPanel(QWidget):
    """Says what a hand asks for; whoever keeps the notes shows them here."""

    write_asked = pyqtSignal()
    """A note at the moment that is shown."""
    edit_asked = pyqtSignal(int)
    """Place of a note."""
    delete_asked = pyqtSignal(int)
    chosen = pyqtSignal(int)

    def __init__(self) -> None:
        super().__init__()
        self._notes: Sequence[Note] = ()
        self.table = _NoteTable()
        self.editor = NoteEditor()
        self._words = QLabel(NONE_YET)
        self._status = QLabel()
        self.buttons = {
            "write": QPushButton("Note here"),
            "edit": QPushButton("Edit"),
            "delete": QPushButton("Delete"),
        }
        self._lay_out()
        self.table.row_chosen.connect(self._choose)
        self.table.edit_key.connect(lambda: self._with_current(self.edit_asked.emit))
        self.table.delete_key.connect(lambda: self._with_current(self.delete_asked.emit))
        self.table.doubleClicked.connect(
            lambda _index: self._with_current(self.edit_asked.emit)
        )
        self.table.customContextMenuRequested.connect(self._open_menu)
        self.buttons["write"].clicked.connect(lambda _checked: self.write_asked.emit())
        self.buttons["edit"].clicked.connect(
            lambda _checked: self._with_current(self.edit_asked.emit)
        )
        self.buttons["delete"].clicked.connect(
            lambda _checked: self._with_current(self.delete_asked.emit)
        )
        self.editor.closed.connect(self._editor_closed)
        self.show_notes(())

    @property
    def notes(self) -> Sequence[Note]:
        """Those shown."""
        return self._notes

    def show_notes(self, notes: Sequence[Note]) -> None:
        """All of them, by address."""
        shown, self._notes = notes[:MOST_ROWS], notes
        levels = tuple(place for place in (0, 1) if any(n.at[place] for n in shown))
        columns = _columns(levels)
        if columns != self.table.columns:
            self.table.set_columns(columns)
        self.table.show_rows(
            [(*[str(n.at[p]) for p in (*levels, 2, 3)], first_line(n.text)) for n in shown],
            [n.text for n in shown],
        )
        self._words.setVisible(not notes)
        self.table.setVisible(bool(notes))
        self._enable()

    def select(self, at: At) -> None:
        """Select the note of an address, if there is one."""
        places = [place for place, n in enumerate(self._notes[:MOST_ROWS]) if n.at == at]
        self.table.select_row(places[0] if places else -1)
        self._enable()

    def write(self, at: At, text: str, where: str) -> None:
        """Open the editor."""
        self._buttons.hide()
        self.editor.write(at, text, where)

    def say(self, line: str) -> None:
        """A line under the list; empty: none."""
        self._status.setText(line)
        self._status.setVisible(bool(line))

    def set_writable(self, able: bool) -> None:
        """Whether a moment is shown that a note could be pinned to."""
        self.buttons["write"].setEnabled(able)

    def set_theme(self, theme: Theme) -> None:
        """Recolour."""
        self.table.set_theme(theme)
        self.editor.set_theme(theme)
        self._words.setStyleSheet(f"color: {theme.muted};")
        self._status.setStyleSheet(f"color: {theme.refused_text};")

    def context_menu(self) -> QMenu:
        """What can be done with the selected note."""
        menu = QMenu(self.table)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for text, signal in (("Edit", self.edit_asked), ("Delete", self.delete_asked)):
            action = menu.addAction(text)
            if action is not None:
                action.setEnabled(self.table.current_row >= 0)
                action.triggered.connect(lambda _checked, s=signal: self._with_current(s.emit))
        return menu

    def _lay_out(self) -> None:
        self._buttons = QWidget()
        row = QHBoxLayout(self._buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for button in self.buttons.values():
            row.addWidget(button)
        row.addStretch(1)
        for label in (self._words, self._status):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._status.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 6)
        column.setSpacing(5)
        column.addWidget(self.table, 1)
        column.addWidget(self._words, 1)
        column.addWidget(self.editor, 1)
        column.addWidget(self._status)
        column.addWidget(self._buttons)

    def _choose(self, row: int) -> None:
        self._enable()
        self.chosen.emit(row)

    def _with_current(self, act: object) -> None:
        row = self.table.current_row
        if row >= 0 and callable(act):
            act(row)

    def _enable(self) -> None:
        for name in ("edit", "delete"):
            self.buttons[name].setEnabled(self.table.current_row >= 0)

    def _editor_closed(self) -> None:
        self._buttons.show()
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _open_menu(self, place: QPoint) -> None:
        viewport = self.table.viewport()
        if viewport is not None:
            self.context_menu().popup(viewport.mapToGlobal(place))


class _NoteTable(TextTable):
    """F2 edits, Delete deletes."""

    edit_key = pyqtSignal()
    delete_key = pyqtSignal()

    def __init__(self) -> None:
        super().__init__(_columns(()))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        keep_keys(self, Qt.Key.Key_F2, *_DELETE_KEYS)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Its own keys; all others are the view's."""
        if event is not None and event.key() == Qt.Key.Key_F2:
            self.edit_key.emit()
        elif event is not None and event.key() in _DELETE_KEYS:
            self.delete_key.emit()
        else:
            super().keyPressEvent(event)


def _columns(levels: Sequence[int]) -> tuple[TextColumn, ...]:
    names = (
        TextColumn("br", "branch", right=True),
        TextColumn("ep", "episode", right=True),
        TextColumn("t", "environment step", right=True),
        TextColumn("k", "gradient update", right=True),
    )
    note = TextColumn("note", "its first line", stretch=True)
    return (*[names[place] for place in (*levels, 2, 3)], note)


def first_line(text: str) -> str:
    """Of a note."""
    line = text.split("\n")[0]
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]} ..."
