"""The window from the command line: what it refuses in one line, and what it leaves behind."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from app.display import DisplayError, check_display, x_address
from app.state.target import PROJECT_ROOT, find_target
from core.errors import CheckpointError
from tests.records import make_run
from tests.runnable_checkpoint import write_runnable


def gui(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `main.py gui` in a process of its own; an empty variable is taken away."""
    variables = {**os.environ, **environment}
    return subprocess.run(
        [sys.executable, "main.py", "gui", *words],
        cwd=PROJECT_ROOT,
        env={name: text for name, text in variables.items() if text},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


def size_of_png(path: Path) -> tuple[int, int]:
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", content[16:24])
    return width, height


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    return make_run(tmp_path / "recorded.trace", 30)


@pytest.mark.parametrize("display", [":77", "nonsense", ":x"])
def test_an_invalid_display_is_one_line_and_exit_2(trace: Path, display: str) -> None:
    done = gui(str(trace), DISPLAY=display, QT_QPA_PLATFORM="", WAYLAND_DISPLAY="")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert f"DISPLAY={display}" in done.stderr
    assert "--offscreen" in done.stderr


def test_no_display_is_one_line_that_names_the_remedy(trace: Path) -> None:
    done = gui(str(trace), DISPLAY="", QT_QPA_PLATFORM="", WAYLAND_DISPLAY="")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "there is no display" in done.stderr
    assert "--offscreen" in done.stderr


def test_a_platform_that_the_user_named_is_trusted() -> None:
    check_display({"QT_QPA_PLATFORM": "offscreen"})
    with pytest.raises(DisplayError):
        check_display({"DISPLAY": ":77"})


@pytest.mark.parametrize(
    ("display", "port"), [("localhost:10.0", 6010), ("tcp/host:3", 6003), ("host:0", 6000)]
)
def test_a_display_on_another_host_is_asked_over_the_network(display: str, port: int) -> None:
    _, address = x_address(display)
    assert isinstance(address, tuple)
    assert address[1] == port


def test_a_missing_checkpoint_is_one_line_and_exit_2() -> None:
    done = gui("no-such-checkpoint", "--offscreen")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    with pytest.raises(CheckpointError):
        find_target("no-such-checkpoint")


def test_a_file_that_is_no_trace_is_one_line_and_exit_2(tmp_path: Path) -> None:
    junk = tmp_path / "junk.trace"
    junk.write_bytes(b"not a trace")
    done = gui(str(junk), "--offscreen", "--output", str(tmp_path / "out"))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_screenshot_of_a_trace_has_the_size_that_was_asked_for(
    trace: Path, tmp_path: Path
) -> None:
    picture = tmp_path / "pictures" / "window.png"
    done = gui(
        str(trace), "--offscreen", "--size", "1280x720", "--theme", "dark",
        "--screenshot", str(picture), "--at-step", "7",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout == f"wrote {picture}\n"
    assert size_of_png(picture) == (1280, 720)


def test_a_screenshot_that_cannot_be_written_is_one_line_and_exit_2(
    trace: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    done = gui(str(trace), "--offscreen", "--screenshot", str(tmp_path / "file" / "window.png"))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_offscreen_leaves_a_picture_and_a_film_and_says_where(
    trace: Path, tmp_path: Path
) -> None:
    done = gui(str(trace), "--offscreen", "--output", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    film, picture = tmp_path / "out" / "window.mp4", tmp_path / "out" / "window.png"
    assert done.stdout.splitlines() == [f"wrote {film}", f"wrote {picture}"]
    assert size_of_png(picture) == (1280, 720)
    assert film.read_bytes()[4:8] == b"ftyp"
    assert film.stat().st_size > 20_000


def test_the_window_imports_neither_torch_nor_mujoco_nor_gymnasium() -> None:
    code = (
        "import sys, app.gui, app.application, app.errands;"
        "print([m for m in ('torch', 'mujoco', 'gymnasium', 'minari') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"


def test_paths_hold_for_processes_that_run_in_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_runnable(tmp_path / "mine")
    (tmp_path / "t.trace").touch()
    assert find_target("mine").checkpoint == tmp_path / "mine"
    assert find_target("t.trace").trace == tmp_path / "t.trace"
