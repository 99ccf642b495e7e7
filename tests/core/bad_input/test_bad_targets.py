"""Read-only and full disks, and processes of their own."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.bad_input.refusals import everything, process_refuses, refusal, write_flat


@contextlib.contextmanager
def small_disk(options: str) -> Iterator[Path]:
    """A disk of its own; skips the test where none can be had."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a disk")
    with tempfile.TemporaryDirectory() as folder:
        command = ["mount", "-t", "tmpfs", "-o", options, "none", folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"a disk cannot be mounted here: {done.stderr.strip()}")
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True)


@pytest.fixture
def read_only() -> Iterator[Path]:
    """A folder that cannot be written to: root ignores modes, so it gets a read-only disk."""
    if os.geteuid() == 0:
        with small_disk("ro") as disk:
            yield disk
    else:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o555)
            yield Path(folder)
            Path(folder).chmod(0o755)


@pytest.fixture
def full_disk() -> Iterator[Path]:
    """A disk with 16 KiB left of 32."""
    with small_disk("size=32k") as disk:
        (disk / "ballast").write_bytes(bytes(16_000))
        yield disk


@pytest.mark.parametrize("disk", ["read_only", "full_disk"])
def test_an_unwritable_trace_is_refused(
    place: Path,
    capfd: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
    disk: str,
) -> None:
    target: Path = request.getfixturevalue(disk)
    before = everything(target)
    refusal(capfd, "run", "good", "--steps", "200", "--trace", str(target / "t.trace"))
    assert everything(target) == before


@pytest.mark.parametrize("disk", ["read_only", "full_disk"])
def test_an_unwritable_data_set_is_refused_before_the_work(
    place: Path, request: pytest.FixtureRequest, disk: str
) -> None:
    # In a process of its own: HDF5 crashes the process that fills a disk.
    target: Path = request.getfixturevalue(disk)
    before = everything(target)
    words = ("collect", "hopper", "--policy", "random", "--steps", "300")
    process_refuses(
        (*words, "--dataset", "psiscope/hopper/new-v0"), MINARI_DATASETS_PATH=str(target)
    )
    assert everything(target) == before


def test_unwritable_results_are_refused_before_the_work(
    place: Path, capfd: pytest.CaptureFixture[str], read_only: Path
) -> None:
    write_flat(place / "medium-replay.hdf5", 50)
    evaluate = ("evaluate", "good", "--episodes", "1000")
    train = ("train", "hopper", "--dataset", "medium-replay.hdf5")
    refusal(capfd, *evaluate, "--json", str(read_only / "r.json"))
    refusal(capfd, *train, "--output", str(read_only / "deep" / "new"))


def test_a_process_of_its_own_refuses_a_missing_checkpoint(place: Path) -> None:
    assert "'none'" in process_refuses(("evaluate", "none", "--episodes", "2"))


def test_the_window_refuses_a_damaged_trace(place: Path) -> None:
    (place / "t.trace").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    assert "t.trace" in process_refuses(("gui", "t.trace"))


def test_the_window_refuses_a_display_that_is_not_there(place: Path) -> None:
    line = process_refuses(("gui", "good"), DISPLAY=":4711", QT_QPA_PLATFORM="")
    assert ":4711" in line


@pytest.mark.parametrize("output", [".", "..", "/"])
def test_a_training_needs_a_folder_of_its_own(
    place: Path, capfd: pytest.CaptureFixture[str], output: str
) -> None:
    line = refusal(capfd, "train", "hopper", "--dataset", "x.hdf5", "--output", output)
    assert "choose another --output" in line
