"""The window: bars, docks and centre. It computes nothing."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import partial
from typing import Protocol, runtime_checkable

from PyQt6.QtCore import QByteArray, QEvent, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QCloseEvent, QColor
from PyQt6.QtWidgets import (
    QAbstractScrollArea,
    QDockWidget,
    QLabel,
    QLayout,
    QMainWindow,
    QMenu,
    QSizePolicy,
    QTabWidget,
    QToolBar,
    QVBoxLayout,
    QWidget,
)

from app.arrangement import EVERYWHERE, WORKSPACES, Place, arrange
from app.commands.registry import CommandRegistry
from app.panels.dock_page import DockGrip, DockPage, skip_empty_tabs, title_while_floating
from app.panels.message_bar import MessageBar
from app.panels.page_stack import PageStack
from app.panels.settings_panel import SettingsPanel
from app.panels.status_panel import StatusPanel
from app.panels.task_panel import TaskPanel
from app.restyling import Job, Restyling
from app.theme import Theme, dress
from app.view_set import ViewSet
from app.views.unveiling import Unveiling

Area = Qt.DockWidgetArea
SCENE = "scene"
"""The page in the centre of every workspace that has none of its own."""


@runtime_checkable
class Themed(Protocol):
    """A widget with colours of its own."""

    def set_theme(self, theme: Theme) -> None: ...


class MainWindow(QMainWindow):
    """Toolbar, docks, scene, status bar."""

    closing = pyqtSignal()

    def __init__(self, views: ViewSet) -> None:
        super().__init__()
        self.setObjectName("main_window")
        self.setWindowTitle("Psiscope")
        self.views = views
        self.workspace = WORKSPACES[0]
        self.commands = CommandRegistry(self)
        self.message_bar, self.task_panel = MessageBar(), TaskPanel()
        self.settings_panel = SettingsPanel()
        self.status_panel = StatusPanel()
        self._badge = QLabel()
        self._badge.setObjectName("badge")
        self.restyling = Restyling(self)
        self.unveiling = Unveiling(self)
        self._running, self._text_color = False, QColor()
        self.theme: Theme | None = None
        self.docks: dict[str, QDockWidget] = {}
        self._places: list[Place] = []
        self._dock_pages: list[DockPage] = []
        panels = (self.message_bar, self.task_panel, self.settings_panel, self.status_panel)
        self._themed: list[Themed] = [*panels]
        self._centre = PageStack()
        self._centres: dict[str, QWidget] = {}
        self._panels_menu = QMenu("Panels")
        self.setDockOptions(self.dockOptions() | QMainWindow.DockOption.GroupedDragging)
        self._lay_out_bars()
        self._lay_out_centre()
        self._lay_out_docks()
        if (layout := self.layout()) is not None:
            layout.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)

    def add_dock(
        self,
        name: str,
        title: str,
        content: QWidget,
        *,
        area: Qt.DockWidgetArea,
        group: str = "",
        workspaces: frozenset[str] = frozenset({"debug"}),
    ) -> QDockWidget:
        """A dock that the given workspaces show at first; `arrange` puts it in its place.

        Docks of one `group` and area are tabs behind each other, without a group it stands
        alone; a low window makes tabs of all groups of a side. A `content` with a method
        set_theme(theme) is restyled with the window.
        """
        dock = QDockWidget(title, self)
        dock.setObjectName(f"dock_{name}")
        self._dock_pages.append(page := DockPage(content, self.unveiling))
        dock.setWidget(page)
        dock.visibilityChanged.connect(page.reveal)
        dock.setTitleBarWidget(DockGrip())
        dock.topLevelChanged.connect(partial(title_while_floating, dock))
        self.docks[name] = dock
        if isinstance(content, Themed):
            self.add_themed(content)
        place = Place(dock=dock, area=area, group=group or name, workspaces=workspaces)
        self._places.append(place)
        self._panels_menu.addAction(dock.toggleViewAction())
        return dock

    def add_centre(self, workspace: str, widget: QWidget) -> None:
        """What that workspace shows in the centre instead of the scene."""
        self._centres[workspace] = widget
        if isinstance(widget, Themed):
            self.add_themed(widget)
        self._centre.addWidget(widget)
        if workspace == self.workspace:
            self._centre.turn_to(widget)

    def add_bar(self, bar: QWidget) -> None:
        """A line above the centre of every workspace, under the messages."""
        self._bars.addWidget(bar)
        if isinstance(bar, Themed):
            self.add_themed(bar)

    def add_themed(self, widget: Themed) -> None:
        """Give this the window's theme, too, now and whenever it changes."""
        self._themed.append(widget)
        if self.theme is not None:
            widget.set_theme(self.theme)

    def set_workspace(self, workspace: str) -> None:
        """Show the centre of that workspace; `arrange` or `restore_layout` does the docks."""
        changing = self.isVisible() and workspace != self.workspace
        self.workspace = workspace
        veiled = [self.views.scene, *self._contents_in_sight()] if changing else []
        # Hidden, they are not drawn at the sizes that they have only while the page changes.
        self.unveiling.veil(veiled)
        self._centre.turn_to(self._centres.get(workspace, self._centres[SCENE]))
        self.unveiling.unveil(veiled)

    def arrange(self) -> None:
        """Every dock back in its place, sized for the window."""
        with self.unveiling.gathering(visible=self.isVisible()):
            arrange(self, self._places, self.workspace)

    def layout_state(self) -> QByteArray:
        """Where the docks are, for `restore_layout`."""
        return self.saveState(self._layout_version())

    def restore_layout(self, state: QByteArray) -> bool:
        """Back to a stored layout; whether it could be: not where other docks were known."""
        with self.unveiling.gathering(visible=self.isVisible()):
            return self.restoreState(state, self._layout_version())

    def set_theme(self, theme: Theme) -> None:
        """Restyle views, panels and icons: in several turns where they can be seen."""
        self.theme = theme
        self._restyle_bars(theme)
        areas = self.findChildren(QAbstractScrollArea)
        jobs = [Job(area, partial(dress, area, theme)) for area in areas]
        themed = {id(each): each for each in (*self.views.all(), *self._themed)}
        for widget in themed.values():
            own = widget if isinstance(widget, QWidget) else self
            jobs.append(Job(own, partial(widget.set_theme, theme)))
        if self.isVisible():
            self.restyling.start(jobs)
            return
        for job in jobs:
            job.act()

    def _restyle_bars(self, theme: Theme) -> None:
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

    def event(self, event: QEvent | None) -> bool:
        """What is inside keeps the window from being made too small; it never makes it grow."""
        handled = super().event(event)
        if event is not None and event.type() == QEvent.Type.LayoutRequest:
            self._keep_size()
            skip_empty_tabs(self)
        return handled

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Whoever runs things ends them first."""
        self.restyling.stop()
        self.unveiling.stop()
        self.closing.emit()
        super().closeEvent(event)

    def _contents_in_sight(self) -> list[QWidget]:
        return [page.content for page in self._dock_pages if page.content.isVisible()]

    def _keep_size(self) -> None:
        if (layout := self.layout()) is not None:
            least = layout.minimumSize().boundedTo(self.size())
            if least != self.minimumSize():
                self.setMinimumSize(least)

    def _layout_version(self) -> int:
        return zlib.crc32(",".join(sorted(self.docks)).encode()) & 0x7FFFFFFF

    def _lay_out_bars(self) -> None:
        if (bar := self.menuBar()) is not None:
            menus = self.commands.fill_menus(bar)
            menus["View"].addSeparator()
            menus["View"].addMenu(self._panels_menu)
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
        if (status := self.statusBar()) is not None:
            status.setSizeGripEnabled(False)
            status.addPermanentWidget(self.status_panel, 1)

    def _lay_out_centre(self) -> None:
        scene = column([(self.views.verdict, 0), (self.views.scene, 1)])
        self._centre.addWidget(scene)
        self._centres[SCENE] = scene
        bars = QWidget()
        self._bars = tight_rows(bars)
        self._bars.addWidget(self.message_bar)
        self.setCentralWidget(column([(bars, 0), (self._centre, 1)]))

    def _lay_out_docks(self) -> None:
        views = self.views
        # Upright at the left, for the names of its panels are longer than it is wide.
        self.setTabPosition(Area.LeftDockWidgetArea, QTabWidget.TabPosition.West)
        self.setTabPosition(Area.RightDockWidgetArea, QTabWidget.TabPosition.North)
        for corner in (Qt.Corner.BottomLeftCorner, Qt.Corner.TopLeftCorner):
            self.setCorner(corner, Area.LeftDockWidgetArea)
        for corner in (Qt.Corner.BottomRightCorner, Qt.Corner.TopRightCorner):
            self.setCorner(corner, Area.RightDockWidgetArea)
        run = column([(self.task_panel, 0), (self.settings_panel, 1)])
        self.add_dock("run", "Run", run, area=Area.LeftDockWidgetArea)
        update = column([(views.objective, 1), (views.gradient, 1), (views.action, 1)])
        why = column([(views.decomposition, 1), (views.model, 1)])
        right, staged = Area.RightDockWidgetArea, frozenset({"debug", "present"})
        self.add_dock("update", "Update", update, area=right, group="update", workspaces=staged)
        self.add_dock("why", "Why", why, area=right, group="update")
        self.add_dock("table", "Table", views.table, area=right)
        bottom = Area.BottomDockWidgetArea
        # The compare workspace has lanes of its own, with both branches; data have no timeline.
        lanes = EVERYWHERE - {"compare", "data"}
        self.add_dock("timeline", "Timeline", views.timeline, area=bottom, workspaces=lanes)


def column(rows: Sequence[tuple[QWidget, int]]) -> QWidget:
    """Widgets above each other, each with its share of the height."""
    page = QWidget()
    layout = tight_rows(page)
    for widget, stretch in rows:
        layout.addWidget(widget, stretch)
    return page


def tight_rows(page: QWidget) -> QVBoxLayout:
    """A layout for widgets above each other, without gaps."""
    layout = QVBoxLayout(page)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    return layout
