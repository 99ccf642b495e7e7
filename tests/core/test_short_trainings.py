"""`train --updates`: every stage ends sooner, and its learning rate falls by then."""

from __future__ import annotations

import dataclasses

import pytest

from core.pretraining.recipes import find_recipe
from core.tasks import TASKS

STAGES = ("dynamics", "reward", "ensemble", "ReBRAC")


@pytest.mark.parametrize("name", ["cpu", "paper"])
def test_no_stage_makes_more_updates_and_nothing_else_changes(name: str) -> None:
    recipe = find_recipe(name, TASKS["hopper"], "medium")
    short = recipe.capped(25_000)
    assert {stage: short.updates(stage) for stage in STAGES} == {
        stage: min(25_000, recipe.updates(stage)) for stage in STAGES
    }
    assert short.rebrac.decay_updates == min(25_000, recipe.rebrac.decay_updates)
    decay = recipe.rebrac.decay_updates
    assert dataclasses.replace(short.rebrac, decay_updates=decay) == recipe.rebrac
    assert dataclasses.replace(short.reward, updates=recipe.reward.updates) == recipe.reward


def test_a_cap_beyond_the_recipe_is_none() -> None:
    recipe = find_recipe("cpu", TASKS["hopper"], "medium")
    assert recipe.capped(10**8) == recipe
