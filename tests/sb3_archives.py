"""Small archives in the layout of Stable-Baselines3, made with torch alone."""

from __future__ import annotations

import io
import itertools
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor


class Bomb:
    """Unpickled, it makes a file."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.target,)


def sac_tensors(
    sizes: tuple[int, ...] = (11, 16, 8, 3), seed: int = 0
) -> OrderedDict[str, Tensor]:
    """The state dict of a SAC policy with these layer sizes, critics included in part."""
    draw = torch.Generator().manual_seed(seed)
    tensors: OrderedDict[str, Tensor] = OrderedDict()
    *hidden, head = itertools.pairwise(sizes)
    layers = [(f"actor.latent_pi.{2 * i}", *shape) for i, shape in enumerate(hidden)]
    layers += [("actor.mu", *head), ("actor.log_std", *head)]
    layers += [("critic.qf0.0", sizes[0] + sizes[-1], 16)]
    for name, inputs, outputs in layers:
        tensors[f"{name}.weight"] = torch.randn(outputs, inputs, generator=draw)
        tensors[f"{name}.bias"] = torch.randn(outputs, generator=draw)
    return tensors


def saved(value: object) -> bytes:
    """What torch.save writes."""
    file = io.BytesIO()
    torch.save(value, file)
    return file.getvalue()


def write_archive(path: Path, tensors: object, **entries: bytes) -> Path:
    """A Stable-Baselines3 archive whose `data` must not be unpickled."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data", pickle.dumps(Bomb(path.with_name("exploded"))))
        archive.writestr("policy.pth", saved(tensors))
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def repack(
    content: bytes, changes: Mapping[str, bytes], method: int = zipfile.ZIP_STORED
) -> bytes:
    """The same zip with entries replaced, found by how their names end."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", method) as new:
        for name in old.namelist():
            ending = next((e for e in changes if name.endswith(e)), None)
            new.writestr(name, old.read(name) if ending is None else changes[ending])
    return file.getvalue()
