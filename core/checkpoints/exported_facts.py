"""What a file of torch.export says of itself, read as JSON and bytes: no torch, nothing runs.

The graph's JSON gives the shapes of what a program takes and gives; a table gives those of its
weights. What does not fit is refused here, before torch is asked to build the program.
"""

from __future__ import annotations

import math
import zipfile
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.checkpoints.archives import DAMAGE, read_entry
from core.checkpoints.strict_json import parse_json
from core.errors import CheckpointError
from core.tasks import Task

LARGEST_GRAPH = 16 * 2**20
"""Bytes of JSON."""
MOST_WEIGHTS = 2**24
_AGAIN = "write it with torch.export.save"
_ONLY = "export a function of tensors as in docs/own-code.md"
_STRIDED, _FLOAT32 = 7, 7
_DTYPES = {
    1: "u1", 2: "i1", 3: "<i2", 4: "<i4", 5: "<i8", 6: "<f2", 7: "<f4", 8: "<f8", 12: "?",
    13: "<u2",
}  # fmt: skip
"""torch's ScalarType -> numpy's dtype; bfloat16 as the bits that it has."""
_LARGEST_SIZE = 2**40


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Of a tensor in the graph."""

    sizes: tuple[int | None, ...]
    """None where it depends on the input."""
    dtype: int


Shapes = tuple[Shape, ...]


def check_tensors(archive: zipfile.ZipFile, config: str, name: str) -> None:
    """Raise CheckpointError unless every weight of that table is there, whole and finite."""
    folder = config.rpartition("/")[0]
    with _damage(config, name):
        table = parse_json(read_entry(archive, config, name), f"{config} in {name}")["config"]
        described = dict(table.items())
        if any(entry["use_pickle"] for entry in described.values()):
            raise CheckpointError(f"{name} holds pickled objects", "export plain tensors only")
        metas = {
            weight: (f"{folder}/{entry['path_name']}", entry["tensor_meta"])
            for weight, entry in described.items()
        }
        count = sum(math.prod(_sizes(meta, "sizes")) for _, meta in metas.values())
    if count > MOST_WEIGHTS:
        raise CheckpointError(f"{name} has {count:,} weights", "use a smaller model")
    for weight, (place, meta) in metas.items():
        content = read_entry(archive, place, name)
        with _damage(f"tensor {weight[:80]}", name):
            numbers = _stored(content, meta)
        if numbers.dtype.kind == "f" and not bool(np.isfinite(numbers).all()):
            raise CheckpointError(
                f"tensor {weight[:80]!r} in {name} is not finite", "train it again"
            )


def check_graph(archive: zipfile.ZipFile, model: str, name: str) -> tuple[Shapes, Shapes]:
    """The shapes that the graph takes and gives, one after the other. CheckpointError."""
    content = read_entry(archive, model, name, LARGEST_GRAPH)
    found = parse_json(content, f"{model} in {name}", limit=LARGEST_GRAPH, deepest=256)
    with _damage(model, name):
        graph, signature = found["graph_module"]["graph"], found["graph_module"]["signature"]
        values = graph["tensor_values"]
        taken = [s["user_input"] for s in signature["input_specs"] if "user_input" in s]
        given = [s["user_output"] for s in signature["output_specs"] if "user_output" in s]
        every = [spec["arg"].get("as_tensor") for spec in (*taken, *given)]
        shapes = [_shape(values[tensor["name"]]) for tensor in every if tensor is not None]
    if None in every:
        raise CheckpointError(f"{name} takes or gives other things than tensors", _ONLY)
    return tuple(shapes[: len(taken)]), tuple(shapes[len(taken) :])


def check_fits(shapes: tuple[Shapes, Shapes], role: str, task: Task, name: str) -> None:
    """Raise CheckpointError unless a program of those shapes can be that part of the task."""
    state, action = task.state_size, task.action_size
    wanted = {
        "policy": (((state,),), ((action,),)),
        "critic": (((state,), (action,)), ((),)),
        "world_model": (((state,), (action,), (state,)), ((state,), ())),
    }[role]
    for verb, found, expected in zip(("takes", "gives"), shapes, wanted, strict=True):
        if len(found) != len(expected):
            raise CheckpointError(
                f"{name} {verb} {len(found)} tensors, a {role.replace('_', ' ')} {verb} "
                f"{len(expected)}",
                _ONLY,
            )
        for shape, tail in zip(found, expected, strict=True):
            _check_shape(shape, tail, f"{name} {verb}", batch=verb == "takes")


def _check_shape(shape: Shape, tail: tuple[int, ...], words: str, *, batch: bool) -> None:
    told = ", ".join("N" if size is None else str(size) for size in shape.sizes)
    needed = ", ".join(("N", *map(str, tail)))
    fits = len(shape.sizes) == 1 + len(tail) and all(
        size in (None, wanted) for size, wanted in zip(shape.sizes[1:], tail, strict=False)
    )
    if shape.dtype != _FLOAT32 or not fits:
        kind = "" if shape.dtype == _FLOAT32 else " of another dtype"
        raise CheckpointError(f"{words} ({told}){kind}", f"float32 ({needed}) is needed")
    if batch and shape.sizes[0] is not None:
        raise CheckpointError(
            f"{words} a batch of {shape.sizes[0]} alone",
            "export it with a dynamic batch, torch.export.Dim('batch')",
        )


def _shape(meta: Any) -> Shape:
    sizes = tuple(size.get("as_int") for size in meta["sizes"])
    if not all(size is None or type(size) is int for size in sizes):
        raise ValueError("a size is no whole number")
    return Shape(sizes=sizes, dtype=int(meta["dtype"]))


def _stored(content: bytes, meta: Any) -> Any:
    """The numbers of a storage. Raises ValueError where it does not hold the tensor."""
    numbers = np.frombuffer(content, _DTYPES[meta["dtype"]])
    shape, strides = _sizes(meta, "sizes"), _sizes(meta, "strides")
    last = _size(meta["storage_offset"])
    last += sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
    if meta["layout"] != _STRIDED or (0 not in shape and last >= len(numbers)):
        raise ValueError("a tensor reaches beyond its storage")
    return numbers


def _sizes(meta: Any, key: str) -> tuple[int, ...]:
    return tuple(_size(value) for value in meta[key])


def _size(value: Any) -> int:
    found = value["as_int"]
    if type(found) is not int or not 0 <= found < _LARGEST_SIZE:
        raise ValueError("a size is no whole number")
    return found


class _damage:
    """What goes wrong inside is told as damage of that part."""

    def __init__(self, part: str, name: str) -> None:
        self._line = f"{part!r} in {name} is damaged"

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: Any, error: BaseException | None, _trace: Any) -> None:
        if isinstance(error, DAMAGE):
            raise CheckpointError(self._line, _AGAIN) from error
