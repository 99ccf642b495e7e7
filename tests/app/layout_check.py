"""Finds text that is not shown whole, and views that show nothing."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PyQt6.QtCore import QRect, Qt
from PyQt6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QScrollArea,
    QStyle,
    QStyleOptionComboBox,
    QTabBar,
    QWidget,
)

from app.recording import pixels_of

LEAST_COLOURS = 8


def clipped_texts(window: QWidget) -> list[str]:
    """One line for each text of a stock widget that is cut off or lies outside its parents."""
    found = []
    for widget in _shown(window):
        text = _text(widget)
        if text and not _fits(widget, text):
            found.append(f"{_name(widget)} cuts {text!r}")
        if text and not _inside_parents(widget):
            found.append(f"{_name(widget)} lies partly outside: {text!r}")
        if isinstance(widget, QTabBar):
            found += [
                f"the tab {widget.tabText(index)!r} is cut"
                for index in range(widget.count())
                if _length(widget, index) < _width(widget, widget.tabText(index))
            ]
    return found


def empty_views(views: dict[str, QWidget]) -> list[str]:
    """The names of visible views whose picture has hardly any colours."""
    found = []
    for name, view in views.items():
        if view.isVisible():
            pixels = pixels_of(view.grab().toImage()).reshape(-1, 3)
            if len(np.unique(pixels, axis=0)) < LEAST_COLOURS:
                found.append(name)
    return found


def _shown(window: QWidget) -> Iterator[QWidget]:
    for widget in window.findChildren(QWidget):
        if widget.isVisible() and not widget.visibleRegion().isEmpty():
            yield widget


def _text(widget: QWidget) -> str:
    if isinstance(widget, QLabel | QAbstractButton):
        return str(widget.text())
    if isinstance(widget, QComboBox):
        return str(widget.currentText())
    if isinstance(widget, QLineEdit) and isinstance(widget.parent(), QAbstractSpinBox):
        return str(widget.text())
    return ""


def _fits(widget: QWidget, text: str) -> bool:
    room = _room(widget)
    if isinstance(widget, QLabel) and widget.wordWrap():
        return widget.heightForWidth(widget.width()) <= widget.height()
    if isinstance(widget, QLabel) and Qt.mightBeRichText(text):
        return bool(widget.sizeHint().width() <= widget.width())
    return (
        _width(widget, text) <= room.width()
        and widget.fontMetrics().height() <= room.height() + 3
    )


def _room(widget: QWidget) -> QRect:
    if isinstance(widget, QComboBox):
        option = QStyleOptionComboBox()
        widget.initStyleOption(option)
        style = widget.style()
        assert style is not None
        field = QStyle.SubControl.SC_ComboBoxEditField
        return style.subControlRect(QStyle.ComplexControl.CC_ComboBox, option, field, widget)
    return widget.contentsRect()


def _width(widget: QWidget, text: str) -> int:
    metrics = widget.fontMetrics()
    return max(metrics.horizontalAdvance(line) for line in text.replace("&", "").split("\n"))


def _inside_parents(widget: QWidget) -> bool:
    parent = widget.parentWidget()
    while parent is not None and not isinstance(parent, QScrollArea):
        corner = widget.mapTo(parent, widget.rect().topLeft())
        if not parent.rect().contains(QRect(corner, widget.size())):
            return False
        if parent.isWindow() or isinstance(parent.parentWidget(), QScrollArea):
            break
        parent = parent.parentWidget()
    return True


def _length(bar: QTabBar, index: int) -> int:
    """Of a tab along its text, which runs upwards at the side of a window."""
    rect = bar.tabRect(index)
    return max(rect.width(), rect.height())


def _name(widget: QWidget) -> str:
    names = []
    each: QWidget | None = widget
    while each is not None:
        names.append(each.objectName() or type(each).__name__)
        each = each.parentWidget()
    return "/".join(reversed(names[:4]))
