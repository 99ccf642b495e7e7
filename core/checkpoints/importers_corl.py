"""Policies of CORL, read as data: TD3+BC files of torch.save, and ReBRAC's flax parameters.

CORL's TD3+BC saves {"actor": state dict, "critic_1": .., ..}; its actor is net.0, net.2, net.4
with ReLU between and tanh, times the environment's largest action. CORL's ReBRAC (JAX) saves
nothing by itself: what is read is what flax.serialization.to_bytes makes of its parameters.
Neither holds the mean and std that states may have been standardised with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.checkpoints.flax_params import read_flax_params
from core.checkpoints.saved_tensors import read_saved
from core.errors import CheckpointError

Layers = list[tuple[Any, Any]]
"""(weight (out, in), bias (out,)) of each layer, as found."""
_TD3_BC = "give a checkpoint of CORL's TD3+BC (td3_bc.py), or parameters of its ReBRAC"
_REBRAC = "give the actor's parameters of CORL's ReBRAC with actor_ln off"
_LINEAR = re.compile(r"net\.(\d{1,3})\.(weight|bias)")
_DENSE = re.compile(r"(?:Dense|layers)_(\d{1,3})")
_MOST_LAYERS = 17


def td3_bc_layers(content: bytes, name: str) -> Layers:
    """The layers of the actor in a file of CORL's td3_bc.py."""
    found = read_saved(content, name)
    actor = found.get("actor")
    if not isinstance(actor, Mapping) or "critic_1" not in found:
        raise CheckpointError(f"{name} is not of CORL's TD3+BC", _TD3_BC)
    keys = [_LINEAR.fullmatch(str(key)) for key in actor]
    numbers = sorted({int(key[1]) for key in keys if key})
    even = numbers == list(range(0, 2 * len(numbers), 2)) and len(numbers) <= _MOST_LAYERS
    if None in keys or len(keys) != 2 * len(numbers) or not even or not numbers:
        known = ", ".join(str(key)[:40] for key in list(actor)[:6])
        raise CheckpointError(f"the actor in {name} is not of TD3+BC ({known})", _TD3_BC)
    return [(actor.get(f"net.{i}.weight"), actor.get(f"net.{i}.bias")) for i in numbers]


def rebrac_layers(content: bytes, name: str) -> Layers:
    """The layers of the actor in a file of flax.serialization: parameters or train state."""
    found = read_flax_params(content, name)
    groups = [group for path, group in _groups(found) if "target_params" not in path]
    if any("LayerNorm" in key for group in groups for key in group):
        raise CheckpointError(f"{name} has layer norms, our policy has none", _REBRAC)
    dense = [group for group in groups if any(_DENSE.fullmatch(key) for key in group)]
    if len(dense) != 1 or not all(_DENSE.fullmatch(key) for key in dense[0]):
        raise CheckpointError(f"{name} does not hold the layers of one actor", _REBRAC)
    by_number = sorted(dense[0].items(), key=lambda item: int(item[0].rpartition("_")[2]))
    if len(by_number) > _MOST_LAYERS:
        raise CheckpointError(f"{name} has {len(by_number)} layers", _REBRAC)
    return [(_kernel(layer), _array(layer.get("bias"))) for _, layer in by_number]


def _groups(
    tree: Mapping[str, Any], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Every mapping whose values are layers: mappings with a kernel or a scale."""
    layers = {k: v for k, v in tree.items() if isinstance(v, dict) and v.keys() & _LEAVES}
    if layers:
        yield path, layers
    for key, value in tree.items():
        if isinstance(value, dict) and key not in layers and key != "opt_state":
            yield from _groups(value, (*path, key))


_LEAVES = {"kernel", "scale"}


def _kernel(layer: Mapping[str, Any]) -> NDArray[np.float32] | None:
    """flax keeps (in, out)."""
    kernel = _array(layer.get("kernel"))
    return None if kernel is None else kernel.T


def _array(found: Any) -> NDArray[np.float32] | None:
    if not isinstance(found, np.ndarray) or found.dtype.kind != "f":
        return None
    with np.errstate(over="ignore"):
        return found.astype(np.float32)
