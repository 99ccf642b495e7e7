"""The tree of branches and the fork dialog, by mouse and keys, in a whole window."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6 import sip
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.application import Application
from app.features.branching import Branching, checkpoints_for
from app.panels.branches_panel import NO_RUN, ONLY_ROOT
from app.panels.fork_dialog import ForkDialog, Origin
from app.state.cursor import Address
from app.theme import LIGHT, THEMES
from core.settings import Settings
from core.tasks import TASKS
from core.traces.archive import TraceWriter
from tests.app.layout_check import clipped_texts
from tests.app.window_fixtures import Windows
from tests.branched_run import Fork, append_fork, course, write_branches
from tests.records import make_run

WAIT = 30_000
Key = Qt.Key
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """The root to t = 7; 1 leaves it at (3, 1) to 5, 2 leaves it at (5, 0) to 8."""
    return write_branches(
        tmp_path / "branched.trace",
        Fork(t=3, k=1, until=6, settings=Settings(delta=0.1), started={"reason": "redo"}),
        Fork(t=5, until=9, started={"seed": 7}),
    )


@pytest.fixture
def window(windows: Windows, trace: Path) -> Application:
    application = windows.open(trace=trace)
    application.window.docks["branches"].raise_()
    return application


def branching(application: Application) -> Branching:
    (found,) = [each for each in application.features if isinstance(each, Branching)]
    return found


def at(application: Application) -> tuple[int, int, int]:
    """(branch, t, k) on the screen."""
    moment = application.moment
    assert moment is not None
    return moment.branch, moment.t, moment.k


def row(application: Application, branch: int) -> QPoint:
    """The middle of a branch's row."""
    panel = branching(application).panel
    numbers = [facts.number for facts in panel.facts]
    model = panel.list.model()
    assert model is not None
    return panel.list.visualRect(model.index(numbers.index(branch), 0)).center()


def click(application: Application, branch: int) -> None:
    viewport = branching(application).panel.list.viewport()
    QTest.mouseClick(viewport, LEFT, pos=row(application, branch))


def test_the_tree_marks_the_branch_that_is_shown_and_the_one_that_grows(
    window: Application,
) -> None:
    panel = branching(window).panel
    assert [facts.number for facts in panel.facts] == [0, 1, 2]
    assert [facts.grows for facts in panel.facts] == [False, False, True]
    assert panel.list.currentIndex().row() == 2
    assert panel.words == ""
    window.driver.go_to(Address(branch=1, t=4))
    assert panel.list.currentIndex().row() == 1
    window.status.refresh()
    assert window.window._badge.text().endswith("branch 1 of 3")
    assert window.window.task_panel._values["branch"].text() == "1 of 3"


def test_a_click_shows_the_same_moment_of_a_branch_or_its_end(window: Application) -> None:
    window.driver.go_to(Address(branch=0, t=5, k=0))
    click(window, 1)
    assert at(window) == (1, 5, 0)
    click(window, 2)
    assert at(window) == (2, 5, 0)
    window.driver.go_to(Address(branch=0, t=1, k=0))
    click(window, 1)
    assert at(window) == (1, 5, 1), "t = 1 is not its own"


def test_the_arrow_keys_walk_through_the_tree(window: Application) -> None:
    panel = branching(window).panel
    panel.list.setFocus()
    QTest.keyClick(panel.list, Key.Key_Up)
    assert at(window)[0] == 1
    QTest.keyClick(panel.list, Key.Key_Up)
    assert at(window)[0] == 0


@pytest.mark.parametrize("way", ["double click", "Enter"])
def test_a_double_click_or_enter_goes_on_from_the_end_of_a_branch(
    window: Application, qtbot: QtBot, way: str
) -> None:
    click(window, 1)
    panel = branching(window).panel
    if way == "Enter":
        panel.list.setFocus()
        QTest.keyClick(panel.list, Key.Key_Return)
    else:
        QTest.mouseDClick(panel.list.viewport(), LEFT, pos=row(window, 1))
    qtbot.waitUntil(lambda: window.source.shows_live_run, timeout=WAIT)
    qtbot.waitUntil(lambda: at(window) == (3, 5, 1), timeout=WAIT)
    qtbot.waitUntil(lambda: branching(window).panel.facts[-2].title == "3  resumed")


def test_enter_in_the_tree_does_not_accept(window: Application, qtbot: QtBot) -> None:
    said: list[str] = []
    window.driver.said.connect(said.append)
    panel = branching(window).panel
    panel.list.setFocus()
    QTest.keyClick(panel.list, Key.Key_Return)
    qtbot.waitUntil(lambda: window.source.shows_live_run, timeout=WAIT)
    assert said == []


def test_the_menu_of_a_row_forks_compares_and_copies(window: Application) -> None:
    panel, asked = branching(window).panel, []
    window.driver.compare_requested.connect(lambda *pair: asked.append(pair))
    actions = {action.text(): action for action in panel.menu(1).actions()}
    actions["Compare with the one shown"].trigger()
    assert asked == [(2, 1)]
    actions["Copy its address"].trigger()
    assert QApplication.clipboard().text() == "1,0,3,1"  # type: ignore[union-attr]
    actions["Fork here ..."].trigger()
    dialog = branching(window).dialog
    assert dialog is not None
    assert at(window)[0] == 1
    dialog.reject()
    assert branching(window).dialog is None
    own = {action.text(): action for action in panel.menu(1).actions()}
    assert not own["Compare with the one shown"].isEnabled()


def test_one_branch_says_what_would_begin_another(
    windows: Windows, tmp_path: Path, qtbot: QtBot
) -> None:
    alone = windows.open(trace=make_run(tmp_path / "one.trace", 3))
    alone.window.docks["branches"].raise_()
    assert branching(alone).panel.words == ONLY_ROOT
    assert len(branching(alone).panel.facts) == 1
    alone.status.refresh()
    assert "branch" not in alone.window._badge.text()
    nothing = windows.open()
    assert branching(nothing).panel.words == NO_RUN
    assert not nothing.window.commands.actions["fork"].isEnabled()


def test_the_beginnings_of_branches_are_marked_on_the_t_lane(window: Application) -> None:
    marks = window.views.timeline._marks._marks["branch"]
    assert marks.t.tolist() == [3, 5]
    assert marks.tips[0].startswith("Branch 1 begins at t = 3, k = 1")


def test_a_branch_that_begins_while_the_trace_is_shown_is_told_of_and_counted(
    window: Application, trace: Path
) -> None:
    fork = Fork(
        t=6, until=7, parent=2, settings=Settings(delta=0.2), started={"seed": 7}
    )  # fmt: skip
    with TraceWriter.open(trace) as writer:
        append_fork(writer, 3, fork)
        window.follower.tick()
        expected = "Branch 3 begins at t = 6, k = 0 (delta 0.05 → 0.2); branch 2 stays"
        assert window.window.message_bar.text == expected
        assert at(window)[0] == 3
        for record in course(3, 7, 9):
            writer.append(record)
        window.follower._history_due = 0.0
        window.follower.tick()
    assert branching(window).panel.facts[-1].progress.environment_steps == 3


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", [(1280, 720), (1600, 1000)])
def test_nothing_is_cut_off_with_the_tree_in_front(
    windows: Windows, trace: Path, qtbot: QtBot, theme: str, size: tuple[int, int]
) -> None:
    application = windows.open(trace=trace, theme=theme, size=size)
    application.window.docks["branches"].raise_()
    qtbot.waitUntil(branching(application).panel.isVisible)
    panel = branching(application).panel
    assert clipped_texts(panel) == []  # type: ignore[arg-type]
    assert panel.minimumSizeHint().width() <= 236


# The dialog.

ORIGIN = Origin(
    place=(1, 0, 120), k=1, last=2, settings=Settings(), checkpoint="hopper", seed=3
)  # fmt: skip


@pytest.fixture
def dialog(windows: Windows, qtbot: QtBot) -> Iterator[ForkDialog]:
    parent = windows.open().window
    dialog = ForkDialog(parent, ORIGIN, ["hopper", "other"], LIGHT)
    dialog.open()
    yield dialog
    if not sip.isdeleted(dialog):
        dialog.close()


def put(dialog: ForkDialog, name: str, value: object) -> None:
    dialog.fields[name].setValue(value)  # type: ignore[union-attr, arg-type]


def test_the_dialog_says_what_changes_and_enter_forks(dialog: ForkDialog, qtbot: QtBot) -> None:
    assert dialog.what.startswith("Nothing changes")
    put(dialog, "delta", 0.1)
    assert dialog.what == "delta 0.05 → 0.1."
    with qtbot.waitSignal(dialog.forked) as caught:
        QTest.keyClick(dialog.fields["delta"], Key.Key_Return)
    assert caught.args == [{"delta": 0.1}, "", None]


def test_escape_leaves_without_a_fork(dialog: ForkDialog, qtbot: QtBot) -> None:
    put(dialog, "delta", 0.1)
    with qtbot.assertNotEmitted(dialog.forked):
        QTest.keyClick(dialog.fields["delta"], Key.Key_Escape)
    assert not dialog.isVisible()


@pytest.mark.parametrize("change", ["horizon", "checkpoint", "seed"])
def test_another_objective_begins_at_k_0(dialog: ForkDialog, change: str) -> None:
    if change == "horizon":
        put(dialog, "horizon", 2)
    elif change == "checkpoint":
        dialog.checkpoint.setCurrentText("other")
    else:
        dialog.seed.setText("4")
    assert dialog.what.endswith("so it begins at k = 0.")


def test_checkpoint_and_seed_are_handed_on(dialog: ForkDialog, qtbot: QtBot) -> None:
    dialog.checkpoint.setCurrentText("other")
    dialog.seed.setText("4")
    with qtbot.waitSignal(dialog.forked) as caught:
        QTest.keyClick(dialog.seed, Key.Key_Return)
    assert caught.args == [{}, "other", 4]


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [("horizon", "horizon is 99"), ("seed", "seed is '-1'"), ("long", "seed is '9999")],
)
def test_a_wrong_value_is_refused_in_one_line_and_the_dialog_stays(
    dialog: ForkDialog, qtbot: QtBot, wrong: str, fault: str
) -> None:
    if wrong == "horizon":
        put(dialog, "horizon", 99)
    else:
        dialog.seed.setText("-1" if wrong == "seed" else "9" * 5000)
    assert dialog.fault.startswith(fault)
    assert "\n" not in dialog.fault
    with qtbot.assertNotEmitted(dialog.forked):
        QTest.keyClick(dialog.seed, Key.Key_Return)
    assert dialog.isVisible()


def test_at_the_last_k_it_says_from_when_settings_act(windows: Windows) -> None:
    origin = Origin(
        place=(0, 0, 9), k=2, last=2, settings=Settings(), checkpoint="hopper", seed=0
    )
    dialog = ForkDialog(windows.open().window, origin, [], LIGHT)
    put(dialog, "delta", 0.1)
    assert dialog.what.endswith("acts from t = 10 on: the updates of t = 9 are made.")


def test_only_checkpoints_for_the_same_task_are_offered() -> None:
    hopper = TASKS["hopper"]
    assert "hopper-medium-replay" in checkpoints_for(hopper)
    assert checkpoints_for(dataclasses.replace(hopper, state_size=12)) == []
