"""What a trace of a loop that is not ours refuses: in one line that names the field."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.errors import InputError, TraceError
from core.traces.foreign import own_task
from tests.foreign_loops import STATE, imagination, started, write_bare


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        ({"objective": "many"}, "objective cannot be read as numbers"),
        ({"objective": [1.0, 2.0]}, "objective has the shape (2,), not ()"),
        ({"action": [1.0, 2.0]}, "action has the shape (2,), not (1)"),
        ({"layer_drifts": [1.0, 2.0]}, "layer_drifts has the shape (2,), not (1)"),
        ({"reward_terms": np.zeros((2, 0))}, "reward_terms has the shape (2, 0), of (M, H)"),
        (
            imagination(reward_terms=np.zeros((4, 2))),
            "imagined_rewards has the shape (4, 3), not (4, 2)",
        ),
        (imagination(imagined_states=np.zeros((4, 4, 3))), "imagined_states has the shape"),
        ({"action": torch.ones(1, requires_grad=True)}, "action cannot be read as numbers"),
        ({"loss": 1.0}, "there is no field 'loss'; known: action, "),
    ],
)  # fmt: skip
def test_facts_that_do_not_fit_are_refused_by_name(
    tmp_path: Path, facts: dict[str, Any], line: str
) -> None:
    with started(tmp_path / "my.trace") as trace:
        with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the whole line is compared
            trace.update(**facts)
        assert line in str(refusal.value)
        assert "\n" not in str(refusal.value)
        trace.update(objective=1.0)


@pytest.mark.parametrize(
    ("action", "next_state", "reward", "line"),
    [
        ([0.0, 0.0], STATE, 1.0, "action has the shape (2,), not (1)"),
        ([0.0], [1.0], 1.0, "next_state has the shape (1,), not (2)"),
        ([0.0], STATE, np.ones(2), "reward has the shape (2,), not ()"),
    ],
)
def test_a_step_that_does_not_fit_is_refused_and_nothing_is_written(
    tmp_path: Path, action: Any, next_state: Any, reward: Any, line: str
) -> None:
    with started(tmp_path / "my.trace") as trace:
        before = trace._writer.last_seq
        with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the whole line is compared
            trace.environment_step(action, next_state, reward, False, False)
        assert line in str(refusal.value)
        assert trace._writer.last_seq == before


SCALED = "actions are from -1 to 1: where your environment takes low to high, give 2 * (action"


def test_actions_of_another_range_are_refused_with_the_way_to_scale_them(
    tmp_path: Path,
) -> None:
    with started(tmp_path / "my.trace") as trace:
        for facts in ({"action": [1.01]}, imagination(imagined_actions=np.full((4, 4, 1), -2))):
            with pytest.raises(ValueError, match=re.escape(SCALED)):
                trace.update(**facts)
        for action, frozen in (([2.0], [0.0]), ([0.0], [-1e9])):
            with pytest.raises(ValueError, match=re.escape(SCALED)) as refusal:
                trace.environment_step(action, STATE, 0, 0, 0, frozen_action=frozen)
            assert "\n" not in str(refusal.value)
        assert trace._writer.last_seq == 2
        trace.environment_step([np.float32(1.0000001)], STATE, 0.0, False, False)
        trace.environment_step([math.nan], STATE, 0.0, False, False, frozen_action=[math.inf])


@pytest.mark.parametrize(
    ("ends", "line"),
    [
        (("False", False), "terminated cannot be read as numbers"),
        ((False, "no"), "truncated cannot be read as numbers"),
        ((2, False), "terminated is 2, not true or false"),
        ((False, math.nan), "truncated is nan, not true or false"),
        (([True], False), "terminated has the shape (1,), not ()"),
    ],
)
def test_what_is_neither_yes_nor_no_is_refused(tmp_path: Path, ends: Any, line: str) -> None:
    with started(tmp_path / "my.trace") as trace:
        with pytest.raises(ValueError, match=re.escape(line)):
            trace.environment_step([0.0], STATE, 1.0, *ends)
        assert trace._writer.last_seq == 2


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"name": "psiscope"}, ValueError),
        ({"name": ""}, ValueError),
        ({"name": "two\nlines"}, ValueError),
        ({"task": "no such task"}, InputError),
    ],
)
def test_a_trace_that_cannot_begin_leaves_no_file(
    tmp_path: Path, options: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        started(tmp_path / "my.trace", **options)
    assert list(tmp_path.iterdir()) == []


def test_another_file_is_never_written_over(tmp_path: Path) -> None:
    write_bare(tmp_path / "my.trace")
    with pytest.raises(TraceError, match="exists"):
        started(tmp_path / "my.trace")


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"name": "hopper"}, "a task that Psiscope knows"),
        ({"name": "two words"}, "the task's name 'two words' is unusable"),
        ({"state_size": 0}, "its states have 0 numbers"),
        ({"action_names": ("a", "b")}, "its names or ranges do not fit its sizes"),
    ],
)
def test_a_task_of_sizes_that_cannot_be_is_refused(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(ValueError, match=line):
        own_task(**{"name": "mine", "state_size": 2, "action_size": 1} | changes)
