"""A repro as it lies on disk, read back: every file is checked before it is believed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from core.checkpoints.disk import read_bounded
from core.checkpoints.safetensors_header import check_header
from core.commands import At
from core.errors import InputError
from core.repro.checkpoints import shelf_of
from core.repro.document import LARGEST, Document, record_of
from core.session.replay import made_with_this_arithmetic
from core.session.shelf import Shelf
from core.traces.reader import TraceReader
from core.traces.schema import layout
from core.traces.trace import (
    Difference,
    EnvironmentStep,
    GradientUpdate,
    Proposal,
    Record,
    Snapshot,
)
from core.traces.values import LARGEST_RECORD, Array
from core.traces.verify import FOREIGN_TOLERANCE, compare_records

MOMENT, ARRAYS, TRACE = "moment.json", "moment.safetensors", "moment.trace"
README, TEST, CONFIGURATION = "README.md", "test_moment.py", "pytest.ini"
START = (
    "state",
    "physics_state",
    "twin_state",
    "twin_physics_state",
    "policy_weights",
    "optimizer_moments",
)
"""Arrays of a Snapshot, here before the first update of t."""
_LARGEST_ARRAYS = 4 * LARGEST_RECORD
_KINDS = (GradientUpdate, Proposal, EnvironmentStep)
_REMEDY = "write the repro again"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Repro:
    """What a repro says of its moment."""

    document: Document
    records: Mapping[str, Record]
    """By kind: GradientUpdate and, as far as there were any, Proposal and EnvironmentStep."""
    start: Mapping[str, Any]
    """The arrays of START."""
    tolerance: float
    """How far values may be off here: 0 where the same arithmetic made them."""

    @property
    def at(self) -> At:
        """The address that was asked for."""
        document = self.document
        return document.branch, document.episode, document.t, document.k

    @property
    def home(self) -> At:
        """The same in the branch that recorded it."""
        return self.document.recorded_in, *self.at[1:]

    def checkpoints(self) -> Shelf:
        """Those it was made with. Raises CheckpointError where one is not here."""
        return shelf_of(self.document.checkpoints)

    def difference(self, again: Record) -> Difference | None:
        """The first field of a record, made again, that is not as the repro says."""
        if isinstance(again, Snapshot):
            expected: Record = replace(again, **self.start)
        else:
            expected = self.records[type(again).__name__]
        return compare_records(expected, again, self.document.records, self.tolerance)

    def stored_in(self, trace: TraceReader) -> Iterator[Record]:
        """The moment's records, as a trace has them."""
        branch, episode, t, k = self.at
        updates = trace.updates(branch, episode, t)
        yield from (update for update in updates if update.k == k)
        for record in (
            trace.proposal(branch, episode, t),
            trace.environment_step(branch, episode, t),
        ):
            if record is not None:
                yield record


def read_repro(folder: Path) -> Repro:
    """Read moment.json and moment.safetensors. Raises InputError in one line."""
    document = Document.from_bytes(read_bounded(folder / MOMENT, LARGEST), str(folder / MOMENT))
    arrays = _read_arrays(folder / ARRAYS, document)
    records = {
        kind: record_of(kind, scalars, _of_kind(kind, arrays), str(folder / MOMENT))
        for kind, scalars in document.values.items()
        if kind in {k.__name__ for k in _KINDS}
    }
    if records.keys() != document.values.keys() or "GradientUpdate" not in records:
        raise InputError(f"{folder / MOMENT} holds other values than a moment's", _REMEDY)
    if not arrays.keys() >= {*START}:
        raise InputError(f"{folder / ARRAYS} lacks the physics of the moment", _REMEDY)
    with TraceReader(folder / TRACE) as trace:
        same = made_with_this_arithmetic(trace.started())
    return Repro(
        document=document,
        records=records,
        start={name: arrays[name] for name in START},
        tolerance=0.0 if same else FOREIGN_TOLERANCE,
    )


def arrays_to_bytes(records: Mapping[str, Record], start: Snapshot) -> bytes:
    """moment.safetensors: the arrays of START, and of each record as KIND.FIELD."""
    arrays = {name: getattr(start, name) for name in START}
    for kind, record in records.items():
        arrays |= {f"{kind}.{name}": getattr(record, name) for name in layout(kind).arrays}
    dense = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    return bytes(safetensors.numpy.save(dense))


def _read_arrays(path: Path, document: Document) -> dict[str, Array]:
    content = read_bounded(path, _LARGEST_ARRAYS)
    check_header(content, str(path))
    if hashlib.sha256(content).hexdigest() != document.arrays_digest:
        raise InputError(f"{path} was changed: its digest differs", _REMEDY)
    try:
        arrays = safetensors.numpy.load(content)
    except safetensors.SafetensorError as error:
        raise InputError(f"{path} is not a safetensors file", str(error)) from error
    for array in arrays.values():
        array.setflags(write=False)
    return arrays


def _of_kind(kind: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
    prefix = f"{kind}."
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
