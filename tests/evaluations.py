"""A plan and episodes for tests of evaluation: made up, but a pure function of their unit."""

from __future__ import annotations

from core.evaluation.plan import Plan, Unit
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


def report_of(episodes: list[Episode], plan: Plan = PLAN) -> Report:
    found = make_report(plan, episodes)
    assert found is not None
    return found
