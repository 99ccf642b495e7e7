"""A trace written by a loop that is not ours: what it holds."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.errors import InputError
from core.session.replay import recompute
from core.session.shelf import Shelf
from core.session.travel import session_at, session_at_head
from core.traces.archive import TraceWriter
from core.traces.quantities import search_condition
from core.traces.reader import TraceReader
from core.traces.search import find_moments
from core.traces.task import task_of
from core.traces.trace import EpisodeEnded, GradientUpdate
from core.traces.verify import check_integrity
from tests.foreign_loops import (
    CART,
    LOOP,
    STATE,
    imagination,
    started,
    write_bare,
    write_updates,
)


def test_a_trace_holds_what_the_loop_told_and_its_digests_hold(tmp_path: Path) -> None:
    with TraceReader(write_updates(tmp_path / "my.trace")) as reader:
        assert check_integrity(reader) is None
        assert reader.started().origin == LOOP
        assert task_of(reader.started()) == CART
        updates = reader.updates(0, 0, 4)
        assert [(u.k, u.last) for u in updates] == [
            (0, False), (1, False), (2, False), (3, True),
        ]  # fmt: skip
        assert updates[1].objective == pytest.approx(-(0.74**2))
        assert updates[1].layer_gradient_norms.tolist() == [1.0]
        proposal, step = reader.proposal(0, 0, 4), reader.environment_step(0, 0, 4)
        assert proposal is not None
        assert step is not None
        assert proposal.objective_gain == updates[3].objective - updates[0].objective
        assert np.array_equal(proposal.action, updates[3].action)
        assert reader.proposal(0, 0, 5).state.tolist() == step.next_state.tolist()  # type: ignore[union-attr]
        assert step.total_ms > 0
        ended = [record for record in reader.records() if isinstance(record, EpisodeEnded)]
        assert [(e.reason, e.t, e.seed) for e in ended] == [("truncated", 12, 7)]


def test_what_was_not_told_is_missing_and_never_zero(tmp_path: Path) -> None:
    with TraceReader(write_bare(tmp_path / "bare.trace")) as reader:
        (update,) = reader.updates(0, 0, 2)
        proposal, step = reader.proposal(0, 0, 2), reader.environment_step(0, 0, 2)
    assert proposal is not None
    assert step is not None
    assert (update.k, update.last, update.finite) == (0, True, True)
    assert update.action.tolist() == [0.2]
    for value in (
        update.objective, update.gradient_norm, update.drift, update.trust_factor,
        proposal.true_gain, proposal.model_error, proposal.objective_gain,
        proposal.action_change, step.frozen_return, step.imagine_ms,
    ):  # fmt: skip
        assert math.isnan(value)
    assert np.isnan(update.layer_gradient_norms).all()
    assert np.isnan(proposal.frozen_action).all()
    for array in (update.imagined_states, update.reward_terms, proposal.physics_state):
        assert array.size == 0


def test_a_loop_with_a_world_model_tells_of_its_imagination(tmp_path: Path) -> None:
    facts = imagination(particles=100)
    with started(tmp_path / "my.trace") as trace:
        trace.update(**facts)
        trace.environment_step([0.5], STATE, 1.0, False, False, frozen_action=[0.2])
    with TraceReader(trace._writer.path) as reader:
        (update,) = reader.updates(0, 0, 0)
        proposal = reader.proposal(0, 0, 0)
    assert update.objective == pytest.approx(facts["particle_objectives"].mean())
    assert update.particle_objectives.shape == (64,)
    assert update.state_quantiles[1] == pytest.approx(
        np.median(facts["imagined_states"], axis=0)
    )
    assert proposal is not None
    assert proposal.action_change == pytest.approx(0.3)


def test_arrays_are_kept_as_they_were_when_told(tmp_path: Path) -> None:
    action, terms = np.array([0.5]), np.ones((2, 3))
    with started(tmp_path / "my.trace") as trace:
        trace.update(reward_terms=terms, action=action)
        terms[:], action[:] = 9.0, 9.0
        trace.environment_step(
            torch.tensor([0.25]), STATE, np.float32(1), np.bool_(False), False
        )
    with TraceReader(tmp_path / "my.trace") as reader:
        (update,) = reader.updates(0, 0, 0)
    assert update.action.tolist() == [0.5]
    assert update.reward_terms.max() == 1.0


@pytest.mark.parametrize("yes", [True, np.True_, 1, 1.0, np.array(1), torch.tensor(True)])
def test_the_ends_of_an_episode_are_read_in_every_form_of_yes_and_no(
    tmp_path: Path, yes: Any
) -> None:
    with started(tmp_path / "my.trace") as trace:
        trace.environment_step([0.0], STATE, 1.0, np.False_, 0)
        trace.environment_step([0.0], STATE, 1.0, 0.0, yes)
    with TraceReader(tmp_path / "my.trace") as reader:
        first, second = reader.environment_step(0, 0, 0), reader.environment_step(0, 0, 1)
    assert first is not None
    assert second is not None
    assert (first.terminated, first.truncated) == (False, False)
    assert (second.terminated, second.truncated) == (False, True)


def test_what_is_not_finite_is_recorded_as_such(tmp_path: Path) -> None:
    with started(tmp_path / "my.trace") as trace:
        trace.update(objective=math.nan, gradient_norm=math.inf)
        trace.environment_step([math.nan], [math.inf, 0.0], math.nan, False, False)
    with TraceReader(tmp_path / "my.trace") as reader:
        (update,) = reader.updates(0, 0, 0)
        assert not update.finite
        assert math.isinf(update.gradient_norm)


def test_a_loop_that_crashes_leaves_its_last_updates(tmp_path: Path) -> None:
    def crash() -> None:
        with started(tmp_path / "my.trace") as trace:
            trace.environment_step([0.0], STATE, 1.0, False, False)
            trace.update(objective=1.0)
            trace.update(objective=1 / 0)

    with pytest.raises(ZeroDivisionError):
        crash()
    with TraceReader(tmp_path / "my.trace") as reader:
        assert reader.latest_moment() == (0, 0, 1)
        (update,) = reader.updates(0, 0, 1)
        assert isinstance(update, GradientUpdate)
        assert not update.last
    with TraceWriter.open(tmp_path / "my.trace") as writer:
        assert writer.last_seq == 6


def test_a_trace_is_read_while_the_loop_goes_on(tmp_path: Path) -> None:
    with started(tmp_path / "my.trace") as trace, TraceReader(tmp_path / "my.trace") as reader:
        assert reader.latest_moment() is None
        trace.environment_step([0.0], STATE, 1.0, False, False)
        assert reader.latest_moment() == (0, 0, 0)


def test_a_new_episode_begins_where_the_last_one_ended_or_was_left(tmp_path: Path) -> None:
    with started(tmp_path / "my.trace") as trace:
        trace.environment_step([0.0], STATE, 1.0, True, False)
        with pytest.raises(ValueError, match="call start_episode first"):
            trace.environment_step([0.0], STATE, 1.0, False, False)
        trace.start_episode(STATE, seed=4)
        trace.start_episode(STATE)
        trace.environment_step([0.0], STATE, 2.0, False, False)
    with TraceReader(tmp_path / "my.trace") as reader:
        step = reader.environment_step(0, 2, 0)
        assert step is not None
        assert step.episode_return == 2.0
        seeds = reader.columns("EpisodeStarted", ["seed"])["seed"]
    assert seeds.tolist() == [3, 4, -1]


def test_nothing_of_a_foreign_trace_can_be_recomputed(tmp_path: Path) -> None:
    with TraceReader(write_updates(tmp_path / "my.trace")) as reader:
        for again in (
            lambda: next(recompute(reader, Shelf())),
            lambda: session_at_head(reader, Shelf()),
            lambda: session_at(reader, (0, 0, 3, 1), Shelf(), before=20),
        ):
            with pytest.raises(InputError, match="written by 'a loop of my own'") as refusal:
                again()
            assert "cannot be recomputed, forked or resumed" in str(refusal.value)


def test_a_search_finds_what_is_there_and_nothing_of_the_rest(tmp_path: Path) -> None:
    with TraceReader(write_updates(tmp_path / "my.trace")) as reader:
        found = find_moments(reader, search_condition("objective_gain > 0.07"), branch=0)
        assert found.t.tolist() == [0, 1, 2, 3, 4, 5, 6]
        for missing in ("true_gain < 1e9", "gap < 0", "refused", "model_error >= 0"):
            assert len(find_moments(reader, search_condition(missing), branch=0)) == 0


def test_a_loop_needs_no_torch() -> None:
    code = "import sys, core.traces.foreign; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
