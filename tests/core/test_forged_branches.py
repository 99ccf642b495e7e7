"""A forged command, branch or hit is named, also where every digest was mended."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.session.replay import first_difference
from core.session.shelf import Shelf
from core.traces.archive import TraceWriter
from core.traces.reader import TraceReader
from core.traces.schema import layout
from core.traces.trace import (
    BranchStarted,
    BreakpointHit,
    CommandApplied,
    Difference,
    Record,
    RunStarted,
)
from core.traces.verify import check_integrity
from tests.changed_values import other
from tests.eventful_course import write_eventful
from tests.tiny_world import use_tiny_world

TOLD = (BranchStarted, BreakpointHit, CommandApplied)
FIELDS = [(kind, name) for kind in TOLD for name in layout(kind.__name__).deterministic]


@pytest.fixture(scope="module", autouse=True)
def _tiny_world() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        use_tiny_world(patch)
        yield


@pytest.fixture(scope="module")
def eventful(tmp_path_factory: pytest.TempPathFactory) -> tuple[Record, ...]:
    with TraceReader(write_eventful(tmp_path_factory.mktemp("eventful"))) as reader:
        return tuple(reader.records())


def written(path: Path, records: list[Record]) -> Difference | None:
    """The first difference of these records, all digests being as they should."""
    started, *others = records
    assert isinstance(started, RunStarted)
    with TraceWriter.create(path, started) as writer:
        writer.append(*others)
    with TraceReader(path) as reader:
        assert check_integrity(reader) is None
        return first_difference(reader, Shelf(), 0.0)


def place_of(records: tuple[Record, ...], kind: type[Record], **values: Any) -> int:
    """The place of the first such record."""
    return next(
        place
        for place, record in enumerate(records)
        if isinstance(record, kind)
        and all(str(value) in str(getattr(record, name)) for name, value in values.items())
    )


def test_the_course_itself_has_no_difference(
    eventful: tuple[Record, ...], tmp_path: Path
) -> None:
    assert written(tmp_path / "run.trace", list(eventful)) is None


@pytest.mark.parametrize(("kind", "name"), FIELDS)
def test_a_forged_field_of_what_was_told_is_named(
    eventful: tuple[Record, ...], tmp_path: Path, kind: type[Record], name: str
) -> None:
    """`command` is what was asked for, and as good as any other; all else follows from it."""
    place = place_of(eventful, kind, **({"command": "edit"} if kind is CommandApplied else {}))
    records = list(eventful)
    forged = other(getattr(records[place], name))
    records[place] = dataclasses.replace(records[place], **{name: forged})
    found = written(tmp_path / "run.trace", records)
    assert found is not None
    assert (found.record, found.kind) == (place + 1, kind.__name__)
    assert found.field == name


@pytest.mark.parametrize(
    ("old", "new", "kind", "field"),
    [
        ('"command":"reject"', '"command":"redo"', "CommandApplied", "effect"),
        ('"at":[0,0,1,1]', '"at":[0,0,1,0]', "CommandApplied", "effect"),
        ('"settings":{"delta":0.1}', '"settings":{"delta":0.2}', "BranchStarted", "settings"),
        ('"seed":40', '"seed":41', "BranchStarted", "seed"),
        (
            '"settings":{"ascent_steps":3}',
            '"settings":{"ascent_steps":2}',
            "BranchStarted",
            "settings",
        ),
        ('"condition":"k == 1', '"condition":"k == 0', "BreakpointHit", "kind"),
        ('"ignore":1', '"ignore":0', "BreakpointHit", "paused"),
        ('"command":"accept"', '"command":"resume"', "CommandApplied", "effect"),
    ],
)
def test_what_follows_from_a_forged_command_is_named(
    eventful: tuple[Record, ...], tmp_path: Path, old: str, new: str, kind: str, field: str
) -> None:
    place = place_of(eventful, CommandApplied, command=old)
    record = eventful[place]
    assert isinstance(record, CommandApplied)
    records = list(eventful)
    records[place] = dataclasses.replace(record, command=record.command.replace(old, new))
    found = written(tmp_path / "run.trace", records)
    assert found is not None
    assert found.record > place
    assert (found.kind, found.field) in {(kind, field), ("GradientUpdate", "kind")}


@pytest.mark.parametrize("kind", TOLD)
def test_a_record_left_out_or_put_in_is_named(
    eventful: tuple[Record, ...], tmp_path: Path, kind: type[Record]
) -> None:
    place = place_of(
        eventful, kind, **({"command": "reject"} if kind is CommandApplied else {})
    )
    without = [*eventful[:place], *eventful[place + 1 :]]
    found = written(tmp_path / "without.trace", without)
    assert found is not None
    assert found.record >= place + 1
    twice = [*eventful[: place + 1], *eventful[place:]]
    found = written(tmp_path / "twice.trace", twice)
    assert found is not None
    assert found.record >= place + 2
