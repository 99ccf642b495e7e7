"""A panel of breakpoints with a list that does all it asks for, by keys and mouse."""

from __future__ import annotations

from PyQt6.QtCore import QModelIndex, QPoint, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.panels.breakpoints_panel import BreakpointsPanel
from app.state.breakpoints import Breakpoints
from app.theme import LIGHT
from core.errors import InputError
from core.traces.quantities import QUANTITIES, breakpoint_condition

Key = Qt.Key
LEFT = Qt.MouseButton.LeftButton


def conditions(points: Breakpoints) -> list[str]:
    """Of all that are in the list."""
    return [each.condition for each in points.items]


def type_in(panel: BreakpointsPanel, text: str) -> None:
    """Letters into the field."""
    panel.field.focus()
    QTest.keyClicks(panel.field.line, text)


def cell(panel: BreakpointsPanel, row: int, column: int) -> QModelIndex:
    """A cell of the table."""
    return panel._rows.index(row, column)


def middle(panel: BreakpointsPanel, row: int, column: int) -> tuple[QWidget, QPoint]:
    """Where a click hits a cell of the table."""
    viewport = panel.table.viewport()
    assert viewport is not None
    return viewport, panel.table.visualRect(cell(panel, row, column)).center()


def press(panel: BreakpointsPanel, key: Qt.Key) -> None:
    """A key in the table."""
    panel.table.setFocus()
    QTest.keyClick(panel.table, key)


def open_panel(qtbot: QtBot, points: Breakpoints) -> BreakpointsPanel:
    """A panel and a list that does all it asks for."""
    known = [quantity for quantity in QUANTITIES.values() if quantity.before_action]
    panel = BreakpointsPanel(known, breakpoint_condition)

    def attempt(act: object, *values: object, **named: object) -> None:
        try:
            act(*values, **named)  # type: ignore[operator]
        except InputError as error:
            panel.refuse(str(error))

    panel.added.connect(lambda text: attempt(points.add, text))
    panel.removed.connect(points.remove)
    panel.changed.connect(
        lambda which, name, value: attempt(points.change, which, **{name: value})
    )
    panel.all_enabled.connect(points.set_enabled)
    points.changed.connect(lambda: panel.show_breakpoints(points.items))
    qtbot.addWidget(panel)
    panel.set_theme(LIGHT)
    panel.resize(236, 400)
    panel.show()
    panel.activateWindow()
    qtbot.waitExposed(panel)
    return panel
