"""Training states: bit for bit, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.checkpoints.store import (
    read_state,
    write_state,
)
from core.errors import CheckpointError
from tests.checkpoint_files import (
    names_in,
    same_bits,
    small_tensors,
)
from tests.failing_calls import CALLS, break_call


def test_a_training_state_comes_back_bit_for_bit(tmp_path: Path) -> None:
    tensors = small_tensors()["policy"] | small_tensors()["reward"]
    tensors["diverged"] = torch.tensor([torch.nan, -torch.inf])
    values = {"updates": 12, "curves": {"loss": [0.1 + 0.2, 1e-300, -0.0]}, "none": None}
    write_state(tmp_path / "training", tensors, values)
    found, told = read_state(tmp_path / "training")
    assert same_bits({"state": found}, {"state": tensors})
    assert told == values
    assert repr(told["curves"]["loss"]) == "[0.30000000000000004, 1e-300, -0.0]"
    assert names_in(tmp_path / "training") == {"state.safetensors"}


def test_a_training_state_is_replaced_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_state(tmp_path, {"a": torch.zeros(3)}, 1)
    for call in sorted(CALLS):
        with monkeypatch.context() as patch:
            break_call(patch, call, 0)
            with pytest.raises(CheckpointError, match="the disk is full"):
                write_state(tmp_path, {"a": torch.ones(3)}, 2)
        assert read_state(tmp_path)[1] == 1
        assert names_in(tmp_path) == {"state.safetensors"}
    write_state(tmp_path, {"a": torch.ones(3)}, 2)
    assert read_state(tmp_path)[1] == 2


@given(place=st.integers(0), bit=st.integers(0, 7))
def test_a_flipped_bit_in_a_training_state_is_noticed(
    tmp_path_factory: pytest.TempPathFactory, place: int, bit: int
) -> None:
    folder = tmp_path_factory.mktemp("state")
    write_state(folder, {"a": torch.zeros(3), "b": torch.ones(2, 2)}, {"updates": 7})
    path = folder / "state.safetensors"
    content = bytearray(path.read_bytes())
    content[place % len(content)] ^= 1 << bit
    path.write_bytes(content)
    try:
        tensors, values = read_state(folder)
    except CheckpointError:
        return
    # Blanks that pad the header carry nothing.
    assert values == {"updates": 7}
    assert torch.equal(tensors["b"], torch.ones(2, 2))


def test_a_missing_training_state_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"state.safetensors cannot be read"):
        read_state(tmp_path / "none")
