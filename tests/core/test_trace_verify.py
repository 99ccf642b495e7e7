"""A forged or differing value is named: its record, its field, stored and recomputed."""

from __future__ import annotations

import dataclasses
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import TraceError
from core.traces.archive import TraceReader
from core.traces.digest import field_digests, record_digest
from core.traces.schema import layout
from core.traces.trace import Difference, Record
from core.traces.values import values_of
from core.traces.verify import (
    check_integrity,
    compare_records,
    earliest,
    find_first_difference,
)
from tests.changed_values import other
from tests.record_strategies import any_record
from tests.records import make_command, make_run, make_update, run_records
from tests.trace_files import SMALL

RECORDS = list(run_records(2, sizes=SMALL))


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("pristine") / "run.trace"
    return make_run(path, 2, sizes=SMALL).read_bytes()


def forge(path: Path, seq: int, name: str, *, mend_field: bool, mend_record: bool) -> None:
    """Change one stored value, and the digests one who knows the format would mend."""
    record = RECORDS[seq - 1]
    kind = type(record).__name__
    value = other(getattr(record, name))
    forged = dataclasses.replace(record, **{name: value})
    connection = sqlite3.connect(path)
    with connection:
        if name in layout(kind).arrays:
            update = "UPDATE arrays SET data = ? WHERE seq = ? AND field = ?"
            connection.execute(update, (value.tobytes(), seq, name))
        else:
            connection.execute(f"UPDATE {kind} SET {name} = ? WHERE seq = ?", (value, seq))
        digests = field_digests(kind, values_of(forged))
        if mend_field:
            update = "UPDATE records SET field_digests = ? WHERE seq = ?"
            connection.execute(update, (digests, seq))
        if mend_record:
            ((last,),) = connection.execute(
                "SELECT digest FROM records WHERE seq = ?", (seq - 1,)
            )
            update = "UPDATE records SET digest = ? WHERE seq = ?"
            connection.execute(update, (record_digest(last, kind, digests), seq))
    connection.close()


def check(path: Path) -> Difference | None:
    with TraceReader(path) as reader:
        return check_integrity(reader)


def verify(path: Path) -> Difference | None:
    """Both passes, the recomputation being the records as they were."""
    with TraceReader(path) as reader:
        return earliest(
            check_integrity(reader), find_first_difference(reader.records(), RECORDS)
        )


fields = st.sampled_from(
    [
        (seq, name)
        for seq, record in enumerate(RECORDS, start=1)
        for name in layout(type(record).__name__).deterministic
        if seq > 1 and np.size(getattr(record, name))
    ]
)


@given(place=fields)
@settings(max_examples=25)
def test_a_forged_value_is_named_by_the_digests_alone(
    place: tuple[int, str], pristine: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("forged") / "run.trace"
    path.write_bytes(pristine)
    seq, name = place
    forge(path, seq, name, mend_field=False, mend_record=False)
    found = check(path)
    assert found is not None
    assert (found.record, found.kind, found.field) == (
        seq,
        type(RECORDS[seq - 1]).__name__,
        name,
    )


@given(place=fields, mend_field=st.booleans(), mend_record=st.booleans())
@settings(max_examples=40)
def test_a_forged_value_is_named_whatever_was_mended(
    place: tuple[int, str],
    mend_field: bool,
    mend_record: bool,
    pristine: bytes,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.mktemp("forged") / "run.trace"
    path.write_bytes(pristine)
    seq, name = place
    forge(path, seq, name, mend_field=mend_field, mend_record=mend_record)
    found = verify(path)
    assert found is not None
    assert (found.record, found.field) == (seq, name)


def test_a_mended_field_digest_breaks_the_chain_at_its_record(
    pristine: bytes, tmp_path: Path
) -> None:
    (tmp_path / "run.trace").write_bytes(pristine)
    forge(tmp_path / "run.trace", 4, "objective", mend_field=True, mend_record=False)
    found = check(tmp_path / "run.trace")
    assert found is not None
    assert (found.record, found.kind, found.field) == (4, "GradientUpdate", "digest")


def test_a_mended_record_digest_breaks_the_chain_at_the_next_record(
    pristine: bytes, tmp_path: Path
) -> None:
    (tmp_path / "run.trace").write_bytes(pristine)
    forge(tmp_path / "run.trace", 4, "objective", mend_field=True, mend_record=True)
    found = check(tmp_path / "run.trace")
    assert found is not None
    assert (found.record, found.field) == (5, "digest")
    assert "records 4 and 5 are not chained" in found.detail


def test_an_observed_value_may_change(pristine: bytes, tmp_path: Path) -> None:
    (tmp_path / "run.trace").write_bytes(pristine)
    forge(tmp_path / "run.trace", 7, "total_ms", mend_field=False, mend_record=False)
    assert verify(tmp_path / "run.trace") is None


def test_two_records_swapped_are_noticed(pristine: bytes, tmp_path: Path) -> None:
    path = tmp_path / "run.trace"
    path.write_bytes(pristine)
    connection = sqlite3.connect(path)
    for table in ("records", "GradientUpdate", "arrays"):
        for a, b in ((4, -4), (5, 4), (-4, 5)):
            connection.execute(f"UPDATE {table} SET seq = {b} WHERE seq = {a}")
    connection.commit()
    connection.close()
    found = check(path)
    assert found is not None
    assert (found.record, found.field) == (4, "digest")


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


def test_a_recomputation_that_ends_early_is_a_difference() -> None:
    found = find_first_difference(RECORDS, RECORDS[:5])
    assert found is not None
    assert (found.record, found.kind) == (6, type(RECORDS[5]).__name__)
    assert find_first_difference(RECORDS[:5], RECORDS) is None
    assert find_first_difference(RECORDS[3:], RECORDS[3:], first=4) is None


def test_the_earliest_difference_wins_and_a_value_before_a_digest() -> None:
    chain = Difference(record=5, kind="Snapshot", field="digest", detail="")
    value = Difference(record=5, kind="Snapshot", field="t", detail="")
    early = Difference(record=4, kind="Snapshot", field="digest", detail="")
    assert earliest(None, chain, value) is value
    assert earliest(value, chain, early) is early
    assert earliest(None, None) is None


def test_a_damaged_file_is_an_error_and_not_a_difference(
    pristine: bytes, tmp_path: Path
) -> None:
    (tmp_path / "run.trace").write_bytes(pristine[: len(pristine) // 2])
    with pytest.raises(TraceError):
        check(tmp_path / "run.trace")


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
