"""The k lane: the gradient updates of the selected t, one cell each.

In a cell the point's height is J(k) - J(0), the bar the norm of the gradient at k. The update
that acts has a diamond, one that was refused, shrunk or not finite a cross. Click, drag or the
arrow keys select a k; Shift-click compares with it.
"""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QPointF, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPolygonF
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.readouts import against, plain
from app.state.moment import Moment
from app.theme import LIGHT, PLOT_TEXT, Theme, font, text_width
from app.views.highlight import reference_pen
from app.views.k_cells import Cells, cells_of
from app.views.lane_caption import LEFT, Caption, Value, scale_of
from app.views.marks import RIGHT
from app.views.plot import round_stride
from app.views.symbols import paint_symbol

HEIGHT = 42
TICKS = 13
"""Height of the row of numbers below the cells, pixels."""
WIDEST = 84
"""Pixels of a cell at most."""
_KEYS = frozenset({Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End})


class KLane(QWidget):
    """The cells; `caption` stands beside them."""

    k_selected = pyqtSignal(int)
    compared = pyqtSignal(int)
    """Shift and a click on this k."""

    def __init__(self, theme: Theme = LIGHT) -> None:
        super().__init__()
        self.caption = Caption("update k", "J •  |g| ▮", theme)
        self.caption.setFixedHeight(HEIGHT - TICKS)
        self._theme = theme
        self._cells: Cells | None = None
        self._selected: int | None = None
        self._reference_k: int | None = None
        self.setObjectName("k-lane")
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("gradient updates k of this environment step")

    @property
    def cells(self) -> Cells | None:
        """What is shown; None before the first moment."""
        return self._cells

    def show_moment(self, moment: Moment, reference: Moment | None) -> None:
        """The updates of its t, the cursor on its k."""
        cells = cells_of(moment)
        self._cells = cells
        self._reference_k = _reference_k(moment, reference)
        if cells.made:
            self.caption.set_scale(*scale_of(*cells.scale))
            self.setAccessibleDescription(cells.tips[min(cells.k, cells.made - 1)])
        self.caption.set_values(*_values(moment, reference))
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another theme."""
        self._theme = theme
        self.caption.set_theme(theme)
        self.update()

    def labels_fit(self) -> bool:
        """Whether the caption is shown whole; a tick without room is left out."""
        return self.caption.labels_fit()

    def box(self, k: int) -> QRectF:
        """The cell of update k, without its tick."""
        width = self._cell_width()
        return QRectF(LEFT + k * width, 1, width, self.height() - TICKS - 1)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Bars, then the line of J with its symbols, then the cursor and the numbers."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(PLOT_TEXT))
        cells = self._cells
        if cells is None or not cells.made:
            painter.setPen(self._theme.color("muted"))
            middle = int(Qt.AlignmentFlag.AlignCenter)
            painter.drawText(self.rect(), middle, "no gradient update yet")
        else:
            self._paint_bars(painter, cells)
            self._paint_cursor(painter, cells)
            self._paint_objective(painter, cells)
            self._paint_ticks(painter, cells)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(self._theme.pen("accent", 1.0, 1.0, Qt.PenStyle.DotLine))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Select the cell, or compare with it."""
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return
        k = self._k_at(event.position())
        if k is not None and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.compared.emit(k)
            return
        self._selected = None
        self._select(k)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Drag through the cells."""
        if event is None or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            return
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._select(self._k_at(event.position()))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """The arrows go by one update, Home and End to the first and the last."""
        cells = self._cells
        if event is None or cells is None or not cells.made or event.key() not in _KEYS:
            super().keyPressEvent(event)
            return
        last = cells.made - 1
        k = {
            Qt.Key.Key_Left: max(0, cells.k - 1),
            Qt.Key.Key_Right: min(last, cells.k + 1),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }[Qt.Key(event.key())]
        self._selected = None
        self._select(k)

    def event(self, event: QEvent | None) -> bool:
        """Keeps its keys from the window's commands; shows the tip of the cell."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            plain_key = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
            if event.key() in _KEYS and plain_key:
                event.accept()
                return True
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            k = self._k_at(QPointF(event.pos()))
            if k is not None and self._cells is not None:
                QToolTip.showText(event.globalPos(), self._cells.tips[k], self)
                return True
        return super().event(event)

    def _select(self, k: int | None) -> None:
        if k is not None and k != self._selected:
            self._selected = k
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self.k_selected.emit(k)

    def _k_at(self, at: QPointF) -> int | None:
        """The update made whose cell is at or nearest to a point."""
        if self._cells is None or not self._cells.made:
            return None
        return min(max(0, int((at.x() - LEFT) / self._cell_width())), self._cells.made - 1)

    def _cell_width(self) -> float:
        count = 1 if self._cells is None else self._cells.count
        return min(float(WIDEST), (self.width() - LEFT - RIGHT) / count)

    def _paint_bars(self, painter: QPainter, cells: Cells) -> None:
        wide = self._cell_width() > 6
        for k in range(cells.count):
            box = self.box(k)
            if wide:
                painter.setPen(self._theme.pen("border" if k < cells.made else "grid"))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(box.adjusted(1, 0, -1, 0))
            if k < cells.made and cells.norms[k] > 0:
                high = cells.norms[k] * (box.height() - 2)
                inset = 0.3 * box.width() if wide else 0.5
                bar = QRectF(
                    box.left() + inset, box.bottom() - high, box.width() - 2 * inset, high
                )
                painter.fillRect(bar, self._theme.brush("muted", 0.3))

    def _paint_cursor(self, painter: QPainter, cells: Cells) -> None:
        box = self.box(min(cells.k, cells.count - 1))
        painter.fillRect(box.adjusted(1, 0, -1, 0), self._theme.brush("accent", 0.18))
        painter.setPen(self._theme.pen("accent", 1.6))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(box.adjusted(1, 0, -1, 0))

        if self._reference_k is not None and self._reference_k < cells.count:
            painter.setPen(reference_pen(self._theme))
            painter.drawRect(self.box(self._reference_k).adjusted(3, 2, -3, -2))

    def _paint_objective(self, painter: QPainter, cells: Cells) -> None:
        low, high = cells.scale
        points = []
        for k, gain in enumerate(cells.gains.tolist()):
            box = self.box(k)
            known = gain == gain
            share = (gain - low) / (high - low) if known else 0.5
            points.append(QPointF(box.center().x(), box.bottom() - share * box.height()))
        painter.setPen(self._theme.pen("text", 1.2))
        painter.drawPolyline(QPolygonF(points))
        for point, role in zip(points, cells.roles, strict=True):
            if role is not None:
                paint_symbol(painter, role, point, self._theme, 3.2, rim=role != "refused")
            elif self._cell_width() >= 9:
                painter.setPen(self._theme.pen("plot"))
                painter.setBrush(self._theme.brush("text"))
                painter.drawEllipse(point, 2.4, 2.4)
        if cells.guarded is not None and cells.guarded < cells.made:
            box = self.box(cells.guarded)
            corner = QPointF(box.right() - 6, box.top() + 6)
            paint_symbol(painter, "refused", corner, self._theme, 3.2)

    def _paint_ticks(self, painter: QPainter, cells: Cells) -> None:
        width = self._cell_width()
        last = cells.count - 1
        room = text_width(str(last), PLOT_TEXT) + 8
        stride = round_stride(room / max(1.0, width))
        y = self.height() - 2.5
        for k in range(cells.count):
            if (k % stride and k != last) or last - stride < k < last:
                continue
            words = cells.words[k] if k < cells.made else ""
            text = f"{k} {words}" if words else str(k)
            if text_width(text, PLOT_TEXT) > max(width, room):
                text = str(k)
            color = "after_text" if words else "text" if k < cells.made else "muted"
            painter.setPen(self._theme.color(color))
            x = self.box(k).center().x() - text_width(text, PLOT_TEXT) / 2
            x = min(x, self.width() - text_width(text, PLOT_TEXT) - 1)
            painter.drawText(QPointF(max(LEFT, x), y), text)


def _reference_k(moment: Moment, reference: Moment | None) -> int | None:
    """The reference's k, where it is of the same environment step."""
    if reference is None or reference.after is None:
        return None
    place = reference.branch, reference.episode, reference.t
    return reference.after.k if place == (moment.branch, moment.episode, moment.t) else None


def _values(moment: Moment, reference: Moment | None) -> tuple[Value, ...]:
    """J and the norm of the gradient at the cursor."""
    after = moment.after
    other = None if reference is None else reference.after
    if after is None:
        return ()
    color = "after_text" if after.k else "before_text"
    difference = "" if other is None else against(after.objective, other.objective)
    level = Value(f"J {plain(after.objective, 4)}", color, difference)
    return level, Value(f"|g| {plain(after.gradient_norm)}", "text")
