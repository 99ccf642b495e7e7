"""The whole training, small: a data set becomes a checkpoint that says where it comes from."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from core.checkpoints.checkpoint import Checkpoint, load
from core.checkpoints.store import read_checkpoint
from core.checkpoints.training import read_progress, training_folder
from core.data.source import load_dataset
from core.errors import DataError
from core.pretraining import train as training
from core.pretraining.collect import Part, collect
from core.pretraining.loop import Interrupted
from core.pretraining.rebrac import RebracSettings
from core.pretraining.recipes import Recipe
from core.pretraining.regression import RegressionSettings
from core.pretraining.train import is_settled, train
from core.settings import Settings
from core.tasks import TASKS
from core.versions import versions
from tests.quick_training import small_training

HOPPER = TASKS["hopper"]
DATA, OTHER_DATA, ONE_EPISODE = (f"psiscope/hopper/tiny-v{number}" for number in range(3))
SUPERVISED = RegressionSettings(updates=6, batch=16)
RECIPE = Recipe(
    name="cpu",
    rebrac=RebracSettings(beta_actor=0.05, beta_critic=0.5, batch=16),
    rebrac_updates=6,
    dynamics=SUPERVISED,
    reward=SUPERVISED,
    ensemble=SUPERVISED,
)


@pytest.fixture(scope="module", autouse=True)
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Tiny data sets, small networks, one real episode after every fourth update."""
    folder = tmp_path_factory.mktemp("training")
    with small_training(folder) as patch:
        patch.setattr(training, "EVALUATE_EVERY", 4)
        for name, seed, transitions in (
            (DATA, 0, 300),
            (OTHER_DATA, 1, 100),
            (ONE_EPISODE, 0, 1),
        ):
            part = Part(policy="random", first_seed=seed)
            collect(HOPPER, (part,), transitions=transitions, dataset_id=name)
        yield folder


def trained(output: Path, **changes: Any) -> Path:
    options: dict[str, Any] = {"dataset_id": DATA, "recipe": RECIPE, "commands": ("python x",)}
    return train(HOPPER, output=output, **(options | changes))


@pytest.fixture(scope="module")
def checkpoint(place: Path) -> Checkpoint:
    return load(trained(place / "first"))


def test_the_checkpoint_can_be_loaded_and_acts(checkpoint: Checkpoint) -> None:
    state = torch.zeros(1, HOPPER.state_size)
    action = checkpoint.policy(state)
    assert action.shape == (1, HOPPER.action_size)
    assert checkpoint.critic(state, action).shape == (1,)
    model = checkpoint.world_model(Settings())
    noise = torch.zeros(5, 1, HOPPER.state_size)
    assert torch.isfinite(model.next_state(state, action, noise)).all()
    assert torch.isfinite(checkpoint.ensemble(state, action)).all()
    weights = [p for n in (checkpoint.policy, checkpoint.critic, model) for p in n.parameters()]
    assert not any(weight.requires_grad for weight in weights)


def test_it_says_which_data_recipe_seed_and_commands_made_it(checkpoint: Checkpoint) -> None:
    manifest, dataset = checkpoint.manifest, load_dataset(DATA, HOPPER)
    facts = manifest.dataset
    assert facts is not None
    assert (facts.id, facts.digest) == (DATA, dataset.digest)
    assert (facts.transitions, facts.episodes) == (len(dataset), len(dataset.starts))
    assert facts.mean_return == pytest.approx(dataset.episode_returns.mean())
    assert facts.best_return == pytest.approx(dataset.episode_returns.max())
    assert facts.recipe["parts"][0]["policy"] == "random"
    assert manifest.hyperparameters == dataclasses.asdict(RECIPE)
    assert manifest.seeds == {"training": 0}
    assert manifest.commands == ("python x",)
    assert manifest.versions == versions()
    assert manifest.created_at


def test_it_holds_the_curves_and_the_errors_of_its_models(checkpoint: Checkpoint) -> None:
    curves, errors = checkpoint.manifest.curves, checkpoint.manifest.model_errors
    for stage in ("dynamics", "reward", "ensemble", "rebrac"):
        assert curves[f"{stage}.updates"] == (4.0, 6.0)
    assert {len(values) for values in curves.values()} == {2}
    assert {"rebrac.return_mean", "dynamics.open_loop_rmse", "reward.reward_r2"} <= set(curves)
    assert errors is not None
    assert errors.one_step_raw == curves["dynamics.one_step_rmse_raw"][-1]
    assert errors.horizon_standardised == curves["dynamics.open_loop_rmse"][-1]
    assert errors.reward == curves["reward.reward_rmse"][-1]
    frozen = checkpoint.manifest.evaluation["frozen"]
    assert frozen["return_mean"] == curves["rebrac.return_mean"][-1]
    assert frozen["score"] == pytest.approx(HOPPER.score(frozen["return_mean"]))
    assert checkpoint.manifest.evaluation["settled"] is False


def test_the_kept_dynamics_are_the_averaged_ones_with_their_normalisers(
    checkpoint: Checkpoint,
) -> None:
    dataset = load_dataset(DATA, HOPPER)
    assert torch.allclose(
        checkpoint.dynamics.states.mean,
        torch.from_numpy(dataset.states.mean(axis=0)),
        atol=0.1,
    )
    assert (checkpoint.dynamics.changes.std > 0).all()
    assert torch.equal(checkpoint.policy.normalizer.std, torch.ones(HOPPER.state_size))


def test_the_same_seed_gives_the_same_checkpoint_bit_for_bit(
    place: Path, checkpoint: Checkpoint
) -> None:
    again, other = load(trained(place / "again")), load(trained(place / "other", seed=1))
    assert again.digest == checkpoint.digest != other.digest
    assert again.manifest.curves == checkpoint.manifest.curves
    first, second = read_checkpoint(checkpoint.path), read_checkpoint(again.path)
    for network, tensors in first.tensors.items():
        for name, value in tensors.items():
            assert torch.equal(value, second.tensors[network][name])


@pytest.mark.parametrize("stage", ["dynamics", "ReBRAC"])
def test_a_training_stopped_in_any_stage_ends_as_if_it_had_not_been(
    place: Path, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    run_stage, output = training.run_stage, place / f"stopped-{stage}"

    def stopping(model: Any, **options: Any) -> Any:
        if model.name == stage:
            run_stage(model, **(options | {"updates": 3}))
            raise Interrupted(f"{stage} stopped after 3 updates", "go on with --resume")
        return run_stage(model, **options)

    with monkeypatch.context() as patch:
        patch.setattr(training, "run_stage", stopping)
        with pytest.raises(Interrupted):
            trained(output)
    assert not output.exists()
    said = read_progress(training_folder(output))
    assert (said.state, said.request.dataset, said.request.updates) == ("stopped", DATA, 6)
    with pytest.raises(DataError, match="other data or settings"):
        trained(output, dataset_id=OTHER_DATA, resume=True)
    assert read_progress(training_folder(output)) == said, "one that never began says nothing"
    resumed = load(trained(output, resume=True))
    assert resumed.digest == checkpoint.digest
    assert not training_folder(output).exists()


def test_too_little_data_is_refused_before_anything_is_fitted(place: Path) -> None:
    with pytest.raises(DataError) as caught:
        trained(place / "none", dataset_id=ONE_EPISODE)
    assert ONE_EPISODE in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not list(place.glob("none*"))


def test_settled_means_equal_returns_late_enough_and_a_q_that_agrees() -> None:
    good = {
        "updates": [20_000.0, 25_000.0, 30_000.0],
        "return_mean": [95.0, 100.0, 98.0],
        "q_mean": [0.0, 0.0, 110.0],
        "monte_carlo_mean": [0.0, 0.0, 100.0],
    }
    assert is_settled(good)
    changes: list[dict[str, list[float]]] = [
        {"updates": [10_000.0, 15_000.0, 20_000.0]},
        {"return_mean": [85.0, 100.0, 98.0]},
        {"return_mean": [98.0, 100.0]},
        {"q_mean": [0.0, 0.0, 120.0]},
        {"q_mean": [0.0, 0.0, math.inf]},
    ]
    assert not any(is_settled(good | change) for change in changes)
    assert not is_settled({})
