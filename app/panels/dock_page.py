"""What the window's docks are made of: a slim bar to drag them by, and a page."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QSize, Qt
from PyQt6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QDockWidget, QMainWindow, QTabBar, QVBoxLayout, QWidget

from app.views.unveiling import Unveiling

HEIGHT = 9
_DOTS = 5
_GAP = 6.0


class DockGrip(QWidget):
    """A row of dots, for what is inside names itself. Mouse events pass on to the dock."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(HEIGHT)
        self.setCursor(Qt.CursorShape.SizeAllCursor)
        self.setToolTip("Drag to move this panel, double-click to make it a window of its own")

    def sizeHint(self) -> QSize:
        """As wide as it gets."""
        return QSize(40, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        _pass_on(event)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        _pass_on(event)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        _pass_on(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        _pass_on(event)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """The dots, in the colour of borders."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().mid())
        middle = QPointF(self.rect().center()) + QPointF(0.5, 0.5)
        for index in range(_DOTS):
            x = (index - (_DOTS - 1) / 2) * _GAP
            painter.drawEllipse(middle + QPointF(x, 0.0), 1.3, 1.3)
        painter.end()


class DockPage(QWidget):
    """Holds a dock's content and hides it, size and all kept, while the dock is behind a tab.

    Qt moves such docks out of sight but calls them visible; views draw nothing while hidden.
    """

    def __init__(self, content: QWidget, unveiling: Unveiling) -> None:
        super().__init__()
        self.content, self._unveiling = content, unveiling
        policy = content.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        content.setSizePolicy(policy)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(content)

    def reveal(self, visible: bool) -> None:
        """The dock came to the front, or went behind another or away."""
        if visible and self._unveiling.gathers:
            self._unveiling.unveil([self.content])
        else:
            self._unveiling.forget(self.content)
            self.content.setVisible(visible)


def title_while_floating(dock: QDockWidget, floating: bool) -> None:
    """The system's own title for a window of its own, the grip inside the main one."""
    dock.setTitleBarWidget(None if floating else DockGrip())


def skip_empty_tabs(window: QMainWindow) -> None:
    """The Tab key passes over tab bars without tabs, which Qt keeps out of sight."""
    for bar in window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
        policy = Qt.FocusPolicy.TabFocus if bar.count() else Qt.FocusPolicy.NoFocus
        if bar.focusPolicy() != policy:
            bar.setFocusPolicy(policy)


def _pass_on(event: QMouseEvent | None) -> None:
    if event is not None:
        event.ignore()
