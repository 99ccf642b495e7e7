"""What `replay --verify` compares: a trace with its own digests, and with a recomputation."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np

from core.traces.digest import FIELD_BYTES, START, field_digests, record_digest
from core.traces.reader import TraceReader
from core.traces.schema import layout
from core.traces.trace import Difference, Record
from core.traces.values import Array, dtype_name, values_of

FOREIGN_TOLERANCE = 1e-4
"""Relative; what another machine's arithmetic may change (contracts 6)."""


def check_integrity(reader: TraceReader) -> Difference | None:
    """Pass 1: every value against its digest, every digest against the one before.

    A broken chain is named as field "digest" of the later of the two records. Raises TraceError
    for a damaged file.
    """
    reader.check_structure()
    previous = START
    for seq in range(1, reader.last_seq() + 1):
        difference = _check_record(reader, seq, previous)
        if difference is not None:
            return difference
        previous = reader.digest(seq)
    return None


def find_first_difference(
    stored: Iterable[Record],
    recomputed: Iterable[Record],
    *,
    first: int = 1,
    tolerance: float = 0.0,
) -> Difference | None:
    """Pass 2: stored records from seq `first` on against their recomputation, in step.

    Ends with the stored records; a recomputation may go on for ever.
    """
    again = iter(recomputed)
    for seq, record in enumerate(stored, start=first):
        other = next(again, None)
        if other is None:
            detail = "the recomputation ends before this record"
            return Difference(
                record=seq, kind=type(record).__name__, field="kind", detail=detail
            )
        difference = compare_records(record, other, seq, tolerance)
        if difference is not None:
            return difference
    return None


def earliest(*differences: Difference | None) -> Difference | None:
    """Of what several passes found, the one in the earliest record; a value before a digest.

    A forged value whose record's digest was mended breaks the chain only at the next record:
    the recomputation knows better which value it was.
    """
    found = [d for d in differences if d is not None]
    return min(found, key=lambda d: (d.record, d.field == "digest"), default=None)


def compare_records(
    stored: Record, recomputed: Record, seq: int, tolerance: float = 0.0
) -> Difference | None:
    """The first deterministic field that differs. NaN equals NaN, and -0.0 differs from 0.0.

    tolerance 0 compares bits. Above 0 (a recomputation on another machine) real numbers a, b
    may differ by tolerance * max(1, |a|, |b|), |.| of an array being its largest element;
    so may those in a text of JSON.
    """
    kind = type(stored).__name__
    if type(recomputed) is not type(stored):
        detail = f"stored {kind}, recomputed {type(recomputed).__name__}"
        return Difference(record=seq, kind=kind, field="kind", detail=detail)
    ours, theirs = values_of(stored), values_of(recomputed)
    for name in layout(kind).deterministic:
        if isinstance(ours[name], np.ndarray):
            detail = _compare_arrays(ours[name], theirs[name], tolerance)
        else:
            detail = _compare_scalars(ours[name], theirs[name], tolerance)
        if detail:
            return Difference(record=seq, kind=kind, field=name, detail=detail)
    return None


def _check_record(reader: TraceReader, seq: int, previous: bytes) -> Difference | None:
    record = reader.read(seq)
    kind = type(record).__name__
    stored, again = reader.field_digests(seq), field_digests(kind, values_of(record))
    for i, name in enumerate(layout(kind).deterministic):
        place = slice(i * FIELD_BYTES, (i + 1) * FIELD_BYTES)
        if stored[place] != again[place]:
            detail = "the stored value does not have the stored digest"
            return Difference(record=seq, kind=kind, field=name, detail=detail)
    if stored != again or reader.digest(seq) != record_digest(previous, kind, again):
        detail = f"the digests of records {seq - 1} and {seq} are not chained"
        return Difference(record=seq, kind=kind, field="digest", detail=detail)
    return None


def _compare_scalars(stored: Any, recomputed: Any, tolerance: float) -> str:
    if isinstance(stored, float):
        same = bool(_agree(np.array(stored), np.array(recomputed), tolerance))
    else:
        same = stored == recomputed
        if not same and tolerance and isinstance(stored, str):
            same = _texts_agree(stored, recomputed, tolerance)
    return "" if same else f"stored {stored!r:.80}, recomputed {recomputed!r:.80}"


def _texts_agree(stored: str, recomputed: str, tolerance: float) -> bool:
    """Whether both are JSON objects that differ in real numbers alone, and those a little."""
    try:
        ours, theirs = json.loads(stored), json.loads(recomputed)
    except (ValueError, RecursionError):
        return False
    if (
        not (isinstance(ours, dict) and isinstance(theirs, dict))
        or ours.keys() != theirs.keys()
    ):
        return False
    return all(
        not _compare_scalars(value, theirs[name], tolerance)
        if type(value) is type(theirs[name])
        else False
        for name, value in ours.items()
    )


def _compare_arrays(stored: Array, recomputed: Array, tolerance: float) -> str:
    ours, theirs = (f"{dtype_name(a)} {a.shape}" for a in (stored, recomputed))
    if ours != theirs:
        return f"stored {ours}, recomputed {theirs}"
    agree = _agree(stored, recomputed, tolerance)
    if agree.all():
        return ""
    index = tuple(int(i) for i in np.argwhere(~agree)[0])
    gap = np.abs(_finite(stored) - _finite(recomputed)).max()
    return (
        f"stored {stored[index]!s}, recomputed {recomputed[index]!s} at {list(index)}; "
        f"{np.count_nonzero(~agree)} of {stored.size} differ, by at most {gap:.6g}"
    )


def _agree(stored: Array, recomputed: Array, tolerance: float) -> Array:
    """Elementwise: whether two arrays of one shape and dtype count as equal."""
    if stored.dtype.kind != "f":
        return np.asarray(stored == recomputed)
    same = (stored == recomputed) | (np.isnan(stored) & np.isnan(recomputed))
    if tolerance == 0.0:
        signed = np.signbit(stored) == np.signbit(recomputed)
        return np.asarray(same & (signed | np.isnan(stored)))
    a, b = _finite(stored), _finite(recomputed)
    scale = max(1.0, np.abs(a).max(initial=0.0), np.abs(b).max(initial=0.0))
    finite = np.isfinite(stored) & np.isfinite(recomputed)
    return np.asarray(same | (finite & (np.abs(a - b) <= tolerance * scale)))


def _finite(array: Array) -> Array:
    """The array in double precision, 0 where it is not finite."""
    wide = array.astype(np.float64)
    return np.where(np.isfinite(wide), wide, 0.0)
