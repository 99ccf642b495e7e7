"""Bad usage and foreign traces at the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.bad_input.refusals import refusal


@pytest.mark.parametrize(
    "words",
    [
        ("run",),
        ("run", "good"),
        ("run", "good", "--steps", "0"),
        ("run", "good", "--steps", "many"),
        ("run", "good", "--steps", "2", "--horizon", "-1"),
        ("run", "good", "--steps", "2", "--horizon", "1e3"),
        ("run", "good", "--steps", "2", "--particles", "0"),
        ("run", "good", "--steps", "2", "--delta", "nan"),
        ("run", "good", "--steps", "2", "--step-size", "0.1"),
        ("run", "good", "--steps", "2", "--controller", "best"),
        ("run", "good", "--steps", "2", "--preset", "best"),
        ("run", "good", "--steps", "2", "--seed", "-1"),
        ("run", "good", "--steps", "2", "--seed", "9" * 30),
        ("run", "good", "--steps", "2", "--surprise"),
        ("run", "good", "--steps", "2", "--preset", "paper"),
        ("run", "", "--steps", "2"),
        ("evaluate",),
        ("evaluate", "good", "--all"),
        ("evaluate", "good", "--controllers", "frozen,best"),
        ("evaluate", "good", "--episodes", "0"),
        ("train", "pong", "--dataset", "a/b-v0", "--output", "out"),
        ("train", "hopper", "--dataset", "a/b-v0", "--output", "good"),
        ("train", "hopper", "--dataset", "a/b-v0", "--output", "out", "--recipe", "best"),
        ("collect", "hopper", "--steps", "10", "--dataset", "a/b-v0"),
        ("collect", "hopper", "--policy", "random", "--steps", "10", "--dataset", "no id"),
        ("collect", "pong", "--policy", "random", "--steps", "10", "--dataset", "a/b-v0"),
        ("benchmark", "--window", "--seconds", "-1"),
        ("dance",),
    ],
    ids=" ".join,
)
def test_bad_usage_is_refused(
    place: Path, capfd: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    refusal(capfd, *words)


@pytest.mark.parametrize("command", ["run", "replay"])
@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"SQLite format 3\0" + bytes(84), b"SQLite format 3\0" + b"\xff" * 5000],
    ids=["empty", "text", "cut off", "damaged"],
)
def test_a_file_that_is_no_trace_is_refused(
    place: Path, capfd: pytest.CaptureFixture[str], command: str, content: bytes
) -> None:
    (place / "t.trace").write_bytes(content)
    more = ("--steps", "2") if command == "run" else ()
    assert "t.trace" in refusal(capfd, command, "t.trace", *more)


def test_a_missing_trace_is_refused(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for words in (("replay", "none.trace"), ("replay", "none.trace", "--verify", "--json")):
        assert "none.trace" in refusal(capfd, *words)


def test_a_trace_that_exists_is_not_overwritten(
    place: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (place / "t.trace").write_text("mine")
    refusal(capfd, "run", "good", "--steps", "2", "--trace", "t.trace")
    assert (place / "t.trace").read_text() == "mine"


def test_a_trace_that_is_not_there_is_no_missing_checkpoint(
    place: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert "there is no trace x.trace: check the path" in refusal(capfd, "gui", "x.trace")
