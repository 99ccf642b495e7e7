"""What the start imports, and how it ends when nobody reads on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TORCH_FREE = """
import sys
from core.command_line.dispatch import dispatch
from core.command_line.window import WindowCommands
code = dispatch(sys.argv[1:], WindowCommands(
    open=lambda **_: 0, benchmark=lambda **_: {}, benchmark_trace=lambda _: {}))
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


@pytest.mark.parametrize("words", ["--help", "run --help", "checkpoints"])
def test_without_any_package_what_needs_none_still_works(words: str) -> None:
    done = python("-S", "main.py", *words.split())
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("words", ["run hopper --steps 1", "evaluate hopper"])
def test_a_missing_package_is_one_line_with_a_remedy(words: str, checkpoint: Path) -> None:
    done = python("-S", "main.py", *words.replace("hopper", str(checkpoint)).split())
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert " is not installed: make setup" in done.stderr


def test_main_sets_threads_before_anything_else_and_stays_small() -> None:
    script = (
        "import main, os, sys; print(os.environ['OMP_WAIT_POLICY'], 'torch' in sys.modules)"
    )
    done = python("-c", script, PATH="/usr/bin:/bin")
    assert done.stdout.split() == ["PASSIVE", "False"], done.stderr
    assert len((ROOT / "main.py").read_text().splitlines()) < 60


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_goes_away_is_no_error(unbuffered: str) -> None:
    with subprocess.Popen(
        [sys.executable, "main.py", "run", "--help"],
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
