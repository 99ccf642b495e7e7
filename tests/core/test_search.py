"""Search in time: the same moments as by reading every record, at once and while it grows."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import InputError
from core.expressions import ExpressionError
from core.traces.archive import TraceReader, TraceWriter
from core.traces.quantities import (
    QUANTITIES,
    breakpoint_condition,
    search_condition,
)
from core.traces.schema import layout
from core.traces.search import Moments, MomentSearch, find_moments
from core.traces.trace import EnvironmentStep, GradientUpdate, Proposal, Record
from tests.branched_run import Fork, plant, write_branches
from tests.motion import Sizes
from tests.records import make_run, run_records
from tests.trace_files import change

SMALL = Sizes(particles=2, horizon=2, weights=5)
CONDITIONS = (
    "gradient_norm > 30",
    "k == 1 and objective > 246",
    "not gradient_cosine < 2",
    "action_change > 0.06 and true_gain < 0.1",
    "gradient_norm > 30 and true_gain > 0",
    "k == 0 and reward > 2.2",
    "reward >= 2.2 and not terminated",
    "gap > 5 or fell_back or refused",
    "objective > 246 and reward > 2.2 and model_error < 0.45",
    "branch > 0 and t % 2 == 0",
    "t == 3",
    "milliseconds > 0 and total_ms > 0",
    "true",
)
AFTER_THE_ACTION = (
    "reward",
    "episode_return",
    "frozen_return",
    "gap",
    "terminated",
    "truncated",
    "total_ms",
)
EACH_CONDITION = pytest.mark.parametrize("text", CONDITIONS)


@pytest.fixture(scope="module")
def branched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root and branches of branches, begun before, between and after the updates of a t."""
    path = tmp_path_factory.mktemp("branched") / "t.trace"
    return write_branches(
        path,
        Fork(t=3, k=1, plant=plant("Proposal", (0, 5), trust_factor=0.5)),
        Fork(t=5, parent=1, until=7),
        Fork(t=6, k=2, plant=plant("Proposal", (0, 6), fallback="not finite")),
        Fork(t=5, k=1, parent=2),
        ascent_steps=2,
    )


def at_once(path: Path, text: str, branch: int, episode: int | None = None) -> Moments:
    with TraceReader(path) as reader:
        return find_moments(reader, search_condition(text), branch=branch, episode=episode)


def addresses(moments: Moments) -> list[tuple[int, ...]]:
    columns = (moments.seq, moments.branch, moments.episode, moments.t, moments.k)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def numbers(*records: Record) -> dict[str, float]:
    """The quantities of these records, spelled out once more."""
    found: dict[str, Any] = {}
    for record in records:
        names = layout(type(record).__name__).scalars
        found |= {name: getattr(record, name) for name in names}
        if isinstance(record, GradientUpdate):
            found["ensemble_spread"] = record.ensemble_spread_mean
        elif isinstance(record, Proposal):
            found["refused"] = record.trust_factor < 1
            found["fell_back"] = record.fallback != ""
            found["milliseconds"] = record.elapsed_ms
        elif isinstance(record, EnvironmentStep):
            found["gap"] = record.episode_return - record.frozen_return
    return {name: float(value) for name, value in found.items() if not isinstance(value, str)}


def one_by_one(path: Path, text: str, branch: int) -> list[tuple[int, ...]]:
    """What a search must find, by reading every record with the reader's own means."""
    expression = search_condition(text)
    kinds = {QUANTITIES[name].kind for name in expression.names}
    found = []
    with TraceReader(path) as reader:
        seqs = {(type(r).__name__, *place(r)): n for n, r in enumerate(reader.records(), 1)}
        for t in range(8):
            updates = reader.updates(branch, 0, t)
            proposal = reader.proposal(branch, 0, t)
            happened = reader.environment_step(branch, 0, t)
            if proposal is None or happened is None:
                continue
            bases: tuple[GradientUpdate | Proposal, ...] = (proposal,)
            if "GradientUpdate" in kinds:
                bases = updates
            for base in bases:
                if expression.holds(numbers(happened, proposal, base)):
                    seq = seqs[(type(base).__name__, *place(base))]
                    found.append((seq, base.branch, base.episode, base.t, base.k))
    return found


def place(record: Any) -> tuple[int, ...]:
    return tuple(getattr(record, name, -1) for name in ("branch", "episode", "t", "k"))


@EACH_CONDITION
def test_a_search_finds_what_reading_every_record_finds(branched: Path, text: str) -> None:
    for branch in range(5):
        assert addresses(at_once(branched, text, branch)) == one_by_one(branched, text, branch)


def test_the_conditions_of_these_tests_hold_here_and_not_there(branched: Path) -> None:
    counts = {text: len(at_once(branched, text, 3)) for text in CONDITIONS}
    assert all(0 < count < 24 for count in counts.values()), counts


@EACH_CONDITION
def test_a_search_over_a_growing_trace_finds_the_same_bit_by_bit(
    branched: Path, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "t.trace"
    with TraceReader(branched) as reader:
        records = list(reader.records())
    searches = [MomentSearch(search_condition(text), branch=branch) for branch in range(5)]
    with TraceWriter.create(path, records[0]) as writer, TraceReader(path) as reader:
        for record in records[1:]:
            writer.append(record)
            for search in searches[: len(reader.branches())]:
                before = addresses(search.refresh(reader))
                assert before == addresses(search.refresh(reader))
        for search in searches:
            found, expected = search.refresh(reader), at_once(branched, text, search.branch)
            assert addresses(found) == addresses(expected)
            assert found.looked_at == expected.looked_at
            for name in search.expression.names:
                np.testing.assert_array_equal(found.values[name], expected.values[name])


def test_a_refresh_reads_only_what_is_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, *records = run_records(6, sizes=SMALL)
    read: list[int] = []
    columns = TraceReader.columns

    def counted(reader: TraceReader, kind: str, *arguments: Any, **options: Any) -> Any:
        found = columns(reader, kind, *arguments, **options)
        read.append(len(found["seq"]))
        return found

    monkeypatch.setattr(TraceReader, "columns", counted)
    search = MomentSearch(search_condition("objective > 0 and reward > 0"), branch=0)
    with (
        TraceWriter.create(tmp_path / "t.trace", started) as writer,
        TraceReader(tmp_path / "t.trace") as reader,
    ):
        for record in records:
            writer.append(record)
            search.refresh(reader)
        assert len(search.refresh(reader)) == 12
    kinds = (GradientUpdate, EnvironmentStep)
    assert sum(read) == sum(isinstance(record, kinds) for record in records)


def test_a_moment_is_found_when_all_is_recorded_that_the_condition_names(
    tmp_path: Path,
) -> None:
    started, *records = run_records(1, sizes=SMALL)
    texts = ("objective > 0", "t == 0", "objective > 0 and true_gain < 9", "not reward > 9")
    searches = [MomentSearch(search_condition(text), branch=0) for text in texts]
    seen = {}
    with (
        TraceWriter.create(tmp_path / "t.trace", started) as writer,
        TraceReader(tmp_path / "t.trace") as reader,
    ):
        for record in records:
            writer.append(record)
            counts = [len(search.refresh(reader)) for search in searches]
            seen[type(record).__name__, getattr(record, "k", None)] = counts
    assert seen["GradientUpdate", 0] == [1, 0, 0, 0]
    assert seen["GradientUpdate", 1] == [2, 0, 0, 0]
    assert seen["Proposal", 1] == [2, 1, 2, 0]
    assert seen["EnvironmentStep", None] == [2, 1, 2, 1]


def test_a_search_can_keep_to_one_episode(tmp_path: Path) -> None:
    path = make_run(tmp_path / "t.trace", 3, episodes=3, sizes=SMALL)
    everywhere, in_one = at_once(path, "t == 1", 0), at_once(path, "t == 1", 0, episode=2)
    assert everywhere.episode.tolist() == [0, 1, 2]
    assert (in_one.episode.tolist(), in_one.looked_at) == ([2], 3)
    assert at_once(path, "t == 1", 0, episode=7).looked_at == 0


def test_the_values_of_what_the_condition_names_come_with_the_moments(tmp_path: Path) -> None:
    path = make_run(tmp_path / "t.trace", 3, sizes=SMALL)
    found = at_once(path, "gradient_norm > 0 and reward > 2.7", 0)
    with TraceReader(path) as reader:
        for row, t in enumerate(found.t.tolist()):
            update = reader.updates(0, 0, t)[int(found.k[row])]
            happened = reader.environment_step(0, 0, t)
            assert happened is not None
            assert found.values["gradient_norm"][row] == update.gradient_norm
            assert found.values["reward"][row] == happened.reward
    assert set(found.values) == {"gradient_norm", "reward"}


def test_a_missing_quantity_does_not_hold(tmp_path: Path) -> None:
    path = make_run(tmp_path / "t.trace", 2, sizes=SMALL)
    held = at_once(path, "gradient_norm != 0", 0)
    assert held.k.tolist() == [0, 0]
    assert math.isnan(at_once(path, "not gradient_norm > 0", 0).values["gradient_norm"][0])


def test_a_branch_that_is_not_there_is_refused_in_one_line(branched: Path) -> None:
    for branch in (5, -1):
        with pytest.raises(InputError, match=r"no branch -?\d: the newest is 4"):
            at_once(branched, "t == 1", branch)


def test_a_trace_without_moments_has_none_that_hold(tmp_path: Path) -> None:
    started, *_ = run_records(1, sizes=SMALL)
    TraceWriter.create(tmp_path / "t.trace", started).close()
    for text in CONDITIONS:
        found = at_once(tmp_path / "t.trace", text, 0)
        assert (len(found), found.looked_at) == (0, 0)


@pytest.mark.parametrize("name", AFTER_THE_ACTION)
def test_a_breakpoint_cannot_name_what_follows_the_action(name: str) -> None:
    text = f"t > 3 and {name} == 1"
    search_condition(text)
    with pytest.raises(ExpressionError, match="only after the action") as refused:
        breakpoint_condition(text)
    assert refused.value.column == 11
    assert "a search can use it" in refused.value.remedy


def test_every_quantity_is_made_of_scalars_of_its_record() -> None:
    for quantity in QUANTITIES.values():
        kind = "GradientUpdate" if quantity.kind == "Address" else quantity.kind
        assert set(quantity.columns) <= set(layout(kind).scalars)
        assert quantity.observed == (
            not set(quantity.columns) <= set(layout(kind).deterministic)
        )


def test_ten_thousand_environment_steps_are_searched_within_a_second(tmp_path: Path) -> None:
    path = make_run(tmp_path / "t.trace", 250, ascent_steps=3, sizes=SMALL)
    for kind in ("GradientUpdate", "Proposal", "EnvironmentStep"):
        names = list(layout(kind).scalars)
        columns = ", ".join("episode + n" if name == "episode" else name for name in names)
        change(
            path,
            "WITH RECURSIVE copy(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copy WHERE n < 39)"
            f" INSERT INTO {kind} SELECT seq + n * 10000, {columns} FROM {kind}, copy",
        )
    for text in (CONDITIONS[8], "gradient_norm > 31 and action_change > 0 and reward > 2.8"):
        begun = time.process_time()
        assert at_once(path, text, 0).looked_at == 10_000
        assert time.process_time() - begun < 1.0
