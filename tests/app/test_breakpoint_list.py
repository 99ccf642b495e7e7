"""The list of breakpoints: what it takes, keeps over a restart and refuses."""

from __future__ import annotations

import json

import pytest
from PyQt6.QtGui import QUndoStack

from app.state.breakpoints import Breakpoints, at_t, read_breakpoints
from core.commands import MOST_BREAKPOINTS, Breakpoint, Command, parse_command
from core.errors import InputError
from core.expressions import LONGEST
from core.traces.quantities import breakpoint_condition


@pytest.fixture
def undo() -> QUndoStack:
    return QUndoStack()


@pytest.fixture
def points(undo: QUndoStack) -> Breakpoints:
    return Breakpoints(undo)


def test_adding_what_is_there_switches_it_on(points: Breakpoints) -> None:
    points.add("t == 1")
    points.change(points.items[0].id, enabled=False)
    points.add("t==1")
    assert [(b.condition, b.enabled) for b in points.items] == [("t == 1", True)]


def test_the_list_survives_a_restart_and_ids_stay(
    undo: QUndoStack, points: Breakpoints
) -> None:
    points.add("t == 1")
    points.change(points.items[0].id, log_only=True, ignore=3)
    again = Breakpoints(QUndoStack())
    again.load(points.to_text())
    assert again.items == points.items


@pytest.mark.parametrize(
    "text",
    ["", "{", "[" * 100_000, "null", '{"a": 1}', "[1, null, {}, []]", '[{"id": 1}]',
     json.dumps([{"id": "x", "condition": "t", "ignore": -1}])],
)  # fmt: skip
def test_what_cannot_be_read_from_the_preferences_is_left_out(text: str) -> None:
    assert read_breakpoints(text) == ()


def test_too_many_are_refused_in_one_line(points: Breakpoints) -> None:
    for t in range(100):
        points.add(f"t == {t}")
    with pytest.raises(InputError, match="100 breakpoints already: delete some"):
        points.add("t == 1000")


def test_a_hundred_of_the_longest_conditions_fit_into_one_command() -> None:
    longest = "t == 1" + " " * (LONGEST - 6)
    many = tuple(Breakpoint(id=f"b-{t:08}", condition=longest) for t in range(MOST_BREAKPOINTS))
    line = Command(id="w" * 64, name="breakpoints", breakpoints=many).to_line()
    assert parse_command(line).breakpoints == many


def test_a_breakpoint_at_a_t_is_a_condition_like_any_other() -> None:
    assert at_t(2, 64) == "episode == 2 and t == 64"
    breakpoint_condition(at_t(2, 64))
