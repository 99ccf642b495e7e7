"""Stable-Baselines3 archives: what is read, and what is refused."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import pickle
import resource
import time
import zipfile
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from core.checkpoints.importers import read_sb3_policy
from core.checkpoints.saved_tensors import read_saved
from core.errors import CheckpointError
from tests.sb3_archives import Bomb, repack, sac_tensors, saved, write_archive


def refusal(path: Path) -> str:
    """The one line of the refusal."""
    with pytest.raises(CheckpointError) as caught:
        read_sb3_policy(path)
    line = str(caught.value)
    assert "\n" not in line
    assert caught.value.remedy
    return line


def archive_of(folder: Path, policy: bytes, method: int = zipfile.ZIP_STORED) -> Path:
    """An archive whose policy.pth has these bytes."""
    path = folder / "policy.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("policy.pth", policy)
    return path


def test_an_archive_acts_like_the_network_it_was_saved_from(tmp_path: Path) -> None:
    tensors = sac_tensors((11, 16, 8, 3))
    network = nn.Sequential(
        nn.Linear(11, 16), nn.ReLU(), nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 3), nn.Tanh()
    )
    names = ("actor.latent_pi.0", "actor.latent_pi.2", "actor.mu")
    for index, name in zip((0, 2, 4), names, strict=True):
        network[index].load_state_dict(
            {kind: tensors[f"{name}.{kind}"] for kind in ("weight", "bias")}
        )
    path = write_archive(tmp_path / "sac.zip", tensors)
    policy = read_sb3_policy(path)
    states = torch.randn(7, 11, generator=torch.Generator().manual_seed(1))
    assert (policy.state_size, policy.action_size) == (11, 3)
    assert torch.equal(policy(states), network(states))
    assert policy.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_the_archive_pickles_is_never_run(tmp_path: Path) -> None:
    read_sb3_policy(write_archive(tmp_path / "sac.zip", sac_tensors()))
    assert not (tmp_path / "exploded").exists()


def test_the_weights_share_no_memory_and_ask_for_no_gradient(tmp_path: Path) -> None:
    tensors = sac_tensors()
    tensors["actor.mu.weight"] = nn.Parameter(torch.randn(8, 3).T)
    policy = read_sb3_policy(write_archive(tmp_path / "sac.zip", tensors))
    layers = (*policy.weights, *policy.biases)
    assert not any(layer.requires_grad for layer in layers)
    assert all(layer.is_contiguous() for layer in layers)
    assert len({layer.data_ptr() for layer in layers}) == len(layers)


def test_a_missing_file_a_folder_and_a_device_are_refused(tmp_path: Path) -> None:
    assert "does not exist" in refusal(tmp_path / "none.zip")
    assert "is not a file" in refusal(tmp_path)
    os.mkfifo(tmp_path / "pipe.zip")
    assert "is not a file" in refusal(tmp_path / "pipe.zip")


def test_a_file_that_is_no_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "policy.zip"
    for content in (b"", b"hello", b"PK\x05\x06" + bytes(17), bytes(range(256)) * 4):
        path.write_bytes(content)
        assert "is not a zip archive" in refusal(path)


def test_a_cut_off_archive_is_refused(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "sac.zip", sac_tensors())
    content = path.read_bytes()
    for size in (len(content) // 3, len(content) - 10):
        path.write_bytes(content[:size])
        refusal(path)


def test_an_archive_without_a_policy_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "policy.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data", "{}")
    assert "has no policy.pth" in refusal(path)


def test_gsde_is_refused(tmp_path: Path) -> None:
    tensors = sac_tensors()
    del tensors["actor.log_std.weight"], tensors["actor.log_std.bias"]
    tensors["actor.log_std"] = torch.zeros(8, 3)
    assert "gSDE" in refusal(write_archive(tmp_path / "gsde.zip", tensors))


@pytest.mark.parametrize(
    ("renamed", "expected"),
    [
        ({"actor.mu.weight": "actor.mu.0.weight"}, "not a SAC, TD3 or TQC policy"),
        ({"actor.latent_pi.0.weight": "actor.latent_pi.1.weight"}, "not a plain MLP"),
        ({"actor.latent_pi.2.bias": "elsewhere"}, "has no actor.latent_pi.2.bias"),
        ({"critic.qf0.0.weight": "actor.features_extractor.cnn.0.weight"}, "over vectors"),
    ],
)
def test_another_architecture_is_refused(
    tmp_path: Path, renamed: dict[str, str], expected: str
) -> None:
    tensors = {renamed.get(name, name): value for name, value in sac_tensors().items()}
    assert expected in refusal(write_archive(tmp_path / "other.zip", tensors))


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("actor.mu.weight", torch.zeros(3, 9), "do not fit together"),
        ("actor.mu.bias", torch.zeros(4), "do not fit together"),
        ("actor.latent_pi.2.weight", torch.zeros(8), "do not fit together"),
        ("actor.mu.weight", torch.zeros(3, 8, dtype=torch.float64), "not a plain float32"),
        ("actor.mu.weight", torch.zeros(1).expand(3, 8), "not a plain float32"),
        ("actor.mu.weight", torch.full((3, 8), torch.nan), "not finite"),
        ("actor.latent_pi.0.weight", torch.zeros(16, 0), "empty"),
    ],
)
def test_layers_that_do_not_fit_or_are_not_numbers_are_refused(
    tmp_path: Path, name: str, value: torch.Tensor, expected: str
) -> None:
    tensors = sac_tensors()
    tensors[name] = value
    assert expected in refusal(write_archive(tmp_path / "odd.zip", tensors))


@pytest.mark.parametrize("value", [[1, 2], "text", {"actor": torch.zeros(1)}, torch.zeros(2)])
def test_a_policy_file_that_is_no_policy_is_refused(tmp_path: Path, value: object) -> None:
    refusal(write_archive(tmp_path / "odd.zip", value))


def test_a_policy_file_that_asks_for_code_is_refused_unrun(tmp_path: Path) -> None:
    target = tmp_path / "exploded"
    plain = pickle.dumps(Bomb(target))
    in_zip = repack(saved(sac_tensors()), {"data.pkl": pickle.dumps(Bomb(target), protocol=2)})
    assert "is not a zip archive" in refusal(archive_of(tmp_path, plain))
    assert "not only tensors" in refusal(archive_of(tmp_path, in_zip))
    assert not target.exists()


def test_a_tensor_that_claims_more_than_is_stored_is_refused(tmp_path: Path) -> None:
    content = saved({"actor.mu.weight": torch.zeros(4, 3)})
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        description = archive.read(
            next(n for n in archive.namelist() if n.endswith("data.pkl"))
        )
    claim = description.replace(b"K\x0ct", b"J\x00\x00\x00\x40t")
    assert claim != description
    assert "not a plain state dict" in refusal(
        archive_of(tmp_path, repack(content, {"data.pkl": claim}))
    )


def test_zip_bombs_are_refused_before_they_unpack(tmp_path: Path) -> None:
    zeros = bytes(65 * 2**20)
    inner = repack(saved(sac_tensors()), {"data/0": zeros}, zipfile.ZIP_DEFLATED)
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    assert "unpacks to over 64 MiB" in refusal(archive_of(tmp_path, inner))
    outer = archive_of(tmp_path, zeros, zipfile.ZIP_DEFLATED)
    assert "unpacks to 68,157,440 bytes" in refusal(outer)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 100 * 2**10
    assert time.process_time() - start < 5


def test_a_bomb_that_lies_about_its_size_is_cut_off(tmp_path: Path) -> None:
    path = archive_of(tmp_path, bytes(2**20), zipfile.ZIP_DEFLATED)
    content = path.read_bytes()
    path.write_bytes(
        content.replace((2**20).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    )
    assert "damaged" in refusal(path)


def test_repeated_entries_are_refused(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "twice.zip", sac_tensors())
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("policy.pth", b"")
    assert "repeated" in refusal(path)


@given(st.data())
def test_a_damaged_state_dict_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    content = saved({"actor.mu.weight": torch.zeros(4, 3), "actor.mu.bias": torch.zeros(4)})
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        description = archive.read(
            next(n for n in archive.namelist() if n.endswith("data.pkl"))
        )
    damaged = bytearray(description)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(damaged) - 1))
        damaged[place] = data.draw(st.integers(0, 255))
    with contextlib.suppress(CheckpointError):
        read_saved(repack(content, {"data.pkl": bytes(damaged)}), "policy.pth")
