"""Small checkpoints on disk, whole and forged, without networks behind them."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core.checkpoints.manifest import DatasetFacts, Manifest, ModelErrors, Tuned
from core.checkpoints.store import write_checkpoint

Tensors = dict[str, dict[str, Tensor]]


def small_manifest(**changes: Any) -> Manifest:
    """A manifest with something in every field."""
    manifest = Manifest(
        name="hopper-small",
        task="hopper",
        state_size=11,
        action_size=3,
        networks={"policy": {"kind": "policy", "hidden": [4]}, "reward": {"kind": "reward"}},
        tuned={
            "adaptive": Tuned(delta=0.05, seeds=(1, 2)),
            "critic-only": Tuned(step_size=1e-3),
        },
        dataset=DatasetFacts(
            id="psiscope/hopper/small-v0",
            digest="0" * 64,
            transitions=100,
            episodes=3,
            mean_return=1.5,
            best_return=3.0,
            recipe=[{"policy": "random", "share": 1.0}],
        ),
        hyperparameters={"rebrac": {"beta_actor": 0.05, "hidden": [256, 256, 256]}},
        curves={"loss": (1.0, 0.1 + 0.2, 1e-300)},
        model_errors=ModelErrors(
            one_step_raw=0.1,
            one_step_standardised=0.2,
            horizon=5,
            horizon_raw=0.3,
            horizon_standardised=0.4,
        ),
        evaluation={"frozen": {"return_mean": 1766.0}},
        seeds={"training": 0},
        commands=("python main.py train hopper",),
        versions={"torch": "2.13"},
        created_at="2026-01-01T00:00:00+00:00",
    )
    return dataclasses.replace(manifest, **changes)


def small_tensors(seed: int = 0) -> Tensors:
    """Tensors of all kinds: matrices, a scalar, none, integers, bytes, denormals."""
    draw = torch.Generator().manual_seed(seed)
    return {
        "policy": {
            "0.weight": torch.randn(4, 11, generator=draw),
            "0.bias": torch.tensor([0.0, -0.0, 1e-42, 3.4e38]),
            "count": torch.tensor(seed),
        },
        "reward": {
            "scale": torch.randn(3, dtype=torch.float64, generator=draw),
            "none": torch.zeros(0, 5),
            "mask": torch.tensor([True, False]),
            "bytes": torch.arange(7, dtype=torch.uint8),
        },
    }


def write_small(folder: Path, seed: int = 0, **changes: Any) -> Path:
    """Write a small checkpoint and return its folder."""
    write_checkpoint(folder, small_manifest(**changes), small_tensors(seed))
    return folder


def same_bits(first: Tensors, second: Tensors) -> bool:
    """The same names, shapes, dtypes and bytes."""
    return bool(_bits(first) == _bits(second))


def forge_manifest(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change what checkpoint.json says."""
    path = folder / "checkpoint.json"
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))


def forge_file(folder: Path, name: str, content: bytes, **shapes: list[int]) -> None:
    """Replace a file, and mend size, digest and shapes in the manifest."""
    (folder / name).write_bytes(content)

    def mend(values: dict[str, Any]) -> None:
        entry = values["files"][name]
        entry |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        entry["shapes"] = shapes or entry["shapes"]

    forge_manifest(folder, mend)


def safetensors_bytes(
    header: object, data: bytes = b"", *, claimed: int | None = None
) -> bytes:
    """A safetensors file with any header."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if claimed is None else claimed).to_bytes(8, "little") + text + data


def names_in(folder: Path) -> set[str]:
    """Everything in a folder, hidden files included."""
    return {entry.name for entry in folder.iterdir()}


def _bits(tensors: Tensors) -> Any:
    return {
        network: {
            name: (value.dtype, value.shape, value.reshape(-1).numpy().tobytes())
            for name, value in values.items()
        }
        for network, values in tensors.items()
    }
