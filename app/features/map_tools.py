"""The map of a maze: the commands that show, colour and fit it; what of that is remembered."""

from __future__ import annotations

from PyQt6.QtCore import QObject

from app.desk import Desk
from app.state.moment import Moment
from app.views.maze_map import MazeMap

COMMANDS = ("map", "map_layer", "fit_map")


class MapTools(QObject):
    """Connects the map to its commands; they work where the task is a maze."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._in_maze = False
        commands, preferences = desk.window.commands, desk.preferences
        self._map.set_layer(preferences.map_layer)
        desk.views.scene.set_map(preferences.map_shown)
        commands.connect("map", self._show_or_hide)
        commands.connect("map_layer", self._map.next_layer)
        commands.connect("fit_map", self._map.fit)
        self._map.layer_changed.connect(self._remember_layer)
        desk.follower.moment_changed.connect(self._note_moment)
        self._enable()

    @property
    def _map(self) -> MazeMap:
        return self._desk.views.scene.maze

    def _show_or_hide(self) -> None:
        preferences = self._desk.preferences
        preferences.map_shown = not preferences.map_shown
        self._desk.views.scene.set_map(preferences.map_shown)
        self._enable()

    def _remember_layer(self, layer: str) -> None:
        self._desk.preferences.map_layer = layer

    def _note_moment(self, moment: Moment) -> None:
        in_maze = moment.task.maze is not None
        if in_maze != self._in_maze:
            self._in_maze = in_maze
            self._enable()

    def _enable(self) -> None:
        commands, shown = self._desk.window.commands, self._desk.preferences.map_shown
        for name in COMMANDS:
            commands.set_enabled(name, self._in_maze and (shown or name == "map"))
        commands.actions["map"].setChecked(shown)
