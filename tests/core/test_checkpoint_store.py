"""Checkpoints and training states: what is written is read again, whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from core.checkpoints import disk
from core.checkpoints.catalogue import (
    checkpoint_digest,
)
from core.checkpoints.manifest import parse_manifest
from core.checkpoints.store import (
    read_checkpoint,
    write_checkpoint,
)
from core.errors import CheckpointError
from tests.checkpoint_files import (
    names_in,
    same_bits,
    small_manifest,
    small_tensors,
    write_small,
)
from tests.failing_calls import CALLS, break_call

ROOT = Path(__file__).resolve().parents[2]


def test_a_checkpoint_comes_back_bit_for_bit(tmp_path: Path) -> None:
    folder = write_small(tmp_path / "small")
    stored = read_checkpoint(folder)
    assert same_bits(stored.tensors, small_tensors())
    assert stored.path == folder
    assert stored.digest == stored.manifest.digest() == checkpoint_digest(folder)
    assert names_in(folder) == {"checkpoint.json", "policy.safetensors", "reward.safetensors"}
    assert names_in(tmp_path) == {"small"}


def test_the_manifest_comes_back_equal(tmp_path: Path) -> None:
    manifest = read_checkpoint(write_small(tmp_path / "small")).manifest
    assert parse_manifest(manifest.to_json().encode(), "text") == manifest
    written = small_manifest(files=manifest.files)
    assert manifest == written
    assert manifest.files["policy.safetensors"].shapes["0.weight"] == (4, 11)


def test_the_same_checkpoint_written_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = write_small(tmp_path / "a"), write_small(tmp_path / "b")
    for name in names_in(first):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_strided_and_shared_tensors_can_be_written(tmp_path: Path) -> None:
    weight = torch.nn.Parameter(torch.randn(5, 4))
    tensors = {"policy": {"a": weight, "b": weight.T, "c": weight[1:3]}}
    manifest = small_manifest(networks={"policy": {"kind": "policy"}})
    write_checkpoint(tmp_path / "small", manifest, tensors)
    stored = read_checkpoint(tmp_path / "small").tensors["policy"]
    assert all(torch.equal(stored[name], value) for name, value in tensors["policy"].items())


def test_the_digest_covers_what_acts_and_nothing_else(tmp_path: Path) -> None:
    digest = checkpoint_digest(write_small(tmp_path / "a"))
    told: dict[str, Any] = {
        "name": "other",
        "created_at": "",
        "versions": {},
        "evaluation": {},
        "commands": (),
    }
    assert checkpoint_digest(write_small(tmp_path / "b", **told)) == digest
    assert checkpoint_digest(write_small(tmp_path / "c", seed=1)) != digest
    assert checkpoint_digest(write_small(tmp_path / "d", critic_reward_scale=2.0)) != digest
    assert checkpoint_digest(write_small(tmp_path / "e", tuned={})) != digest


def test_writing_again_replaces_all_files(tmp_path: Path) -> None:
    folder = write_small(tmp_path / "small")
    networks = {"policy": {"kind": "policy"}}
    only = {"policy": small_tensors(1)["policy"]}
    write_checkpoint(folder, small_manifest(networks=networks), only)
    assert names_in(folder) == {"checkpoint.json", "policy.safetensors"}
    assert same_bits(read_checkpoint(folder).tensors, only)


def test_a_link_to_a_checkpoint_folder_is_followed_for_reading_and_writing(
    tmp_path: Path,
) -> None:
    folder = write_small(tmp_path / "small")
    link = tmp_path / "link"
    link.symlink_to(folder)
    write_small(link, seed=1)
    assert link.is_symlink()
    assert same_bits(read_checkpoint(link).tensors, small_tensors(1))
    assert same_bits(read_checkpoint(folder).tensors, small_tensors(1))


@pytest.mark.parametrize("name", ["notes.txt", "state.safetensors"])
def test_a_folder_with_something_else_in_it_is_never_replaced(
    tmp_path: Path, name: str
) -> None:
    folder = write_small(tmp_path / "small")
    (folder / name).write_text("mine")
    with pytest.raises(CheckpointError, match="something other"):
        write_small(folder, seed=1)
    assert (folder / name).read_text() == "mine"


def test_a_folder_that_is_no_checkpoint_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "policy.safetensors").write_text("mine")
    with pytest.raises(CheckpointError, match="something other"):
        write_small(tmp_path)
    assert names_in(tmp_path) == {"policy.safetensors"}


def test_an_empty_folder_and_missing_parents_are_filled(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "empty", tmp_path / "a" / "b" / "c"):
        assert same_bits(read_checkpoint(write_small(folder)).tensors, small_tensors())


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_weights_that_are_not_finite_are_not_written(tmp_path: Path, value: float) -> None:
    tensors = small_tensors()
    tensors["policy"]["0.weight"][2, 3] = value
    with pytest.raises(
        CheckpointError, match=r"'0.weight' in policy.safetensors is not finite"
    ):
        write_checkpoint(tmp_path / "small", small_manifest(), tensors)
    assert not names_in(tmp_path)


def test_a_curve_that_is_not_finite_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="JSON"):
        write_small(tmp_path / "small", curves={"loss": (torch.nan,)})
    assert not names_in(tmp_path)


def test_tensors_and_networks_must_have_the_same_names(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="differ"):
        write_checkpoint(tmp_path / "small", small_manifest(), {"policy": {}})
    assert not names_in(tmp_path)


def without_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away the exchange of two folders, as on systems other than Linux."""
    monkeypatch.setattr(disk, "_exchange", lambda *_: False)


@pytest.mark.parametrize("exchange", [True, False])
@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize("call", sorted(CALLS))
def test_a_failure_at_any_moment_leaves_the_old_or_the_new_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, exchange: bool
) -> None:
    folder = write_small(tmp_path / "small")
    with monkeypatch.context() as patch:
        if not exchange:
            without_exchange(patch)
        break_call(patch, call, number)
        try:
            write_small(folder, seed=1)
        except CheckpointError as error:
            failed = str(error)
        else:
            failed = ""
    tensors = read_checkpoint(folder).tensors
    assert same_bits(tensors, small_tensors()) or same_bits(tensors, small_tensors(1))
    assert names_in(tmp_path) == {"small"}
    assert failed == "" or "the disk is full" in failed
    assert failed or same_bits(tensors, small_tensors(1))


@pytest.mark.parametrize("number", range(4))
def test_a_failure_at_the_first_writing_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    with monkeypatch.context() as patch:
        break_call(patch, "fsync", number)
        with pytest.raises(CheckpointError, match="the disk is full"):
            write_small(tmp_path / "new" / "small")
    assert not names_in(tmp_path)


def test_an_interrupt_while_writing_leaves_the_old_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_small(tmp_path / "small")

    def interrupt(_handle: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", interrupt)
        with pytest.raises(KeyboardInterrupt):
            write_small(folder, seed=1)
    assert same_bits(read_checkpoint(folder).tensors, small_tensors())
    assert names_in(tmp_path) == {"small"}


WRITER = """
import sys
from pathlib import Path
from typing import Any
from core.checkpoints.disk import write_folder
number = 0
while True:
    content = str(number).encode() * 20_000
    write_folder(Path(sys.argv[1]), {name: content for name in "abc"})
    print(number, flush=True)
    number += 1
"""


def test_a_killed_writer_leaves_a_whole_folder_and_the_next_one_clears_up(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "target"
    for kill in range(6):
        command = [sys.executable, "-c", WRITER, str(folder)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            for _ in range(kill + 1):
                writer.stdout.readline()
            writer.kill()
        contents = {(folder / name).read_bytes() for name in "abc"}
        assert len(contents) == 1
        assert names_in(folder) == set("abc")
    disk.write_folder(folder, {"a": b"last"})
    assert names_in(tmp_path) == {"target"}
