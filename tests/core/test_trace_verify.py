"""A forged value is named: its record and its field, whatever was mended."""

from __future__ import annotations

import dataclasses
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import TraceError
from core.traces.archive import TraceReader
from core.traces.digest import field_digests, record_digest
from core.traces.schema import layout
from core.traces.trace import Difference
from core.traces.values import values_of
from core.traces.verify import check_integrity, earliest, find_first_difference
from tests.changed_values import other
from tests.records import make_run, run_records
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
