"""A trace as the window reads it: moments, walks, settings, histories."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.bridge.recorded_run import RecordedRun
from app.state import navigation
from app.state.cursor import Address
from core.errors import TraceError
from core.settings import Settings
from core.traces.archive import TraceWriter
from core.traces.trace import EnvironmentStep, GradientUpdate, Record, RunStarted
from tests.app.growing_traces import Growing
from tests.records import make_command, make_run, run_records


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Two episodes of six environment steps, two gradient updates each."""
    return make_run(tmp_path / "run.trace", 6, episodes=2, ascent_steps=2)


@pytest.fixture
def growing(tmp_path: Path) -> Iterator[Growing]:
    growing = Growing(tmp_path / "growing.trace")
    yield growing
    growing.writer.close()


def test_a_recorded_run_opens_at_its_last_moment(path: Path) -> None:
    run = RecordedRun(path)
    assert run.newest() == run.newest_complete() == (0, 1, 5)
    moment = run.moment(Address(episode=1, t=5), live=True)
    assert moment is not None
    assert (moment.episode, moment.t, moment.k, len(moment.updates)) == (1, 5, 2, 3)
    assert moment.settings == Settings(ascent_steps=2)


def test_a_step_walks_across_episodes_both_ways_and_stops_at_the_ends(path: Path) -> None:
    run = RecordedRun(path)
    assert run.step_before((0, 1, 0)) == (0, 0, 5)
    assert run.step_after((0, 0, 5)) == (0, 1, 0)
    assert run.step_before((0, 0, 0)) is None
    assert run.step_after((0, 1, 5)) is None


def test_a_walk_in_k_visits_every_update_of_every_step(path: Path) -> None:
    run, address = RecordedRun(path), Address(episode=0, t=0, k=0)
    visited = [(0, 0, 0)]
    while (after := navigation.forward_update(run, address)) is not None:
        address = after
        visited.append((address.episode, address.t, address.k or 0))
    assert visited == [(e, t, k) for e in (0, 1) for t in range(6) for k in range(3)]
    back = []
    while (before := navigation.back_update(run, address)) is not None:
        address = before
        back.append(address)
    assert len(back) == len(visited) - 1


def test_settings_of_a_moment_follow_the_edits_up_to_it(tmp_path: Path) -> None:
    records = list(run_records(4))
    started = records[0]
    assert isinstance(started, RunStarted)
    writer = TraceWriter.create(tmp_path / "edited.trace", started)
    for record in records[1:]:
        writer.append(record)
        if isinstance(record, EnvironmentStep) and record.t == 1:
            writer.append(edit(t=2, horizon=3))
        if isinstance(record, GradientUpdate) and (record.t, record.k) == (2, 0):
            writer.append(edit(t=2, k=1, particles=4))
            writer.append(dataclasses.replace(edit(t=2, k=1, horizon=1), accepted=False))
    writer.close()
    run = RecordedRun(tmp_path / "edited.trace")
    run.refresh()
    shown = [run.settings_at((0, 0, t)) for t in range(4)]
    assert [s.horizon for s in shown] == [5, 5, 3, 3]
    assert [s.particles for s in shown] == [8, 8, 8, 4]


def edit(*, t: int, k: int = 0, **settings: object) -> Record:
    line = json.dumps({"id": f"w-{t}-{k}", "command": "edit", "settings": settings})
    return make_command(t=t, k=k, command_id=f"w-{t}-{k}-{settings}", command=line)


def test_the_history_of_a_growing_episode_reads_only_what_is_new(
    growing: Growing, monkeypatch: pytest.MonkeyPatch
) -> None:
    growing.grow_to(EnvironmentStep, 9)
    run = RecordedRun(growing.writer.path)
    assert len(run.history(0, 0)) == 10
    growing.grow_to(EnvironmentStep, 11)
    rows: list[int] = []
    columns = run._reader.columns

    def counted(*words: object, **options: object) -> object:
        found = columns(*words, **options)  # type: ignore[arg-type]
        if words[0] in {"Proposal", "EnvironmentStep"}:
            rows.append(len(found["seq"]))
        return found

    monkeypatch.setattr(run._reader, "columns", counted)
    history = run.history(0, 0)
    assert rows == [2, 2]
    assert np.array_equal(history.t, np.arange(12))
    assert np.all(np.diff(history.seq) > 0)


def test_a_missing_trace_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(TraceError):
        RecordedRun(tmp_path / "none.trace")
