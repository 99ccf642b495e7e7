"""What accept, reject, redo, fork and resume send, by where the cursor is."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from app.state.decision import Decision, Situation, accept, fork, redo, reject, resume
from core.settings import Settings

BREAK = Situation(
    place=(0, 0, 12), k=2, last=2, present=True, fresh=False,
    settings=Settings(ascent_steps=2), wanted=Settings(ascent_steps=2),
)  # fmt: skip
PAST = dataclasses.replace(BREAK, present=False)
EDITED = Settings(ascent_steps=2, delta=0.1)


def at_k(here: Situation, k: int, **changes: Any) -> Situation:
    return dataclasses.replace(here, k=k, **changes)


def sent(decision: Decision) -> list[tuple[str, dict[str, Any]]]:
    assert not decision.refusal
    return [(r.name, r.fields | r.settings) for r in decision.requests]


def test_at_a_break_accept_and_reject_are_about_what_comes_next() -> None:
    assert sent(accept(BREAK)) == [("accept", {})]
    assert sent(reject(BREAK)) == [("reject", {"k": 1})]


def test_reject_goes_to_the_k_that_the_cursor_was_stepped_back_to() -> None:
    assert sent(reject(at_k(BREAK, 0))) == [("reject", {"k": 0})]
    assert sent(reject(at_k(PAST, 1))) == [("reject", {"at": (0, 0, 12, 1)})]


def test_edits_outlive_a_reject() -> None:
    here = dataclasses.replace(BREAK, wanted=EDITED)
    assert sent(reject(here)) == [("reject", {"k": 1}), ("edit", {"delta": 0.1})]


def test_in_the_past_a_command_goes_back_there_first() -> None:
    there = {"at": (0, 0, 12, 1)}
    assert sent(accept(at_k(PAST, 1))) == [("resume", there), ("accept", {})]
    assert sent(reject(PAST)) == [("reject", there)]
    assert sent(resume(at_k(PAST, 1))) == [("resume", there)]
    assert sent(accept(at_k(BREAK, 1))) == [("resume", there), ("accept", {})]


@pytest.mark.parametrize("rule", [accept, resume])
def test_where_nothing_would_change_a_line_says_so(rule: Any) -> None:
    decision = rule(PAST if rule is accept else BREAK)
    assert not decision.requests
    assert decision.refusal


def test_before_any_update_there_is_nothing_to_reject() -> None:
    assert reject(at_k(BREAK, 0, last=0)).refusal == "No update was made at t = 12 yet: k = 0"


def test_redo_makes_all_updates_again_or_those_after_the_k_gone_back_to() -> None:
    assert sent(redo(BREAK)) == [("redo", {"k": 0})]
    assert sent(redo(at_k(BREAK, 1))) == [("redo", {"k": 1})]
    assert sent(redo(at_k(BREAK, 1, last=1, fresh=True))) == [("redo", {"k": 1})]


def test_redo_in_the_past_brings_the_settings_as_they_are_now() -> None:
    here = at_k(PAST, 1, wanted=EDITED)
    assert sent(redo(here)) == [("resume", {"at": (0, 0, 12, 1)}), ("redo", {"delta": 0.1})]


def test_a_redo_with_another_objective_begins_at_k_0() -> None:
    here = at_k(PAST, 1, wanted=Settings(ascent_steps=2, horizon=2))
    assert sent(redo(here)) == [("resume", {"at": (0, 0, 12, 0)}), ("redo", {"horizon": 2})]


def test_a_fork_begins_at_the_cursor_with_what_is_given() -> None:
    assert sent(fork(at_k(PAST, 1), {"delta": 0.1}, seed=3)) == [
        ("fork", {"at": (0, 0, 12, 1), "seed": 3, "delta": 0.1})
    ]
    assert sent(fork(PAST, {}, checkpoint="hopper-small")) == [
        ("fork", {"at": (0, 0, 12, 2), "seed": None, "checkpoint": "hopper-small"})
    ]
