"""`run`: its JSON, its trace, Ctrl+C."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.checkpoints.checkpoint import load
from core.session.session import Session
from core.settings import Settings
from core.traces.reader import TraceReader
from core.traces.trace import (
    EnvironmentStep,
    EpisodeEnded,
    Proposal,
    Record,
)
from tests.core.command_line.fake_window import SMALL, command_line

RUN_KEYS = [
    "checkpoint", "task", "controller", "settings", "seed", "environment_steps", "episodes",
    "episode_returns", "frozen_returns", "scores", "partial_return", "objective_before_mean",
    "objective_after_mean", "ms_per_step", "trace", "versions", "threads",
]  # fmt: skip


def test_run_prints_every_promised_key(tmp_path: Path, printed_json: Callable[[], Any]) -> None:
    path = tmp_path / "t.trace"
    assert command_line("run", "tiny", "--steps", 30, "--trace", path, "--json", *SMALL) == 0
    values = printed_json()
    assert list(values) == RUN_KEYS
    assert list(values["ms_per_step"]) == ["total", "simulate", "imagine", "backward", "other"]
    assert list(values["versions"]) == ["psiscope", "python", "torch", "mujoco", "gymnasium"]
    assert values["settings"]["horizon"] == 2
    assert values["environment_steps"] == 30
    assert values["threads"] == 1
    assert values["trace"] == str(path)
    assert 0.0 < values["ms_per_step"]["imagine"] < values["ms_per_step"]["total"]


def test_run_reports_what_its_trace_holds(
    tmp_path: Path, printed_json: Callable[[], Any]
) -> None:
    path = tmp_path / "t.trace"
    command_line("run", "tiny", "--steps", 30, "--trace", path, "--json", *SMALL)
    values = printed_json()
    with TraceReader(path) as reader:
        records = list(reader.records())
    ended = [r for r in records if isinstance(r, EpisodeEnded)]
    steps = [r for r in records if isinstance(r, EnvironmentStep)]
    assert len(steps) == 30
    assert values["episodes"] == len(ended) >= 1
    assert values["episode_returns"] == [r.episode_return for r in ended]
    assert values["frozen_returns"] == [r.frozen_return for r in ended]
    assert values["scores"] == pytest.approx([r.score for r in ended])
    proposed = [r for r in records if isinstance(r, Proposal)]
    assert len(proposed) == 30
    gains = [r.objective_after - r.objective_before for r in proposed]
    mean_gain = values["objective_after_mean"] - values["objective_before_mean"]
    assert mean_gain == pytest.approx(sum(gains) / 30, abs=1e-6)
    if isinstance(records[-1], EnvironmentStep):
        assert values["partial_return"] == records[-1].episode_return


def test_an_episode_that_ends_with_the_last_step_is_counted(
    printed_json: Callable[[], Any],
) -> None:
    command_line("run", "tiny", "--steps", 30, "--json", "--controller", "frozen")
    first = printed_json()
    assert first["trace"] is None
    words = ("run", "tiny", "--steps", _length_of_an_episode(), "--json")
    command_line(*words, "--controller", "frozen")
    second = printed_json()
    assert second["episode_returns"] == first["episode_returns"][:1]
    assert second["partial_return"] is None


def _length_of_an_episode() -> int:
    session = Session(load("tiny"), Settings(controller="frozen"), seed=0)
    while not isinstance(record := session.advance(), EpisodeEnded):
        pass
    return record.t


def test_run_without_json_speaks_to_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line("run", "tiny", "--steps", 3, *SMALL) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("tiny (hopper), adaptive: 3 environment steps, 0 episodes ended")
    assert "episode returns: -" in printed


def test_run_never_overwrites_a_trace(trace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = trace.read_bytes()
    assert command_line("run", "tiny", "--steps", 1, "--trace", trace) == 2
    assert "t.trace exists: choose another --trace" in capsys.readouterr().err
    assert trace.read_bytes() == before


def test_ctrl_c_keeps_what_there_is_and_closes_the_trace(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, advance, made = tmp_path / "t.trace", Session.advance, []

    def interrupted(session: Session) -> Record:
        made.append(record := advance(session))
        if len(made) == 20:
            signal.raise_signal(signal.SIGINT)
        return record

    monkeypatch.setattr(Session, "advance", interrupted)
    words = ("run", "tiny", "--steps", 500, "--trace", path, "--json", *SMALL)
    assert command_line(*words) == 130
    printed = capsys.readouterr()
    steps = sum(isinstance(record, EnvironmentStep) for record in made)
    assert json.loads(printed.out)["environment_steps"] == steps
    assert printed.err.count("\n") == 1
    with TraceReader(path) as reader:
        assert reader.last_seq() == 21
    assert [entry.name for entry in tmp_path.glob("t.trace*")] == ["t.trace"]
    assert command_line("replay", path, "--verify") == 0
