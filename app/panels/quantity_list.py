"""The names that a condition may use, with unit and meaning, in a list that goes away again."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QModelIndex, QPoint, Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QHeaderView, QLabel, QTableView, QVBoxLayout, QWidget

from app.commands.guard import keep_all_keys
from app.panels.text_table import TextColumn, TextTable
from core.traces.quantities import Quantity

GRAMMAR = (
    "and  or  not    <  <=  >  >=  ==  !=    +  −  *  /  %    abs  min  max    "
    "A missing value never holds."
)
_SIZE = (640, 430)


class QuantityList(QFrame):
    """A popup; a click or Enter chooses a name and closes it."""

    chosen = pyqtSignal(str)

    def __init__(self, quantities: Sequence[Quantity], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._names = [quantity.name for quantity in quantities]
        columns = (
            TextColumn("name", "what to write"),
            TextColumn("unit", "of the value; empty where it has none"),
            TextColumn("meaning", "what it says", stretch=True),
        )
        self.table = TextTable(columns)
        self.table.show_rows([(q.name, _unit(q), q.meaning) for q in quantities])
        self.table.clicked.connect(self._choose)
        self.table.activated.connect(self._choose)
        self.table.setTextElideMode(Qt.TextElideMode.ElideRight)
        header = self.table.horizontalHeader()
        if header is not None:
            header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
            header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        self.table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        grammar = QLabel(GRAMMAR)
        grammar.setTextFormat(Qt.TextFormat.PlainText)
        grammar.setContentsMargins(6, 3, 6, 5)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        column.addWidget(self.table, 1)
        column.addWidget(grammar)
        keep_all_keys(self)

    def open_below(self, widget: QWidget) -> None:
        """Show it under a widget, inside the screen."""
        screen = widget.screen()
        corner = widget.mapToGlobal(QPoint(0, widget.height()))
        width, height = _SIZE
        if screen is not None:
            room = screen.availableGeometry()
            width, height = min(width, room.width()), min(height, room.height())
            corner.setX(max(room.left(), min(corner.x(), room.right() - width)))
            corner.setY(max(room.top(), min(corner.y(), room.bottom() - height)))
        self.setGeometry(corner.x(), corner.y(), width, height)
        self.show()
        self.table.setFocus(Qt.FocusReason.PopupFocusReason)

    def _choose(self, index: QModelIndex) -> None:
        self.hide()
        self.chosen.emit(self._names[index.row()])


def _unit(quantity: Quantity) -> str:
    if quantity.boolean:
        return "yes or no"
    return "" if quantity.unit == "1" else quantity.unit
