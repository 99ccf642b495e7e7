"""The views on an ant in a maze: seen from above, a goal in place of a return."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.panels.task_panel import TaskPanel
from app.state.moment import History
from app.theme import DARK, LIGHT, Theme, apply_palette
from app.views.action import ActionView
from app.views.fan import FanView
from app.views.fan_paths import ABOVE, SIDE, paths_of, plane_of
from app.views.model import ModelView
from app.views.scene import caption
from app.views.scene_picture import Wish, compose
from app.views.updates import COLUMNS, UpdatesTable
from core.checkpoints.task_facts import parse_task
from core.tasks import TASKS
from tests.app.maze_moments import LARGE, maze_moment
from tests.app.view_moments import make_moment
from tests.moment_records import as_stored

NARROW = (256, 170)
"""The fan's place beside the scene in a window of 1280 x 720."""
RIGHT_DOCK = (376, 200)


def panel(qtbot: QtBot, moment: Any) -> TaskPanel:
    shown = TaskPanel()
    qtbot.addWidget(shown)
    shown.show_moment(moment)
    return shown


def texts(shown: TaskPanel) -> dict[str, str]:
    """Name -> value of each row."""
    return {shown._names[key].text(): label.text() for key, label in shown._values.items()}


def applied(moment: Any, **changes: Any) -> Any:
    """The same with another outcome."""
    step = dataclasses.replace(moment.environment_step, **changes)
    return dataclasses.replace(moment, environment_step=step)


def test_a_task_with_a_goal_says_how_far_it_is_and_whether_it_was_reached(
    qtbot: QtBot,
) -> None:
    assert LARGE.goal is not None
    beside = np.zeros(29)
    beside[:2] = LARGE.goal.x + 3.0, LARGE.goal.y - 4.0
    moment = applied(maze_moment(), next_state=beside, episode_return=0.0, frozen_return=0.0)
    rows = texts(panel(qtbot, moment))
    assert (rows["Goal"], rows["Score"]) == ("5.0 m away", "0.0")
    assert rows["Frozen twin"].startswith("not there yet")
    assert "Return" not in rows
    there = applied(
        moment, terminated=True, episode_return=1.0, frozen_return=1.0, twin_alive=False
    )
    rows = texts(panel(qtbot, there))
    assert (rows["Goal"], rows["Score"], rows["Frozen twin"]) == ("reached", "100.0", "reached")


def test_before_the_action_the_distance_is_that_of_the_proposal(qtbot: QtBot) -> None:
    moment = maze_moment(environment_step=None)
    shown = panel(qtbot, moment)
    shown.show_history(History.empty())
    assert texts(shown)["Goal"].endswith(" m away")
    assert texts(panel(qtbot, maze_moment(environment_step=None, proposal=None)))["Goal"] == "-"


def test_the_rows_follow_when_another_task_comes(qtbot: QtBot) -> None:
    shown = panel(qtbot, maze_moment())
    shown.show_moment(make_moment())
    assert "Return" in texts(shown)
    assert "Goal" not in texts(shown)


@pytest.mark.parametrize(
    "name", ["halfcheetah-medium-replay", "walker2d-medium-replay", "a" * 64, "hopper"]
)
def test_a_long_name_is_made_smaller_then_shorter_and_stays_whole_in_the_hint(
    qtbot: QtBot, name: str
) -> None:
    moment = make_moment()
    run = dataclasses.replace(moment.run, checkpoint=name, checkpoint_path=f"/else/{name}")
    shown = panel(qtbot, dataclasses.replace(moment, run=run))
    label = shown._values["checkpoint"]
    assert label.fontMetrics().horizontalAdvance(label.text()) <= label.width()
    assert (label.text() == name) is (len(name) < 30)
    assert name in shown.toolTip()


def test_the_fan_of_an_ant_is_seen_from_above_and_starts_where_it_stands() -> None:
    moment = maze_moment(t=40)
    assert moment.proposal is not None
    assert plane_of(moment.task) is ABOVE
    state = np.asarray(moment.proposal.state)
    paths = paths_of(moment, state)
    assert set(paths) == {"before", "after", "real", "frozen"}
    assert np.allclose(paths["real"][:, 0], 0.0, atol=1e-4)
    assert moment.after is not None
    ends = 100 * (moment.after.imagined_states[:, -1, :2] - state[:2])
    assert np.allclose(paths["after"][:, -1], ends, atol=1e-2)


def test_the_fans_plane_follows_from_the_task() -> None:
    assert {plane_of(TASKS[name]) for name in ("hopper", "walker2d", "halfcheetah")} == {SIDE}
    assert plane_of(dataclasses.replace(TASKS["hopper"], has_pose=False)) is None
    pendulum = dataclasses.replace(TASKS["hopper"], state_size=4, missing_root=0, bounds=())
    assert plane_of(pendulum) is None


def test_the_fan_renames_its_axes_and_modes_with_the_task(qtbot: QtBot) -> None:
    view = FanView(LIGHT)
    qtbot.addWidget(view)
    view.show_moment(make_moment())
    view.set_mode("Δz")
    view.show_moment(maze_moment())
    assert view.mode == "Δy"
    view.set_mode("path")
    assert view.plots()[0].y_name.startswith("y, from now")
    view.show_moment(make_moment())
    assert view.plots()[0].y_name.startswith("torso height")


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("kind", [FanView, ActionView, ModelView, UpdatesTable])
def test_no_label_of_an_ants_views_is_cut_at_the_least_size(
    qtbot: QtBot, qapp: QApplication, kind: Any, theme: Theme
) -> None:
    apply_palette(qapp, theme)
    view = kind(theme)
    qtbot.addWidget(view)
    view.resize(*(NARROW if kind is FanView else RIGHT_DOCK))
    view.show()
    view.show_moment(maze_moment())
    qapp.processEvents()
    assert view.labels_fit()


@pytest.mark.parametrize("size", [-1.0, 3.9e-4, -1.072e-3, 0.0481, 0.2702, -123.44, 1766.3])
def test_numbers_of_any_size_fit_the_table_of_updates(qtbot: QtBot, size: float) -> None:
    table = UpdatesTable(LIGHT)
    qtbot.addWidget(table)
    moment = make_moment(update_changes={"objective": size, "gradient_norm": abs(size)})
    widths = table._model.widths()
    metrics = table._table.fontMetrics()
    for column, width in zip(COLUMNS, widths, strict=True):
        if column.name in ("J", "gain", "|∂J|"):
            for update in moment.updates:
                assert metrics.horizontalAdvance(column.text(update, moment)) <= width


def test_states_without_a_pose_leave_the_real_body_and_a_word_about_it() -> None:
    moment = make_moment()
    poseless = dataclasses.replace(
        moment, task=dataclasses.replace(moment.task, name="own", has_pose=False)
    )
    picture = compose(poseless, _wish(), np.zeros(1))
    assert picture is not None
    assert (picture.fans, picture.ghosts) == ((), ())
    assert "real body only" in caption(poseless).note
    assert caption(poseless).entries == ()
    waiting = dataclasses.replace(poseless, proposal=None, environment_step=None)
    assert compose(waiting, _wish(), np.zeros(1)) is None


def test_a_picture_carries_its_task_whatever_the_registry_knows() -> None:
    own = dataclasses.replace(LARGE, name="my-own-maze")
    picture = compose(maze_moment(task=LARGE), _wish(), np.zeros(0))
    assert picture is not None
    assert parse_task(picture.task, "the picture") == LARGE
    other = dataclasses.replace(maze_moment(task=LARGE), task=own)
    picture = compose(other, _wish(), np.zeros(0))
    assert picture is not None
    assert parse_task(picture.task, "the picture") == own


def test_an_ant_has_one_ghost_for_each_end_and_none_between() -> None:
    moment = maze_moment()
    far = dataclasses.replace(
        moment.updates[1],
        imagined_states=as_stored(moment.updates[1].imagined_states * 2.0),
    )
    picture = compose(
        dataclasses.replace(moment, updates=(moment.updates[0], far)), _wish(), np.zeros(0)
    )
    assert picture is not None
    assert [ghost.j for ghost in picture.ghosts] == [5, 5, 5]


def _wish() -> Wish:
    from app.views.scene_camera import ABOVE as FROM_ABOVE

    return Wish(theme=LIGHT, camera=FROM_ABOVE, size=(96, 64), still=False)
