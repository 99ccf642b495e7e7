"""Evaluation: independent episodes, workers, stopping and going on, the report."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from core.checkpoints.manifest import Manifest, Tuned
from core.errors import InputError
from core.evaluation.evaluate import Runner, evaluate
from core.evaluation.json_file import check_target, read_json, to_json, write_json
from core.evaluation.kept import KeptEpisodes
from core.evaluation.plan import Plan, Unit, make_plan
from core.evaluation.report import Report, make_report
from core.evaluation.score import Episode
from core.seeding import generator
from core.settings import Settings

SETTINGS = {
    "frozen": Settings(controller="frozen"),
    "adaptive": Settings(controller="adaptive", particles=4),
}
PLAN = Plan(
    checkpoint="fake",
    digest="d" * 8,
    task="hopper",
    seeds=(3, 4, 5, 6, 7, 8),
    settings=SETTINGS,
)


def fake_episode(unit: Unit) -> Episode:
    """A pure function of the unit, as a real episode is."""
    value = float(generator(unit.seed, unit.controller).normal(100.0, 10.0))
    return Episode(
        controller=unit.controller,
        seed=unit.seed,
        episode_return=value,
        score=value / 2.0,
        length=10,
        success=value > 100.0,
        total_ms=20.0,
    )


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


def report_of(episodes: list[Episode], plan: Plan = PLAN) -> Report:
    found = make_report(plan, episodes)
    assert found is not None
    return found


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

    def stop(_episode: Episode) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(Fake(), kept, jobs=2, on_episode=stop)
    assert len(KeptEpisodes(PLAN, tmp_path / "r.json.partial", resume=True).episodes()) == 1
    for worker in set(multiprocessing.active_children()) - before:
        worker.join(20)
        assert worker.exitcode is not None


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


@dataclass(frozen=True)
class FakeCheckpoint:
    """What a plan asks of a checkpoint."""

    manifest: Manifest
    digest: str = "d" * 8

    def settle(self, settings: Settings) -> Settings:
        return settings.replace(delta=settings.delta or 0.03)


def fake_checkpoint(**tuned: Tuned) -> FakeCheckpoint:
    return FakeCheckpoint(
        Manifest(
            name="fake",
            task="hopper",
            state_size=11,
            action_size=3,
            networks={"policy": {"kind": "policy"}},
            tuned={name.replace("_", "-"): values for name, values in tuned.items()},
        )
    )


def test_seeds_that_chose_the_step_size_are_not_evaluated() -> None:
    checkpoint = fake_checkpoint(critic_only=Tuned(delta=0.1, seeds=(500, 501)))
    with pytest.raises(InputError, match=r"seed 500 .* --first-seed 502"):
        make_plan(checkpoint, range(495, 505), SETTINGS)
    assert make_plan(checkpoint, range(502, 505), SETTINGS).seeds == (502, 503, 504)


def test_weights_are_never_carried_from_episode_to_episode() -> None:
    with pytest.raises(InputError, match="reset-mode"):
        make_plan(fake_checkpoint(), [0], {"adaptive": Settings(reset_mode="never")})


def test_the_plan_holds_the_tuned_values() -> None:
    plan = make_plan(fake_checkpoint(), [0], {"adaptive": Settings(delta=None)})
    assert plan.settings["adaptive"].delta == 0.03


def test_units_come_seed_by_seed_so_that_pairs_are_whole() -> None:
    assert PLAN.units()[:3] == [Unit("frozen", 3), Unit("adaptive", 3), Unit("frozen", 4)]


def test_the_report_has_the_promised_keys() -> None:
    values = result()
    assert list(values) == [
        "checkpoint", "task", "seeds", "controllers", "paired", "versions", "threads",
    ]  # fmt: skip
    assert values["seeds"] == list(range(3, 9))
    assert list(values["controllers"]) == ["frozen", "adaptive"]
    for controller in values["controllers"].values():
        assert list(controller) == ["returns", "scores", "successes", "ms_per_step", "settings"]
        assert len(controller["returns"]) == len(controller["successes"]) == 6
        assert controller["ms_per_step"] == 2.0
    assert values["controllers"]["adaptive"]["settings"]["particles"] == 4
    assert list(values["paired"]) == ["adaptive"]
    paired = values["paired"]["adaptive"]
    assert list(paired) == [
        "gain_mean", "gain_ci95", "n", "wins", "ties", "losses", "success",
    ]  # fmt: skip
    assert list(values["versions"]) == ["psiscope", "python", "torch", "mujoco", "gymnasium"]
    assert json.loads(to_json(values))["paired"]["adaptive"]["n"] == 6


def test_the_report_covers_the_seeds_that_every_controller_finished() -> None:
    episodes = [fake_episode(unit) for unit in PLAN.units()[:5]]
    report = report_of(episodes)
    assert report.seeds == (3, 4)
    assert make_report(PLAN, episodes[:1]) is None


def test_the_table_names_the_sample_and_the_missing_interval() -> None:
    plan = replace(PLAN, seeds=(3, 4, 5))
    report = report_of([fake_episode(unit) for unit in plan.units()], plan)
    assert "one trained policy" in report.title()
    assert "no interval below n = 5" in report.rows()[2][3]
    assert {len(row) for row in report.rows()} == {8}


def test_without_the_frozen_policy_nothing_is_paired() -> None:
    plan = replace(PLAN, settings={"adaptive": SETTINGS["adaptive"]})
    values = report_of([fake_episode(unit) for unit in plan.units()], plan).to_dict()
    assert values["paired"] == {}


def test_numbers_that_are_not_finite_become_null() -> None:
    assert json.loads(to_json({"a": [float("nan"), 1.5], "b": float("inf")})) == {
        "a": [None, 1.5],
        "b": None,
    }


def test_a_json_file_survives_a_write_that_fails(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    write_json(path, {"a": 1})
    with pytest.raises(TypeError):
        write_json(path, {"a": object()})
    assert read_json(path) == {"a": 1}
    assert [entry.name for entry in tmp_path.iterdir()] == ["r.json"]


def test_a_target_that_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file" / "r.json"):
        with pytest.raises(InputError):
            check_target(path)
    check_target(tmp_path / "new folder" / "r.json")
