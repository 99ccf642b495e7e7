"""docs/own-code.md, followed to the letter: only the runs are shorter."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.command_line.fake_window import SMALL, command_line
from tests.own_code import commands, lines_of, write_programs

STEPS = "2"


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stands in a folder with the programs of the document."""
    write_programs(tmp_path)
    monkeypatch.chdir(tmp_path)


def follow(words: list[str], *, trusted: bool = True) -> int:
    """The exit code of one command."""
    if "--steps" in words:
        words[words.index("--steps") + 1] = STEPS
        words += SMALL
    return command_line(*[word for word in words if trusted or word != "--trust-code"])


def test_the_programs_are_as_short_as_is_said() -> None:
    assert lines_of("sign.py") <= 20
    assert lines_of("models.py") <= 30


@pytest.mark.usefixtures("reader")
def test_the_update_rule_runs_and_replays(capsys: pytest.CaptureFixture[str]) -> None:
    run, replay = commands("run")[0], commands("replay")[0]
    assert follow(run, trusted=False) == 2
    assert "add --trust-code if you trust it" in capsys.readouterr().err
    assert follow(run) == 0
    assert follow(replay) == 0
    assert "to the last bit; no difference" in capsys.readouterr().out
    assert follow(replay, trusted=False) == 2


@pytest.mark.usefixtures("reader")
def test_the_models_are_imported_run_and_replayed(capsys: pytest.CaptureFixture[str]) -> None:
    assert follow(commands("import")[0], trusted=False) == 2
    for words in (commands("import")[0], commands("run")[1], commands("replay")[1]):
        assert follow(words) == 0
    assert "to the last bit; no difference" in capsys.readouterr().out


@pytest.mark.usefixtures("reader")
def test_a_rule_that_fails_ends_the_run_with_its_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = Path("sign.py").read_text().replace("before = ", "before = nobody + ")
    Path("sign.py").write_text(text)
    assert follow(commands("run")[0]) == 2
    (line,) = [s for s in capsys.readouterr().err.splitlines() if s.startswith("psiscope")]
    assert "sign.py:ascend, line 9: NameError: name 'nobody' is not defined" in line
