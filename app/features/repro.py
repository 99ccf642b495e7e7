"""Writes the moment on the screen as a folder that makes it again without a window."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QObject, QUrl
from PyQt6.QtGui import QDesktopServices

from app.bridge.repro_process import ReproProcess
from app.desk import Desk
from app.state.moment import Moment
from app.state.repros import new_repro_path, repros_folder


class Repro(QObject):
    """The command `repro`. The message bar says where the folder is, or why there is none."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._bar = desk.window.message_bar
        self._moment: Moment | None = None
        self.process = ReproProcess(self)
        self.process.written.connect(self._tell)
        self.process.failed.connect(lambda line: self._bar.say(f"No repro was written: {line}"))
        desk.window.commands.connect("repro", self.write)
        desk.window.commands.set_enabled("repro", False)
        desk.follower.moment_changed.connect(self._note_moment)
        desk.window.closing.connect(self.process.close)

    def write(self) -> None:
        """Begin to write the moment that is shown."""
        run, moment = self._desk.follower.run, self._moment
        if run is None or moment is None:
            return
        if self.process.busy:
            self._bar.say("A repro is being written already: this one was not begun.")
            return
        at = (moment.branch, moment.episode, moment.t, moment.k)
        place = f"episode {moment.episode}, t = {moment.t}, k = {moment.k}"
        self._bar.tell(f"Writing the repro of {place} ...", "Give up", self.process.give_up)
        folder = new_repro_path(repros_folder(), moment.task.name, at)
        self.process.start(run.path, at, folder)

    def _tell(self, folder: Path) -> None:
        self._bar.tell(f"Repro written: {folder}", "Show folder", lambda: show_folder(folder))

    def _note_moment(self, moment: Moment) -> None:
        self._moment = moment
        self._desk.window.commands.set_enabled("repro", bool(moment.updates))


def show_folder(folder: Path) -> None:
    """In the file manager of the desktop."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
