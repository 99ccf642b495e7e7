"""What goes into a trace comes out of it, bit for bit."""

from __future__ import annotations

import dataclasses
import math
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import TraceError
from core.traces.archive import TraceReader, TraceWriter
from core.traces.digest import START, field_digests, record_digest
from core.traces.schema import layout
from core.traces.trace import RECORDS, EpisodeStarted, GradientUpdate, Record, RunStarted
from core.traces.values import LARGEST_ARRAY, values_of
from tests.record_strategies import KINDS, any_record
from tests.records import (
    Sizes,
    make_command,
    make_run_started,
    make_snapshot,
    make_update,
    run_records,
)


def bits(value: Any) -> Any:
    """What is equal for values of equal type and bits, all NaN scalars being one."""
    if isinstance(value, np.ndarray):
        return value.dtype.name, value.shape, value.tobytes()
    if isinstance(value, float):
        return "nan" if math.isnan(value) else struct.pack("<d", value)
    return type(value), value


def same(a: Record, b: Record) -> bool:
    names = [field.name for field in dataclasses.fields(a)]
    return type(a) is type(b) and all(bits(getattr(a, n)) == bits(getattr(b, n)) for n in names)


def write(path: Path, *records: Record, started: RunStarted | None = None) -> TraceReader:
    with TraceWriter.create(path, started or make_run_started()) as writer:
        for record in records:
            writer.append(record)
    return TraceReader(path)


@pytest.mark.parametrize("kind", KINDS)
def test_any_record_comes_back_bit_for_bit(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "run.trace"
    with TraceWriter.create(path, make_run_started()) as writer, TraceReader(path) as reader:

        @given(record=any_record([kind]))
        def holds(record: Record) -> None:
            seq = writer.append(record)
            assert reader.kind(seq) == kind
            assert same(reader.read(seq), record)

        holds()


def test_a_whole_run_comes_back_in_order(tmp_path: Path) -> None:
    started, *rest = records = list(run_records(30, episodes=2, ascent_steps=2))
    with write(tmp_path / "run.trace", *rest, started=started) as reader:
        assert reader.last_seq() == len(records)
        assert all(same(a, b) for a, b in zip(reader.records(), records, strict=True))
        assert same(reader.started(), records[0])
        assert [type(r).__name__ for r in reader.records(3, 5)] == [
            type(r).__name__ for r in records[2:5]
        ]


def test_arrays_read_back_are_read_only_and_native(tmp_path: Path) -> None:
    big_endian = make_update(np.random.default_rng(0), action=np.arange(3.0, dtype=">f8"))
    with write(tmp_path / "run.trace", big_endian) as reader:
        action = reader.read(2).action  # type: ignore[union-attr]
    assert action.dtype == np.dtype("float64")
    assert action.dtype.isnative
    assert action.tolist() == [0.0, 1.0, 2.0]
    with pytest.raises(ValueError, match="read-only"):
        action[0] = 1.0


def test_slices_and_transposes_are_stored_as_they_look(tmp_path: Path) -> None:
    moments = np.arange(24, dtype=np.float32).reshape(12, 2).T[:, ::2]
    snapshot = make_snapshot(
        np.random.default_rng(0), optimizer_moments=moments, policy_weights=moments[0]
    )
    with write(tmp_path / "run.trace", snapshot) as reader:
        stored = reader.read(2).optimizer_moments  # type: ignore[union-attr]
    assert np.array_equal(stored, moments)


def test_numpy_scalars_are_stored_as_the_fields_type(tmp_path: Path) -> None:
    update = make_update(np.random.default_rng(0))
    for name, value in (("t", np.int64(7)), ("objective", np.float32(1.5)), ("last", np.True_)):
        object.__setattr__(update, name, value)
    with write(tmp_path / "run.trace", update) as reader:
        stored = reader.read(2)
    assert isinstance(stored, GradientUpdate)
    assert [bits(v) for v in (stored.t, stored.objective, stored.last)] == [
        bits(v) for v in (7, 1.5, True)
    ]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"command_id": "\ud800"}, "command_id"),
        ({"t": 2**63}, "t"),
    ],
)
def test_a_scalar_that_cannot_be_stored_is_refused_by_name(
    change: dict[str, Any], says: str, tmp_path: Path
) -> None:
    with TraceWriter.create(tmp_path / "run.trace", make_run_started()) as writer:
        with pytest.raises(TraceError, match=rf"CommandApplied\.{says}"):
            writer.append(make_command(**change))
        assert writer.last_seq == 1
        assert writer.append(make_command()) == 2


@pytest.mark.parametrize(
    ("field", "array"),
    [
        ("action", np.zeros(3, dtype=np.float16)),
        ("action", np.zeros((3, 1))),
        ("action", np.array(["a", "b", "c"])),
        ("action", np.zeros(4)),
        ("imagined_states", np.zeros((8, 6, 12))),
        ("survival", np.zeros((8, 5))),
        ("action", np.broadcast_to(np.float64(0.0), (LARGEST_ARRAY // 8 + 1,))),
    ],
    ids=["dtype", "rank", "text", "letter A", "letter S", "H+1", "size"],
)
def test_an_array_that_cannot_be_stored_is_refused_by_name(field: str, array: Any) -> None:
    with pytest.raises(TraceError, match="GradientUpdate") as refusal:
        values_of(make_update(np.random.default_rng(0), **{field: array}))
    assert "\n" not in str(refusal.value)


def test_a_horizon_of_zero_and_missing_diagnostics_can_be_stored(tmp_path: Path) -> None:
    started, *rest = records = list(run_records(2, sizes=Sizes(horizon=0)))
    with write(tmp_path / "run.trace", *rest, started=started) as reader:
        assert all(same(a, b) for a, b in zip(reader.records(), records, strict=True))


@given(record=any_record(), data=st.data())
def test_digests_cover_the_deterministic_fields_and_nothing_else(
    record: Record, data: st.DataObject
) -> None:
    kind = type(record).__name__
    other = data.draw(any_record([kind]))
    name = data.draw(st.sampled_from([f.name for f in dataclasses.fields(record)]))
    changed = values_of(record) | {name: values_of(other)[name]}
    before, after = field_digests(kind, values_of(record)), field_digests(kind, changed)
    deterministic = layout(kind).deterministic
    if name not in deterministic or canonical(getattr(record, name)) == canonical(
        changed[name]
    ):
        assert before == after
    else:
        place = 8 * deterministic.index(name)
        assert before[place : place + 8] != after[place : place + 8]
        assert before[:place] + before[place + 8 :] == after[:place] + after[place + 8 :]
        assert record_digest(START, kind, before) != record_digest(START, kind, after)


def canonical(value: Any) -> Any:
    """As bits, and all NaN elements of arrays being one."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return bits(np.where(np.isnan(value), value.dtype.type(np.nan), value))
    return bits(value)


def test_digests_are_the_same_on_every_machine_and_in_every_version() -> None:
    """Written down once: a change here breaks the traces people have."""
    started = EpisodeStarted(
        branch=0,
        episode=1,
        seed=-1,
        state=np.array([1.5, np.nan]),
        physics_state=np.array([-0.0, 2.0], dtype=np.float32),
        value_field=np.array([[0.5, np.nan]], dtype=np.float32),
        data_density=np.zeros((0, 0), dtype=np.float32),
    )
    digests = field_digests("EpisodeStarted", values_of(started))
    assert digests.hex(" ", 8) == (
        "c7be973b60a4a936 fa62b6a53efac1b5 7d935350d67c2082 3029381af14f5b44 c5fb97be97650be8 "
        "d50e9b0e2fce98a4 3e984c108fbc9dc2"
    )
    assert record_digest(START, "EpisodeStarted", digests).hex() == (
        "da791cb418fe36f9318f0d97d24700b1b230f2158ed8a7b05334aca5eed46e1e"
    )


def test_every_record_kind_is_covered_by_these_tests() -> None:
    assert len(KINDS) == len(RECORDS) == 10
