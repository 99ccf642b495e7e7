"""Where two records differ: the field, stored and recomputed, and what a tolerance forgives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.traces.digest import field_digests
from core.traces.schema import layout
from core.traces.trace import Record
from core.traces.values import values_of
from core.traces.verify import compare_records
from tests.record_strategies import any_record
from tests.records import make_command, make_update


@given(record=any_record())
def test_a_record_equals_itself(record: Record) -> None:
    for tolerance in (0.0, 1e-4):
        assert compare_records(record, record, 7, tolerance) is None


@given(record=any_record(), data=st.data())
def test_records_differ_exactly_where_their_digests_do(
    record: Record, data: st.DataObject
) -> None:
    kind = type(record).__name__
    again = data.draw(any_record([kind]))
    a, b = (field_digests(kind, values_of(r)) for r in (record, again))
    names = layout(kind).deterministic
    differing = [n for i, n in enumerate(names) if a[8 * i :][:8] != b[8 * i :][:8]]
    found = compare_records(record, again, 7)
    if not differing:
        assert found is None
    else:
        assert found is not None
        assert (found.record, found.kind, found.field) == (7, kind, differing[0])


def update(**changes: Any) -> Record:
    return make_update(np.random.default_rng(0), **changes)


def detail(stored: Record, recomputed: Record, tolerance: float = 0.0) -> str:
    found = compare_records(stored, recomputed, 3, tolerance)
    return "" if found is None else f"{found.field}: {found.detail}"


def test_the_detail_of_a_scalar_says_both_values() -> None:
    assert detail(update(drift=1.5), update(drift=2.5)) == "drift: stored 1.5, recomputed 2.5"
    assert detail(update(drift=np.nan), update(drift=0.0)) == (
        "drift: stored nan, recomputed 0.0"
    )
    assert detail(update(drift=-0.0), update(drift=0.0)) == (
        "drift: stored -0.0, recomputed 0.0"
    )
    assert detail(make_command(effect="a" * 200), make_command(effect="b")).startswith(
        "effect: stored 'aaa"
    )


def test_the_detail_of_an_array_says_where_and_by_how_much() -> None:
    stored, recomputed = np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.5, 5.0])
    assert detail(update(action=stored), update(action=recomputed)) == (
        "action: stored 2.0, recomputed 2.5 at [1]; 2 of 3 differ, by at most 2"
    )


def test_another_dtype_or_shape_is_a_difference() -> None:
    single = np.zeros(3, dtype=np.float32)
    assert detail(update(action=np.zeros(3)), update(action=single)) == (
        "action: stored float64 (3,), recomputed float32 (3,)"
    )
    assert "(3,), recomputed float64 (0,)" in detail(
        update(action=np.zeros(3)), update(action=np.zeros(0))
    )


def test_another_kind_is_a_difference() -> None:
    assert detail(update(), make_command()) == (
        "kind: stored GradientUpdate, recomputed CommandApplied"
    )


def test_a_tolerance_is_relative_to_the_larger_value_or_to_one() -> None:
    for a, b, within in (
        (1000.0, 1000.09, True),
        (1000.0, 1000.2, False),
        (0.0, 9e-5, True),
        (0.0, 2e-4, False),
        (0.0, -0.0, True),
        (np.inf, np.inf, True),
        (np.inf, 1.0, False),
        (np.nan, np.nan, True),
        (np.nan, 1.0, False),
    ):
        assert (detail(update(drift=a), update(drift=b), 1e-4) == "") is within
        stored, recomputed = np.array([a, 1.0, 1.0]), np.array([b, 1.0, 1.0])
        same = detail(update(action=stored), update(action=recomputed), 1e-4) == ""
        assert same is within


def test_a_tolerance_does_not_apply_to_whole_numbers_and_text() -> None:
    assert detail(make_command(t=100_000), make_command(t=100_001), 1e-4)
    assert detail(make_command(effect="a"), make_command(effect="b"), 1e-4)


@pytest.mark.parametrize(
    ("stored", "recomputed", "agree"),
    [
        ('{"a": 1.0, "b": 2}', '{"a": 1.00001, "b": 2}', True),
        ('{"a": 1.0, "b": 2}', '{"a": 1.1, "b": 2}', False),
        ('{"a": 1.0, "b": 2}', '{"a": 1.0, "b": 3}', False),
        ('{"a": 1.0, "b": true}', '{"a": 1.0, "b": 1}', False),
        ('{"a": 1.0}', '{"a": 1.0, "b": 1}', False),
        ('{"a": "x"}', '{"a": "y"}', False),
        ("[1.0]", "[1.00001]", False),
        ("no JSON", "other", False),
        ("[" * 100_000, "[", False),
    ],
)
def test_real_numbers_in_a_text_may_be_off_a_little_on_another_machine(
    stored: str, recomputed: str, agree: bool
) -> None:
    ours, theirs = make_command(effect=stored), make_command(effect=recomputed)
    assert compare_records(ours, theirs, 1) is not None
    assert (compare_records(ours, theirs, 1, tolerance=1e-4) is None) == agree
