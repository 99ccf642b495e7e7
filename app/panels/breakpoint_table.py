"""The table of breakpoints: which keys it keeps, and how its columns share the width."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QHeaderView, QTableView

from app.commands.guard import keep_keys
from app.panels.breakpoint_rows import COLUMNS, CONDITION, LOG, ON, BreakpointRows
from app.panels.text_table import ROW_HEIGHT, style_table
from app.panels.tick_delegate import TickDelegate
from app.theme import PLOT_TEXT, text_width

_WIDEST = {"on": "on", "hits": "9999", "skip": "skip", "log": "log"}
_OWN_KEYS = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_Space, Qt.Key.Key_F2)


class BreakpointTable(QTableView):
    """Delete removes the row, F2 edits it, Space switches it on or off.

    Enter stays a command: at a break it accepts.
    """

    delete_asked = pyqtSignal()
    edit_asked = pyqtSignal(str)

    def __init__(self, rows: BreakpointRows) -> None:
        super().__init__()
        self._rows = rows
        self.setModel(rows)
        style_table(self)
        # A long condition is read whole: on as many lines as it needs.
        self.setWordWrap(True)
        down = self.verticalHeader()
        if down is not None:
            down.setMinimumSectionSize(ROW_HEIGHT)
            down.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.setEditTriggers(QTableView.EditTrigger.DoubleClicked)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        keep_keys(self, *_OWN_KEYS)
        self._ticks = TickDelegate(self)
        for column in (ON, LOG):
            self.setItemDelegateForColumn(column, self._ticks)
        header = self.horizontalHeader()
        if header is not None:
            for place, each in enumerate(COLUMNS):
                if place == CONDITION:
                    header.setSectionResizeMode(place, QHeaderView.ResizeMode.Stretch)
                else:
                    width = text_width(_WIDEST[each.name], PLOT_TEXT)
                    self.setColumnWidth(place, int(width) + 12)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """The keys of the table; all others are the view's."""
        if event is None:
            return
        index, key = self.currentIndex(), event.key()
        if not index.isValid() or key not in _OWN_KEYS:
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.delete_asked.emit()
        elif key == Qt.Key.Key_Space:
            each = self._rows.rows[index.row()]
            self._rows.asked.emit(each.id, COLUMNS[ON].field, not each.enabled)
        else:
            self.edit_asked.emit(self._rows.rows[index.row()].id)
