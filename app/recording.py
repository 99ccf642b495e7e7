"""Pictures and short films of the window itself."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QObject, QTimer, pyqtSignal
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QWidget

from core.errors import InputError

FRAMES_PER_SECOND = 10
Pixels = NDArray[np.uint8]


def save_picture(widget: QWidget, path: Path) -> None:
    """Write what the widget shows to a PNG file. Raises InputError where that is impossible."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{path.parent} cannot be created ({error.strerror})", "choose another folder"
        ) from error
    if not widget.grab().save(str(path), "PNG"):
        raise InputError(f"{path} cannot be written", "choose a folder you may write to")


def pixels_of(image: QImage) -> Pixels:
    """A copy (height, width, 3) of an image, both sides even as films need them."""
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    width, height, stride = rgb.width(), rgb.height(), rgb.bytesPerLine()
    bits = rgb.constBits()
    if bits is None:
        return np.zeros((0, 0, 3), dtype=np.uint8)
    data = bits.asstring(stride * height)
    rows = np.frombuffer(data, dtype=np.uint8).reshape(height, stride)
    picture = rows[:, : 3 * width].reshape(height, width, 3)
    return np.ascontiguousarray(picture[: height // 2 * 2, : width // 2 * 2])


class Film(QObject):
    """Grabs a widget ten times a second into an MP4 file, for some seconds."""

    finished = pyqtSignal()

    def __init__(self, widget: QWidget, path: Path, seconds: float) -> None:
        super().__init__(widget)
        self._widget, self._path = widget, path
        self._left = round(seconds * FRAMES_PER_SECOND)
        self._writer: Generator[None, Pixels | None, None] | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(1000 // FRAMES_PER_SECOND)
        self._timer.timeout.connect(self._take)

    def start(self) -> None:
        """Begin; `finished` comes when the file is complete."""
        self._timer.start()

    def _take(self) -> None:
        pixels = pixels_of(self._widget.grab().toImage())
        if self._writer is None:
            self._writer = _open_film(self._path, pixels.shape[1], pixels.shape[0])
        self._writer.send(pixels)
        self._left -= 1
        if self._left <= 0:
            self._timer.stop()
            self._writer.close()
            self.finished.emit()


def _open_film(path: Path, width: int, height: int) -> Generator[None, Pixels | None, None]:
    import imageio_ffmpeg

    writer: Generator[None, Pixels | None, None] = imageio_ffmpeg.write_frames(
        str(path),
        (width, height),
        fps=FRAMES_PER_SECOND,
        codec="libx264",
        quality=6,
        macro_block_size=2,
        ffmpeg_log_level="error",
    )
    writer.send(None)
    return writer
