"""A trace forged to the last digest is not gone on with: one line says why."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import InputError
from core.session.shelf import Shelf
from core.session.travel import session_at
from core.traces.archive import TraceWriter
from core.traces.reader import TraceReader
from core.traces.trace import (
    BranchStarted,
    CommandApplied,
    GradientUpdate,
    Record,
    RunStarted,
    Snapshot,
)
from tests.eventful_course import write_eventful
from tests.tiny_world import use_tiny_world

Forge = Callable[[Any], dict[str, Any]]


@pytest.fixture(scope="module", autouse=True)
def _tiny_world() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        use_tiny_world(patch)
        yield


@pytest.fixture(scope="module")
def eventful(tmp_path_factory: pytest.TempPathFactory) -> tuple[Record, ...]:
    with TraceReader(write_eventful(tmp_path_factory.mktemp("eventful"))) as reader:
        return tuple(reader.records())


def standing(**changes: Any) -> Forge:
    return lambda snapshot: {"session": json.dumps(json.loads(snapshot.session) | changes)}


def without(name: str) -> Forge:
    def forge(snapshot: Snapshot) -> dict[str, Any]:
        values = json.loads(snapshot.session)
        del values[name]
        return {"session": json.dumps(values)}

    return forge


FORGED: list[tuple[type[Record], Forge]] = [
    *((Snapshot, standing(moments_count=value)) for value in ("x", None, 1.5)),
    *((Snapshot, standing(abandon_at=value)) for value in ("x", [])),
    *((Snapshot, standing(settings=value)) for value in (5, "{}x", '{"horizon": "x"}', None)),
    (Snapshot, standing(reset_seed="x")),
    (Snapshot, standing(more=1)),
    (Snapshot, without("pending")),
    (Snapshot, lambda _: {"session": "[" * 50_000}),
    (Snapshot, lambda _: {"session": "[]"}),
    (Snapshot, lambda _: {"policy_weights": np.zeros(3, np.float32)}),
    (BranchStarted, lambda _: {"seed": -1}),
    (BranchStarted, lambda _: {"settings": '{"horizon": -1}'}),
    (BranchStarted, lambda _: {"settings": "nonsense"}),
    (BranchStarted, lambda _: {"t": 5}),
    (BranchStarted, lambda _: {"k": 9}),
    (BranchStarted, lambda _: {"episode": -3}),
    (BranchStarted, lambda _: {"parent": 7}),
    (BranchStarted, lambda _: {"checkpoint_digest": "x", "checkpoint_path": "nowhere"}),
    (CommandApplied, lambda _: {"command": "nonsense"}),
    (CommandApplied, lambda _: {"accepted": True, "command": '{"id": "x"}'}),
    (GradientUpdate, lambda _: {"objective": 5.0}),
]


@pytest.mark.parametrize("place", range(len(FORGED)))
def test_a_forged_trace_is_not_gone_on_with(
    eventful: tuple[Record, ...], tmp_path: Path, place: int
) -> None:
    """Forged is the first of the kind, and what is asked for lies on a way through it."""
    kind, forge = FORGED[place]
    records = [r for r in eventful if not isinstance(r, RunStarted)]
    branch = int(kind is CommandApplied)
    forged = next(
        i for i, r in enumerate(records) if isinstance(r, kind) and r.branch >= branch
    )
    records[forged] = dataclasses.replace(records[forged], **forge(records[forged]))
    started = eventful[0]
    assert isinstance(started, RunStarted)
    with TraceWriter.create(tmp_path / "run.trace", started) as writer:
        writer.append(*records)
    with TraceReader(writer.path) as reader:
        before = reader.last_seq() + 1
        with pytest.raises(InputError) as refusal:
            session_at(reader, (2, 0, 2, 2), Shelf(), before=before)
        assert "\n" not in str(refusal.value)
        assert len(str(refusal.value)) < 600
