"""A particle picked anywhere in the window is picked out everywhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.state.selection import particles_kept
from app.views.marks import KINDS
from tests.app.layout_check import clipped_texts
from tests.app.pointing import WAIT, click, focus, press, settle
from tests.app.window_fixtures import Windows
from tests.motion import Sizes
from tests.records import make_run


def test_one_click_picks_the_particle_out_in_every_view(
    windows: Windows, qtbot: QtBot, tmp_path: Path
) -> None:
    trace = make_run(tmp_path / "a.trace", 12, sizes=Sizes(particles=64))
    application = windows.open(trace=trace)
    views, window = application.views, application.window
    settle(qtbot, application)
    k, lines = views.objective._lines
    row = int(np.nanargmax(lines[:, -1]))
    click(qtbot, views.objective._plot, float(k[-1]), float(lines[row, -1]))
    assert application.desk.selection.particle == row
    settle(qtbot, application)
    assert f"particle {row}:" in views.objective.header.readout()
    window.docks["why"].raise_()
    settle(qtbot, application)
    for view in (views.decomposition, views.model, views.scene.fan):
        assert f"particle {row}:" in view.header.readout()
    assert views.scene.canvas.caption is not None
    assert views.scene.canvas.caption.picked == f"particle {row}"
    application.driver.go_to_t(4)
    settle(qtbot, application)
    assert f"particle {row}:" in views.model.header.readout()


def test_the_bracket_keys_and_escape_choose_the_particle(
    windows: Windows, qtbot: QtBot, tmp_path: Path
) -> None:
    application = windows.open(trace=make_run(tmp_path / "a.trace", 6))
    selection, actions = application.desk.selection, application.window.commands.actions
    focus(qtbot, application)
    assert not actions["clear_particle"].isEnabled()
    press(application, Qt.Key.Key_BracketRight)
    press(application, Qt.Key.Key_BracketRight)
    assert selection.particle == 1
    press(application, Qt.Key.Key_BracketLeft)
    press(application, Qt.Key.Key_BracketLeft)
    assert selection.particle == 7
    press(application, Qt.Key.Key_Escape)
    assert selection.particle is None
    settle(qtbot, application)
    assert "particle" not in application.views.objective.header.readout()


def test_a_click_on_a_path_of_the_scene_picks_its_particle(
    windows: Windows, qtbot: QtBot, tmp_path: Path
) -> None:
    application = windows.open(trace=make_run(tmp_path / "a.trace", 6))
    settle(qtbot, application)
    scene = application.views.scene
    frame = scene.canvas.frame
    assert frame is not None
    scale = scene.canvas.width() / frame.picture.width
    end = scale * frame.drawn.paths[0][0, 2, -1]
    place = QPointF(*end.tolist()).toPoint()
    qtbot.mouseClick(scene.canvas, Qt.MouseButton.LeftButton, pos=place)
    assert application.desk.selection.particle is not None
    qtbot.waitUntil(
        lambda: any(g.particle >= 0 for g in scene.canvas.frame.picture.ghosts),  # type: ignore[union-attr]
        timeout=WAIT,
    )
    corner = QPoint(scene.canvas.width() - 6, scene.canvas.height() - 40)
    qtbot.mouseClick(scene.canvas, Qt.MouseButton.LeftButton, pos=corner)
    assert application.desk.selection.particle is None


@pytest.mark.parametrize("size", [(1280, 720), (1600, 1000)], ids=["1280x720", "1600x1000"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_cut_with_particle_reference_and_marks(
    windows: Windows, qtbot: QtBot, tmp_path: Path, size: tuple[int, int], theme: str
) -> None:
    trace = make_run(tmp_path / "a.trace", 60, ascent_steps=3, sizes=Sizes(particles=64))
    application = windows.open(trace=trace, size=size, theme=theme)
    window, views = application.window, application.views
    application.driver.go_to_t(40)
    settle(qtbot, application)
    window.commands.actions["set_reference"].trigger()
    application.desk.selection.select(63)
    for kind in KINDS:
        views.timeline.set_marks(kind, range(60), ["here"] * 60)
    application.driver.go_to_t(47)
    for tab in ("update", "why", "table"):
        window.docks[tab].raise_()
        settle(qtbot, application)
        for _ in range(2):
            QApplication.processEvents()
        named = views.by_name().items()
        assert [n for n, v in named if v.isVisible() and not v.labels_fit()] == []
        assert clipped_texts(window) == []
    assert (window.width(), window.height()) == size


def test_another_particle_is_picked_out_although_the_moment_stays(
    windows: Windows, qtbot: QtBot, tmp_path: Path
) -> None:
    application = windows.open(trace=make_run(tmp_path / "a.trace", 6))
    settle(qtbot, application)
    for particle in (2, 5, 1):
        application.desk.selection.select(particle)
    assert not application.views.settled
    settle(qtbot, application)
    assert "particle 1:" in application.views.objective.header.readout()
    assert particles_kept(application.views.moment) == 8  # type: ignore[arg-type]
