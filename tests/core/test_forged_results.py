"""Results that a stranger wrote: refused in one line where a figure cannot be one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.adaptation.controllers import Timings
from core.checkpoints.evaluated import evaluation_table, frozen_figures
from core.checkpoints.figures import is_figure
from core.checkpoints.manifest import Manifest
from core.envs.mujoco import Environment, Transition
from core.errors import InputError
from core.evaluation.episode import run_episode
from core.evaluation.json_file import to_json, write_json
from core.evaluation.kept import KeptEpisodes
from core.evaluation.plan import Unit
from core.evaluation.stored import read_results
from core.evaluation.sweep import KeptPoints, Sweep
from core.evaluation.sweep_file import read_sweep
from core.evaluation.sweep_table import bases_page, sweep_rows
from core.pretraining.recipes import find_recipe
from core.tasks import TASKS
from tests.core.command_line.fake_window import command_line
from tests.core.test_sweep import made_up
from tests.evaluations import PLAN, fake_episode, report_of

Forge = Callable[[dict[str, Any]], Any]


def frozen(**changes: Any) -> Forge:
    return lambda values: values["controllers"]["frozen"].update(changes)


FORGED: dict[str, tuple[Forge, str]] = {
    "huge returns": (
        frozen(returns=[1e308] * 6),
        "one of returns is 1e+308, not a number from",
    ),
    "huge returns that cancel": (frozen(returns=[1e13, -1e13] * 3), "one of returns is 1"),
    "returns as texts": (frozen(returns=["nan"] * 6), "one of returns is 'nan'"),
    "returns that are not known": (frozen(returns=[None] * 6), "one of returns is None"),
    "fewer returns than seeds": (frozen(returns=[1.0]), "returns are 1, not 6"),
    "huge scores": (frozen(scores=[1e308] * 6), "a score is 1e+308"),
    "successes of another kind": (frozen(successes=[7] * 6), "a success is 7, not 0 or 1"),
    "a huge time": (frozen(ms_per_step=1e300), "ms_per_step is 1e+300"),
    "settings of another kind": (frozen(settings=[]), "there is no object 'settings'"),
    "seeds that are not whole": (lambda v: v.update(seeds=[0.5] * 6), "a reset seed is 0.5"),
    "a gain that is none": (lambda v: v.update(paired=7), "there is no object 'paired'"),
    "no controller": (lambda v: v.update(controllers={}), "there is no controller"),
    "letters for a terminal": (lambda v: v.update(task="\x1b[2J"), "not a printable text"),
}


@pytest.mark.parametrize("case", FORGED)
def test_a_result_with_a_forged_figure_is_refused_in_one_line(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forge, says = FORGED[case]
    values = json.loads(to_json(report_of([fake_episode(u) for u in PLAN.units()]).to_dict()))
    path = tmp_path / "r.json"
    write_json(path, [values])
    assert len(read_results(path)) == 1
    forge(values)
    write_json(path, [values])
    for words in ((), ("--store",)):
        assert command_line("evaluate", "--table", path, *words) == 2
        line = capsys.readouterr().err
        assert line.count("\n") == 1
        assert says in line


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"episode_return": 1e308}, "a return is 1e"),
        ({"episode_return": None}, "a return is None"),
        ({"total_ms": "0"}, "a time is '0'"),
        ({"seed": 3.7}, "a reset seed is 3.7"),
        ({"success": "no"}, "a success is 'no'"),
        ({"more": 1}, "an episode has other fields"),
    ],
)
def test_a_forged_episode_is_not_gone_on_with(
    changes: dict[str, Any], says: str, tmp_path: Path
) -> None:
    path = tmp_path / "r.json.partial"
    KeptEpisodes(PLAN, path).add(fake_episode(PLAN.units()[0]))
    values = json.loads(path.read_text())
    values["episodes"][0] |= changes
    write_json(path, values)
    with pytest.raises(InputError, match=says):
        KeptEpisodes(PLAN, path, resume=True)
    write_json(path, values | {"episodes": 5})
    with pytest.raises(InputError, match="there are no episodes"):
        KeptEpisodes(PLAN, path, resume=True)


POINTS: list[tuple[dict[str, Any], str]] = [
    ({"returns": [1e308] * 5}, "one of returns is 1e"),
    ({"returns": [1.0]}, "returns are 1, not 5"),
    ({"return_ci95": [1.0]}, "return_ci95 are 1, not 2"),
    ({"beta_actor": "1"}, "beta_actor is '1'"),
    ({"q_mean": 1e300}, "q_mean is 1e"),
    ({"dataset_digest": []}, "dataset_digest is"),
    ({"settled": None}, "settled is None"),
]


@pytest.mark.parametrize(("changes", "says"), POINTS)
def test_a_forged_point_of_a_sweep_is_neither_shown_nor_gone_on_with(
    changes: dict[str, Any], says: str, tmp_path: Path
) -> None:
    values = made_up()
    values["points"][0] |= changes
    path = tmp_path / "s.json"
    write_json(path, values)
    with pytest.raises(InputError, match=says):
        read_sweep(path)
    sweep = Sweep(
        task=TASKS["hopper"],
        dataset_id="psiscope/hopper/random-v7",
        recipe=find_recipe("cpu", TASKS["hopper"], "random"),
        betas=(0.1,),
        reset_seeds=(0, 1, 2, 3, 4),
        folder=tmp_path / "s.json.sweep",
    )
    write_json(path, sweep.identity() | {"points": values["points"]})
    with pytest.raises(InputError, match=f"is damaged \\({says}"):
        KeptPoints(sweep, path, resume=True)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"points": []}, "no list points"),
        ({"points": [made_up()["points"][0]] * 2}, "a beta_actor comes twice"),
        ({"rebrac": []}, "no object 'rebrac'"),
        ({"updates": 1e300}, "updates is"),
        ({"dataset": "\x1b[2J"}, "not a printable text"),
    ],
)
def test_a_forged_sweep_is_refused(changes: dict[str, Any], says: str, tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    write_json(path, made_up())
    assert bases_page([read_sweep(path)], lambda _result: None)
    write_json(path, made_up(**changes))
    with pytest.raises(InputError, match=says):
        read_sweep(path)


def test_a_value_that_is_not_known_is_a_dash_in_the_table_of_a_sweep() -> None:
    values = made_up()
    values["points"][0]["q_mean"] = None
    assert sweep_rows(values)[1][7:9] == ("-", "49.0")


class Resting:
    """A controller that does nothing."""

    timings = Timings(imagine_ms=0.0, backward_ms=0.0)

    def reset(self, episode_seed: int) -> None:
        pass

    def act(self, state: Any, t: int) -> Any:
        return np.zeros(3, np.float32)


class Paying(Environment):
    """Pays one reward all the time."""

    reward = 1.0

    def apply(self, action: Any) -> Transition:
        return replace(super().apply(action), reward=self.reward, terminated=self.elapsed > 2)


@pytest.mark.parametrize("reward", [float("nan"), float("inf"), 1e13])
def test_an_episode_whose_rewards_add_to_nothing_ends_the_evaluation(reward: float) -> None:
    world = Paying(TASKS["hopper"])
    assert run_episode(Resting(), world, Unit("frozen", 4)).episode_return == 3.0
    world.reward = reward
    with pytest.raises(InputError, match="the episode of reset seed 4 returns"):
        run_episode(Resting(), world, Unit("frozen", 4))


def test_what_a_checkpoint_tells_of_itself_is_shown_where_it_can_be_a_figure() -> None:
    told = {"return_mean": 1e308, "return_std": True, "score": "5", "success_rate": 0.5}
    compared = {"safe": {"controllers": {"frozen": told}, "n": 20}}
    manifest = replace(bare_manifest(), evaluation={"compared": compared})
    assert frozen_figures(manifest) == (None, None)
    assert evaluation_table(manifest)[2] == "| safe | frozen | - ± - | - | 50 % |  | 20 | - |"


def bare_manifest() -> Manifest:
    return Manifest(
        name="x",
        task="hopper",
        state_size=11,
        action_size=3,
        networks={"policy": {"kind": "policy"}},
    )


@pytest.mark.parametrize("value", [True, "1", None, 1e12 + 1000, float("nan"), [1.0]])
def test_what_is_no_figure(value: object) -> None:
    assert not is_figure(value)
    assert is_figure(-1e12)
    assert is_figure(3)
