"""Disks that refuse: what was there stays, nothing half-written does, and one line says why."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from core.checkpoints.disk import new_folder, write_folder
from core.checkpoints.store import read_checkpoint, read_state, write_state
from core.errors import InputError
from tests.checkpoint_files import names_in, same_bits, small_tensors, write_small

NOBODY = 65534


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that any user may enter."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def unprivileged() -> Iterator[None]:
    """Root ignores modes: be somebody else for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def read_only(open_folder: Path) -> Iterator[Path]:
    """A folder with a checkpoint in it that nobody but root may write to."""
    target = open_folder / "target"
    write_small(target / "small")
    target.chmod(0o555)
    yield target
    target.chmod(0o755)


@pytest.mark.usefixtures("unprivileged")
def test_a_read_only_target_is_refused_and_left_alone(read_only: Path) -> None:
    for name in ("small", "new", "deep/new"):
        with pytest.raises(InputError, match="permission is denied"):
            write_small(read_only / name, seed=1)
    with pytest.raises(InputError, match="permission is denied"):
        write_state(read_only, {"a": torch.zeros(1)}, 1)
    assert names_in(read_only) == {"small"}
    assert same_bits(read_checkpoint(read_only / "small").tensors, small_tensors())


def test_a_folder_that_may_not_be_entered_is_refused(open_folder: Path) -> None:
    closed = open_folder / "closed"
    write_small(closed / "small")
    closed.chmod(0)
    if os.geteuid() == 0:
        os.seteuid(NOBODY)
    try:
        with pytest.raises(InputError, match="permission is denied"):
            read_checkpoint(closed / "small")
        with pytest.raises(InputError, match="permission is denied"):
            write_small(closed / "small")
    finally:
        if os.getuid() == 0:
            os.seteuid(0)
        closed.chmod(0o755)


@pytest.fixture
def small_disk(open_folder: Path) -> Iterator[Path]:
    """A disk of 64 KiB."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small disk")
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(open_folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    yield open_folder
    subprocess.run(["umount", str(open_folder)], check=True)


def test_a_full_disk_leaves_the_old_checkpoint_and_no_remains(small_disk: Path) -> None:
    write_small(small_disk / "small")
    write_state(small_disk / "training", {"a": torch.zeros(10)}, 1)
    with pytest.raises(InputError, match="the disk is full"):
        write_folder(small_disk / "small", {"a": bytes(30_000), "b": bytes(60_000)})
    with pytest.raises(InputError, match="the disk is full"):
        write_folder(small_disk / "deep" / "new", {"a": bytes(100_000)})
    with pytest.raises(InputError, match="the disk is full"):
        write_state(small_disk / "training", {"a": torch.zeros(30_000)}, 2)
    assert names_in(small_disk) == {"small", "training"}
    assert names_in(small_disk / "training") == {"state.safetensors"}
    assert same_bits(read_checkpoint(small_disk / "small").tensors, small_tensors())
    assert read_state(small_disk / "training")[1] == 1


def test_a_new_folder_appears_when_it_is_complete(tmp_path: Path) -> None:
    with new_folder(tmp_path / "deep" / "new") as filling:
        (filling / "a").write_bytes(b"a")
        assert not (tmp_path / "deep" / "new").exists()
    assert names_in(tmp_path / "deep") == {"new"}
    assert names_in(tmp_path / "deep" / "new") == {"a"}


def test_a_new_folder_is_given_up_whole(tmp_path: Path) -> None:
    def fill(failure: BaseException) -> None:
        with new_folder(tmp_path / "deep" / "new") as filling:
            (filling / "a").write_bytes(b"a")
            raise failure

    for failure in (KeyboardInterrupt(), ValueError()):
        with pytest.raises(type(failure)):
            fill(failure)
    assert not names_in(tmp_path)


def test_a_new_folder_replaces_nothing_not_even_what_came_meanwhile(tmp_path: Path) -> None:
    def fill() -> None:
        with new_folder(tmp_path / "new"):
            (tmp_path / "new").mkdir()

    with pytest.raises(InputError, match="exists: choose another name or remove it"):
        fill()
    with pytest.raises(InputError, match="exists: choose another name or remove it"):
        fill()
    assert names_in(tmp_path) == {"new"}
    assert not names_in(tmp_path / "new")


def test_what_a_killed_writer_of_a_new_folder_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".new.0123abcd.writing").mkdir()
    with new_folder(tmp_path / "new"):
        pass
    assert names_in(tmp_path) == {"new"}


@pytest.mark.usefixtures("unprivileged")
def test_a_new_folder_needs_a_parent_that_can_be_written(read_only: Path) -> None:
    for name in ("new", "deep/new"):
        with (
            pytest.raises(InputError, match="permission is denied"),
            new_folder(read_only / name),
        ):
            pass
    assert names_in(read_only) == {"small"}


def test_a_full_disk_leaves_no_part_of_a_new_folder(small_disk: Path) -> None:
    with (
        pytest.raises(InputError, match="the disk is full"),
        new_folder(small_disk / "deep" / "new") as filling,
    ):
        (filling / "a").write_bytes(bytes(100_000))
    assert not names_in(small_disk)


@pytest.mark.parametrize("code", [errno.EROFS, errno.EDQUOT, errno.EIO])
def test_what_the_system_says_becomes_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def fail(_handle: int) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(InputError) as caught:
            write_small(tmp_path / "small")
    assert "small cannot be written" in caught.value.fact
    assert caught.value.remedy
    assert not names_in(tmp_path)
