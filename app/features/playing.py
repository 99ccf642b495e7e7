"""The commands that play a record: slower, faster, backwards, and the box with the paces."""

from __future__ import annotations

from PyQt6.QtCore import QObject, Qt
from PyQt6.QtWidgets import QComboBox

from app.desk import Desk
from app.state.pace import PACES, Pace, neighbour

TIP = "How fast the record plays: times the speed of the real robot, or one t a second"


class Playing(QObject):
    """Keeps the box, the commands and the playback at the same pace."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._box = QComboBox()
        self._box.setObjectName("pace")
        self._box.setAccessibleName("pace of playing")
        self._box.setToolTip(TIP)
        self._box.addItems([pace.name for pace in PACES])
        # With the keyboard's focus it would take the keys of the commands.
        self._box.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._box.activated.connect(lambda row: desk.playback.set_pace(PACES[row]))
        commands = desk.window.commands
        desk.window.toolbar.insertWidget(commands.actions["breakpoint"], self._box)
        commands.connect("play_slower", lambda: self._change(-1))
        commands.connect("play_faster", lambda: self._change(1))
        commands.connect("play_backwards", self._play_backwards)
        desk.playback.pace_changed.connect(self._show)
        desk.playback.changed.connect(lambda _playing: self._show(desk.playback.pace))
        self._show(desk.playback.pace)

    def _change(self, by: int) -> None:
        self._desk.playback.set_pace(neighbour(self._desk.playback.pace, by))

    def _play_backwards(self) -> None:
        """As `play`, towards the start; once more stops."""
        playback, run = self._desk.playback, self._desk.follower.run
        if playback.playing:
            playback.stop()
        elif run is not None:
            playback.start(run, backwards=True)

    def _show(self, pace: Pace) -> None:
        if pace in PACES:
            self._box.setCurrentIndex(PACES.index(pace))
