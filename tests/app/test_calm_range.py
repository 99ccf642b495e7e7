"""Axis ranges that hold the data and keep still."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.views.calm_range import NOISE, CalmRange

VALUES = st.floats(-1e6, 1e6)


@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=20), st.booleans())
def test_the_range_always_holds_the_data(pairs: list[tuple[float, float]], zero: bool) -> None:
    calm = CalmRange(from_zero=zero)
    for first, second in pairs:
        low, high = sorted((first, second))
        shown = calm.fit(low, high)
        assert shown[0] <= low + NOISE <= high + 2 * NOISE <= shown[1] + 3 * NOISE
        assert shown[0] < shown[1]


def test_noise_moves_the_range_seldom() -> None:
    rng = np.random.default_rng(0)
    calm = CalmRange()
    shown = []
    for _ in range(300):
        values = rng.standard_normal(16)
        shown.append(calm.fit(float(values.min()), float(values.max())))
    changes = sum(first != second for first, second in pairwise(shown))
    assert changes <= 6


def test_the_range_shrinks_only_after_the_data_stayed_small() -> None:
    calm = CalmRange(patience=10)
    wide = calm.fit(0.0, 10.0)
    for _ in range(9):
        assert calm.fit(0.0, 3.0) == wide
    assert calm.fit(0.0, 3.0)[1] < 5


def test_one_large_value_in_between_keeps_the_range() -> None:
    calm = CalmRange(patience=10)
    wide = calm.fit(0.0, 10.0)
    for turn in range(40):
        assert calm.fit(0.0, 10.0 if turn % 5 == 0 else 3.0) == wide


def test_a_far_jump_does_not_leave_the_data_small() -> None:
    calm = CalmRange()
    calm.fit(0.0, 1.0)
    low, high = calm.fit(1000.0, 1001.0)
    assert high - low < 3


def test_not_finite_data_keep_what_is_shown() -> None:
    calm = CalmRange()
    assert calm.fit(math.nan, math.nan) == (0.0, 1.0)
    shown = calm.fit(2.0, 3.0)
    assert calm.fit(math.nan, 5.0) == shown
    assert calm.fit(-math.inf, math.inf) == shown


@pytest.mark.parametrize(("low", "high"), [(1.0, 7.0), (-7.0, -1.0), (0.0, 0.0)])
def test_bars_start_at_zero(low: float, high: float) -> None:
    shown = CalmRange(from_zero=True).fit(low, high)
    assert 0.0 in shown


def test_a_constant_is_shown_in_the_middle() -> None:
    low, high = CalmRange(least_span=0.1).fit(1.25, 1.25)
    assert low < 1.25 < high
    assert 0.05 < high - low < 0.5
