"""Changes between workspaces; each remembers where its docks are, over restarts too."""

from __future__ import annotations

from functools import partial

from PyQt6.QtCore import QByteArray, QObject, pyqtSignal

from app.arrangement import WORKSPACES
from app.main_window import MainWindow
from app.state.preferences import Preferences

FIRST_SIZE = (1280, 720)
"""Of a window that was never opened before, pixels."""


class Workspaces(QObject):
    """Carries out the commands workspace_NAME, present and reset_layout."""

    changed = pyqtSignal(str)
    """The name of the workspace that is shown now."""

    def __init__(self, window: MainWindow, preferences: Preferences) -> None:
        super().__init__()
        self._window, self._preferences = window, preferences
        self._layouts: dict[str, QByteArray] = {}
        self._before_present = WORKSPACES[0]
        self._remembers = True
        commands = window.commands
        for name in WORKSPACES:
            commands.connect(f"workspace_{name}", partial(self._choose, name))
        commands.connect("present", self.present)
        commands.connect("reset_layout", self.reset)

    @property
    def current(self) -> str:
        """The workspace that is shown."""
        return self._window.workspace

    def open(self, name: str, size: tuple[int, int] | None) -> None:
        """Begin in that workspace, or in the one used last where the name is empty.

        With a `size` in pixels every workspace begins in the layout of that size, otherwise
        as it was left.
        """
        self._remembers = size is None
        if size is not None or not self._restore_geometry():
            self._window.resize(*(size or FIRST_SIZE))
        self._show(name or self._preferences.workspace)

    def switch(self, name: str) -> None:
        """Show that workspace, and begin in it next time."""
        if name != self.current:
            self._layouts[self.current] = self._window.layout_state()
            self._show(name)
        self._preferences.workspace = name

    def present(self) -> None:
        """To the workspace for a stage, or back from it."""
        if self.current == "present":
            self.switch(self._before_present)
        else:
            self.switch("present")

    def reset(self) -> None:
        """The shown workspace's default layout."""
        self._window.arrange()

    def keep(self) -> None:
        """Store the window's size and every workspace's layout."""
        self._layouts[self.current] = self._window.layout_state()
        self._preferences.geometry = self._window.saveGeometry()
        for name, layout in self._layouts.items():
            self._preferences.keep_layout(name, layout)

    def _choose(self, name: str) -> None:
        self.switch(name)
        self._mark()

    def _show(self, name: str) -> None:
        if self.current != "present":
            self._before_present = self.current
        self._window.set_workspace(name)
        layout = self._layouts.get(name)
        if layout is None and self._remembers:
            layout = self._preferences.layout(name)
        if layout is None or not self._window.restore_layout(layout):
            self._window.arrange()
        self._mark()
        self.changed.emit(name)

    def _mark(self) -> None:
        # A click unticks a checkable action even where it leads nowhere else.
        actions = self._window.commands.actions
        for name in WORKSPACES:
            actions[f"workspace_{name}"].setChecked(name == self.current)
        actions["present"].setChecked(self.current == "present")

    def _restore_geometry(self) -> bool:
        geometry = self._preferences.geometry
        return geometry is not None and self._window.restoreGeometry(geometry)
