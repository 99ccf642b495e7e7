"""The command line: usage, one-line errors, exit codes, help."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.command_line.dispatch import dispatch
from core.command_line.window import WindowCommands
from core.errors import CheckFailed, InputError
from core.settings import Settings
from tests.runnable_checkpoint import write_runnable

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = (
    "gui",
    "run",
    "replay",
    "evaluate",
    "collect",
    "train",
    "tune",
    "checkpoints",
    "benchmark",
    "doctor",
)
COLLECT = ("collect", "hopper", "--steps", "9", "--dataset", "a")


class FakeWindow:
    """Notes what it is asked for."""

    def __init__(self, failure: BaseException | None = None) -> None:
        self.asked: dict[str, Any] = {}
        self.failure = failure

    def open(self, **options: Any) -> int:
        self.asked = options
        if self.failure is not None:
            raise self.failure
        return 0

    def benchmark(self, **options: Any) -> dict[str, Any]:
        self.asked = options
        return {"frames_per_second": 30.0, "stall_ms": {"p99": 12.0}}

    def commands(self) -> WindowCommands:
        return WindowCommands(open=self.open, benchmark=self.benchmark)


def command_line(*words: str, window: FakeWindow | None = None) -> int:
    return dispatch(words, (window or FakeWindow()).commands())


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of checkpoints in which one, named tiny, is."""
    monkeypatch.setenv("PSISCOPE_CHECKPOINTS", str(tmp_path / "checkpoints"))
    return write_runnable(tmp_path / "checkpoints" / "tiny")


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
        (["evaluate", "hopper", "--resume"], "--resume needs --json"),
        (["evaluate", "hopper", "--json", "/"], "is a folder"),
        (["evaluate", "no/such"], "there is no checkpoint 'no/such'"),
        (["replay", "no/such"], "no/such"),
        (["replay"], "missing: TRACE"),
        (["collect", "cartpole", "--policy", "random", "--steps", "9", "--dataset", "a"],
         "there is no task 'cartpole'"),
        (["collect", "hopper", "--steps", "9", "--dataset", "a"], "--recipe --policy"),
        ([*COLLECT, "--recipe", "r", "--noise", "1"], "--noise goes with --policy"),
        ([*COLLECT, "--policy", "random", "--policies", "d"], "--policies goes with --recipe"),
        ([*COLLECT, "--recipe", "no/such"], "no/such"),
        (["train", "hopper", "--dataset", "a"], "missing: --output"),
        (["train", "cartpole", "--dataset", "a", "--output", "b"], "no task 'cartpole'"),
        (["gui", "--size", "big"], "write 1280x720"),
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


def test_without_a_command_the_window_opens_on_the_default_checkpoint() -> None:
    window = FakeWindow()
    assert dispatch([], window.commands()) == 0
    assert window.asked["target"] is None
    assert window.asked["settings"] is None


@pytest.mark.usefixtures("tiny")
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


def test_checkpoints_lists_what_is_there(
    tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tiny.with_name("broken")
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
    tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "new.training").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").touch()
    for output, says in (
        (tiny, "holds a checkpoint already"),
        (tmp_path / "new", "--resume"),
        (tmp_path / "other", "is no checkpoint"),
    ):
        words = ("train", "hopper", "--dataset", "a", "--output", str(output))
        assert command_line(*words) == 2
        printed = capsys.readouterr().err
        assert says in printed
        assert printed.count("\n") == 1


TORCH_FREE = """
import sys
from core.command_line.dispatch import dispatch
from core.command_line.window import WindowCommands
code = dispatch(sys.argv[1:], WindowCommands(open=lambda **_: 0, benchmark=lambda **_: {}))
heavy = sorted({"torch", "mujoco", "gymnasium", "minari", "scipy"} & set(sys.modules))
assert not heavy, heavy
assert code in (0, 1), code
"""


def python(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the project's folder."""
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=environment or None,
    )


@pytest.mark.parametrize("words", ["--help", "run --help", "gui", "checkpoints"])
def test_what_needs_no_torch_does_not_import_it(words: str) -> None:
    done = python("-c", TORCH_FREE, *words.split())
    assert done.returncode == 0, done.stderr


def test_the_doctor_does_not_import_torch() -> None:
    done = python("-c", "import core.doctor, sys; assert 'torch' not in sys.modules")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("words", [["doctor"], ["doctor", "--json"]])
def test_the_doctor_is_asked_and_its_exit_code_kept(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.doctor.main", lambda json: 1 if json else 0)
    assert command_line(*words) == len(words) - 1


def test_main_sets_threads_before_anything_else_and_stays_small() -> None:
    script = (
        "import main, os, sys; print(os.environ['OMP_WAIT_POLICY'], 'torch' in sys.modules)"
    )
    done = python("-c", script, PATH="/usr/bin:/bin")
    assert done.stdout.split() == ["PASSIVE", "False"], done.stderr
    assert len((ROOT / "main.py").read_text().splitlines()) < 60


def test_a_reader_that_goes_away_is_no_error() -> None:
    with subprocess.Popen(
        [sys.executable, "main.py", "run", "--help"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
