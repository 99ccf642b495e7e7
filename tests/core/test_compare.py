"""Paired comparison: bootstrap intervals, exact McNemar."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from core.evaluation.compare import (
    bootstrap_interval,
    compare,
    compare_success,
    success_interval,
)


def test_the_gain_is_the_mean_of_paired_differences() -> None:
    found = compare([1.0, 2.0, 3.0], [2.0, 2.0, 7.0])
    assert found.gain_mean == pytest.approx(5.0 / 3.0)
    assert (found.wins, found.ties, found.losses, found.n) == (2, 1, 0, 3)


def test_swapping_the_controllers_swaps_wins_and_losses() -> None:
    first, second = [1.0, 5.0, 3.0, 4.0], [2.0, 2.0, 3.0, 9.0]
    there, back = compare(first, second), compare(second, first)
    assert there.gain_mean == -back.gain_mean
    assert (there.wins, there.ties, there.losses) == (back.losses, back.ties, back.wins)


@pytest.mark.parametrize(("n", "given"), [(1, False), (4, False), (5, True), (20, True)])
def test_there_is_no_interval_below_five_pairs(n: int, given: bool) -> None:
    found = compare([0.0] * n, [float(i) for i in range(n)])
    assert (found.gain_ci95 is not None) is given


def test_the_interval_is_scipys_percentile_bootstrap() -> None:
    values = np.random.default_rng(3).normal(4.0, 10.0, 20)
    ours = bootstrap_interval(values)
    random = np.random.default_rng(1)
    theirs = stats.bootstrap(
        (values,), np.mean, method="percentile", n_resamples=10_000, rng=random
    ).confidence_interval
    assert ours is not None
    assert ours == pytest.approx((theirs.low, theirs.high), abs=0.3)


def test_the_interval_of_a_large_sample_is_the_normal_one() -> None:
    values = np.random.default_rng(5).normal(1.0, 2.0, 500)
    half = 1.96 * values.std() / np.sqrt(values.size)
    assert bootstrap_interval(values) == pytest.approx(
        (values.mean() - half, values.mean() + half), abs=0.02
    )


def test_the_interval_covers_the_true_mean_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(11)
    covered = 0
    for _ in range(200):
        found = bootstrap_interval(random.normal(0.0, 1.0, 20))
        assert found is not None
        covered += found[0] <= 0.0 <= found[1]
    assert 0.88 <= covered / 200 <= 0.98


def test_the_same_values_give_the_same_interval() -> None:
    values = np.array([3.0, -1.0, 2.0, 8.0, 0.5])
    assert bootstrap_interval(values) == bootstrap_interval(values)


def test_equal_differences_give_an_interval_without_width() -> None:
    assert compare([1.0] * 6, [3.5] * 6).gain_ci95 == (2.5, 2.5)


@pytest.mark.parametrize(("baseline", "other"), [([], []), ([1.0], [1.0, 2.0])])
def test_what_is_not_paired_is_refused(baseline: list[float], other: list[float]) -> None:
    with pytest.raises(ValueError, match="equally long"):
        compare(baseline, other)


@pytest.mark.parametrize(("gained", "lost"), [(0, 0), (1, 0), (5, 0), (3, 1), (8, 2), (6, 6)])
def test_mcnemar_is_the_exact_binomial_test_on_discordant_pairs(gained: int, lost: int) -> None:
    baseline = [False] * gained + [True] * lost + [True, False] * 4
    controller = [True] * gained + [False] * lost + [True, False] * 4
    found = compare_success(baseline, controller)
    assert (found.gained, found.lost) == (gained, lost)
    expected = stats.binomtest(gained, gained + lost).pvalue if gained + lost else 1.0
    assert found.p_value == pytest.approx(expected)


def test_five_gained_and_none_lost_is_one_in_sixteen() -> None:
    assert compare_success([False] * 5, [True] * 5).p_value == 0.0625


def test_success_of_unequally_many_episodes_is_refused() -> None:
    with pytest.raises(ValueError, match="argument"):
        compare_success([True], [True, False])


@pytest.mark.parametrize(("reached", "n"), [(0, 1), (3, 8), (32, 50), (50, 50)])
def test_the_interval_of_a_success_rate_is_wilsons(reached: int, n: int) -> None:
    wanted = stats.binomtest(reached, n).proportion_ci(0.95, method="wilson")
    found = success_interval([True] * reached + [False] * (n - reached))
    assert found == pytest.approx((wanted.low, wanted.high), abs=1e-9)
