"""The window's layout: what stands where, and how it is remembered. It computes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PyQt6.QtCore import QByteArray, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QCloseEvent, QColor
from PyQt6.QtWidgets import (
    QDockWidget,
    QLabel,
    QMainWindow,
    QSizePolicy,
    QTabWidget,
    QToolBar,
    QVBoxLayout,
    QWidget,
)

from app.commands import CommandRegistry
from app.panels.dock_page import DockGrip, DockPage
from app.panels.message_bar import MessageBar
from app.panels.settings_panel import SettingsPanel
from app.panels.status_panel import StatusPanel
from app.panels.task_panel import TaskPanel
from app.theme import Theme
from app.view_set import ViewSet

Area = Qt.DockWidgetArea

LEFT, RIGHT, BOTTOM = 236, 390, 200
"""Widths of the side docks and height of the timeline at first, pixels."""
TALL = 900
"""From this height on the table of updates stands below the plots, not behind them."""
TABBED = ("update", "why", "table")
"""The docks at the right, behind each other where the window is low."""
WORKSPACES: dict[str, frozenset[str]] = {
    "debug": frozenset({"run", "update", "why", "table", "timeline"}),
    "present": frozenset({"update", "timeline"}),
    "minimal": frozenset({"timeline"}),
}
"""The docks that each workspace shows."""


class MainWindow(QMainWindow):
    """Toolbar, docks, scene, status bar."""

    closing = pyqtSignal()

    def __init__(self, views: ViewSet, workspace: str = "debug") -> None:
        super().__init__()
        self.setObjectName("main_window")
        self.setWindowTitle("Psiscope")
        self.views = views
        self.workspace = workspace
        self.commands = CommandRegistry(self)
        self.message_bar = MessageBar()
        self.task_panel = TaskPanel()
        self.settings_panel = SettingsPanel()
        self.status_panel = StatusPanel()
        self._badge = QLabel()
        self._badge.setObjectName("badge")
        self._running = False
        self._text_color = QColor()
        self.docks: dict[str, QDockWidget] = {}
        self.setDockOptions(self.dockOptions() | QMainWindow.DockOption.GroupedDragging)
        self._lay_out_bars()
        self._lay_out_centre()
        self._lay_out_docks()
        self._fill_view_menu()

    def arrange(self) -> None:
        """Every dock back in its place, sized for the window."""
        for dock in self.docks.values():
            self.removeDockWidget(dock)
            dock.setFloating(False)
        self.addDockWidget(Area.LeftDockWidgetArea, self.docks["run"])
        for name in TABBED:
            self.addDockWidget(Area.RightDockWidgetArea, self.docks[name])
        self.addDockWidget(Area.BottomDockWidgetArea, self.docks["timeline"])
        self.tabifyDockWidget(self.docks["update"], self.docks["why"])
        tall = self.height() >= TALL
        if not tall:
            self.tabifyDockWidget(self.docks["why"], self.docks["table"])
        for name, dock in self.docks.items():
            dock.setVisible(name in WORKSPACES[self.workspace])
        self.docks["update"].raise_()
        right = [self.docks["update"], self.docks["table"]]
        self.resizeDocks(
            [self.docks["run"], self.docks["update"]], [LEFT, RIGHT], Qt.Orientation.Horizontal
        )
        self.resizeDocks([self.docks["timeline"]], [BOTTOM], Qt.Orientation.Vertical)
        if tall:
            self.resizeDocks(right, [self.height() * 3 // 4, 160], Qt.Orientation.Vertical)

    def layout_state(self) -> tuple[QByteArray, QByteArray]:
        """Geometry and docks, for `restore_layout`."""
        return self.saveGeometry(), self.saveState()

    def restore_layout(self, geometry: QByteArray, state: QByteArray) -> bool:
        """Back to a stored layout; whether it could be restored."""
        return self.restoreGeometry(geometry) and self.restoreState(state)

    def set_theme(self, theme: Theme) -> None:
        """Restyle views, panels and icons."""
        self.views.set_theme(theme)
        for panel in (
            self.message_bar,
            self.task_panel,
            self.settings_panel,
            self.status_panel,
        ):
            panel.set_theme(theme)
        self._text_color = QColor(theme.text)
        self.commands.set_color(self._text_color)
        self.commands.set_running(self._running, self._text_color)
        self.toolbar.setStyleSheet(
            f"QToolBar {{ border: none; spacing: 2px; padding: 2px 6px; }}"
            f"QToolButton {{ padding: 3px 5px; border: 1px solid transparent;"
            f" border-radius: 5px; }}"
            f"QToolButton:hover {{ background: {theme.raised}; }}"
            f"QToolButton:pressed {{ background: {theme.border}; }}"
            f"QToolButton:checked {{ background: {theme.raised};"
            f" border-color: {theme.accent}; }}"
            f"#badge {{ color: {theme.text}; background: {theme.raised};"
            f" border-radius: 9px; padding: 2px 10px; }}"
        )

    def set_badge(self, text: str) -> None:
        """What kind of picture this is: live, recorded, looking back."""
        if text != self._badge.text():
            self._badge.setText(text)

    def set_running(self, running: bool) -> None:
        """The run button shows what a press would do."""
        if running != self._running:
            self._running = running
            self.commands.set_running(running, self._text_color)

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Whoever runs things ends them first."""
        self.closing.emit()
        super().closeEvent(event)

    def _lay_out_bars(self) -> None:
        bar = self.menuBar()
        self._menus = {} if bar is None else self.commands.fill_menus(bar)
        self.toolbar = QToolBar("Toolbar")
        self.toolbar.setObjectName("toolbar")
        self.toolbar.setMovable(False)
        self.toolbar.setIconSize(QSize(18, 18))
        self.toolbar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.commands.fill_toolbar(self.toolbar)
        gap = QWidget()
        gap.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.toolbar.addWidget(gap)
        self.toolbar.addWidget(self._badge)
        self.addToolBar(self.toolbar)
        status = self.statusBar()
        if status is not None:
            status.setSizeGripEnabled(False)
            status.addPermanentWidget(self.status_panel, 1)

    def _lay_out_centre(self) -> None:
        self.setCentralWidget(
            column([(self.message_bar, 0), (self.views.verdict, 0), (self.views.scene, 1)])
        )

    def _lay_out_docks(self) -> None:
        views = self.views
        self.setTabPosition(Area.RightDockWidgetArea, QTabWidget.TabPosition.North)
        for corner in (Qt.Corner.BottomLeftCorner, Qt.Corner.TopLeftCorner):
            self.setCorner(corner, Area.LeftDockWidgetArea)
        for corner in (Qt.Corner.BottomRightCorner, Qt.Corner.TopRightCorner):
            self.setCorner(corner, Area.RightDockWidgetArea)
        self._add_dock("run", "Run", column([(self.task_panel, 0), (self.settings_panel, 1)]))
        update = [(views.objective, 1), (views.gradient, 1), (views.action, 1)]
        self._add_dock("update", "Update", column(update))
        why = [(views.decomposition, 1), (views.model, 1)]
        self._add_dock("why", "Why", column(why))
        self._add_dock("table", "Table", views.table)
        self._add_dock("timeline", "Timeline", views.timeline)

    def _add_dock(self, name: str, title: str, content: QWidget) -> None:
        dock = QDockWidget(title, self)
        dock.setObjectName(f"dock_{name}")
        page = DockPage(content)
        dock.setWidget(page)
        dock.visibilityChanged.connect(page.reveal)
        self.docks[name] = dock
        dock.setTitleBarWidget(DockGrip())
        dock.topLevelChanged.connect(partial(_title_while_floating, dock))

    def _fill_view_menu(self) -> None:
        menu = self._menus.get("View")
        if menu is not None:
            menu.addSeparator()
            for dock in self.docks.values():
                menu.addAction(dock.toggleViewAction())


def _title_while_floating(dock: QDockWidget, floating: bool) -> None:
    dock.setTitleBarWidget(None if floating else DockGrip())


def column(rows: Sequence[tuple[QWidget, int]]) -> QWidget:
    """Widgets above each other, each with its share of the height."""
    page = QWidget()
    layout = QVBoxLayout(page)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    for widget, stretch in rows:
        layout.addWidget(widget, stretch)
    return page
