"""Usage, one-line errors, exit codes, help."""

from __future__ import annotations

import errno

import pytest

from core.errors import CheckFailed, InputError
from tests.core.command_line.fake_window import FakeWindow, command_line

COMMANDS = (
    "gui",
    "run",
    "replay",
    "search",
    "compare",
    "repro",
    "evaluate",
    "collect",
    "train",
    "tune",
    "checkpoints",
    "benchmark",
    "doctor",
)
COLLECT = ("collect", "hopper", "--steps", "9", "--dataset", "a-v0")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["fly"], "invalid choice: 'fly'"),
        (["run"], "missing: CHECKPOINT, --steps"),
        (["run", "hopper"], "missing: --steps"),
        (["run", "hopper", "--steps", "0"], "'0' is not a whole number from 1"),
        (["run", "hopper", "--steps", "many"], "'many' is not a whole number"),
        (["run", "hopper", "--steps", "3", "--hroizon", "2"], "did you mean --horizon?"),
        (["run", "hopper", "--steps", "3", "--hori", "2"], "unknown option --hori"),
        (["run", "hopper", "spare", "--steps", "3"], "unexpected argument spare"),
        (["run", "hopper", "--steps", "3", "--horizon", "51"], "from 0 to 50"),
        (["run", "hopper", "--steps", "3", "--delta", "nan"], "--delta: 'nan' is not a number"),
        (["run", "hopper", "--steps", "3", "--trust-region", "-1"], "--trust-region"),
        (["run", "hopper", "--steps", "3", "--reset-mode", "daily"], "'never'"),
        (["run", "hopper", "--steps", "3", "--preset", "bold"], "'paper', 'safe'"),
        (["run", "hopper", "--steps", "3", "--seed", "-1"], "--seed"),
        (["run", "no/such", "--steps", "3"], "there is no checkpoint 'no/such'"),
        (["evaluate"], "a CHECKPOINT or --all"),
        (["evaluate", "hopper", "--all"], "a CHECKPOINT or --all"),
        (["evaluate", "hopper", "--controllers", "frozen,bold"], "there is no 'bold'"),
        (["evaluate", "hopper", "--controllers", "frozen,frozen"], "repeats a name"),
        (["evaluate", "--table", "r.json", "--resume"], "--table runs nothing"),
        (["evaluate", "hopper", "--json", "/"], "is a folder"),
        (["evaluate", "no/such"], "there is no checkpoint 'no/such'"),
        (["replay", "no/such"], "no/such"),
        (["replay"], "missing: TRACE"),
        (["collect", "cartpole", "--policy", "random", "--steps", "9", "--dataset", "a-v0"],
         "there is no task 'cartpole'"),
        (["collect", "hopper", "--steps", "9", "--dataset", "a"], "--recipe --policy"),
        ([*COLLECT, "--recipe", "r", "--noise", "1"], "--noise goes with --policy"),
        ([*COLLECT, "--policy", "random", "--policies", "d"], "--policies goes with --recipe"),
        ([*COLLECT, "--recipe", "no/such"], "no/such"),
        (["train", "hopper", "--dataset", "a"], "missing: --output"),
        (["train", "cartpole", "--dataset", "a", "--output", "b"], "no task 'cartpole'"),
        (["train", "hopper", "--dataset", "a", "--output", "b"], "no local data set a"),
        (["gui", "--size", "big"], "write 1280x720"),
        (["gui", "--workspace", "stage"], "'stage' (choose from 'debug', 'compare', 'present'"),
        (["gui", "--at-step", "3"], "--at-step needs --screenshot"),
        (["gui", "--output", "d"], "--output needs --offscreen"),
        (["benchmark", "--seconds", "0"], "--seconds"),
    ],
)  # fmt: skip
def test_wrong_usage_is_one_line_and_exit_code_2(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line(*words) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert says in printed.err
    assert printed.err.startswith("psiscope")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line(command, "--help") == 0
    assert f"example:\n  python main.py {command}" in capsys.readouterr().out


def test_the_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line("--help") == 0
    printed = capsys.readouterr().out
    assert all(
        f"    {command} " in printed or f"    {command}\n" in printed for command in COMMANDS
    )


@pytest.mark.parametrize("command", ["run", "evaluate", "gui", "benchmark"])
def test_every_setting_is_a_flag(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    command_line(command, "--help")
    printed = capsys.readouterr().out
    for flag in ("horizon", "particles", "ascent-steps", "denoising-levels", "step-rule",
                 "step-size", "delta", "trust-region", "reset-mode", "survival", "preset",
                 "optimizer", "gradient-clip"):  # fmt: skip
        assert f"--{flag}" in printed


@pytest.mark.parametrize(
    ("failure", "code", "line"),
    [
        (CheckFailed("records differ"), 1, "psiscope gui: records differ"),
        (InputError("no display", "set DISPLAY"), 2, "psiscope gui: no display: set DISPLAY"),
        (KeyboardInterrupt(), 130, "psiscope gui: stopped"),
        (KeyboardInterrupt("kept 3"), 130, "psiscope gui: kept 3"),
        (MemoryError(), 2, "psiscope gui: not enough memory"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: 9 bytes"), 2,
         "psiscope gui: not enough memory"),
        (OSError(errno.ENOSPC, "No space left on device", "r.json"), 2,
         "psiscope gui: no space left on device (r.json)"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_one_line_and_its_exit_code(
    failure: BaseException, code: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line("gui", window=FakeWindow(failure)) == code
    printed = capsys.readouterr().err
    assert printed.startswith(line)
    assert printed.count("\n") == 1


def test_our_own_mistakes_keep_their_traceback() -> None:
    with pytest.raises(RuntimeError, match="a bug"):
        command_line("gui", window=FakeWindow(RuntimeError("a bug")))
