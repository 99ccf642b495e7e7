"""A table of short texts: one row selected, a click or an arrow key chooses it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PyQt6.QtCore import QAbstractTableModel, QItemSelectionModel, QModelIndex, Qt, pyqtSignal
from PyQt6.QtGui import QPalette
from PyQt6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from app.state.tips import plain_tip
from app.theme import PLOT_TEXT, Theme, dress, font, text_width

ROW_HEIGHT = 20


@dataclass(frozen=True, slots=True)
class TextColumn:
    """A heading and what it means."""

    name: str
    meaning: str
    right: bool = False
    """Numbers stand at the right."""
    stretch: bool = False
    """Takes the width that the others leave."""


class TextTable(QTableView):
    """Rows of texts. `row_chosen` follows the hand, not what the program selects."""

    row_chosen = pyqtSignal(int)

    def __init__(self, columns: Sequence[TextColumn], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._texts = TextRows(columns)
        self.setModel(self._texts)
        self._following = False
        style_table(self)
        self.set_columns(columns)
        selection = self.selectionModel()
        if selection is not None:
            selection.currentRowChanged.connect(self._choose)
        self.clicked.connect(self._choose)

    @property
    def rows(self) -> Sequence[tuple[str, ...]]:
        """The texts."""
        return self._texts.rows

    @property
    def columns(self) -> tuple[TextColumn, ...]:
        """What is shown of each row."""
        return self._texts.columns

    @property
    def current_row(self) -> int:
        """-1 where none is selected."""
        return self.currentIndex().row()

    def set_columns(self, columns: Sequence[TextColumn]) -> None:
        """Other columns; the rows are gone."""
        self._texts.set_columns(columns)
        header = self.horizontalHeader()
        if header is None:
            return
        for place, column in enumerate(columns):
            mode = QHeaderView.ResizeMode
            header.setSectionResizeMode(place, mode.Stretch if column.stretch else mode.Fixed)

    def show_rows(
        self, rows: Sequence[tuple[str, ...]], tips: Sequence[str] | None = None
    ) -> None:
        """Replace all rows; the selected one stays where it was."""
        current = self.current_row
        self._following = True
        self._texts.show(rows, rows if tips is None else [(tip,) for tip in tips])
        self._fit()
        self._following = False
        self.select_row(current if current < len(rows) else -1)

    def select_row(self, row: int) -> None:
        """Select a row without choosing it; -1 for none."""
        self._following = True
        selection = self.selectionModel()
        if selection is not None and row != self.current_row:
            if row < 0:
                selection.clear()
            else:
                flags = QItemSelectionModel.SelectionFlag
                index = self._texts.index(row, 0)
                selection.setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
                self.scrollTo(index)
        self._following = False

    def set_theme(self, theme: Theme) -> None:
        """The selected row is tinted, its text stays readable."""
        dress(self, theme)
        tint_selection(self, theme)

    def _fit(self) -> None:
        """Columns as wide as their widest text needs; only the first rows are measured."""
        for place, column in enumerate(self._texts.columns):
            if not column.stretch:
                texts = [column.name, *(row[place] for row in self._texts.rows[:50])]
                longest = sorted(texts, key=len)[-3:]
                width = max(text_width(text, PLOT_TEXT) for text in [column.name, *longest])
                self.setColumnWidth(place, int(width) + 12)

    def _choose(self, index: QModelIndex) -> None:
        if not self._following and index.isValid():
            self.row_chosen.emit(index.row())


class TextRows(QAbstractTableModel):
    """Texts and their tooltips."""

    def __init__(self, columns: Sequence[TextColumn]) -> None:
        super().__init__()
        self.columns = tuple(columns)
        self.rows: Sequence[tuple[str, ...]] = ()
        self._tips: Sequence[tuple[str, ...]] = ()

    def set_columns(self, columns: Sequence[TextColumn]) -> None:
        """Other columns and no rows."""
        self.beginResetModel()
        self.columns, self.rows, self._tips = tuple(columns), (), ()
        self.endResetModel()

    def show(self, rows: Sequence[tuple[str, ...]], tips: Sequence[tuple[str, ...]]) -> None:
        """Replace all rows."""
        self.beginResetModel()
        self.rows, self._tips = rows, tips
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.columns)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, alignment and tooltip of a cell."""
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            row = self.rows[index.row()]
            return row[index.column()] if index.column() < len(row) else None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return alignment(right=self.columns[index.column()].right)
        if role == Qt.ItemDataRole.ToolTipRole:
            tips = self._tips[index.row()]
            return plain_tip(tips[min(index.column(), len(tips) - 1)])
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Heading and meaning of a column."""
        if orientation != Qt.Orientation.Horizontal or section >= len(self.columns):
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.name
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return alignment(right=column.right)
        if role == Qt.ItemDataRole.FontRole:
            return font(PLOT_TEXT)  # the header's own is not heeded under a style sheet
        return column.meaning if role == Qt.ItemDataRole.ToolTipRole else None


def alignment(*, right: bool) -> Qt.AlignmentFlag:
    """Of a cell and its heading."""
    side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def style_table(table: QTableView) -> None:
    """Slim rows, one of them selected, no grid."""
    table.setFont(font(PLOT_TEXT))
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.setWordWrap(False)
    table.setShowGrid(False)
    table.setMinimumHeight(64)
    table.setTabKeyNavigation(False)
    across, down = table.horizontalHeader(), table.verticalHeader()
    if across is None or down is None:
        return
    across.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    across.setMinimumSectionSize(16)
    across.setHighlightSections(False)
    down.hide()
    down.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    down.setDefaultSectionSize(ROW_HEIGHT)


def tint_selection(table: QTableView, theme: Theme) -> None:
    """The selected row in a tint of the accent, with the ordinary colour of text."""
    palette = table.palette()
    palette.setColor(QPalette.ColorRole.Highlight, theme.color("accent", 0.25))
    palette.setColor(QPalette.ColorRole.HighlightedText, theme.color("text"))
    table.setPalette(palette)
