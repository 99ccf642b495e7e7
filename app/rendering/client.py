"""The window's end of the render process: one picture in flight, the newest waiting."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

from PyQt6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, pyqtSignal
from PyQt6.QtGui import QImage

from app.rendering.frame_file import FrameFile
from app.rendering.wire import (
    LONGEST_LINE,
    Drawn,
    Message,
    Picture,
    Ready,
    Refused,
    Unavailable,
    WireError,
    decode,
    encode,
)

ROOT = Path(__file__).resolve().parents[2]
MOST_RESTARTS = 3
RESTART_WINDOW_S = 30.0
ANSWER_WITHIN_MS = 30_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """A picture that was asked for and what came of it."""

    picture: Picture
    drawn: Drawn
    image: QImage


class RenderClient(QObject):
    """Starts the render process at the first picture and hands frames back. Never blocks."""

    frame_ready = pyqtSignal(object)
    """A Frame."""
    trouble = pyqtSignal(str)
    """One line: what went wrong and what is done about it."""
    unavailable = pyqtSignal(str, str)
    """There will be no pictures: the fact, the remedy."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._frames: FrameFile | None = None
        self._process: QProcess | None = None
        self._ready = self._closed = False
        self._in_flight: Picture | None = None
        self._waiting: Picture | None = None
        self._number = 0
        self._deaths: list[float] = []
        self._watch = QTimer(self)
        self._watch.setSingleShot(True)
        self._watch.setInterval(ANSWER_WITHIN_MS)
        self._watch.timeout.connect(self._kill_hung)

    @property
    def process_id(self) -> int:
        """Of the render process; 0 while there is none."""
        return 0 if self._process is None else int(self._process.processId())

    def draw(self, picture: Picture) -> None:
        """Asks for a picture; one that still waits is forgotten."""
        if self._closed:
            return
        self._number += 1
        self._waiting = replace(picture, number=self._number)
        if self._process is None:
            self._start()
        self._send_waiting()

    def shutdown(self) -> None:
        """Ends the process and takes its file away; no signal comes any more."""
        self._closed = True
        self._watch.stop()
        process, self._process = self._process, None
        if process is not None:
            _silence(process)
            process.closeWriteChannel()
            if not process.waitForFinished(2000):
                process.kill()
                process.waitForFinished(1000)
        self._drop_frames()

    def _start(self) -> None:
        try:
            self._frames = FrameFile.create()
        except OSError as error:
            self._give_up(
                f"no room for the picture ({error.strerror})", "free some memory or disk"
            )
            return
        process = QProcess(self)
        process.setProgram(sys.executable)
        process.setArguments(["-m", "app.rendering.process", str(self._frames.path)])
        process.setWorkingDirectory(str(ROOT))
        process.setProcessEnvironment(_environment())
        process.setStandardErrorFile(QProcess.nullDevice())
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._ended)
        process.errorOccurred.connect(self._failed_to_start)
        self._process, self._ready = process, False
        process.start()
        self._watch.start()

    def _send_waiting(self) -> None:
        if not self._ready or self._in_flight or self._waiting is None or self._process is None:
            return
        self._in_flight, self._waiting = self._waiting, None
        self._process.write(encode(self._in_flight))
        self._watch.start()

    def _read(self) -> None:
        while self._process is not None and self._process.canReadLine():
            line = bytes(self._process.readLine(LONGEST_LINE + 1))
            try:
                self._take(decode(line))
            except WireError as error:
                self.trouble.emit(f"the 3D view did not understand its process: {error.fact}")

    def _take(self, message: Message) -> None:
        self._watch.stop()
        if isinstance(message, Unavailable):
            self._give_up(message.fact, message.remedy)
            return
        if isinstance(message, Ready):
            self._ready = True
            if self._frames is not None:
                self._frames.remove()
            self._send_waiting()
            return
        picture, self._in_flight = self._in_flight, None
        self._send_waiting()
        if isinstance(message, Refused):
            self.trouble.emit(f"this moment cannot be drawn in 3D: {message.reason}")
        elif isinstance(message, Drawn) and picture is not None:
            self._show(picture, message)

    def _show(self, picture: Picture, drawn: Drawn) -> None:
        if self._frames is None or drawn.number != picture.number:
            return
        pixels = self._frames.slot(drawn.slot, picture.width, picture.height)
        image = QImage(
            pixels.tobytes(), picture.width, picture.height, 3 * picture.width,
            QImage.Format.Format_RGB888,
        ).convertToFormat(QImage.Format.Format_RGB32)  # fmt: skip
        self.frame_ready.emit(Frame(picture=picture, drawn=drawn, image=image))

    def _ended(self) -> None:
        if self._process is None:
            return
        self._forget_process()
        now = time.monotonic()
        self._deaths = [at for at in self._deaths if now - at < RESTART_WINDOW_S] + [now]
        if len(self._deaths) > MOST_RESTARTS:
            self._give_up("the 3D view's process keeps ending", "run `python main.py doctor`")
            return
        self._waiting = self._waiting or self._in_flight
        self._in_flight = None
        self.trouble.emit("the 3D view's process ended; it was started again")
        self._start()

    def _failed_to_start(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._forget_process()
            self._give_up("the 3D view's process does not start", "run `python main.py doctor`")

    def _kill_hung(self) -> None:
        if self._process is not None:
            self._process.kill()

    def _give_up(self, fact: str, remedy: str) -> None:
        self.shutdown()
        self.unavailable.emit(fact, remedy)

    def _forget_process(self) -> None:
        self._watch.stop()
        if self._process is not None:
            _silence(self._process)
            self._process.deleteLater()
        self._process, self._ready = None, False
        self._drop_frames()

    def _drop_frames(self) -> None:
        if self._frames is not None:
            self._frames.remove()
            self._frames = None


def _silence(process: QProcess) -> None:
    """No more of its signals: what it still says is of no interest."""
    process.readyReadStandardOutput.disconnect()
    process.finished.disconnect()
    process.errorOccurred.disconnect()


def _environment() -> QProcessEnvironment:
    """One thread of software GL: as fast as two when measured; the engine wants the rest."""
    environment = QProcessEnvironment.systemEnvironment()
    if not environment.contains("LP_NUM_THREADS"):
        environment.insert("LP_NUM_THREADS", "1")
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    environment.insert("PYTHONPATH", os.pathsep.join(path for path in paths if path))
    return environment
