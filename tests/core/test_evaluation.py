"""Evaluation: independent episodes, workers, stopping and going on."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from core.errors import InputError
from core.evaluation.evaluate import Runner, evaluate
from core.evaluation.kept import KeptEpisodes
from core.evaluation.plan import Plan, Unit
from core.evaluation.score import Episode
from core.settings import Settings
from tests.evaluations import PLAN, SETTINGS, fake_episode, report_of


@dataclass(frozen=True)
class Fake:
    """Makes the fake runner, in any process."""

    def __call__(self) -> Runner:
        return fake_episode


@dataclass(frozen=True)
class Failing:
    """A runner that cannot be made."""

    def __call__(self) -> Runner:
        raise InputError("the checkpoint is gone", "copy it again")


@dataclass(frozen=True)
class Dying:
    """A runner whose process is killed in its first episode."""

    def __call__(self) -> Runner:
        return lambda unit: os._exit(9)


@dataclass(frozen=True)
class Unending:
    """A runner that ends the plan's first episode and no other."""

    def __call__(self) -> Runner:
        return self.run

    def run(self, unit: Unit) -> Episode:
        if unit != PLAN.units()[0]:
            Event().wait()
        return fake_episode(unit)


@dataclass
class Counted:
    """Makes the fake runner and counts its episodes; may stop as Ctrl+C does."""

    most: int = 10**9
    units: list[Unit] = field(default_factory=list)

    def __call__(self) -> Runner:
        return self.run

    def run(self, unit: Unit) -> Episode:
        if len(self.units) == self.most:
            raise KeyboardInterrupt
        self.units.append(unit)
        return fake_episode(unit)


def result(**options: Any) -> dict[str, Any]:
    return report_of(evaluate(Fake(), KeptEpisodes(PLAN), **options)).to_dict()


def stopped(path: Path, most: int = 5, plan: Plan = PLAN) -> Counted:
    """Leave the file of an evaluation stopped after `most` episodes."""
    runner = Counted(most=most)
    with pytest.raises(KeyboardInterrupt):
        evaluate(runner, KeptEpisodes(plan, path))
    return runner


def test_one_process_and_two_give_the_same_result() -> None:
    assert result(jobs=1) == result(jobs=2)


def test_a_resumed_evaluation_gives_the_same_result_without_repeating(
    tmp_path: Path,
) -> None:
    path = tmp_path / "r.json.partial"
    before = stopped(path)
    after = Counted()
    episodes = evaluate(after, KeptEpisodes(PLAN, path, resume=True))
    assert before.units + after.units == PLAN.units()
    assert report_of(episodes).to_dict() == result()


def test_two_processes_go_on_where_one_was_stopped(tmp_path: Path) -> None:
    path = tmp_path / "r.json.partial"
    stopped(path)
    episodes = evaluate(Fake(), KeptEpisodes(PLAN, path, resume=True), jobs=2)
    assert report_of(episodes).to_dict() == result()


def test_a_resumed_evaluation_may_ask_for_more_seeds(tmp_path: Path) -> None:
    path = tmp_path / "r.json.partial"
    stopped(path)
    longer = replace(PLAN, seeds=tuple(range(3, 12)))
    kept = KeptEpisodes(longer, path, resume=True)
    assert len(kept.episodes()) == 5
    assert len(evaluate(Fake(), kept)) == 18


def test_what_was_finished_is_kept_when_workers_are_stopped(tmp_path: Path) -> None:
    kept = KeptEpisodes(PLAN, tmp_path / "r.json.partial")
    before = set(multiprocessing.active_children())
    workers: set[BaseProcess] = set()

    def stop(_episode: Episode) -> None:
        workers.update(set(multiprocessing.active_children()) - before)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(Unending(), kept, jobs=2, on_episode=stop)
    assert len(KeptEpisodes(PLAN, tmp_path / "r.json.partial", resume=True).episodes()) == 1
    assert workers
    # The sentinel, not the exit code: the pool's own thread may be reaping it just now.
    assert all(wait([worker.sentinel], 100) for worker in workers)


def test_a_killed_worker_is_one_line_with_a_remedy() -> None:
    with pytest.raises(InputError, match="fewer --jobs"):
        evaluate(Dying(), KeptEpisodes(PLAN), jobs=2)


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_a_worker_cannot_use_is_said_in_its_own_words(jobs: int) -> None:
    with pytest.raises(InputError, match="the checkpoint is gone: copy it again"):
        evaluate(Failing(), KeptEpisodes(PLAN), jobs=jobs)


@pytest.mark.parametrize(
    ("plan", "what"),
    [
        (replace(PLAN, digest="e" * 8), "checkpoint digest"),
        (replace(PLAN, settings={**SETTINGS, "adaptive": Settings(particles=9)}), "settings"),
    ],
)
def test_episodes_of_another_evaluation_are_refused(
    tmp_path: Path, plan: Plan, what: str
) -> None:
    path = tmp_path / "r.json.partial"
    stopped(path)
    with pytest.raises(InputError, match=f"another {what}"):
        KeptEpisodes(plan, path, resume=True)


def test_episodes_of_other_versions_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "r.json.partial"
    stopped(path)
    monkeypatch.setattr("core.evaluation.plan.versions", lambda: {"torch": "0.1"})
    with pytest.raises(InputError, match="another versions"):
        KeptEpisodes(PLAN, path, resume=True)


def test_a_stopped_evaluation_is_not_overwritten_by_mistake(tmp_path: Path) -> None:
    path = tmp_path / "r.json.partial"
    stopped(path)
    with pytest.raises(InputError, match="--resume"):
        KeptEpisodes(PLAN, path)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "[]",
        lambda text: text.replace('"seed": 3', '"seed": "three"'),
        lambda text: text.replace('"score"', '"scare"'),
    ],
)
def test_a_damaged_file_of_episodes_is_refused(
    tmp_path: Path, damage: Callable[[str], str]
) -> None:
    path = tmp_path / "r.json.partial"
    stopped(path)
    path.write_text(damage(path.read_text()))
    with pytest.raises(InputError):
        KeptEpisodes(PLAN, path, resume=True)
