"""run, replay, evaluate, collect and benchmark, on a checkpoint of small random networks."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.checkpoints.catalogue import read_manifest
from core.checkpoints.checkpoint import load
from core.checkpoints.manifest import Tuned
from core.checkpoints.store import read_checkpoint, write_checkpoint
from core.command_line.dispatch import dispatch
from core.command_line.window import WindowCommands
from core.session.session import Session
from core.settings import Settings
from core.traces.archive import TraceWriter
from core.traces.reader import TraceReader
from core.traces.trace import (
    EnvironmentStep,
    EpisodeEnded,
    EpisodeStarted,
    GradientUpdate,
    Record,
    RunStarted,
    Snapshot,
)
from tests.runnable_checkpoint import write_runnable

RUN_KEYS = [
    "checkpoint", "task", "controller", "settings", "seed", "environment_steps", "episodes",
    "episode_returns", "frozen_returns", "scores", "partial_return", "objective_before_mean",
    "objective_after_mean", "ms_per_step", "trace", "versions", "threads",
]  # fmt: skip
SMALL = ("--horizon", "2", "--particles", "2", "--denoising-levels", "2")


def command_line(*words: object) -> int:
    def no_window(**_options: Any) -> Any:
        raise AssertionError("the window was opened")

    window = WindowCommands(open=no_window, benchmark=no_window)
    return dispatch([str(word) for word in words], window)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint named tiny; seeds 1 and 2 chose its delta."""
    return write_runnable(tmp_path_factory.mktemp("written") / "tiny")


@pytest.fixture(autouse=True)
def checkpoint(written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it that has a name."""
    monkeypatch.setenv("PSISCOPE_CHECKPOINTS", str(tmp_path / "checkpoints"))
    return Path(shutil.copytree(written, tmp_path / "checkpoints" / "tiny"))


@pytest.fixture
def printed_json(capsys: pytest.CaptureFixture[str]) -> Callable[[], Any]:
    return lambda: json.loads(capsys.readouterr().out)


@pytest.fixture(scope="module")
def recorded(written: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of 30 environment steps, more than one episode long."""
    path = tmp_path_factory.mktemp("recorded") / "t.trace"
    assert command_line("run", written, "--steps", 30, "--trace", path, *SMALL) == 0
    return path


@pytest.fixture
def trace(recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A copy of it."""
    capsys.readouterr()
    return Path(shutil.copy(recorded, tmp_path / "t.trace"))


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
    gains = [r.objective_after - r.objective_before for r in steps]
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


def test_replay_recomputes_every_record(
    trace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line("replay", trace, "--verify", "--json") == 0
    values = json.loads(capsys.readouterr().out)
    with TraceReader(trace) as reader:
        last = reader.last_seq()
    assert values == {
        "trace": str(trace),
        "records": last,
        "recomputed": last,
        "fingerprint_match": True,
        "first_difference": None,
    }


def test_replay_alone_checks_the_digests(
    trace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line("replay", trace, "--json") == 0
    values = json.loads(capsys.readouterr().out)
    assert (values["recomputed"], values["fingerprint_match"]) == (0, None)


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize(
    ("kind", "column"),
    [
        ("EnvironmentStep", "reward"),
        ("GradientUpdate", "objective"),
        ("EpisodeStarted", "seed"),
    ],
)
def test_replay_names_the_record_and_field_of_a_forged_value(
    trace: Path, capsys: pytest.CaptureFixture[str], kind: str, column: str, verify: bool
) -> None:
    with sqlite3.connect(trace) as connection:
        ((seq,),) = connection.execute(f"SELECT max(seq) FROM {kind}")
        connection.execute(f"UPDATE {kind} SET {column} = {column} + 1 WHERE seq = {seq}")
    connection.close()
    words = ("replay", trace, "--json", *(("--verify",) if verify else ()))
    assert command_line(*words) == 1
    found = json.loads(capsys.readouterr().out)["first_difference"]
    assert list(found) == ["record", "kind", "field", "detail"]
    assert (found["record"], found["kind"], found["field"]) == (seq, kind, column)
    assert command_line("replay", trace) == 1
    assert f"record {seq} ({kind}), field {column}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("record_type", "change"),
    [
        (RunStarted, {"seed": -1}),
        (RunStarted, {"settings": '{"horizon": 99}'}),
        (RunStarted, {"checkpoint_digest": "0" * 64}),
        (EpisodeStarted, {"state": np.zeros(11)}),
        (Snapshot, {"twin_state": np.zeros(11)}),
        (GradientUpdate, {"imagined_actions": np.zeros((2, 3, 3), dtype=np.float32)}),
        (EnvironmentStep, {"reward": 1e-9}),
        (EpisodeEnded, {"frozen_length": 3}),
    ],
)
def test_replay_finds_a_forged_value_whose_digests_were_mended(
    trace: Path,
    capsys: pytest.CaptureFixture[str],
    record_type: type[Record],
    change: dict[str, Any],
) -> None:
    with TraceReader(trace) as reader:
        records = list(reader.records())
    seq = next(i for i, r in enumerate(records, start=1) if isinstance(r, record_type))
    records[seq - 1] = replace(records[seq - 1], **change)
    trace.unlink()
    started, *others = records
    assert isinstance(started, RunStarted)
    with TraceWriter.create(trace, started) as writer:
        for record in others:
            writer.append(record)
    assert command_line("replay", trace) == 0
    capsys.readouterr()
    assert command_line("replay", trace, "--verify", "--json") == 1
    found = json.loads(capsys.readouterr().out)["first_difference"]
    (name,) = change
    assert (found["record"], found["kind"], found["field"]) == (seq, record_type.__name__, name)


def test_replay_allows_another_machine_a_little(
    trace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.device.fingerprint", lambda: {"machine": "another"})
    assert command_line("replay", trace, "--verify") == 0
    assert "within 0.0001 (the trace was made on another machine" in capsys.readouterr().out


def test_replay_refuses_a_damaged_file_in_one_line(
    trace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = trace.read_bytes()
    for damaged in (b"", b"not a trace", content[: len(content) // 2], b"\0" * len(content)):
        trace.write_bytes(damaged)
        assert command_line("replay", trace, "--verify") == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.count("\n") == 1


def test_evaluate_and_run_agree_on_an_episode(
    tmp_path: Path, printed_json: Callable[[], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "r.json"
    words = ("evaluate", "tiny", "--episodes", 2, "--first-seed", 5, "--json", path, *SMALL)
    assert command_line(*words, "--controllers", "frozen,adaptive") == 0
    values = json.loads(path.read_text())
    assert values["seeds"] == [5, 6]
    capsys.readouterr()
    command_line("run", "tiny", "--steps", 40, "--seed", 5, "--json", *SMALL)
    run = printed_json()
    assert run["episode_returns"][0] == values["controllers"]["adaptive"]["returns"][0]
    assert run["frozen_returns"][0] == values["controllers"]["frozen"]["returns"][0]


def test_evaluate_prints_a_table_and_leaves_only_its_result(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "r.json"
    assert command_line("evaluate", "tiny", "--episodes", 5, "--json", path, *SMALL) == 0
    title, heading, *rows = capsys.readouterr().out.splitlines()
    assert title == "tiny (hopper), 5 episodes, reset seeds 3..7, one trained policy"
    assert "gain over frozen [95 % CI]" in heading
    assert [row.split()[0] for row in rows] == ["frozen", "critic-only", "adaptive"]
    assert [entry.name for entry in tmp_path.glob("r.json*")] == ["r.json"]
    values = json.loads(path.read_text())
    low, high = values["paired"]["adaptive"]["gain_ci95"]
    assert low <= values["paired"]["adaptive"]["gain_mean"] <= high


def test_evaluate_refuses_the_seeds_of_the_tuning(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line("evaluate", "tiny", "--first-seed", 0) == 2
    assert "--first-seed 3" in capsys.readouterr().err


def test_critic_only_has_the_step_it_was_tuned_to(checkpoint: Path, tmp_path: Path) -> None:
    stored = read_checkpoint(checkpoint)
    tuned = {"critic-only": Tuned(delta=0.02, step_size=1e-4, seeds=(9000,))}
    manifest = replace(read_manifest(checkpoint), tuned=tuned, files={})
    write_checkpoint(checkpoint, manifest, stored.tensors)
    path = tmp_path / "r.json"
    words = ("evaluate", "tiny", "--episodes", 1, "--json", path, *SMALL)
    assert command_line(*words) == 0
    controllers = json.loads(path.read_text())["controllers"]
    deltas = {name: values["settings"]["delta"] for name, values in controllers.items()}
    assert deltas == {"frozen": 0.05, "critic-only": 0.02, "adaptive": 0.05}
    assert command_line(*words, "--delta", 0.03) == 0
    controllers = json.loads(path.read_text())["controllers"]
    assert controllers["critic-only"]["settings"]["delta"] == 0.03


def test_a_step_size_that_was_never_tuned_is_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert command_line("evaluate", "tiny", "--preset", "paper") == 2
    assert "give --step-size" in capsys.readouterr().err


def test_a_stopped_evaluation_goes_on_with_resume(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.evaluation import episode

    path, run_episode, runs = tmp_path / "r.json", episode.run_episode, []

    def interrupted(*arguments: Any) -> Any:
        runs.append(arguments)
        if len(runs) == 4:
            raise KeyboardInterrupt
        return run_episode(*arguments)

    words = ("evaluate", "tiny", "--episodes", 2, "--json", path, *SMALL)
    with monkeypatch.context() as patched:
        patched.setattr(episode, "run_episode", interrupted)
        assert command_line(*words) == 130
    printed = capsys.readouterr()
    assert "3 finished episodes are kept" in printed.err
    assert "1 episodes, reset seeds 3..3" in printed.out
    assert [entry.name for entry in tmp_path.glob("r.json*")] == ["r.json.partial"]
    assert command_line(*words) == 2
    assert "--resume" in capsys.readouterr().err
    assert command_line(*words, "--particles", 3, "--resume") == 2
    assert "another settings" in capsys.readouterr().err
    assert command_line(*words, "--resume") == 0
    resumed = json.loads(path.read_text())
    assert [entry.name for entry in tmp_path.glob("r.json*")] == ["r.json"]
    assert command_line(*words) == 0
    assert _without_times(resumed) == _without_times(json.loads(path.read_text()))


def _without_times(values: dict[str, Any]) -> dict[str, Any]:
    for controller in values["controllers"].values():
        del controller["ms_per_step"]
    return values


def test_evaluate_all_writes_a_list(tmp_path: Path, checkpoint: Path) -> None:
    write_runnable(checkpoint.with_name("other"), seed=1)
    path = tmp_path / "r.json"
    words = ("--episodes", 1, "--controllers", "frozen", "--json", path)
    assert command_line("evaluate", "--all", *words) == 0
    names = {values["checkpoint"] for values in json.loads(path.read_text())}
    assert names >= {"other", "tiny"}


def test_collect_writes_a_data_set(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "minari"))
    words = ("collect", "hopper", "--policy", "random", "--steps", 60)
    assert command_line(*words, "--dataset", "psiscope/hopper/test-v0") == 0
    assert capsys.readouterr().out.startswith("psiscope/hopper/test-v0: ")
    assert (tmp_path / "minari" / "psiscope" / "hopper" / "test-v0").is_dir()


def test_the_benchmark_gives_ratios_to_a_floor(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    assert command_line("benchmark", "tiny", "--seconds", 0.5, "--json", path, *SMALL) == 0
    values = json.loads(path.read_text())
    assert list(values["controllers"]) == ["frozen", "critic-only", "adaptive"]
    for timing in values["controllers"].values():
        assert list(timing) == ["ms_per_step", "floor_ms", "ratio", "gflop"]
        assert timing["ms_per_step"] > timing["floor_ms"] > 0.0
    assert values["matrix_gflops"] > 0.0
    assert list(values["trace"]) == [
        "records", "write_ms", "read_newest_ms", "seek_ms", "bytes_per_environment_step",
    ]  # fmt: skip
