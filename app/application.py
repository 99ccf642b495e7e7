"""Composition root: builds the parts of the window, connects them, starts and ends them."""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from PyQt6 import sip
from PyQt6.QtCore import QObject, QStandardPaths, pyqtSignal
from PyQt6.QtGui import QUndoStack
from PyQt6.QtWidgets import QApplication, QFileDialog

from app.bridge.cores import CoreShare
from app.bridge.playback import Playback
from app.bridge.trace_follower import TraceFollower
from app.desk import Desk
from app.driver import DRIVEN, Driver
from app.features.every import FEATURES
from app.main_window import MainWindow
from app.recording import save_picture
from app.source import Source
from app.state.cursor import Cursor
from app.state.moment import NOT_RECORDED, Moment
from app.state.preferences import Preferences
from app.state.runs import runs_folder
from app.state.selection import Selection
from app.state.target import Target
from app.status import StatusReporter
from app.theme import THEMES, apply_palette
from app.view_set import ViewSet
from app.workspaces import Workspaces
from core.checkpoints.catalogue import SHIPPED, find_checkpoint
from core.errors import InputError

DEMO_SPEED = 0.1
"""Of the demo that plays while the engine starts: slow enough to see the updates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the window starts."""

    target: Target
    workspace: str = ""
    """One of WORKSPACES, or empty for the one used last."""
    theme: str = ""
    """light, dark, or empty for the one used last."""
    size: tuple[int, int] | None = None
    """Pixels, in the layout of that size; None for the remembered ones."""
    engine_arguments: tuple[str, ...] = ()
    paused: bool = False
    """Pause after the first environment step."""
    engine_module: str = "core.engine"
    trust_code: bool = False
    """Let programs of the user run in the engine."""
    runs_folder: Path = field(default_factory=runs_folder)
    preferences: str = "window"
    """Name of the settings file."""


class Application(QObject):
    """The window and all that runs behind it."""

    moment_shown = pyqtSignal(object)
    """The Moment, once it was handed to the views."""

    def __init__(self, qt: QApplication, options: Options) -> None:
        super().__init__()
        self._qt, self._options = qt, options
        self._preferences = Preferences(options.preferences)
        self._theme = THEMES[options.theme or self._preferences.theme]
        apply_palette(qt, self._theme)
        self.views = ViewSet(self._theme)
        self.window = MainWindow(self.views)
        self.cursor = Cursor(self)
        self.follower = TraceFollower(self.cursor, self)
        self.playback = Playback(self.cursor, self)
        self.driver = Driver(self.cursor, self.follower, self.playback)
        self.source = Source(
            self.follower,
            self.playback,
            self.driver,
            self.window.message_bar,
            runs_folder=options.runs_folder,
            engine_module=options.engine_module,
            trust_code=options.trust_code,
        )
        self.status = StatusReporter(self.window, self.source, self.cursor, self.playback)
        self.desk = Desk(
            window=self.window,
            views=self.views,
            cursor=self.cursor,
            selection=Selection(self),
            follower=self.follower,
            playback=self.playback,
            driver=self.driver,
            source=self.source,
            preferences=self._preferences,
            workspaces=Workspaces(self.window, self._preferences),
            undo=QUndoStack(self),
        )
        self.features = [build(self.desk) for build in FEATURES]
        self.moment: Moment | None = None
        self._cores = CoreShare()
        self._connect_commands()
        self._connect_parts()
        self.window.set_theme(self._theme)
        self.desk.workspaces.open(options.workspace, options.size)
        sys.excepthook = self._show_exception

    @property
    def runs_live(self) -> bool:
        """Whether a live run is meant to take over, be it already there or not."""
        return self._options.target.checkpoint is not None

    def open(self) -> None:
        """Show the window with its first trace; the engine is not started yet."""
        target = self._options.target
        if target.trace is not None:
            self.source.show_trace(target.trace, target.label)
        self.window.show()
        # Without this Qt gives the first field of the window the focus, and the keys with it.
        self.window.setFocus()
        self.status.start()

    def start_engine(self) -> None:
        """Start the live run, if the target asks for one; the demo plays meanwhile."""
        target = self._options.target
        if target.checkpoint is None:
            return
        if self.follower.run is not None:
            self.driver.first()
            self.playback.start(self.follower.run, speed=DEMO_SPEED, repeat=True)
        options = self._options
        self.source.run_checkpoint(
            target.checkpoint, options.engine_arguments, paused=options.paused
        )

    def shut_down(self) -> None:
        """End playback, engine and drawing; remember the layout."""
        self.playback.stop()
        self.status.stop()
        self.follower.close()
        self.source.end_live_run()
        self._cores.share(None, (os.getpid(),))
        self.views.shut_down()
        self.desk.workspaces.keep()
        self._preferences.flush()
        sys.excepthook = sys.__excepthook__

    def dispose(self) -> None:
        """Destroy the window now: left to the interpreter's end, Qt may crash there."""
        sip.delete(self.window)

    def set_theme(self, name: str) -> None:
        """light or dark, and remember it."""
        self._theme = THEMES[name]
        self._preferences.theme = name
        apply_palette(self._qt, self._theme)
        self.window.set_theme(self._theme)
        self.status.refresh()

    def _connect_commands(self) -> None:
        commands, driver = self.window.commands, self.driver
        for name in DRIVEN:
            commands.connect(name, getattr(driver, name))
            commands.connect(name, self.status.refresh)
        commands.connect("open", self._ask_for_trace)
        commands.connect("open_checkpoint", self._ask_for_checkpoint)
        commands.connect("screenshot", self._save_screenshot)
        commands.connect("quit", self.window.close)
        commands.connect("theme", self._other_theme)

    def _connect_parts(self) -> None:
        window, views = self.window, self.views
        self.follower.moment_changed.connect(self._show_moment)
        self.follower.history_changed.connect(views.show_history)
        self.follower.history_changed.connect(window.task_panel.show_history)
        self.follower.unreadable.connect(lambda line: window.message_bar.say(line))
        self.source.changed.connect(self._source_changed)
        self.playback.changed.connect(lambda _playing: self.status.refresh())
        self.cursor.live_changed.connect(lambda _live: self.status.refresh())
        views.timeline.t_selected.connect(self.driver.go_to_t)
        views.timeline.live_requested.connect(self.driver.live)
        views.table.k_selected.connect(self.driver.go_to_k)
        window.closing.connect(self.shut_down)

    def _show_moment(self, moment: Moment) -> None:
        first = self.moment is None or self.moment.run is not moment.run
        self.moment = moment
        self.views.show_moment(moment)
        self.window.task_panel.show_moment(moment)
        if first:
            self.window.settings_panel.show_settings(moment.settings)
            absent = f"Settings: {NOT_RECORDED}, {moment.run.origin}." if moment.foreign else ""
            self.window.settings_panel.set_absent(absent)
        self.window.settings_panel.show_in_effect(moment.settings)
        self.status.note_moment(moment)
        self.moment_shown.emit(moment)

    def _source_changed(self) -> None:
        run = self.follower.run
        self.window.setWindowTitle(f"{run.path.name} - Psiscope" if run else "Psiscope")
        self.window.settings_panel.set_editable(self.source.shows_live_run)
        self.views.scene.set_live(self.cursor.live and self.source.engine_state == "running")
        self._cores.share(
            self.source.engine_process, (os.getpid(), self.views.scene.process_id)
        )
        self.status.refresh()

    def _other_theme(self) -> None:
        self.set_theme("dark" if self._theme.name == "light" else "light")

    def _ask_for_trace(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self.window,
            "Open a trace",
            str(self._options.runs_folder),
            "Traces (*.trace);;All (*)",
        )
        if name:
            self._attempt(lambda: self.source.open_trace(Path(name)))

    def _ask_for_checkpoint(self) -> None:
        name = QFileDialog.getExistingDirectory(self.window, "Open a checkpoint", str(SHIPPED))
        if name:
            self._attempt(lambda: self.source.run_checkpoint(find_checkpoint(name)))

    def _save_screenshot(self) -> None:
        folder = QStandardPaths.writableLocation(
            QStandardPaths.StandardLocation.PicturesLocation
        )
        path = Path(folder, time.strftime("psiscope-%Y%m%d-%H%M%S.png"))

        def save() -> None:
            save_picture(self.window, path)
            self.window.message_bar.tell(f"Saved {path}")

        self._attempt(save)

    def _attempt(self, action: Callable[[], object]) -> None:
        """Do it; a user's mistake becomes a line in the bar."""
        try:
            action()
        except InputError as error:
            self.window.message_bar.say(str(error))

    def _show_exception(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """An exception in a slot would abort the process; it becomes a line in the bar."""
        traceback.print_exception(kind, error, trace)
        if issubclass(kind, KeyboardInterrupt):
            self.window.close()
            return
        self.window.message_bar.say(f"Something went wrong here: {kind.__name__}: {error}")
