"""Tuning: the grid, the choice, what is stored, and that its seeds judge nothing afterwards."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch

from core import tasks
from core.checkpoints.checkpoint import load
from core.checkpoints.store import read_checkpoint
from core.errors import InputError
from core.evaluation.plan import make_plan
from core.evaluation.score import Episode
from core.evaluation.tune import DELTAS, STEP_SIZES, best, candidates, mean_returns, tune
from core.settings import Settings, preset
from tests.runnable_checkpoint import write_runnable


def finished(controller: str, seed: int, episode_return: float) -> Episode:
    return Episode(
        controller=controller,
        seed=seed,
        episode_return=episode_return,
        score=0.0,
        length=1,
        success=False,
        total_ms=1.0,
    )


def test_the_grid_is_the_papers_for_both_controllers_and_deltas_for_the_critic() -> None:
    tried = candidates()
    assert len(tried) == 2 * len(STEP_SIZES) + len(DELTAS) == 12
    for name, settings in tried.items():
        assert name.startswith(settings.controller)
        if settings.step_rule == "plain":
            assert settings == preset("paper").replace(
                controller=settings.controller, step_size=settings.step_size
            )
        else:
            assert settings == preset("safe").replace(
                controller="critic-only", delta=settings.delta
            )
    plain = [s.step_size for s in tried.values() if s.controller == "adaptive"]
    assert plain == list(STEP_SIZES) == sorted(STEP_SIZES)


def test_the_best_candidate_wins_and_a_tie_goes_to_the_smaller_one() -> None:
    tried = candidates()
    means = dict.fromkeys(tried, 10.0)
    assert best(means, tried, "adaptive step_size") == STEP_SIZES[0]
    assert best(means, tried, "critic-only delta") == DELTAS[0]
    means["adaptive step_size 5e-05"] = 11.0
    means["critic-only delta 0.05"] = means["critic-only delta 0.1"] = 12.0
    assert best(means, tried, "adaptive step_size") == 5e-5
    assert best(means, tried, "critic-only step_size") == STEP_SIZES[0]
    assert best(means, tried, "critic-only delta") == 0.05


def test_candidates_are_compared_by_their_mean_return() -> None:
    episodes = [finished("a", 1, 1.0), finished("b", 1, 5.0), finished("a", 2, 3.0)]
    assert mean_returns(episodes) == {"a": 2.0, "b": 5.0}


def test_the_choice_and_its_seeds_are_stored_in_the_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = dataclasses.replace(tasks.TASKS["hopper"], episode_limit=1)
    monkeypatch.setitem(tasks.TASKS, "hopper", short)
    folder = write_runnable(tmp_path / "tiny")
    before, episodes = read_checkpoint(folder), []
    tuned = tune(
        load(folder), (31, 32), command="python main.py tune tiny", on_episode=episodes.append
    )
    assert len(episodes) == 24
    assert {episode.seed for episode in episodes} == {31, 32}

    manifest = load(folder).manifest
    assert manifest.tuned == tuned
    assert {tuple(chosen.seeds) for chosen in tuned.values()} == {(31, 32)}
    means, tried = mean_returns(episodes), candidates()
    assert manifest.evaluation["tuning_return_means"] == means
    assert tuned["adaptive"].step_size == best(means, tried, "adaptive step_size")
    assert tuned["critic-only"].step_size == best(means, tried, "critic-only step_size")
    assert tuned["critic-only"].delta == best(means, tried, "critic-only delta")

    assert manifest.commands == (*before.manifest.commands, "python main.py tune tiny")
    assert manifest.evaluation["frozen"] == before.manifest.evaluation["frozen"]
    for network, tensors in read_checkpoint(folder).tensors.items():
        for name, value in tensors.items():
            assert torch.equal(value, before.tensors[network][name])
    _check_seeds_are_taken(folder)


def _check_seeds_are_taken(folder: Path) -> None:
    """What was tuned fills open settings in, and its seeds are refused."""
    checkpoint = load(folder)
    paper = {"adaptive": preset("paper"), "frozen": Settings(controller="frozen")}
    for seeds in ((31,), (30, 31), (32, 33, 34)):
        with pytest.raises(InputError, match="--first-seed 33"):
            make_plan(checkpoint, seeds, paper)
    plan = make_plan(checkpoint, (33, 34), paper)
    assert (
        plan.settings["adaptive"].step_size == checkpoint.manifest.tuned["adaptive"].step_size
    )
