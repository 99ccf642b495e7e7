"""A session is a function of checkpoint, settings, seed and commands; snapshots hold it all."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.checkpoints.checkpoint import Checkpoint, load
from core.checkpoints.manifest import Tuned
from core.commands import Command
from core.diagnosis.oracle import Oracle, TrueFutures
from core.envs.mujoco import Environment
from core.models.interfaces import Policy
from core.session.session import Session
from core.settings import Settings, preset
from core.traces.trace import (
    EnvironmentStep,
    EpisodeEnded,
    EpisodeStarted,
    GradientUpdate,
    Proposal,
    Record,
    Snapshot,
)
from core.traces.verify import compare_records
from tests.runnable_checkpoint import write_runnable

FAST = Settings(horizon=2, particles=3, denoising_levels=2)
KEPT = FAST.replace(
    step_rule="plain", step_size=1e-3, trust_radius=None, reset_mode="episode", ascent_steps=2
)
VARIANTS = {
    "safe": FAST,
    "plain, kept": KEPT,
    "adam, never reset": KEPT.replace(optimizer="adam", reset_mode="never"),
    "smooth survival": FAST.replace(survival="smooth"),
    "critic-only": FAST.replace(controller="critic-only"),
    "frozen": FAST.replace(controller="frozen"),
    "no imagination": FAST.replace(horizon=0),
}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    return load(write_runnable(tmp_path_factory.mktemp("checkpoint") / "tiny"))


def advance(session: Session, count: int) -> list[Record]:
    return [session.advance() for _ in range(count)]


def assert_same(first: Iterable[Record], second: Iterable[Record]) -> None:
    for seq, (one, other) in enumerate(zip(first, second, strict=True)):
        assert compare_records(one, other, seq) is None


def steps(records: Iterable[Record]) -> list[EnvironmentStep]:
    return [record for record in records if isinstance(record, EnvironmentStep)]


def proposals(records: Iterable[Record]) -> list[Proposal]:
    return [record for record in records if isinstance(record, Proposal)]


def moments(records: Iterable[Record]) -> list[tuple[Proposal, EnvironmentStep]]:
    """What was proposed, and what happened."""
    happened = steps(records)
    proposed = proposals(records)[: len(happened)]
    assert [p.t for p in proposed] == [s.t for s in happened]
    return list(zip(proposed, happened, strict=True))


@pytest.mark.parametrize("name", VARIANTS)
def test_the_same_seed_gives_the_same_records_and_so_does_any_snapshot_bit_for_bit(
    checkpoint: Checkpoint, name: str
) -> None:
    records = advance(Session(checkpoint, VARIANTS[name], seed=5), 110)
    assert_same(records, advance(Session(checkpoint, VARIANTS[name], seed=5), 110))
    snapshots = [i for i, record in enumerate(records) if isinstance(record, Snapshot)]
    assert len(snapshots) >= 2
    for i in snapshots:
        session = Session(checkpoint, VARIANTS[name], seed=5)
        snapshot = records[i]
        assert isinstance(snapshot, Snapshot)
        session.restore(snapshot)
        assert_same(records[i + 1 :], advance(session, len(records) - i - 1))


def test_an_edit_takes_effect_at_the_next_environment_step_and_survives_a_snapshot(
    checkpoint: Checkpoint,
) -> None:
    session = Session(checkpoint, FAST, seed=5)
    records = advance(session, 4)
    applied = session.apply(Command(id="1", name="edit", settings={"ascent_steps": 3}))
    assert applied.accepted
    assert (applied.t, applied.k) == (0, 2)
    records += advance(session, 12)
    counts = {
        step.t: sum(isinstance(r, GradientUpdate) and r.t == step.t for r in records)
        for step in steps(records)
    }
    assert counts[0] == 2
    assert set(list(counts.values())[1:]) == {4}


def test_an_edit_that_makes_no_sense_is_refused_in_one_line(checkpoint: Checkpoint) -> None:
    session = Session(checkpoint, FAST, seed=5)
    advance(session, 3)
    for settings in ({"horizon": -1}, {"horizon": "x"}, {"nonsense": 1}, {"particles": 10**9}):
        applied = session.apply(Command(id="1", name="edit", settings=settings))
        assert not applied.accepted
        assert "\n" not in applied.effect
        assert applied.effect


def test_a_reset_command_begins_the_next_episode_on_the_next_seed(
    checkpoint: Checkpoint,
) -> None:
    session = Session(checkpoint, FAST, seed=5)
    advance(session, 6)
    session.apply(Command(id="1", name="reset"))
    records = advance(session, 6)
    ended = next(r for r in records if isinstance(r, EpisodeEnded))
    started = next(r for r in records if isinstance(r, EpisodeStarted))
    assert ended.reason == "reset"
    assert (started.episode, started.seed) == (1, 6)


def test_the_action_proposed_is_the_last_updates_and_its_change_is_recorded(
    checkpoint: Checkpoint,
) -> None:
    records = advance(Session(checkpoint, FAST, seed=5), 60)
    last: GradientUpdate | None = None
    for record in records:
        if isinstance(record, GradientUpdate):
            last = record
        if isinstance(record, Proposal):
            assert last is not None
            assert np.array_equal(record.action, last.action)
            change = np.abs(record.action - record.frozen_action).max()
            assert record.action_change == pytest.approx(float(change))
            assert record.objective_after == last.objective
            assert (record.t, record.k) == (last.t, last.k)
            assert 0 < record.action_change <= 0.1


def test_the_action_proposed_is_the_one_that_is_applied(checkpoint: Checkpoint) -> None:
    records = advance(Session(checkpoint, FAST, seed=5), 60)
    environment = Environment(checkpoint.task)
    for proposed, happened in moments(records):
        state = environment.restore(proposed.physics_state, proposed.t)
        assert np.array_equal(state, proposed.state)
        transition = environment.apply(proposed.action)
        assert np.array_equal(transition.next_state, happened.next_state)
        assert transition.reward == happened.reward


def test_the_frozen_controller_walks_with_its_twin(checkpoint: Checkpoint) -> None:
    records = advance(Session(checkpoint, FAST.replace(controller="frozen"), seed=5), 80)
    for proposed, happened in moments(records):
        assert happened.episode_return == happened.frozen_return
        assert proposed.true_gain == 0.0
    ended = [r for r in records if isinstance(r, EpisodeEnded)]
    assert ended
    assert all(r.episode_return == r.frozen_return for r in ended)


def test_the_true_future_begins_with_what_really_happens(checkpoint: Checkpoint) -> None:
    for proposed, happened in moments(advance(Session(checkpoint, FAST, seed=5), 60)):
        assert np.array_equal(proposed.true_states[2, 1], happened.next_state)
        assert proposed.true_rewards[2, 0] == happened.reward


def test_policies_of_equal_weights_have_one_future(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reset at each environment step, psi at k = 0 is psi_0: it is not rolled again."""
    asked: list[int] = []
    roll = Oracle.roll

    def counted(
        oracle: Oracle, policies: Sequence[Policy], *rest: Any, horizon: int
    ) -> TrueFutures:
        asked.append(len({id(policy) for policy in policies}))
        return roll(oracle, policies, *rest, horizon=horizon)

    monkeypatch.setattr(Oracle, "roll", counted)
    for settings, later in ((FAST, 2), (KEPT, 3)):
        asked.clear()
        made = proposals(advance(Session(checkpoint, settings, seed=5), 16))
        assert asked == [2] + [later] * (len(made) - 1)
        assert (made[0].true_states[0] == made[0].true_states[1]).all()
        assert all((p.true_states[1] != p.true_states[2]).any() for p in made)


def test_without_diagnostics_the_run_is_the_same(checkpoint: Checkpoint) -> None:
    rich = moments(advance(Session(checkpoint, FAST, seed=5), 60))
    poor = moments(advance(Session(checkpoint, FAST, seed=5, diagnostics=False), 60))
    for (one, happened), (other, also) in zip(rich, poor, strict=True):
        assert np.array_equal(happened.next_state, also.next_state)
        assert one.objective_after == other.objective_after
        assert np.isnan(other.true_gain)


def test_a_non_finite_rollout_falls_back_to_the_frozen_action_and_says_so(
    tmp_path: Path,
) -> None:
    broken = load(write_runnable(tmp_path / "broken"))
    broken.reward.rewards.mean.fill_(float("nan"))
    session = Session(broken, FAST, seed=5)
    found = proposals(advance(session, 30))
    assert found
    for proposed in found:
        assert proposed.fallback
        assert np.array_equal(proposed.action, proposed.frozen_action)


def test_the_paper_preset_takes_the_tuned_step_size(checkpoint: Checkpoint) -> None:
    tuned = {"adaptive": Tuned(step_size=5e-5, seeds=(9000,))}
    manifest = dataclasses.replace(checkpoint.manifest, tuned=tuned)
    session = Session(
        dataclasses.replace(checkpoint, manifest=manifest), preset("paper"), seed=5
    )
    assert session.settings.step_size == 5e-5
    assert Settings.from_json(session.started().settings) == session.settings


def test_more_than_64_particles_are_thinned_and_summed_up_whole(checkpoint: Checkpoint) -> None:
    settings = FAST.replace(particles=70, ascent_steps=2)
    updates = [
        r
        for r in advance(Session(checkpoint, settings, seed=5), 8)
        if isinstance(r, GradientUpdate) and r.t == 0
    ]
    assert [len(u.imagined_states) for u in updates] == [64, 16, 64]
    fields = {f.name for f in dataclasses.fields(GradientUpdate)}
    assert "state_quantiles" in fields
    assert updates[0].state_quantiles.shape == (3, 3, 11)
