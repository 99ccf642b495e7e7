"""The surface of the 3D scene: paints the newest frame, turns mouse into camera."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from app.rendering.client import Frame
from app.rendering.landmarks import landmarks
from app.theme import WINDOW_TEXT, Theme, font
from app.views.plot import STILL
from app.views.scene_camera import SIDE_VIEW, home_view
from app.views.scene_choice import paint_chosen, particle_at
from app.views.scene_overlay import (
    MARGIN,
    Caption,
    caption_box,
    paint_caption,
    paint_futures,
    paint_landmarks,
    paint_scale,
)
from core.tasks import Task

DEGREES_PER_PIXEL = 0.4


class SceneCanvas(QWidget):
    """Drag turns, wheel zooms, a click picks, a double click goes back to the first view."""

    camera_moved = pyqtSignal()
    resized = pyqtSignal()
    frame_drawn = pyqtSignal()
    particle_picked = pyqtSignal(object)
    """The particle whose path was clicked; None for a click beside all of them."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.camera = self._home = SIDE_VIEW
        self._task: Task | None = None
        self._places: tuple[str, ...] = ()
        self.caption: Caption | None = None
        self.message = self.absence = ""
        self._theme = theme
        self._frame: Frame | None = None
        self._fresh = False
        self._grabbed: QPointF | None = None
        self._turned = False
        self._particle: int | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(220, 180)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setAccessibleName("3D scene")

    @property
    def frame(self) -> Frame | None:
        """The newest frame."""
        return self._frame

    def set_frame(self, frame: Frame) -> None:
        """Paint this frame from now on."""
        self._frame, self._fresh = frame, True
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Colours of everything but the picture itself."""
        self._theme = theme
        self.update()

    def set_caption(self, caption: Caption) -> None:
        """The words in the corner."""
        if caption != self.caption:
            self.caption = caption
            self.setAccessibleDescription(caption.title)
            self.update()

    def set_task(self, task: Task) -> None:
        """Whose body it is: where to look from, and what places have a name."""
        if task != self._task:
            self._task, self._places = task, tuple(landmarks(task))
            self.camera = self._home = home_view(task)

    def set_particle(self, particle: int | None) -> None:
        """Whose paths are drawn above all others."""
        if particle != self._particle:
            self._particle = particle
            self.update()

    def set_absence(self, words: str) -> None:
        """Why there is no picture and will be none; empty where there can be one."""
        if words != self.absence:
            self.absence = words
            self._frame = None if words else self._frame
            self.update()

    def set_message(self, message: str) -> None:
        """One line at the bottom; empty removes it."""
        if message != self.message:
            self.message = message
            self.update()

    def labels_fit(self) -> bool:
        """Whether the words in the corner are shown whole."""
        box = QRectF() if self.caption is None else caption_box(self.caption)
        return QRectF(self.rect()).contains(box)

    def device_size(self) -> tuple[int, int]:
        """Width and height in device pixels."""
        ratio = self.devicePixelRatioF()
        return round(self.width() * ratio), round(self.height() * ratio)

    def sizeHint(self) -> QSize:
        """The Live preset's own size."""
        return QSize(640, 480)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Picture, futures, words."""
        painter = QPainter(self)
        area = QRectF(self.rect())
        frame = self._frame
        if frame is None:
            painter.fillRect(area, self._theme.brush("plot"))
            painter.setPen(self._theme.color("muted"))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(area, int(flags), self.absence or "the 3D view starts")
        else:
            self._paint_frame(painter, frame, area)
        if self.caption is not None:
            paint_caption(painter, self.caption, self._theme)
        if self.message:
            self._paint_message(painter, area)
        painter.end()
        if frame is not None and self._fresh:
            self._fresh = False
            self.frame_drawn.emit()

    def _paint_frame(self, painter: QPainter, frame: Frame, area: QRectF) -> None:
        smooth = frame.image.size() != self.size() * self.devicePixelRatioF()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(area, frame.image)
        scale = area.width() / frame.picture.width
        paint_futures(painter, frame, self._theme, scale)
        if self._particle is not None:
            paint_chosen(painter, frame, self._particle, self._theme, scale)
        places = frame.drawn.landmarks * scale
        paint_landmarks(painter, places, self._places, area, self._theme)
        paint_scale(painter, frame.drawn.pixels_per_metre * scale, area, self._theme)

    def _paint_message(self, painter: QPainter, area: QRectF) -> None:
        painter.setFont(font(WINDOW_TEXT))
        flags = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
        inner = area.adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        box = painter.boundingRect(inner, flags, self.message)
        box.moveBottom(inner.bottom() - 14)
        painter.fillRect(box.adjusted(-6, -3, 6, 3), self._theme.brush("plot", 0.85))
        painter.setPen(self._theme.color("refused_text"))
        painter.drawText(box, flags, self.message)

    def image(self) -> QImage:
        """What is on the canvas now, words and all."""
        return self.grab().toImage()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Take hold."""
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._grabbed, self._turned = event.position(), False
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Turn around the body."""
        if event is None or self._grabbed is None:
            return
        moved = event.position() - self._grabbed
        if not self._turned and abs(moved.x()) + abs(moved.y()) <= STILL:
            return
        self._turned = True
        self._grabbed = event.position()
        self._look(
            azimuth=self.camera.azimuth - DEGREES_PER_PIXEL * moved.x(),
            elevation=min(
                5.0, max(-89.0, self.camera.elevation - DEGREES_PER_PIXEL * moved.y())
            ),
        )

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Let go; without a turn it was a click."""
        if self._grabbed is not None and not self._turned and event is not None:
            self._pick(event.position())
        self._grabbed = None
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Nearer or farther."""
        if event is not None:
            factor = 1.0015 ** event.angleDelta().y()
            self._look(zoom=min(20.0, max(0.1, self.camera.zoom * factor)))
            event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """Back to the first view."""
        self.camera = self._home
        self.camera_moved.emit()

    def resizeEvent(self, event: object) -> None:
        """Another size wants another picture."""
        self.resized.emit()

    def _pick(self, at: QPointF) -> None:
        frame, particle = self._frame, None
        if frame is not None:
            scale = self.width() / frame.picture.width
            particle = particle_at(frame, np.array([at.x(), at.y()]), scale)
        self.particle_picked.emit(particle)

    def _look(self, **changes: float) -> None:
        self.camera = replace(self.camera, **changes)
        self.camera_moved.emit()
