"""Broken, foreign and hostile checkpoints: refused in one line, fast, in little memory."""

from __future__ import annotations

import os
import pickle
import resource
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.checkpoints.safetensors_header import check_header
from core.checkpoints.store import read_checkpoint, read_state
from core.errors import CheckpointError
from tests.checkpoint_files import (
    forge_file,
    forge_manifest,
    safetensors_bytes,
)
from tests.core.hostile_checkpoints.refusals import refusal
from tests.sb3_archives import Bomb, saved


def entry(shape: list[int], offsets: list[int], dtype: str = "F32") -> dict[str, Any]:
    """One tensor of a safetensors header."""
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


def test_a_missing_folder_and_a_file_in_its_place_are_refused(tmp_path: Path) -> None:
    assert "does not exist" in refusal(tmp_path / "none")
    (tmp_path / "file").write_text("hello")
    refusal(tmp_path / "file")


@pytest.mark.parametrize("name", ["checkpoint.json", "policy.safetensors"])
def test_a_missing_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert name in refusal(folder)


@pytest.mark.parametrize("name", ["extra.safetensors", ".hidden", "code.py"])
def test_a_foreign_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).write_text("hello")
    assert f"a foreign file, {name}" in refusal(folder)


@pytest.mark.parametrize("name", ["checkpoint.json", "policy.safetensors"])
def test_a_link_in_place_of_a_file_is_refused(folder: Path, name: str) -> None:
    moved = (folder / name).rename(folder.parent / name)
    (folder / name).symlink_to(moved)
    assert "symbolic link" in refusal(folder)


@pytest.mark.parametrize("name", ["checkpoint.json", "policy.safetensors"])
def test_a_pipe_or_folder_in_place_of_a_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).unlink()
    os.mkfifo(folder / name)
    assert "not a regular file" in refusal(folder)
    (folder / name).unlink()
    (folder / name).mkdir()
    assert "not a regular file" in refusal(folder)


def test_a_truncated_file_is_refused(folder: Path) -> None:
    path = folder / "policy.safetensors"
    content = path.read_bytes()
    for size in (len(content) - 1, len(content) // 2, 9, 0):
        path.write_bytes(content[:size])
        assert f"cut off after {size:,} of {len(content):,} bytes" in refusal(folder)


def test_a_changed_file_is_refused(folder: Path) -> None:
    path = folder / "policy.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert "digest differs" in refusal(folder)


@pytest.mark.parametrize("protocol", range(2, 6))
def test_a_renamed_pickle_is_refused_as_a_pickle_and_not_run(
    folder: Path, protocol: int
) -> None:
    target = folder.parent / "exploded"
    for content in (pickle.dumps(Bomb(target), protocol), saved(torch.zeros(2))):
        forge_file(folder, "policy.safetensors", content)
        assert "is a pickle: Psiscope does not read pickles" in refusal(folder)
    assert not target.exists()


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
def test_weights_that_are_not_finite_are_refused_by_name(folder: Path, value: float) -> None:
    data = torch.tensor([0.0, value]).numpy().tobytes()
    content = safetensors_bytes({"0.weight": entry([2], [0, 8])}, data)
    forge_file(folder, "policy.safetensors", content, **{"0.weight": [2]})
    assert "tensor '0.weight'" in (line := refusal(folder))
    assert "not finite" in line


def test_shapes_other_than_the_manifest_tells_are_refused(folder: Path) -> None:
    def change(values: dict[str, Any]) -> None:
        values["files"]["policy.safetensors"]["shapes"]["0.weight"] = [11, 4]

    forge_manifest(folder, change)
    assert "shapes" in refusal(folder)


HEADERS: dict[str, bytes] = {
    "claims a header of 10 GB": safetensors_bytes({}, claimed=10 * 10**9),
    "claims a header of 2^64 bytes": safetensors_bytes({}, claimed=2**64 - 1),
    "claims a tensor of 10 GB": safetensors_bytes({"w": entry([2_500_000_000], [0, 10**10])}),
    "claims 10 GB in 8 bytes": safetensors_bytes({"w": entry([50_000] * 2, [0, 8])}, bytes(8)),
    "multiplies to zero": safetensors_bytes({"w": entry([2**62, 2**62, 0], [0, 4])}, bytes(4)),
    "overflows": safetensors_bytes({"w": entry([2**62, 2**62], [0, 0])}),
    "negative size": safetensors_bytes({"w": entry([-1], [0, -4])}),
    "negative offset": safetensors_bytes({"w": entry([1], [-4, 0])}),
    "true for a size": safetensors_bytes(
        b'{"w":{"dtype":"U8","shape":[true],"data_offsets":[0,1]}}', b"0"
    ),
    "overlap": safetensors_bytes(
        {"a": entry([2], [0, 8]), "b": entry([2], [4, 12])}, bytes(12)
    ),
    "gap": safetensors_bytes({"a": entry([1], [0, 4]), "b": entry([1], [8, 12])}, bytes(12)),
    "data left over": safetensors_bytes({"w": entry([1], [0, 4])}, bytes(8)),
    "data missing": safetensors_bytes({"w": entry([2], [0, 8])}, bytes(4)),
    "foreign dtype": safetensors_bytes({"w": entry([1], [0, 2], "BF16")}, bytes(2)),
    "dtype is no text": safetensors_bytes(
        {"w": entry([1], [0, 4]) | {"dtype": ["F32"]}}, bytes(4)
    ),
    "many dimensions": safetensors_bytes({"w": entry([1] * 9, [0, 4])}, bytes(4)),
    "unknown key": safetensors_bytes({"w": entry([1], [0, 4]) | {"x": 1}}, bytes(4)),
    "metadata are numbers": safetensors_bytes({"__metadata__": {"a": 1}}),
    "a list": safetensors_bytes([]),
    "no JSON": safetensors_bytes(b"hello, world"),
    "a key twice": safetensors_bytes(b'{"w":{"dtype":"U8"},"w":{"dtype":"U8"}}'),
    "deep": safetensors_bytes(b'{"w":' * 50_000 + b"1" + b"}" * 50_000),
    "not UTF-8": safetensors_bytes(b'{"\xff\xfe":1}'),
    "many tensors": safetensors_bytes({str(i): entry([0], [0, 0]) for i in range(5000)}),
    "empty": b"\0" * 8,
    "over 1 MiB": safetensors_bytes(b"{" + b" " * 2**20 + b"}"),
}


@pytest.mark.parametrize("case", sorted(HEADERS))
def test_a_hostile_header_is_refused_fast_and_in_little_memory(folder: Path, case: str) -> None:
    forge_file(folder, "policy.safetensors", HEADERS[case])
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    assert "policy.safetensors" in refusal(folder)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 50 * 2**10
    assert time.process_time() - start < 2


def test_a_huge_file_is_refused_unread(folder: Path) -> None:
    with (folder / "policy.safetensors").open("r+b") as file:
        file.truncate(10 * 2**30)
    start = time.process_time()
    assert "10,737,418,240 bytes" in refusal(folder)
    assert time.process_time() - start < 2


def test_a_manifest_that_claims_more_than_the_limit_is_refused(folder: Path) -> None:
    forge_manifest(folder, lambda v: v["files"]["policy.safetensors"].update(bytes=10**10))
    assert "claims 9536 MiB" in refusal(folder)


@given(st.data())
def test_a_damaged_file_with_a_mended_digest_is_read_or_refused_and_nothing_else(
    original: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = Path(shutil.copytree(original, tmp_path_factory.mktemp("forged") / "small"))
    content = bytearray((folder / "policy.safetensors").read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    forge_file(folder, "policy.safetensors", bytes(content))
    try:
        stored = read_checkpoint(folder)
    except CheckpointError:
        return
    assert all(bool(torch.isfinite(v).all()) for v in stored.tensors["policy"].values())


@given(st.binary(max_size=200))
def test_any_bytes_are_a_header_or_refused(content: bytes) -> None:
    try:
        header = check_header(content, "random")
    except CheckpointError:
        return
    assert isinstance(header.shapes, dict)


@pytest.mark.parametrize("case", sorted(HEADERS))
def test_a_hostile_training_state_is_refused(tmp_path: Path, case: str) -> None:
    (tmp_path / "state.safetensors").write_bytes(HEADERS[case])
    with pytest.raises(CheckpointError, match=r"state.safetensors"):
        read_state(tmp_path)


def test_a_pickle_in_place_of_a_training_state_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "exploded"
    (tmp_path / "state.safetensors").write_bytes(pickle.dumps(Bomb(target)))
    with pytest.raises(CheckpointError, match="is a pickle"):
        read_state(tmp_path)
    assert not target.exists()
