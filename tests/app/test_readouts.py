"""Numbers on the screen: sensible digits, true minus signs, nothing misleading."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.readouts import (
    alike,
    exact,
    fraction,
    milliseconds,
    number,
    pair,
    plain,
    setting,
    signed,
    tick,
)

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (3.14159, "3.14"),
        (9.996, "10.0"),
        (301.234, "301"),
        (-2.5, "−2.50"),
        (0.00123, "0.00123"),
        (0.000123, "1.2e−4"),
        (123456.0, "1.2e5"),
        (-1e-9, "−1.0e−9"),
        (NAN, "–"),
        (INF, "∞"),
        (-INF, "−∞"),
    ],
)
def test_three_significant_digits_and_no_more(value: float, text: str) -> None:
    assert plain(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(3.1, "+3.10"), (-0.4, "−0.400"), (0.0, "0"), (NAN, "–")]
)
def test_a_gain_carries_its_sign(value: float, text: str) -> None:
    assert signed(value) == text


@pytest.mark.parametrize(
    ("first", "second", "texts"),
    [
        (301.234, 304.345, ("301.2", "304.3")),
        (301.234, 301.261, ("301.234", "301.261")),
        (-1.5, 20.0, ("−1.5", "20.0")),
        (5.0, 5.0, ("5.000", "5.000")),
        (NAN, 5.0, ("–", "5.000")),
    ],
)
def test_two_levels_show_their_difference(
    first: float, second: float, texts: tuple[str, str]
) -> None:
    assert pair(first, second) == texts


def test_gains_side_by_side_have_the_same_decimals() -> None:
    assert alike(0.79, 0.0948) == ("+0.790", "+0.095")
    assert alike(12.3, -0.04) == ("+12.3", "0.0")
    assert alike(1.0, NAN) == ("+1.00", "–")
    assert alike(NAN, NAN) == ("–", "–")
    assert alike(2e-5, 1.0e-5) == ("+2.0e−5", "+1.0e−5")


def test_a_trust_factor_is_a_fraction() -> None:
    assert [fraction(c) for c in (1.0, 0.5, 0.25, 2**-10, 0.0)] == [
        "1",
        "1/2",
        "1/4",
        "1/1024",
        "0",
    ]


def test_milliseconds_have_the_digits_that_matter() -> None:
    values = (0.4237, 8.349, 42.4, 1234.0, NAN)
    assert [milliseconds(ms) for ms in values] == ["0.42 ms", "8.3 ms", "42 ms", "1234 ms", "–"]


def test_axis_ticks_have_no_more_decimals_than_their_spacing() -> None:
    assert [tick(v, 0.5) for v in (-0.5, 0.0, 0.5)] == ["−0.5", "0", "0.5"]
    assert [tick(v, 20.0) for v in (240.0, 260.0)] == ["240", "260"]
    assert tick(2e-5, 1e-5) == "2.0e−5"


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_any_number_becomes_a_short_text_without_a_hyphen(value: float) -> None:
    for text in (plain(value), signed(value), *alike(value, -value)):
        assert 1 <= len(text) <= 10
        assert "-" not in text


@given(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4))
def test_two_levels_are_never_longer_than_ten_characters(first: float, second: float) -> None:
    assert all(len(text) <= 10 for text in pair(first, second))


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.05, "0.05"), (4e-4, "4e−4"), (1.25e-5, "1.25e−5"), (0.0, "0"), (0.001, "0.001"),
     (-0.5, "−0.5"), (2.5e6, "2.5e6"), (1e5 / 3, "33333.3"), (1e-3 / 3, "3.33333e−4")],
)  # fmt: skip
def test_a_setting_is_written_as_it_was_set_and_read_back(value: float, text: str) -> None:
    assert exact(value) == setting(value) == text
    assert number(text) == pytest.approx(value, rel=1e-5)


def test_a_setting_that_is_no_number_stays_a_word() -> None:
    assert [setting(value) for value in (None, "plain", 5, True)] == [
        "none",
        "plain",
        "5",
        "True",
    ]
    assert number("off") is number("inf") is None
