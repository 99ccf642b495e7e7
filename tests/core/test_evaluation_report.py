"""What is evaluated, and what the report says of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from core.checkpoints.manifest import Manifest, Tuned
from core.errors import InputError
from core.evaluation.json_file import check_target, read_json, to_json, write_json
from core.evaluation.plan import Unit, make_plan
from core.evaluation.report import make_report
from core.settings import Settings
from tests.evaluations import PLAN, SETTINGS, fake_episode, report_of


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
    values = report_of([fake_episode(unit) for unit in PLAN.units()]).to_dict()
    assert list(values) == [
        "checkpoint", "checkpoint_digest", "task", "goal", "seeds", "controllers", "paired",
        "versions", "threads",
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
