"""Pages of which one is in sight, and no other asks for room."""

from __future__ import annotations

from PyQt6.QtCore import QSize
from PyQt6.QtWidgets import QStackedWidget, QWidget


class PageStack(QStackedWidget):
    """As small as the page in sight may be; Qt's own is never smaller than any of its pages."""

    def minimumSizeHint(self) -> QSize:
        """Of the page in sight."""
        page = self.currentWidget()
        return super().minimumSizeHint() if page is None else page.minimumSizeHint()

    def sizeHint(self) -> QSize:
        """Of the page in sight."""
        page = self.currentWidget()
        return super().sizeHint() if page is None else page.sizeHint()

    def turn_to(self, page: QWidget) -> None:
        """Show this page; what stands around the stack asks at once how small it may be."""
        self.setCurrentWidget(page)
        widget: QWidget | None = self
        while widget is not None and not widget.isWindow():
            widget.updateGeometry()
            widget = widget.parentWidget()
