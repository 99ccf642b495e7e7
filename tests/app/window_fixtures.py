"""Whole windows for tests: offscreen, a fake engine, folders of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.application import Application, Options
from app.state.target import Target

FAKE_ENGINE = "tests.app.fake_engine"
Open = Callable[..., Application]
Feature = TypeVar("Feature", bound=QObject)


class Windows:
    """Opens windows and shuts them down."""

    def __init__(self, qtbot: QtBot, folder: Path) -> None:
        self._qtbot, self._folder = qtbot, folder
        self._opened: list[Application] = []

    def open(
        self, *, trace: Path | None = None, live: bool = False, engine: str = "", **options: Any
    ) -> Application:
        """Open a window on a trace, on a live run of the fake engine, or on both in turn."""
        qt = QApplication.instance()
        assert isinstance(qt, QApplication)
        values: dict[str, Any] = {
            "target": Target(trace=trace, checkpoint=self._folder if live else None),
            "engine_module": FAKE_ENGINE,
            "engine_arguments": tuple(engine.split()),
            "runs_folder": self._folder / "runs",
            "preferences": f"test-{self._folder.name}",
            "workspace": "debug",
            "size": (1280, 720),
        }
        application = Application(qt, Options(**values | options))
        self._opened.append(application)
        application.open()
        application.start_engine()
        self._qtbot.waitExposed(application.window)
        return application

    def close(self) -> None:
        for application in self._opened:
            application.window.close()
            application.dispose()
        self._opened.clear()


def feature(application: Application, kind: type[Feature]) -> Feature:
    """The one feature of that class."""
    (found,) = [each for each in application.features if isinstance(each, kind)]
    return found


def open_focused(windows: Windows, qtbot: QtBot, trace: Path) -> Application:
    """A window with keyboard focus on a recorded trace."""
    application = windows.open(trace=trace)
    application.window.activateWindow()
    qtbot.waitUntil(application.window.isActiveWindow)
    return application


def give(application: Application, command: str) -> None:
    """Trigger a command, as its button, key or menu does."""
    application.window.commands.actions[command].trigger()


def shown(application: Application) -> tuple[int, int, int]:
    """(episode, t, k) on the screen."""
    moment = application.moment
    assert moment is not None
    return moment.episode, moment.t, moment.k


def badge(application: Application) -> str:
    """What the window says of where its moments come from."""
    return str(application.window._badge.text())


def marked(application: Application, kind: str) -> list[int]:
    """The t of the marks of that kind on the timeline."""
    rows = application.views.timeline._marks._marks
    return [int(t) for t in rows[kind].t] if kind in rows else []
