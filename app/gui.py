"""Opens the window: `python main.py gui`. Qt is imported when everything else is clear."""

from __future__ import annotations

import gc
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.display import check_display
from app.state.target import find_target
from core.errors import InputError
from core.settings import Settings

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QApplication

    from app.application import Application
    from app.errands import Errand

OUTPUT = Path("psiscope-offscreen")
"""Folder of the picture and the film where none is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the command line asks of the window."""

    target: str | None = None
    """A checkpoint's name or folder, or a trace file; None for the default checkpoint."""
    workspace: str | None = None
    settings: Settings | None = None
    """At the start of a live run; None for the defaults."""
    seed: int = 0
    paused: bool = False
    """Pause a live run after its first environment step."""
    theme: str | None = None
    size: tuple[int, int] | None = None
    """Width and height, pixels."""
    screenshot: Path | None = None
    """Write one PNG, then end."""
    at_step: int | None = None
    """Environment step of the screenshot."""
    offscreen: bool = False
    """Without a display: write a picture and a film, then end."""
    output: Path = OUTPUT
    print_first_paint: bool = False
    trust_code: bool = False
    """Let programs of the user run in the engine."""

    @property
    def unattended(self) -> bool:
        """Whether the window ends by itself."""
        return self.offscreen or self.screenshot is not None


def open_window(**options: Any) -> int:
    """Open the window as the fields of `Request` say; returns the exit code.

    Raises InputError for what cannot be shown, and where no window can open.
    """
    request = Request(**options)
    if request.offscreen:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    check_display()
    target = find_target(request.target)
    from PyQt6.QtCore import qInstallMessageHandler
    from PyQt6.QtWidgets import QApplication

    from app.application import Application, Options

    qInstallMessageHandler(tell)
    qt = QApplication([sys.argv[0]])
    qt.setApplicationName("psiscope")
    application = Application(
        qt,
        Options(
            target=target,
            workspace=request.workspace or "",
            theme=request.theme or "",
            size=request.size or ((1280, 720) if request.unattended else None),
            engine_arguments=engine_arguments(request.settings, request.seed),
            trust_code=request.trust_code,
            paused=request.paused,
            preferences="unattended" if request.unattended else "window",
        ),
    )
    _after_first_paint(application, print_first_paint=request.print_first_paint)
    application.open()
    try:
        return _run_errand(application, qt, request) if request.unattended else int(qt.exec())
    finally:
        application.dispose()


def engine_arguments(settings: Settings | None, seed: int) -> tuple[str, ...]:
    """The engine's words for settings and seed; nothing for what it does by itself."""
    words = ("--seed", str(seed))
    return words if settings is None else (*words, "--settings", settings.to_json())


def tell(_kind: object, _context: object, text: str | None) -> None:
    """Qt's messages go to stderr, but for one that every offscreen window causes."""
    if text and "propagateSizeHints" not in text:
        sys.stderr.write(f"Qt: {text}\n")


def _run_errand(application: Application, qt: QApplication, request: Request) -> int:
    from PyQt6.QtCore import QTimer

    from app.errands import FilmErrand, PictureErrand

    errand: Errand
    if request.screenshot is not None:
        errand = PictureErrand(application, qt.exit, request.screenshot, request.at_step)
    else:
        errand = FilmErrand(application, qt.exit, request.output)
    QTimer.singleShot(0, errand.begin)
    code = int(qt.exec())
    application.window.close()
    for path in errand.written:
        sys.stdout.write(f"wrote {path}\n")
    if errand.failure:
        raise InputError(errand.failure)
    return code


def _after_first_paint(application: Application, *, print_first_paint: bool) -> None:
    from app.first_paint import FirstPaint, seconds_since_process_start

    def painted() -> None:
        if print_first_paint:
            sys.stdout.write(f"first paint after {seconds_since_process_start():.2f} s\n")
            sys.stdout.flush()
        # What is there now stays: a full collection, in the middle of some turn of the event
        # loop, need not walk over all of it again (15 to 25 ms).
        gc.freeze()
        application.start_engine()

    FirstPaint(application.window).painted.connect(painted)
