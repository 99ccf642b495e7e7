"""The scene and the process that draws it: pictures, deaths, machines without OpenGL."""

from __future__ import annotations

import dataclasses
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QImage, QWheelEvent
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.rendering import frame_file
from app.state.moment import Moment
from app.theme import DARK, LIGHT, apply_palette
from app.views.scene import SceneView
from app.views.scene_camera import SIDE_VIEW
from app.views.scene_picture import LIVE_PARTICLES, fans_of
from tests.app.view_moments import make_moment

SMALL = (560, 330)
"""The scene's place in a window of 1280 x 720."""
ANSWER_MS = 20_000


@pytest.fixture(scope="module")
def shared(qapp: QApplication) -> Iterator[SceneView]:
    """One view with a running process for all tests that leave it alive."""
    apply_palette(qapp, LIGHT)
    view = SceneView(LIGHT)
    view.resize(*SMALL)
    view.show()
    yield view
    view.shutdown()


def draw(qtbot: QtBot, view: SceneView, moment: Moment) -> QImage:
    """The picture of this very moment, as painted."""
    wanted = list(fans_of(moment).values())

    def arrived() -> bool:
        frame = view.canvas.frame
        shown = () if frame is None else frame.picture.fans
        return len(shown) == len(wanted) and all(
            np.array_equal(fan.states, states[: len(fan.states)], equal_nan=True)
            for fan, states in zip(shown, wanted, strict=True)
        )

    view.show_moment(moment)
    qtbot.waitUntil(arrived, timeout=ANSWER_MS)
    return view.grab_frame()


def difference(first: QImage, second: QImage) -> int:
    """Pixels that differ."""
    pixels = [(x, y) for x in range(first.width()) for y in range(first.height())]
    return sum(first.pixel(x, y) != second.pixel(x, y) for x, y in pixels)


def colors(image: QImage) -> int:
    """How many different colours a picture has, about."""
    places = [(x, y) for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)]
    return len({image.pixel(x, y) for x, y in places})


def test_a_moment_is_drawn_and_the_body_is_where_the_frame_says(
    qtbot: QtBot, shared: SceneView
) -> None:
    draw(qtbot, shared, make_moment(t=40))
    frame = shared.canvas.frame
    assert frame is not None
    x, y = (round(float(part)) for part in frame.drawn.body[0])
    assert frame.image.pixel(x, y) != frame.image.pixel(frame.image.width() - 3, 3)
    assert colors(frame.image) > 30
    assert frame.drawn.milliseconds > 0


def test_each_new_frame_is_counted_once_however_often_it_is_painted(
    qtbot: QtBot, shared: SceneView
) -> None:
    draw(qtbot, shared, make_moment(t=41))
    counted: list[int] = []
    shared.frame_drawn.connect(lambda: counted.append(1))
    frame = shared.canvas.frame
    assert frame is not None
    shared.canvas.set_frame(frame)
    for _ in range(3):
        shared.canvas.repaint()
    assert len(counted) == 1


def test_the_picture_shows_what_an_update_changed(qtbot: QtBot, shared: SceneView) -> None:
    moment = make_moment(t=42)
    both = draw(qtbot, shared, moment)
    before = draw(qtbot, shared, dataclasses.replace(moment, k=0, updates=moment.updates[:1]))
    assert difference(both, before) > 100
    assert difference(both, draw(qtbot, shared, moment)) == 0


def test_a_burst_of_moments_ends_with_the_newest_and_skips_others(
    qtbot: QtBot, shared: SceneView
) -> None:
    drawn: list[int] = []
    shared.frame_drawn.connect(lambda: drawn.append(1))
    for moment in [make_moment(t=t) for t in range(60)]:
        shared.show_moment(moment)
    draw(qtbot, shared, make_moment(t=99))
    assert 1 <= len(drawn) <= 3


def test_states_that_are_not_finite_leave_the_rest_of_the_picture(
    qtbot: QtBot, shared: SceneView
) -> None:
    moment = make_moment(t=43)
    states = moment.updates[1].imagined_states.copy()
    states[:, 3:] = np.nan
    broken = dataclasses.replace(moment.updates[1], imagined_states=states)
    shown = draw(
        qtbot, shared, dataclasses.replace(moment, updates=(moment.updates[0], broken))
    )
    assert colors(shown) > 30
    assert shared.canvas.message == ""


def test_a_paused_scene_is_drawn_again_in_full_quality_with_all_particles(
    qtbot: QtBot, shared: SceneView
) -> None:
    moment = make_moment(t=44, particles=LIVE_PARTICLES + 8)
    draw(qtbot, shared, moment)
    live = shared.canvas.frame
    assert live is not None
    assert not live.picture.still
    assert len(live.picture.fans[0].states) == LIVE_PARTICLES
    shared.set_live(False)
    qtbot.waitUntil(lambda: shared.canvas.frame.picture.still, timeout=ANSWER_MS)  # type: ignore[union-attr]
    assert len(shared.canvas.frame.picture.fans[0].states) == LIVE_PARTICLES + 8  # type: ignore[union-attr]
    shared.set_live(True)


def test_the_mouse_turns_zooms_and_resets_the_camera(qtbot: QtBot, shared: SceneView) -> None:
    canvas = shared.canvas
    middle = QPoint(100, 100)
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=middle)
    qtbot.mouseMove(canvas, middle + QPoint(50, 20))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton)
    assert canvas.camera.azimuth != SIDE_VIEW.azimuth
    assert canvas.camera.elevation != SIDE_VIEW.elevation
    wheel = QWheelEvent(
        QPointF(middle), QPointF(middle), QPoint(0, 0), QPoint(0, 240), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    canvas.wheelEvent(wheel)
    assert canvas.camera.zoom > 1.2
    qtbot.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=middle)
    assert canvas.camera == SIDE_VIEW


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ascent_steps", [0, 1, 100])
def test_no_label_is_cut_at_the_smallest_window(
    qapp: QApplication, shared: SceneView, theme: Any, ascent_steps: int
) -> None:
    shared.set_theme(theme)
    shared.show_moment(make_moment(t=999, ascent_steps=ascent_steps))
    qapp.processEvents()
    assert shared.width() == SMALL[0]
    assert shared.labels_fit()
    shared.set_theme(LIGHT)


def test_without_imagined_steps_the_fan_says_why_it_is_empty(shared: SceneView) -> None:
    moment = make_moment(horizon=0)
    shared.show_moment(moment)
    assert any(
        "H = 0" in plot.findChild(type(shared.problem)).text() for plot in shared.fan.plots()
    )  # type: ignore[union-attr]


def test_a_killed_process_is_started_again_and_the_view_says_so(
    qtbot: QtBot, shared: SceneView
) -> None:
    draw(qtbot, shared, make_moment(t=50))
    first = shared.process_id
    os.kill(first, signal.SIGKILL)
    qtbot.waitUntil(lambda: "started again" in shared.canvas.message, timeout=ANSWER_MS)
    draw(qtbot, shared, make_moment(t=51))
    assert shared.process_id not in (0, first)


def test_without_opengl_the_view_names_the_remedy_and_the_fan_remains(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUJOCO_GL", "disable")
    view = SceneView(LIGHT)
    qtbot.addWidget(view)
    view.resize(*SMALL)
    view.show()
    view.show_moment(make_moment())
    qtbot.waitUntil(lambda: view.problem.isVisible(), timeout=ANSWER_MS)
    assert "unset MUJOCO_GL" in view.problem.text()
    assert not view.canvas.isVisible()
    qtbot.waitUntil(lambda: view.fan.width() > 500, timeout=ANSWER_MS)
    assert colors(view.fan.grab().toImage()) > 5
    assert view.labels_fit()
    assert view.process_id == 0


def test_nothing_is_left_behind_after_shutdown(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame_file, "MEMORY", tmp_path)
    view = SceneView(LIGHT)
    qtbot.addWidget(view)
    view.show()
    view.show_moment(make_moment())
    qtbot.waitUntil(lambda: view.process_id > 0, timeout=ANSWER_MS)
    process = view.process_id
    view.shutdown()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    assert view.process_id == 0
    assert list(tmp_path.iterdir()) == []
