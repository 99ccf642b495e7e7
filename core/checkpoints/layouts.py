"""What the networks of a checkpoint must hold, told from its manifest. Free of torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.checkpoints.manifest import Manifest
from core.errors import CheckpointError

MODEL = ("dynamics", "reward", "ensemble")
"""What a world model of the user's takes the place of."""
SMALLEST_STD = 1e-12
"""Of a normaliser: what is divided by less leaves single precision."""
_LARGEST_SIZE = 8192
_MOST_LAYERS = 16
_AGAIN = "copy, train or import it again"
Shapes = dict[str, tuple[int, ...]]
Arrays = Mapping[str, Mapping[str, NDArray[Any]]]


def needed_networks(manifest: Manifest) -> tuple[str, ...]:
    """The networks that a checkpoint of that task needs, beside the programs of the user."""
    programs = {network for network, _ in manifest.programs()}
    left_out = {*programs, *(MODEL if "world_model" in programs else ())}
    if manifest.find_task().goal is not None:
        left_out.add("reward")
    return tuple(name for name in _LAYOUTS if name not in left_out)


def check_networks(manifest: Manifest, arrays: Arrays) -> None:
    """Raise CheckpointError unless the networks that are needed can be built from the arrays,
    network name -> tensor name -> values."""
    for name in needed_networks(manifest):
        described = dict(manifest.networks.get(name, {}))
        if described.pop("kind", None) != name:
            raise CheckpointError(f"{manifest.name} has no {name}", _AGAIN)
        words = f"the {name} of {manifest.name}"
        _check(_expected(manifest, name, described, words), arrays.get(name, {}), words)


def _expected(manifest: Manifest, name: str, described: dict[str, Any], words: str) -> Shapes:
    layout, defaults = _LAYOUTS[name]
    if described.keys() - defaults.keys():
        unknown = min(described.keys() - defaults.keys())
        raise CheckpointError(f"{words} is described by {unknown[:40]!r}", _AGAIN)
    sizes = {key: described.get(key, value) for key, value in defaults.items()}
    for key, value in sizes.items():
        if not _is_size(value, like=defaults[key]):
            raise CheckpointError(f"{words} has {str(value)[:40]} for {key}", _AGAIN)
    return layout(manifest.state_size, manifest.action_size, **sizes)


def _is_size(value: Any, *, like: Any) -> bool:
    if not isinstance(like, tuple):
        values = [value]
    elif isinstance(value, list | tuple):
        values = list(value)
    else:
        return False
    return 1 <= len(values) <= _MOST_LAYERS and all(
        type(each) is int and 1 <= each <= _LARGEST_SIZE for each in values
    )


def _check(expected: Shapes, found: Mapping[str, NDArray[Any]], words: str) -> None:
    odd = min(expected.keys() ^ found.keys(), default="")
    if odd:
        verb = "lacks" if odd in expected else "has a foreign"
        raise CheckpointError(f"{words} {verb} tensor {odd[:80]!r}", _AGAIN)
    for tensor, shape in expected.items():
        values = found[tensor]
        if values.shape != shape or values.dtype != np.float32:
            raise CheckpointError(
                f"{tensor} in {words} is {values.dtype} {values.shape}, not float32 {shape}",
                _AGAIN,
            )
        if tensor.endswith(".std") and not bool((values >= SMALLEST_STD).all()):
            raise CheckpointError(f"{tensor} in {words} is not above 0", _AGAIN)


def _normalizer(name: str, size: int) -> Shapes:
    return {f"{name}.mean": (size,), f"{name}.std": (size,)}


def _linear(name: str, inputs: int, outputs: int) -> Shapes:
    return {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}


def _norm(name: str, size: int) -> Shapes:
    return {f"{name}.weight": (size,), f"{name}.bias": (size,)}


def _mlp(name: str, sizes: Sequence[int], *, layer_norm: bool = False) -> Shapes:
    """core.models.mlp: after each layer but the last an activation, then the norm."""
    found: Shapes = {}
    stride = 3 if layer_norm else 2
    for layer, (inputs, outputs) in enumerate(pairwise(sizes)):
        found |= _linear(f"{name}.{stride * layer}", inputs, outputs)
        if layer_norm and layer < len(sizes) - 2:
            found |= _norm(f"{name}.{stride * layer + 2}", outputs)
    return found


def _policy(states: int, actions: int, *, hidden: Sequence[int]) -> Shapes:
    return _normalizer("normalizer", states) | _mlp("network", (states, *hidden, actions))


def _critic(states: int, actions: int, *, hidden: Sequence[int]) -> Shapes:
    sizes = (states + actions, *hidden, 1)
    twins = _mlp("first", sizes, layer_norm=True) | _mlp("second", sizes, layer_norm=True)
    return _normalizer("normalizer", states) | twins


def _reward(states: int, actions: int, *, hidden: Sequence[int]) -> Shapes:
    network = _mlp("network", (states + actions, *hidden, 1))
    return _normalizer("states", states) | _normalizer("rewards", 1) | network


def _dynamics(states: int, actions: int, *, width: int, blocks: int) -> Shapes:
    found = _normalizer("states", states) | _normalizer("changes", states)
    found |= _linear("input", 2 * states + actions + 1, width)
    for block in range(blocks):
        found |= _linear(f"blocks.{block}.first", width, width)
        found |= _norm(f"blocks.{block}.norm", width)
        found |= _linear(f"blocks.{block}.second", width, width)
    return found | _linear("output", width, states)


def _ensemble(states: int, actions: int, *, members: int, width: int) -> Shapes:
    found = _normalizer("states", states) | _normalizer("changes", states)
    for layer, (a, b) in enumerate(pairwise((states + actions, width, width, states))):
        found |= {f"weights.{layer}": (members, a, b), f"biases.{layer}": (members, 1, b)}
    return found


_LAYOUTS: dict[str, tuple[Callable[..., Shapes], dict[str, Any]]] = {
    "policy": (_policy, {"hidden": (256, 256, 256)}),
    "critic": (_critic, {"hidden": (256, 256, 256)}),
    "dynamics": (_dynamics, {"width": 256, "blocks": 3}),
    "reward": (_reward, {"hidden": (256, 256)}),
    "ensemble": (_ensemble, {"members": 5, "width": 128}),
}
"""Kind -> its shapes by state size, action size and the sizes described, and their defaults."""
