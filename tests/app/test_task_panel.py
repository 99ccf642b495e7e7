"""The panel of the run: returns are those of what has happened at the cursor."""

from __future__ import annotations

import dataclasses

import numpy as np
from pytestqt.qtbot import QtBot

from app.panels.task_panel import TaskPanel
from tests.app.view_moments import make_history, make_moment


def shown(panel: TaskPanel) -> list[str]:
    return [panel._values[name].text() for name in ("return", "frozen")]


def test_before_the_action_is_applied_the_returns_are_those_of_the_step_before(
    qtbot: QtBot,
) -> None:
    panel = TaskPanel()
    qtbot.addWidget(panel)
    moment = make_moment(t=3)
    assert moment.environment_step is not None
    history = dataclasses.replace(
        make_history(6),
        episode_return=np.arange(6) + 0.5,
        frozen_return=np.arange(6) + 0.25,
    )
    panel.show_history(history)
    panel.show_moment(moment)
    real = moment.environment_step
    assert shown(panel)[0] == f"{real.episode_return:.1f}"
    panel.show_moment(dataclasses.replace(moment, environment_step=None))
    assert shown(panel) == ["2.5", "2.2"]
    panel.show_history(make_history(0))
    assert shown(panel) == ["-", "-"], "nothing is kept of another moment"
    first = dataclasses.replace(make_moment(t=0), environment_step=None)
    panel.show_moment(first)
    assert shown(panel) == ["0.0", "0.0"]
