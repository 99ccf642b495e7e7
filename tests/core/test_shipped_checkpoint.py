"""The shipped checkpoint: where it comes from, its size, whether its gradient is real."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.func import functional_call

from core.adaptation.noise import imagination_noise
from core.adaptation.objective import horizon_return
from core.adaptation.rollout import imagine
from core.checkpoints.catalogue import SHIPPED, read_manifest
from core.checkpoints.checkpoint import Checkpoint, load
from core.checkpoints.document import document
from core.envs.mujoco import Environment
from core.settings import preset
from tests.worlds import seeded

NAME = "hopper-medium-replay"
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def shipped() -> Checkpoint:
    return load(NAME)


def test_it_is_found_by_its_name_and_by_its_task(shipped: Checkpoint) -> None:
    assert shipped.path == ROOT / "assets" / "checkpoints" / NAME
    assert load("hopper").digest == shipped.digest


def test_it_is_at_most_six_mebibytes(shipped: Checkpoint) -> None:
    assert sum(file.stat().st_size for file in shipped.path.iterdir()) <= 6 * 2**20


def test_it_says_where_it_comes_from(shipped: Checkpoint) -> None:
    manifest = shipped.manifest
    assert manifest.dataset is not None
    assert manifest.dataset.transitions >= 200_000
    assert manifest.dataset.recipe
    assert [command.split()[2] for command in manifest.commands] == ["train", "tune"]
    assert manifest.hyperparameters["name"] == "cpu"
    assert manifest.model_errors is not None
    assert manifest.evaluation["tuning_return_means"]
    assert min(min(tuned.seeds) for tuned in manifest.tuned.values()) >= 9000


def test_its_policy_had_settled(shipped: Checkpoint) -> None:
    assert shipped.manifest.evaluation["settled"]


def test_its_gradient_is_the_derivative_along_random_directions(
    shipped: Checkpoint,
) -> None:
    """Central differences through five steps of the full sampler, in double precision.

    J is about 300, so its rounding alone makes 4e-9 of the difference quotient: the state, 60
    steps into an episode, is one where no derivative along these directions is close to zero,
    and none crosses a kink of a ReLU.
    """
    policy, critic = (copy.deepcopy(n).double() for n in (shipped.policy, shipped.critic))
    model = copy.deepcopy(shipped.world_model(preset("safe"))).double()
    settings = preset("safe").replace(particles=1)
    environment = Environment(shipped.task)
    state = torch.from_numpy(environment.reset(3))[None]
    for _ in range(60):
        action = policy(state)[0].detach().numpy()
        state = torch.from_numpy(environment.apply(action).next_state)[None]
    draws = imagination_noise(settings, 11, seed=3, episode=0, t=60).double()
    names = dict(policy.requires_grad_(True).named_parameters())

    def objective(weights: dict[str, Tensor]) -> Tensor:
        rollout = imagine(
            lambda s: functional_call(policy, weights, (s,)), model, critic, state, draws
        )
        return horizon_return(rollout, discount=0.99, critic_reward_scale=1.0).mean()

    gradient = torch.autograd.grad(objective(names), list(names.values()))
    generator = seeded(5)
    for _ in range(20):
        direction = [torch.randn(g.shape, generator=generator, dtype=g.dtype) for g in gradient]
        length = torch.sqrt(torch.stack([(d**2).sum() for d in direction]).sum())
        step = {n: 1e-5 * d / length for n, d in zip(names, direction, strict=True)}
        with torch.inference_mode():
            up = objective({n: w + step[n] for n, w in names.items()})
            down = objective({n: w - step[n] for n, w in names.items()})
        products = [(g * d).sum() for g, d in zip(gradient, direction, strict=True)]
        exact = float(torch.stack(products).sum() / length)
        assert float(up - down) / 2e-5 == pytest.approx(exact, rel=1e-6)


def test_the_page_about_all_of_them_is_current() -> None:
    page = (ROOT / "docs" / "checkpoints.md").read_text(encoding="utf-8")
    manifests = [read_manifest(folder) for folder in sorted(SHIPPED.iterdir())]
    assert len(manifests) > 1
    assert page.rstrip() == document(manifests).rstrip()


def test_all_of_them_together_are_at_most_forty_mebibytes() -> None:
    assert sum(file.stat().st_size for file in SHIPPED.rglob("*.*")) <= 40 * 2**20


@pytest.mark.parametrize("folder", sorted(SHIPPED.iterdir()), ids=lambda folder: folder.name)
def test_each_of_them_proposes_an_action_and_knows_its_origin(folder: Path) -> None:
    checkpoint = load(folder)
    task, manifest = checkpoint.task, checkpoint.manifest
    assert manifest.dataset is not None
    assert any(f"--dataset {manifest.dataset.id}" in line for line in manifest.commands)
    assert manifest.evaluation["frozen"]["episodes"] >= 10
    environment = Environment(task)
    state = torch.from_numpy(environment.reset(0)).float()[None]
    with torch.inference_mode():
        action = checkpoint.policy(state)
        imagined = checkpoint.dynamics(state, action, torch.zeros(5, 1, task.state_size))
    assert action.shape == (1, task.action_size)
    assert float(action.abs().max()) <= 1
    real = torch.from_numpy(environment.apply(action[0].numpy()).next_state)[None]
    environment.close()
    error, change = (imagined - real).square().mean(), (state - real).square().mean()
    assert error < 0.01 * change
