"""moment.json: what a repro says about its moment. Read strictly: it may be a stranger's."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import Any

from core.checkpoints.strict_json import canonical_json, decode, parse_json
from core.errors import CheckpointError, InputError
from core.traces.schema import ScalarType, layout
from core.traces.trace import Record
from core.traces.values import Array, make_record

FORMAT = 1
LARGEST = 16 * 2**20
"""Bytes of moment.json."""
_NOT_FINITE = {"inf": math.inf, "-inf": -math.inf}
_TYPES: dict[ScalarType, type] = {"bool": bool, "int": int, "float": float, "str": str}
_REMEDY = "write the repro again"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointReference:
    """Which checkpoint is meant; where it was is only a hint."""

    name: str
    digest: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A branch on the way to the moment, from where it begins."""

    branch: int
    parent: int | None
    """None for the root."""
    reason: str
    episode: int
    t: int
    k: int
    settings: dict[str, Any]
    seed: int
    checkpoint: CheckpointReference


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenCommand:
    """A command on the way."""

    branch: int
    episode: int
    t: int
    k: int
    command: dict[str, Any]
    effect: str
    accepted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The contents of moment.json."""

    format_version: int
    written_by: str
    task: str
    branch: int
    episode: int
    t: int
    k: int
    recorded_in: int
    """The branch whose record update k is: `branch`, or one that it goes on from."""
    seed: int
    episode_seed: int
    """Of the episode's reset."""
    settings: dict[str, Any]
    """In effect at this t."""
    path: tuple[Leg, ...]
    """From the root to `branch`."""
    checkpoints: tuple[CheckpointReference, ...]
    """All that moment.trace was made with."""
    commands: tuple[GivenCommand, ...]
    """On the way; the newest, where they are too many."""
    values: dict[str, dict[str, Any]]
    """Numbers and texts of the moment's records, by kind and field."""
    arrays_digest: str
    """SHA-256 of moment.safetensors."""
    records: int
    """Of moment.trace."""
    trace_digest: str
    """Digest of the last record of moment.trace."""
    versions: dict[str, Any]
    """Those that the trace was made with."""
    fingerprint: dict[str, Any]
    """Of the machine that the trace was made on."""

    def to_bytes(self) -> bytes:
        """Indented JSON. Raises InputError where it would be too large to be read again."""
        canonical_json(asdict(self))
        content = (json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n").encode()
        if len(content) > LARGEST:
            raise InputError(f"moment.json would be {len(content) >> 20} MiB", "name another t")
        return content

    @classmethod
    def from_bytes(cls, content: bytes, name: str) -> Document:
        """The inverse. Raises CheckpointError in one line, naming the file."""
        values = parse_json(content, name, limit=LARGEST)
        document = decode(cls, values, name)
        if document.format_version != FORMAT:
            raise CheckpointError(
                f"{name} has format {document.format_version}, this version reads {FORMAT}",
                "open it with the version of Psiscope that wrote it",
            )
        return document


def scalars_of(record: Record) -> dict[str, Any]:
    """The fields that are no arrays, as JSON knows them: null for NaN, "inf" for infinity."""
    names = layout(type(record).__name__).scalars
    return {name: _plain(getattr(record, name)) for name in names}


def record_of(
    kind: str, scalars: dict[str, Any], arrays: dict[str, Array], name: str
) -> Record:
    """The record of those fields. Raises InputError, naming the file, where one is unsound."""
    fields = layout(kind)
    wrong = {*fields.scalars} ^ {*scalars} or {*fields.arrays} ^ {*arrays}
    if wrong:
        raise InputError(f"{name} lacks or adds {kind}.{min(wrong)[:40]}", _REMEDY)
    values = {
        field: _scalar(scalars[field], scalar_type, f"{name}: {kind}.{field}")
        for field, scalar_type in fields.scalars.items()
    }
    return make_record(kind, values, arrays)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else ("inf" if value > 0 else "-inf")
    return value


def _scalar(value: Any, scalar_type: ScalarType, name: str) -> Any:
    if scalar_type == "float":
        if value is None:
            return math.nan
        if isinstance(value, str) and value in _NOT_FINITE:
            return _NOT_FINITE[value]
        if type(value) is int:
            return float(value)
    if type(value) is not _TYPES[scalar_type]:
        raise InputError(f"{name} is not {scalar_type}", _REMEDY)
    return value
