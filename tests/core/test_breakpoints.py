"""Breakpoints: when a condition is asked, and what is counted."""

from __future__ import annotations

import json
import math

import pytest

from core.commands import Breakpoint
from core.errors import InputError
from core.session.breakpoints import Watch
from tests.watching import check_all, course, places, proposal, update, watch_for

# When.


def test_a_condition_on_updates_is_asked_at_each_update() -> None:
    watch = watch_for("objective >= 10 and t < 2")
    asked = [(type(r).__name__, places(watch.check(r))) for r in course(3, ascent_steps=2)]
    held = [(kind, found) for kind, found in asked if found]
    assert held == [("GradientUpdate", [(1, k)]) for k in range(3)]


@pytest.mark.parametrize(
    "condition",
    [
        "true_gain < 0",
        "t == 1",
        "episode == 0 and t > 0",
        "t == 1 and k == 2 and objective == 12 and action_change > 0",
    ],
)
def test_every_other_condition_is_asked_once_before_the_action(condition: str) -> None:
    watch = watch_for(condition)
    held = [(type(r).__name__, places(watch.check(r))) for r in course(2, ascent_steps=2)]
    assert [each for each in held if each[1]] == [("Proposal", [(1, 2)])]


def test_a_condition_on_the_action_sees_the_update_that_acts() -> None:
    assert places(check_all(watch_for("k == 0 and true_gain <= 0"), course())) == []
    accepted = [update(0), update(1), proposal(k=0)]
    assert places(check_all(watch_for("k == 0 and true_gain > -9"), accepted)) == [(0, 0)]


def test_a_condition_on_the_action_can_ask_for_the_gradient_that_led_to_it() -> None:
    records = [update(0, gradient_norm=7.0), update(1, gradient_norm=math.nan), proposal()]
    (hit,) = check_all(watch_for("gradient_norm == 7 and true_gain > -9 and k == 1"), records)
    assert json.loads(hit.quantities)["gradient_norm"] == 7.0
    own = [update(0, gradient_norm=7.0), update(1, gradient_norm=8.0), proposal()]
    assert check_all(watch_for("gradient_norm == 8 and true_gain > -9"), own)


@pytest.mark.parametrize("other", [{"branch": 1}, {"t": 3}, {"episode": 1}])
def test_no_gradient_is_taken_from_elsewhere(other: dict[str, int]) -> None:
    records = [update(0, **other), update(1), proposal()]
    assert not check_all(watch_for("gradient_norm > 0 and true_gain > -9"), records)
    assert check_all(watch_for("not gradient_norm > 0 and true_gain > -9"), records)


def test_what_is_not_finite_can_be_broken_on() -> None:
    bad = update(0, objective=math.nan, finite=False)
    fell_back = proposal(k=0, fallback="objective was not finite")
    assert len(check_all(watch_for("not finite"), [update(0), bad])) == 1
    assert len(check_all(watch_for("fell_back and not finite"), [bad, fell_back])) == 1
    assert not check_all(watch_for("objective < 1e9"), [bad])


def test_a_refusal_of_the_trust_region_can_be_broken_on() -> None:
    watch = watch_for("refused")
    assert not check_all(watch, [update(1), proposal(trust_factor=1.0)])
    assert check_all(watch, [update(1), proposal(trust_factor=0.5)])


# What a hit says, and what is counted.


def test_a_hit_says_where_and_with_which_values() -> None:
    at = {"branch": 2, "episode": 1, "t": 5}
    condition = "t == 5 and finite and drift >= 0 and (true_gain < 9 or model_error > 0)"
    records = [
        update(1, **at, drift=0.25),
        proposal(**at, true_gain=-0.5, model_error=math.nan),
    ]
    (hit,) = check_all(watch_for(condition), records)
    assert (hit.branch, hit.episode, hit.t, hit.k) == (2, 1, 5, 1)
    assert (hit.breakpoint, hit.condition) == ("b1", condition)
    assert json.loads(hit.quantities) == {
        "t": 5, "finite": True, "drift": 0.25, "true_gain": -0.5, "model_error": None,
    }  # fmt: skip
    assert '"t": 5,' in hit.quantities


def test_hits_are_counted_and_the_first_can_be_ignored() -> None:
    watch = watch_for("t >= 1", ignore=2)
    hits = check_all(watch, course(5))
    assert [(hit.t, hit.hits, hit.paused) for hit in hits] == [
        (1, 1, False), (2, 2, False), (3, 3, True), (4, 4, True),
    ]  # fmt: skip
    assert watch.count("b1") == 4
    assert watch.count("another") == 0


def test_a_breakpoint_that_only_logs_never_pauses() -> None:
    hits = check_all(watch_for("t >= 0", log_only=True), course(3))
    assert [hit.paused for hit in hits] == [False] * 3


def test_a_disabled_breakpoint_is_not_asked() -> None:
    watch = watch_for("t >= 0", enabled=False)
    assert check_all(watch, course(3)) == []
    assert watch.count("b1") == 0


def test_hits_at_one_record_come_in_the_order_of_the_list() -> None:
    watch = Watch([Breakpoint(id=id, condition="t == 0") for id in ("z", "a", "m")])
    assert [hit.breakpoint for hit in check_all(watch, course())] == ["z", "a", "m"]


def test_counts_survive_other_changes_and_start_anew_with_another_condition() -> None:
    watch = Watch([Breakpoint(id=id, condition="t >= 0") for id in ("a", "b", "c")])
    check_all(watch, course(3))
    watch.set(
        [
            Breakpoint(id="a", condition="t >= 0", enabled=False, ignore=7),
            Breakpoint(id="b", condition="t >= 1"),
            Breakpoint(id="d", condition="t >= 0"),
        ]
    )
    assert [watch.count(id) for id in "abcd"] == [3, 0, 0, 0]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ([("a", "t >")], "something is missing"),
        ([("a", "drfit > 3")], "did you mean drift"),
        ([("a", "reward < 0")], "a search can use it"),
        ([("a", "t == 1"), ("a", "t == 2")], "two breakpoints have the id 'a'"),
        ([("a", "t == 1"), ("b", "import os")], "there is no quantity 'import'"),
    ],
)
def test_an_unsound_list_is_refused_in_one_line_and_changes_nothing(
    wrong: list[tuple[str, str]], says: str
) -> None:
    breakpoints = [Breakpoint(id=id, condition=condition) for id, condition in wrong]
    with pytest.raises(InputError, match=says) as refused:
        Watch(breakpoints)
    assert str(refused.value).isprintable()
    watch = watch_for("t == 0")
    with pytest.raises(InputError):
        watch.set(breakpoints)
    assert len(check_all(watch, course())) == 1
