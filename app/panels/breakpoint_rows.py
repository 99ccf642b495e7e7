"""The rows of the breakpoints' table: what is shown, and what a hand may change in place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, Qt, pyqtSignal

from app.panels.text_table import alignment
from app.state.tips import plain_tip
from app.theme import LIGHT, PLOT_TEXT, Theme, font
from core.commands import Breakpoint

Flag = Qt.ItemFlag
Role = Qt.ItemDataRole
MOST_IGNORED = 1_000_000


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    meaning: str
    field: str
    """Of Breakpoint; empty: the hits."""


COLUMNS: tuple[_Column, ...] = (
    _Column("on", "Whether it is checked", "enabled"),
    _Column("condition", "Where the run pauses; double-click to edit", "condition"),
    _Column("hits", "How often it has held so far in this trace", ""),
    _Column("skip", "How many hits to pass before the first pause; double-click to edit",
            "ignore"),
    _Column("log", "Only mark and count its hits, and go on", "log_only"),
)  # fmt: skip
ON, CONDITION, HITS, SKIP, LOG = range(5)
_CHECKS = {ON: "enabled", LOG: "log_only"}


class BreakpointRows(QAbstractTableModel):
    """One row for each breakpoint. It changes nothing itself: `asked` says what a hand did."""

    asked = pyqtSignal(str, str, object)
    """Id of the breakpoint, name of the field, new value."""

    def __init__(self) -> None:
        super().__init__()
        self._theme = LIGHT
        self._rows: tuple[Breakpoint, ...] = ()
        self._hits: Mapping[str, int] = {}
        self._broken: frozenset[str] = frozenset()

    @property
    def rows(self) -> tuple[Breakpoint, ...]:
        return self._rows

    def show(self, rows: tuple[Breakpoint, ...]) -> None:
        """Replace the rows; a reset only where their number or order changes."""
        if [b.id for b in rows] == [b.id for b in self._rows]:
            self._rows = rows
            self._redraw()
            return
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def show_hits(self, hits: Mapping[str, int]) -> None:
        """How often each has held, by id."""
        if hits != self._hits:
            self._hits = dict(hits)
            self._redraw()

    def show_break(self, ids: frozenset[str]) -> None:
        """Where the run pauses now; empty: at none of them."""
        if ids != self._broken:
            self._broken = ids
            self._redraw()

    def set_theme(self, theme: Theme) -> None:
        """Recolour."""
        self._theme = theme
        self._redraw()

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        """The checks can be ticked, the count to skip can be typed."""
        flags = Flag.ItemIsEnabled | Flag.ItemIsSelectable
        if index.column() in _CHECKS:
            flags |= Flag.ItemIsUserCheckable
        return flags | Flag.ItemIsEditable if index.column() == SKIP else flags

    def data(self, index: QModelIndex, role: int = Role.DisplayRole) -> Any:
        """Text, tick, colour and tooltip of a cell."""
        if not index.isValid():
            return None
        each, column = self._rows[index.row()], index.column()
        if role == Role.CheckStateRole and column in _CHECKS:
            ticked = getattr(each, _CHECKS[column])
            return Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked
        if role == Role.DisplayRole:
            return self._text(each, column)
        if role == Role.EditRole:
            return each.ignore if column == SKIP else None
        if role == Role.TextAlignmentRole:
            return alignment(right=column in (HITS, SKIP))
        if role == Role.ToolTipRole:
            return plain_tip(self._tip(each, column))
        return self._look(each, role)

    def setData(self, index: QModelIndex, value: Any, role: int = Role.EditRole) -> bool:
        """Announce what a hand ticked or typed."""
        column = index.column()
        if role == Role.CheckStateRole and column in _CHECKS:
            ticked = Qt.CheckState(value) == Qt.CheckState.Checked
            self.asked.emit(self._rows[index.row()].id, _CHECKS[column], ticked)
            return True
        if role == Role.EditRole and column == SKIP:
            ignored = max(0, min(int(value), MOST_IGNORED))
            self.asked.emit(self._rows[index.row()].id, "ignore", ignored)
            return True
        return False

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole
    ) -> Any:
        """Heading and meaning of a column."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Role.DisplayRole:
            return COLUMNS[section].name
        if role == Role.TextAlignmentRole:
            return alignment(right=section in (HITS, SKIP))
        if role == Role.FontRole:
            return font(PLOT_TEXT)
        return COLUMNS[section].meaning if role == Role.ToolTipRole else None

    def _text(self, each: Breakpoint, column: int) -> str | None:
        if column == CONDITION:
            return f"▶ {each.condition}" if each.id in self._broken else each.condition
        if column == HITS:
            return f"{self._hits.get(each.id, 0)}"
        return f"{each.ignore}" if column == SKIP else None

    def _tip(self, each: Breakpoint, column: int) -> str:
        if column != CONDITION:
            return COLUMNS[column].meaning
        words = [each.condition]
        if each.id in self._broken:
            words.append("The run pauses here now.")
        if not each.enabled:
            words.append("Switched off.")
        if each.log_only:
            words.append("Only marked and counted.")
        return "\n".join(words)

    def _look(self, each: Breakpoint, role: int) -> Any:
        if role == Role.ForegroundRole:
            return self._theme.color("text" if each.enabled else "muted")
        if role == Role.FontRole and each.id in self._broken:
            return font(PLOT_TEXT, bold=True)
        return None

    def _redraw(self) -> None:
        if self._rows:
            last = self.index(len(self._rows) - 1, len(COLUMNS) - 1)
            self.dataChanged.emit(self.index(0, 0), last)
