"""The breakpoints: a field to add one, the table of all, and what they wait for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PyQt6.QtCore import QModelIndex, QPoint, Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.panels.breakpoint_rows import CONDITION, BreakpointRows
from app.panels.breakpoint_table import BreakpointTable
from app.panels.condition_field import ConditionField, Parse
from app.panels.text_table import tint_selection
from app.state.breakpoints import PRESETS
from app.theme import Theme
from core.commands import Breakpoint
from core.traces.quantities import Quantity

NONE_YET = "No breakpoint yet. Write a condition above, or press F9 for the t you look at."
IDLE = "Checked when a run is live."


class BreakpointsPanel(QWidget):
    """Says what a hand asks for; whoever owns the list shows it here."""

    added = pyqtSignal(str)
    """A condition that can be read."""
    removed = pyqtSignal(object)
    """Ids."""
    changed = pyqtSignal(str, str, object)
    """Id, name of the field, new value."""
    all_enabled = pyqtSignal(bool)

    def __init__(self, quantities: Sequence[Quantity], parse: Parse) -> None:
        super().__init__()
        self._edited: str | None = None
        self.field = ConditionField(
            quantities,
            parse,
            "e.g. action_change > 0.1",
            "Pause before the action is applied where this holds; Enter adds it",
        )
        self._rows = BreakpointRows()
        self.table = BreakpointTable(self._rows)
        self._add = QPushButton("Add")
        self._presets = QPushButton("Presets")
        self._words = QLabel(NONE_YET)
        self._idle = QLabel(IDLE)
        self._lay_out()
        self.field.accepted.connect(self._accept)
        self.field.changed.connect(self._leave_edit_when_empty)
        self.field.escaped.connect(self._leave_field)
        self._add.clicked.connect(lambda _checked: self.field.accept())
        self._rows.asked.connect(self.changed)
        self.table.delete_asked.connect(self._remove_current)
        self.table.edit_asked.connect(self.edit_condition)
        self.table.doubleClicked.connect(self._double_click)
        self.table.customContextMenuRequested.connect(self._open_menu)

    @property
    def breakpoints(self) -> tuple[Breakpoint, ...]:
        """The rows shown."""
        return self._rows.rows

    @property
    def current(self) -> Breakpoint | None:
        """The selected one."""
        row = self.table.currentIndex().row()
        return self._rows.rows[row] if 0 <= row < len(self._rows.rows) else None

    def show_breakpoints(self, breakpoints: tuple[Breakpoint, ...]) -> None:
        """All of them."""
        row = self.table.currentIndex().row()
        self._rows.show(breakpoints)
        if breakpoints and row >= 0:
            self.table.selectRow(min(row, len(breakpoints) - 1))
        self._words.setVisible(not breakpoints)
        self.table.setVisible(bool(breakpoints))
        if self._edited is not None and self._edited not in {b.id for b in breakpoints}:
            self._edit(None)

    def show_hits(self, hits: Mapping[str, int]) -> None:
        """How often each has held, by id."""
        self._rows.show_hits(hits)

    def show_break(self, ids: frozenset[str]) -> None:
        """Where the run pauses now: its row is marked and selected; empty: nowhere."""
        self._rows.show_break(ids)
        for row, each in enumerate(self._rows.rows):
            if each.id in ids:
                self.table.selectRow(row)
                if self.table.hasFocus():
                    # The keys of the break are meant now: Delete rejects.
                    self.field.leave()
                return

    def show_idle(self, idle: bool) -> None:
        """Whether no run is live that would check them."""
        self._idle.setVisible(idle)

    def edit_condition(self, breakpoint_id: str) -> None:
        """Put a condition into the field; Enter changes it, Escape leaves it."""
        for each in self._rows.rows:
            if each.id == breakpoint_id:
                self._edit(each)
                self.field.focus()

    def refuse(self, line: str) -> None:
        """What was asked for cannot be: say why under the field."""
        self.field.say(line)

    def set_theme(self, theme: Theme) -> None:
        """Recolour."""
        self.field.set_theme(theme)
        self._rows.set_theme(theme)
        tint_selection(self.table, theme)
        for label in (self._words, self._idle):
            label.setStyleSheet(f"color: {theme.muted};")

    def _lay_out(self) -> None:
        self._presets.setToolTip("Conditions worth a try")
        menu = QMenu(self._presets)
        for name, condition in PRESETS:
            action = menu.addAction(f"{name}:  {condition}")
            if action is not None:
                action.triggered.connect(lambda _checked, c=condition: self.added.emit(c))
        self._presets.setMenu(menu)
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        buttons.addWidget(self._add)
        buttons.addWidget(self._presets)
        buttons.addStretch(1)
        for label in (self._words, self._idle):
            label.setWordWrap(True)
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 6)
        column.setSpacing(5)
        column.addWidget(self.field)
        column.addLayout(buttons)
        column.addWidget(self.table, 1)
        column.addWidget(self._words, 1)
        column.addWidget(self._idle)
        self.show_breakpoints(())

    def _accept(self, condition: str) -> None:
        if self._edited is None:
            self.added.emit(condition)
        else:
            self.changed.emit(self._edited, "condition", condition)
        if not self.field.fault:
            self._edit(None)

    def _edit(self, each: Breakpoint | None) -> None:
        """Which one the field changes; None: it is empty and adds a new one."""
        self._edited = None if each is None else each.id
        self._add.setText("Add" if each is None else "Change")
        self.field.put("" if each is None else each.condition)

    def _leave_edit_when_empty(self) -> None:
        if not self.field.text and self._edited is not None:
            self._edited = None
            self._add.setText("Add")

    def _leave_field(self) -> None:
        self._edit(None)
        self.field.leave()

    def _remove_current(self) -> None:
        if self.current is not None:
            self.removed.emit([self.current.id])

    def _double_click(self, index: QModelIndex) -> None:
        if index.column() == CONDITION:
            self.edit_condition(self._rows.rows[index.row()].id)

    def _open_menu(self, place: QPoint) -> None:
        menu = self.context_menu()
        viewport = self.table.viewport()
        if viewport is not None:
            menu.popup(viewport.mapToGlobal(place))

    def context_menu(self) -> QMenu:
        """What can be done with the selected one, and with all."""
        menu = QMenu(self.table)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        each = self.current
        if each is not None:
            words = "Switch off" if each.enabled else "Switch on"
            log = "Pause at hits" if each.log_only else "Only log hits"
            ask = self.changed.emit
            _entry(menu, "Edit the condition", lambda: self.edit_condition(each.id))
            _entry(menu, words, lambda: ask(each.id, "enabled", not each.enabled))
            _entry(menu, log, lambda: ask(each.id, "log_only", not each.log_only))
            _entry(menu, "Delete", lambda: self.removed.emit([each.id]))
            menu.addSeparator()
        _entry(menu, "Switch all on", lambda: self.all_enabled.emit(True))
        _entry(menu, "Switch all off", lambda: self.all_enabled.emit(False))
        every = [b.id for b in self._rows.rows]
        _entry(menu, "Delete all", lambda: self.removed.emit(every))
        return menu


def _entry(menu: QMenu, text: str, act: Callable[[], object]) -> None:
    action = menu.addAction(text)
    if action is not None:
        action.triggered.connect(lambda _checked: act())
