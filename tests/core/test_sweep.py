"""Several beta_actor: trained, evaluated, kept, gone on with, compared."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import InputError
from core.evaluation.json_file import read_json, write_json
from core.evaluation.sweep import KeptPoints, Sweep, forget, run_sweep
from core.evaluation.sweep_table import bases_page, reference_of, sweep_rows
from core.models.critic import TwinCritic
from core.models.policy import MlpPolicy
from core.pretraining import rebrac
from core.pretraining.collect import Part, collect
from core.pretraining.loop import Interrupted
from core.pretraining.recipes import find_recipe
from core.pretraining.rollouts import check_values
from core.tasks import TASKS
from tests.quick_training import small_training

HOPPER = TASKS["hopper"]
DATASET = "psiscope/hopper/random-v7"


@pytest.fixture(scope="module", autouse=True)
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A small data set, networks of a few units, one real episode in training."""
    folder = tmp_path_factory.mktemp("sweep")
    with small_training(folder):
        collect(HOPPER, (Part(policy="random"),), transitions=300, dataset_id=DATASET)
        yield folder


@pytest.fixture
def sweep(tmp_path: Path) -> Sweep:
    return Sweep(
        task=HOPPER,
        dataset_id=DATASET,
        recipe=find_recipe("cpu", HOPPER, "random").capped(6),
        betas=(0.01, 10.0),
        reset_seeds=(0, 1, 2, 3, 4),
        folder=tmp_path / "s.json.sweep",
        default_beta=0.01,
    )


def run(sweep: Sweep, **options: Any) -> dict[str, Any]:
    return run_sweep(sweep, kept(sweep), **options)


def kept(sweep: Sweep, *, resume: bool = True) -> KeptPoints:
    return KeptPoints(sweep, sweep.folder.with_suffix(""), resume=resume)


def test_every_beta_has_a_policy_of_its_own_on_the_same_reset_seeds(sweep: Sweep) -> None:
    found = run(sweep)
    first, second = found["points"]
    assert (first["beta_actor"], second["beta_actor"]) == (0.01, 10.0)
    assert found["reset_seeds"] == [0, 1, 2, 3, 4]
    assert found["rebrac"]["beta_critic"] == sweep.recipe.rebrac.beta_critic
    assert "beta_actor" not in found["rebrac"]
    for point in (first, second):
        assert len(point["returns"]) == len(point["successes"]) == 5
        low, high = point["return_ci95"]
        assert low <= point["return_mean"] <= high
        assert point["settled"] is False
        assert point["curves"]["updates"] == [6.0]
        assert point["q_mean"] == point["curves"]["q_mean"][-1]
    assert first["curves"]["cloning_penalty"] != second["curves"]["cloning_penalty"]


@pytest.mark.slow
def test_in_workers_the_result_is_the_same(
    sweep: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Workers know nothing of the small networks.
    monkeypatch.setattr(rebrac, "MlpPolicy", MlpPolicy)
    monkeypatch.setattr(rebrac, "TwinCritic", TwinCritic)
    monkeypatch.setattr(rebrac, "check_values", check_values)
    elsewhere = dataclasses.replace(sweep, folder=tmp_path / "t.json.sweep")
    seen: list[float] = []
    found = run_sweep(
        elsewhere, kept(elsewhere), jobs=2, on_point=lambda p: seen.append(p["beta_actor"])
    )
    assert sorted(seen) == [0.01, 10.0]
    assert found == run(sweep)


def test_a_stopped_sweep_goes_on_where_it_was_with_the_same_result(
    sweep: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run(dataclasses.replace(sweep, folder=tmp_path / "w.json.sweep"))
    update, count = rebrac.Rebrac.update, 0

    def stopped(self: rebrac.Rebrac, number: int) -> Any:
        nonlocal count
        count += 1
        if count == 9:
            # As loop.run_stage does at Ctrl+C, with no state stored since the last evaluation.
            raise Interrupted("stopped", "go on")
        return update(self, number)

    with monkeypatch.context() as patched:
        patched.setattr(rebrac.Rebrac, "update", stopped)
        with pytest.raises(KeyboardInterrupt):
            run(sweep)
    assert kept(sweep).missing() == [10.0]
    with pytest.raises(InputError, match="--resume"):
        kept(sweep, resume=False)
    assert run(sweep) == whole
    forget(sweep)
    assert not sweep.folder.exists()


def test_another_sweep_in_the_same_place_is_refused(sweep: Sweep) -> None:
    run(sweep)
    other = dataclasses.replace(sweep, reset_seeds=(0, 1))
    with pytest.raises(InputError, match="another reset seeds"):
        kept(other)


def test_more_betas_are_added_to_a_finished_sweep(sweep: Sweep) -> None:
    path = sweep.folder.with_suffix("")
    write_json(path, run(sweep))
    forget(sweep)
    more = dataclasses.replace(sweep, betas=(10.0, 0.05))
    assert kept(more).missing() == [0.05]
    found = run(more)
    assert [point["beta_actor"] for point in found["points"]] == [0.01, 0.05, 10.0]
    assert found["points"][0] == read_json(path)["points"][0]


def test_a_data_set_that_changed_is_noticed(sweep: Sweep) -> None:
    points = kept(sweep)
    point = {"beta_actor": 0.01, "dataset_digest": "a"}
    points.add(point)
    with pytest.raises(InputError, match="is not what it was"):
        points.add(point | {"beta_actor": 0.1, "dataset_digest": "b"})


def made_up(**changes: Any) -> dict[str, Any]:
    """A result of three betas, returns 10 apart."""
    points = [
        {
            "beta_actor": beta,
            "dataset_digest": "d",
            "returns": [100.0 + 10 * place + seed for seed in range(5)],
            "return_mean": 102.0 + 10 * place,
            "return_ci95": [101.0 + 10 * place, 103.0 + 10 * place],
            "score": None,
            "success_rate": 0.4,
            "q_mean": 50.0,
            "monte_carlo_mean": 49.0,
            "settled": place == 1,
        }
        for place, beta in enumerate((0.005, 0.02, 0.05))
    ]
    return {
        "task": "hopper",
        "goal": False,
        "dataset": "psiscope/hopper/medium-replay-v0",
        "recipe": "cpu",
        "rebrac": {"beta_critic": 0.5},
        "updates": 80_000,
        "training_seed": 0,
        "reset_seeds": [0, 1, 2, 3, 4],
        "default_beta_actor": 0.05,
        "points": points,
    } | changes


def test_the_table_compares_with_the_shipped_beta_paired_by_reset_seed() -> None:
    rows = sweep_rows(made_up(), 0.02)
    assert [row[0] for row in rows[1:]] == ["0.005", "0.02 (shipped)", "0.05"]
    assert rows[1][4:6] == ("-10 [-10, -10]", "0/0/5")
    assert rows[2][4:6] == ("", "")
    assert rows[3][4:6] == ("+10 [+10, +10]", "5/0/0")
    assert rows[1][2:4] == ("-", "40 %")
    assert [row[-1] for row in rows[1:]] == ["no", "yes", "no"]


def test_without_a_shipped_one_the_recipes_beta_is_the_reference() -> None:
    assert reference_of(made_up()) == 0.05
    assert reference_of(made_up(default_beta_actor=7.0)) == 0.005
    assert sweep_rows(made_up())[3][0] == "0.05 (reference)"


def test_the_page_has_a_section_and_the_command_of_each_sweep() -> None:
    other = made_up(task="walker2d", dataset="psiscope/walker2d/medium-replay-v0")
    page = bases_page([made_up(), other], lambda _result: 0.02)
    assert page.count("## ") == 2
    assert "## walker2d, `psiscope/walker2d/medium-replay-v0`" in page
    assert page.count("0.02 (shipped)") == 2
    assert "The best mean return has beta_actor 0.05." in page
    assert (
        "    python main.py sweep hopper --dataset psiscope/hopper/medium-replay-v0"
        " --recipe cpu --beta-actor 0.005,0.02,0.05 --beta-critic 0.5 --updates 80000"
        " --episodes 5 --first-seed 0 --seed 0 --json FILE\n"
    ) in page
