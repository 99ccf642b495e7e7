"""What the window does by itself: a picture of a moment, or a picture and a film."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QObject, QTimer

from app.application import Application
from app.recording import Film, save_picture
from app.state.moment import Moment
from core.errors import InputError

PATIENCE_MS = 180_000
"""How long a session may take to reach the moment that is asked for."""
SETTLE_MS = 700
"""For the scene in full quality, the timeline and the layout to come to rest."""
LOOK_EVERY_MS = 50
FILM_SECONDS = 8.0
DEFAULT_STEP = 40
"""An environment step of a live run at which there is something to see."""


class Errand(QObject):
    """Ends the application when it is done, or when it cannot be."""

    def __init__(self, application: Application, finish: Callable[[int], object]) -> None:
        super().__init__()
        self.application = application
        self.failure = ""
        self.written: list[Path] = []
        self._finish = finish
        self._ended = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._out_of_patience)
        self._timer.start(PATIENCE_MS)
        application.moment_shown.connect(self.look)
        application.source.engine_died.connect(self.fail)

    def begin(self) -> None:
        """Look at what is shown already; a recorded trace may never show anything else."""
        if self.application.moment is not None:
            self.look(self.application.moment)

    def look(self, moment: Moment) -> None:
        """A moment was shown."""
        raise NotImplementedError

    def _out_of_patience(self) -> None:
        self.fail(f"nothing to show after {PATIENCE_MS // 60_000} minutes")

    def succeed(self) -> None:
        self._end(0)

    def once(self, condition: Callable[[], bool], act: Callable[[], object]) -> None:
        """Call `act` as soon as the condition holds."""
        if condition():
            act()
        elif not self._ended:
            QTimer.singleShot(LOOK_EVERY_MS, lambda: self.once(condition, act))

    def _save(self, path: Path) -> None:
        try:
            save_picture(self.application.window, path)
        except InputError as error:
            self.fail(str(error))
            return
        self.written.append(path)
        self.succeed()

    def fail(self, line: str) -> None:
        """Give up; `failure` says why."""
        self.failure = line
        self._end(2)

    def _end(self, code: int) -> None:
        if not self._ended:
            self._ended = True
            self._finish(code)


class PictureErrand(Errand):
    """One PNG of the window at environment step t of the live run, or of the recorded one."""

    def __init__(
        self,
        application: Application,
        finish: Callable[[int], object],
        path: Path,
        t: int | None,
    ) -> None:
        super().__init__(application, finish)
        self._path, self._t = path, t
        self._found = False

    def look(self, moment: Moment) -> None:
        """Wait until a live run has come to t; go to t where one was named."""
        live = self.application.runs_live
        if self._found or (live and not self.application.source.shows_live_run):
            return
        if live and moment.t < (DEFAULT_STEP if self._t is None else self._t):
            return
        self._found = True
        if self._t in {None, moment.t}:
            self.application.follower.hold()
        elif self._t is not None:
            self.application.driver.go_to_t(self._t)
        views = self.application.views
        self.once(lambda: views.settled, lambda: QTimer.singleShot(SETTLE_MS, self._take))

    def _take(self) -> None:
        self._save(self._path)


class FilmErrand(Errand):
    """A film of some seconds of the session, and a picture at its end."""

    def __init__(
        self, application: Application, finish: Callable[[int], object], folder: Path
    ) -> None:
        super().__init__(application, finish)
        self._picture, self._film_path = folder / "window.png", folder / "window.mp4"
        self._film: Film | None = None

    def look(self, _moment: Moment) -> None:
        """Begin once the run that is meant is shown."""
        live = self.application.runs_live
        if self._film is not None or (live and not self.application.source.shows_live_run):
            return
        try:
            self._film_path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self.fail(f"{self._film_path.parent} cannot be created ({error.strerror})")
            return
        self._film = Film(self.application.window, self._film_path, FILM_SECONDS)
        self._film.finished.connect(self._take)
        if not live:
            self.application.driver.first()
            self.application.driver.play()
        self.once(lambda: self.application.views.drawn, self._film.start)

    def _take(self) -> None:
        self.written.append(self._film_path)
        self._save(self._picture)
