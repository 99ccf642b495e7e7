"""Training that is stopped and goes on ends bit for bit where it would have ended."""

from __future__ import annotations

import functools
import math
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.data.dataset import Episode, OfflineDataset, from_episodes
from core.errors import DataError
from core.pretraining import rebrac
from core.pretraining.fit_dynamics import FitDynamics, FitEnsemble
from core.pretraining.fit_reward import FitReward
from core.pretraining.loop import Curves, Interrupted, Stage, run_stage
from core.pretraining.rebrac import Rebrac, RebracSettings
from core.pretraining.regression import RegressionSettings
from core.pretraining.rollouts import QCheck
from core.tasks import TASKS
from tests.quick_training import small_stages

HOPPER = TASKS["hopper"]
UPDATES, EVALUATE_EVERY = 12, 5
IDENTITY = {"data": "abc", "seed": 0, "settings": {"batch": 16, "learning_rate": 5e-4}}
SUPERVISED = RegressionSettings(updates=UPDATES, batch=16)
REBRAC = RebracSettings(beta_actor=0.05, beta_critic=0.5, batch=16, decay_updates=UPDATES)


@functools.cache
def dataset() -> OfflineDataset:
    draw = np.random.default_rng(0)
    episodes = [
        Episode(
            states=draw.normal(size=(31, 11)),
            actions=draw.uniform(-1, 1, (30, 3)),
            rewards=draw.normal(size=30),
            terminated=number % 2 == 0,
        )
        for number in range(8)
    ]
    return from_episodes("noise", HOPPER, episodes)


STAGES: dict[str, Callable[[], Stage]] = {
    "dynamics": lambda: FitDynamics(HOPPER, dataset(), SUPERVISED, seed=1),
    "reward": lambda: FitReward(HOPPER, dataset(), SUPERVISED, seed=1),
    "ensemble": lambda: FitEnsemble(HOPPER, dataset(), SUPERVISED, seed=1),
    "ReBRAC": lambda: Rebrac(HOPPER, dataset(), REBRAC, seed=1),
}
EACH_STAGE = pytest.mark.parametrize("name", STAGES)


def run(stage: Stage, folder: Path, *, resume: bool = False, **changes: Any) -> Curves:
    options: dict[str, Any] = {"updates": UPDATES, "identity": IDENTITY}
    options |= {"evaluate_every": EVALUATE_EVERY} | changes
    return run_stage(stage, folder=folder, resume=resume, **options)


def result(stage: Stage, curves: Curves) -> dict[str, Any]:
    """Everything a stage is, as bits."""
    optimizers = {name: o.state_dict()["state"] for name, o in stage.optimizers.items()}
    return {
        "weights": {k: v.numpy().tobytes() for k, v in stage.networks.state_dict().items()},
        "optimizers": {
            (name, index, slot): value.numpy().tobytes()
            for name, state in optimizers.items()
            for index, slots in state.items()
            for slot, value in slots.items()
        },
        "curves": curves,
    }


def quick_check(*networks: Any, penalty: float, **_: Any) -> QCheck:
    """In place of ten real episodes: a function of the weights."""
    value = sum(float(p.sum()) for n in networks[1:] for p in n.state_dict().values())
    return QCheck(
        return_mean=value, return_std=1.0, q_mean=value + penalty, monte_carlo_mean=value
    )


@pytest.fixture(scope="module", autouse=True)
def small_and_quick() -> Iterator[None]:
    """Networks of a few units and no real episodes: the loop does not care."""
    with small_stages() as patch:
        patch.setattr(rebrac, "check_values", quick_check)
        yield


@pytest.fixture(scope="module")
def uninterrupted(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str], dict[str, Any]]:
    @functools.cache
    def once(name: str) -> dict[str, Any]:
        stage = STAGES[name]()
        return result(stage, run(stage, tmp_path_factory.mktemp(name) / "state"))

    return once


def after(stage: Stage, count: int, act: Callable[[], None]) -> Stage:
    """The stage, in which something happens inside the update number `count`."""
    update = stage.update

    def acting(number: int) -> dict[str, torch.Tensor]:
        if number + 1 == count:
            act()
        return update(number)

    stage.update = acting
    return stage


def press_ctrl_c() -> None:
    signal.raise_signal(signal.SIGINT)


class Killed(Exception):
    """In place of a process that is gone."""


def die() -> None:
    raise Killed


@EACH_STAGE
@pytest.mark.parametrize("count", [1, 5, 7, UPDATES])
def test_an_interrupted_training_goes_on_bit_for_bit(
    tmp_path: Path, uninterrupted: Callable[[str], dict[str, Any]], name: str, count: int
) -> None:
    with pytest.raises(Interrupted) as caught:
        run(after(STAGES[name](), count, press_ctrl_c), tmp_path / "state")
    assert str(caught.value) == f"{name} stopped after {count} updates: go on with --resume"
    assert isinstance(caught.value, KeyboardInterrupt)
    stage = STAGES[name]()
    assert result(stage, run(stage, tmp_path / "state", resume=True)) == uninterrupted(name)


@EACH_STAGE
@pytest.mark.parametrize("count", [3, 9])
def test_a_killed_training_goes_on_from_what_was_stored(
    tmp_path: Path, uninterrupted: Callable[[str], dict[str, Any]], name: str, count: int
) -> None:
    with pytest.raises(Killed):
        run(after(STAGES[name](), count, die), tmp_path / "state")
    assert (tmp_path / "state").exists() == (count > EVALUATE_EVERY)
    stage = STAGES[name]()
    assert result(stage, run(stage, tmp_path / "state", resume=True)) == uninterrupted(name)


def test_a_training_may_be_interrupted_again_and_again(
    tmp_path: Path, uninterrupted: Callable[[str], dict[str, Any]]
) -> None:
    for count in (2, 3, 6, 8, 11):
        with pytest.raises(Interrupted):
            run(after(STAGES["dynamics"](), count, press_ctrl_c), tmp_path / "s", resume=True)
    stage = STAGES["dynamics"]()
    curves = run(stage, tmp_path / "s", resume=True)
    assert result(stage, curves) == uninterrupted("dynamics")


def test_a_finished_training_is_read_back_and_not_repeated(tmp_path: Path) -> None:
    stage = STAGES["reward"]()
    curves = run(stage, tmp_path / "state")
    again = after(STAGES["reward"](), 1, die)
    assert run(again, tmp_path / "state", resume=True) == curves
    assert result(again, curves) == result(stage, curves)


@pytest.mark.parametrize(
    "change",
    [{"data": "abd"}, {"seed": 1}, {"settings": {"batch": 16, "learning_rate": 6e-4}}],
    ids=str,
)
def test_a_state_of_other_data_seed_or_settings_is_refused(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    run(STAGES["reward"](), tmp_path / "state")
    stage = STAGES["reward"]()
    with pytest.raises(DataError, match="other data or settings") as caught:
        run(stage, tmp_path / "state", resume=True, identity=IDENTITY | change)
    assert "\n" not in str(caught.value)


def test_the_curves_are_means_since_the_last_evaluation(tmp_path: Path) -> None:
    stage = STAGES["reward"]()
    update, losses = stage.update, []

    def noted(number: int) -> dict[str, torch.Tensor]:
        measured = update(number)
        losses.append(measured["reward_loss"].item())
        return measured

    stage.update = noted
    curves = run(stage, tmp_path / "state")
    assert curves["updates"] == [5.0, 10.0, 12.0]
    means = [np.mean(part) for part in (losses[:5], losses[5:10], losses[10:])]
    assert curves["reward_loss"] == pytest.approx(means, rel=1e-5)


@EACH_STAGE
def test_a_training_that_diverges_ends_in_one_line_before_it_is_evaluated(
    tmp_path: Path, name: str
) -> None:
    stage = STAGES[name]()
    update = stage.update
    loss = f"{next(iter(update(0)))}"
    stage.update = lambda number: update(number) | {loss: torch.tensor(math.inf)}
    stage.evaluate = lambda: pytest.fail("weights that are not finite acted")
    with pytest.raises(DataError) as caught:
        run(stage, tmp_path / "state")
    words = loss.replace("_", " ")
    assert str(caught.value) == (
        f"{name} diverged: its {words} is inf after 5 updates: look for huge states or rewards"
        " in the data"
    )
    assert not (tmp_path / "state").exists()


def test_ctrl_c_is_given_back_afterwards(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    run(STAGES["reward"](), tmp_path / "a", updates=1)
    assert signal.getsignal(signal.SIGINT) is before
    with pytest.raises(Interrupted):
        run(after(STAGES["reward"](), 1, press_ctrl_c), tmp_path / "b")
    assert signal.getsignal(signal.SIGINT) is before


def test_a_training_may_run_beside_the_main_thread(tmp_path: Path) -> None:
    curves: list[Curves] = []
    thread = threading.Thread(
        target=lambda: curves.append(run(STAGES["reward"](), tmp_path / "s", updates=2))
    )
    thread.start()
    thread.join()
    assert curves[0]["updates"] == [2.0]
