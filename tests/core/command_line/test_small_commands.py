"""`gui`, `checkpoints`, `doctor`, `benchmark --window`, and what `train` refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from core.checkpoints.catalogue import read_manifest
from core.checkpoints.document import CURVES
from core.checkpoints.manifest import MANIFEST_FILE, DatasetFacts, Tuned
from core.command_line.dispatch import dispatch
from core.settings import Settings
from tests.core.command_line.fake_window import FakeWindow, command_line


def test_without_a_command_the_window_opens_on_the_default_checkpoint() -> None:
    window = FakeWindow()
    assert dispatch([], window.commands()) == 0
    assert window.asked["target"] is None
    assert window.asked["settings"] is None


def test_the_window_is_given_target_settings_and_seed() -> None:
    window = FakeWindow()
    words = "gui tiny --preset paper --particles 3 --step-size 1e-4 --seed 7 --size 1600x1000"
    assert command_line(*words.split(), window=window) == 0
    assert window.asked["target"] == "tiny"
    assert window.asked["seed"] == 7
    assert window.asked["size"] == (1600, 1000)
    settings = window.asked["settings"]
    assert isinstance(settings, Settings)
    assert (settings.particles, settings.step_rule, settings.step_size) == (3, "plain", 1e-4)


def test_a_trace_takes_no_settings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trace = tmp_path / "t.trace"
    trace.touch()
    assert command_line("gui", str(trace), "--horizon", "3") == 2
    assert "a trace has its own settings" in capsys.readouterr().err


def test_what_a_strangers_checkpoint_tells_is_listed_without_moving_the_terminal(
    checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = read_manifest(checkpoint)
    facts = DatasetFacts(
        id="\x1b[2J\nmine",
        digest="d",
        transitions=1,
        episodes=1,
        mean_return=0.0,
        best_return=0.0,
    )
    curves = {f"rebrac.{name}": (1.0,) for name in CURVES} | {"rebrac.updates": (1.0, 2.0)}
    for means in ({"a": "much", "b": 3.0, "c": 1e308}, 7):
        strange = replace(
            manifest,
            dataset=facts,
            commands=("\x1b[31m",),
            curves=curves,
            tuned={"adaptive": Tuned(delta=0.1)},
            evaluation={"tuning_return_means": means},
        )
        (checkpoint / MANIFEST_FILE).write_text(strange.to_json())
        for words in ((), ("--markdown",)):
            assert command_line("checkpoints", *words) == 0
            printed = capsys.readouterr().out
            assert printed.replace("\n", "").isprintable()
            assert r"\x1b[2J" in printed
    assert r"\x1b[31m" in printed


def test_checkpoints_lists_what_is_there(
    checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = checkpoint.with_name("broken")
    broken.mkdir()
    (broken / "checkpoint.json").write_text("{")
    assert command_line("checkpoints") == 0
    printed = capsys.readouterr().out
    heading, *rows = printed.splitlines()
    assert heading.split() == ["name", "task", "data", "return", "score", "size"]
    assert any(row.split()[:2] == ["tiny", "hopper"] for row in rows)
    assert any(row.split()[:2] == ["broken", "broken"] for row in rows)


def test_the_window_benchmark_is_written_as_json(tmp_path: Path) -> None:
    window, path = FakeWindow(), tmp_path / "b.json"
    words = ("benchmark", "--window", "--seconds", "5", "--json", str(path))
    assert command_line(*words, window=window) == 0
    assert window.asked == {"checkpoint": "hopper", "seconds": 5.0}
    assert json.loads(path.read_text())["window"]["stall_ms"]["p99"] == 12.0


def test_training_refuses_at_once_what_it_would_overwrite(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "new.training").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").touch()
    for output, says in (
        (checkpoint, "holds a checkpoint already"),
        (tmp_path / "new", "--resume"),
        (tmp_path / "other", "is no checkpoint"),
    ):
        words = ("train", "hopper", "--dataset", "a", "--output", str(output))
        assert command_line(*words) == 2
        printed = capsys.readouterr().err
        assert says in printed
        assert printed.count("\n") == 1


@pytest.mark.parametrize("words", [["doctor"], ["doctor", "--json"]])
def test_the_doctor_is_asked_and_its_exit_code_kept(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.doctor.main", lambda json: 1 if json else 0)
    assert command_line(*words) == len(words) - 1
