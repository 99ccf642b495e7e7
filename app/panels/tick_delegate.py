"""A tick box in a table's cell that can be seen in every theme; a click anywhere turns it."""

from __future__ import annotations

from PyQt6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QPointF, QRectF, Qt
from PyQt6.QtGui import QMouseEvent, QPainter, QPalette, QPen, QPolygonF
from PyQt6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

_SIZE = 12.0


class TickDelegate(QStyledItemDelegate):
    """Fusion draws an empty box in a shade of the window: nobody sees it in a dark one."""

    def paint(
        self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        """A frame in the colour of text, and a tick where it is set."""
        if painter is None:
            return
        super().paint(painter, option, QModelIndex())
        palette, middle = option.palette, QRectF(option.rect).center()
        box = QRectF(middle.x() - _SIZE / 2, middle.y() - _SIZE / 2, _SIZE, _SIZE)
        ticked = index.data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(palette.color(QPalette.ColorRole.PlaceholderText), 1.0))
        painter.setBrush(palette.color(QPalette.ColorRole.Base))
        painter.drawRoundedRect(box, 2.0, 2.0)
        if ticked:
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Text), 1.8))
            corners = [QPointF(x, y) for x, y in ((2.5, 6.0), (5.0, 9.0), (9.5, 3.0))]
            painter.drawPolyline(QPolygonF([box.topLeft() + corner for corner in corners]))
        painter.restore()

    def editorEvent(
        self,
        event: QEvent | None,
        model: QAbstractItemModel | None,
        option: QStyleOptionViewItem,
        index: QModelIndex,
    ) -> bool:
        """Turn it when the left button is let go inside the cell."""
        if not isinstance(event, QMouseEvent) or model is None:
            return False
        if event.button() != Qt.MouseButton.LeftButton:
            return False
        if event.type() != QEvent.Type.MouseButtonRelease:
            return event.type() == QEvent.Type.MouseButtonDblClick
        if not option.rect.contains(event.position().toPoint()):
            return False
        role, state = Qt.ItemDataRole.CheckStateRole, Qt.CheckState
        ticked = index.data(role) == state.Checked
        return bool(model.setData(index, state.Unchecked if ticked else state.Checked, role))
