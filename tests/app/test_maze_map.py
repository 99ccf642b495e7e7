"""The map of a maze draws what the records say, and its lines can be picked."""

from __future__ import annotations

import dataclasses
import functools
import itertools

import numpy as np
import pytest
from PyQt6.QtCore import QPointF
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.state.maze_picture import at, field_of
from app.state.moment import Moment
from app.theme import DARK, LIGHT
from app.views.maze_items import coloured
from app.views.maze_map import MazeMap
from app.views.scene_picture import LIVE_PARTICLES
from tests.app.maze_moments import (
    LARGE,
    UMAZE,
    maze_history,
    maze_moment,
    maze_started,
    place_at,
)
from tests.app.maze_view import T, points, shown_map
from tests.app.yardstick import in_empty_repaints

TURN = 6.0
"""Empty plots painted in the time of one turn, at most: 16 ms on a machine at rest."""


@pytest.fixture
def shown(qtbot: QtBot) -> MazeMap:
    return shown_map(qtbot)


def test_walls_stand_where_the_maze_has_them(shown: MazeMap) -> None:
    path = shown.ground.walls.path()
    for row, text in enumerate(LARGE.maze.rows):
        for column, cell in enumerate(text):
            x, y = LARGE.maze.centre(row, column)
            for off in itertools.product((-1.9, 0.0, 1.9), repeat=2):
                assert path.contains(QPointF(x + off[0], y + off[1])) == (cell == "#")


def test_start_goal_and_body_are_where_the_records_have_them(shown: MazeMap) -> None:
    moment = shown.moment
    np.testing.assert_allclose(points(shown.ground.start), [moment.episode_started.state[:2]])
    ring = shown.ground.goal.path().boundingRect()
    assert (ring.center().x(), ring.center().y()) == (LARGE.goal.x, LARGE.goal.y)
    assert ring.width() == pytest.approx(2 * LARGE.goal.radius)
    here = shown.traffic.body.pos()
    np.testing.assert_allclose((here.x(), here.y()), moment.proposal.state[:2])
    tip = shown.traffic.body.path().elementAt(0)
    ahead = place_at(LARGE, T + 2) - place_at(LARGE, T)
    np.testing.assert_allclose(
        np.arctan2(-tip.y, tip.x), np.arctan2(ahead[1], ahead[0]), atol=1e-6
    )


def test_the_path_walked_ends_at_the_cursor_and_so_does_the_twins(shown: MazeMap) -> None:
    np.testing.assert_allclose(
        points(shown.traffic.walked), [place_at(LARGE, t) for t in range(T + 1)]
    )
    assert len(points(shown.traffic.twin)) == T + 1
    shown.show_moment(maze_moment(100))
    np.testing.assert_allclose(points(shown.traffic.walked)[-1], place_at(LARGE, 100))
    assert len(points(shown.traffic.walked)) == len(points(shown.traffic.twin)) == 101


def test_a_walk_of_another_episode_is_not_drawn(shown: MazeMap) -> None:
    history = maze_history(T + 1)
    elsewhere = dataclasses.replace(history.walk, real=-history.walk.real)
    shown.show_history(dataclasses.replace(history, walk=elsewhere))
    assert len(points(shown.traffic.walked)) == 1
    assert len(points(shown.traffic.twin)) == 0


def test_the_fans_are_the_imagined_and_true_places(shown: MazeMap) -> None:
    before, after = shown.moment.updates
    for role, update in (("before", before), ("after", after)):
        drawn = points(shown.traffic.fans[role]).reshape(8, 7, 2)
        np.testing.assert_allclose(drawn[:, :6], update.imagined_states[..., :2])
        assert np.isnan(drawn[:, 6]).all(), "a gap after each particle"
    np.testing.assert_allclose(
        points(shown.traffic.means["real"]), shown.moment.proposal.true_states[2, :, :2]
    )


def test_a_live_map_draws_no_more_lines_than_the_scene(shown: MazeMap) -> None:
    shown.show_moment(maze_moment(T, particles=64, live=True))
    assert len(points(shown.traffic.fans["after"])) == LIVE_PARTICLES * 7
    shown.show_moment(maze_moment(T, particles=64))
    assert len(points(shown.traffic.fans["after"])) == 64 * 7


def test_each_free_square_has_the_colour_of_its_value_and_the_scale_says_which(
    shown: MazeMap,
) -> None:
    started = shown.moment.episode_started
    picture = np.asarray(shown.ground.image.image)[::-1]
    assert ((picture[..., 3] == 255) == np.isfinite(started.value_field)).all()
    best = np.unravel_index(np.nanargmax(started.value_field), picture.shape[:2])
    worst = np.unravel_index(np.nanargmin(started.value_field), picture.shape[:2])
    ramp = LIGHT.ramp("value_low", "value_high")
    assert (picture[best] == ramp[-1]).all()
    assert (picture[worst] == ramp[0]).all()
    low, high, name = shown.scale.words()
    assert float(low) == pytest.approx(np.nanmin(started.value_field), rel=0.01)
    assert float(high) == pytest.approx(np.nanmax(started.value_field), rel=0.01)
    assert "reward" in name


def test_colours_of_a_field_grow_steadily_lighter_or_darker() -> None:
    for theme in (LIGHT, DARK):
        for layer in ("value", "data"):
            ramp = theme.ramp(f"{layer}_low", f"{layer}_high").astype(float)
            lightness = ramp[:, :3] @ [0.299, 0.587, 0.114]
            steps = np.diff(lightness)
            assert (steps >= -0.6).all() or (steps <= 0.6).all()
            assert abs(lightness[-1] - lightness[0]) > 60


def test_the_data_layer_leaves_squares_without_data_clear(shown: MazeMap) -> None:
    shown.set_layer("data")
    share = shown.moment.episode_started.data_density
    picture = np.asarray(shown.ground.image.image)[::-1]
    assert ((picture[..., 3] == 255) == (share > 0)).all()
    assert shown.scale.words()[0] == "0"
    shown.set_layer("none")
    assert not shown.ground.image.isVisible()
    assert shown.scale.isHidden()


def test_a_checkpoint_without_density_says_so(shown: MazeMap) -> None:
    shown.set_layer("data")
    shown.show_moment(maze_moment(T, episode_started=maze_started(density=False)))
    assert shown.scale.words() == ("no density stored",)
    assert not shown.ground.image.isVisible()
    shown.show_moment(maze_moment(T, episode_started=None))
    shown.set_layer("value")
    assert shown.scale.words() == ("no values recorded",)


def test_numbers_outside_the_maze_and_in_walls_are_unknown() -> None:
    field = field_of(maze_started(), LARGE.maze, "value")
    for place in ((0.0, 1e9), (-24.0, 0.0), (-23.0, 17.0), (float("nan"), 0.0)):
        assert np.isnan(at(field, LARGE.maze, np.array(place)))


def test_another_maze_is_another_map(shown: MazeMap) -> None:
    shown.show_moment(maze_moment(20, task=UMAZE, episode_started=maze_started(UMAZE)))
    assert not shown.ground.walls.path().contains(QPointF(17.0, 0.0))
    assert shown.surface.frame.whole
    assert shown.surface.frame.extent[0] == pytest.approx(shown.surface.frame.extent[1])


def test_a_field_of_another_size_or_without_numbers_is_not_drawn() -> None:
    started = maze_started()
    for wrong in (np.zeros((3, 3), np.float32), np.full((36, 48), np.nan, np.float32)):
        broken = dataclasses.replace(started, value_field=wrong)
        assert field_of(broken, LARGE.maze, "value") is None
    flat = dataclasses.replace(started, value_field=np.ones((36, 48), np.float32))
    field = field_of(flat, LARGE.maze, "value")
    assert (coloured(field, LIGHT)[..., 3] == 255).all()


def test_states_that_are_not_finite_leave_the_map_standing(shown: MazeMap) -> None:
    moment = maze_moment(T)
    nowhere = np.full(29, np.nan)
    shown.show_moment(
        dataclasses.replace(
            moment,
            proposal=dataclasses.replace(moment.proposal, state=nowhere),
            updates=tuple(
                dataclasses.replace(u, imagined_states=u.imagined_states * np.nan)
                for u in moment.updates
            ),
        )
    )
    assert not shown.traffic.body.isVisible()
    shown.grab()


@pytest.mark.parametrize("size", [(262, 225), (300, 190), (520, 460)])
def test_start_and_goal_are_named_inside_the_map(shown: MazeMap, size: tuple[int, int]) -> None:
    shown.resize(*size)
    QApplication.processEvents()
    sight = shown.plot.item.vb.sceneBoundingRect().adjusted(-2, -2, 2, 2)
    for label in shown.ground.labels.values():  # a label has a rim of 4 pixels
        assert sight.contains(label.mapRectToScene(label.boundingRect()))


def test_every_label_is_shown_whole_and_nothing_is_drawn_twice(shown: MazeMap) -> None:
    shown.resize(262, 225)
    QApplication.processEvents()
    assert shown.labels_fit()
    drawn = shown.ground.image.image
    shown.show_moment(maze_moment(T + 1, episode_started=shown.moment.episode_started))
    assert shown.ground.image.image is drawn


def test_a_turn_of_the_map_with_64_particles_is_short(shown: MazeMap, qtbot: QtBot) -> None:
    moments = [maze_moment(t, particles=64, live=True) for t in range(T, T + 9)]

    def turn(moment: Moment) -> None:
        shown.show_moment(moment)
        shown.plot.grab()

    turns = [functools.partial(turn, moment) for moment in moments]
    assert in_empty_repaints(qtbot, turns) < TURN
