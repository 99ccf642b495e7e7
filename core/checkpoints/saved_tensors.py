"""Files of torch.save, read without torch and without unpickling.

Such a file is a zip: a small pickle that says which tensors there are, and their data. The
pickle is walked as a list of instructions: only those that build dictionaries, lists, texts,
numbers and tensors are known, and they build plain values. Nothing that it names is imported.
"""

from __future__ import annotations

import math
import pickletools
import warnings
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.checkpoints.archives import DAMAGE, LARGEST_ENTRY, open_zip, read_entry
from core.errors import CheckpointError

LARGEST_PICKLE = 64 * 2**10
MOST_DIMENSIONS = 8
_PROTOCOL = 2
"""What torch.save writes."""
_TENSOR, _PARAMETER = "torch._utils _rebuild_tensor_v2", "torch._utils _rebuild_parameter"
_MAPPING = "collections OrderedDict"
_STORAGES = {
    "torch FloatStorage": "<f4", "torch DoubleStorage": "<f8", "torch LongStorage": "<i8",
    "torch IntStorage": "<i4", "torch ByteStorage": "u1", "torch BoolStorage": "?",
}  # fmt: skip
"""Storage of a tensor -> numpy's dtype of what lies in it."""
_AGAIN = "it is damaged, or of another kind: copy it or save it again"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SavedTensor:
    """What a file says of a tensor; nothing of it is in memory twice."""

    dtype: str
    """numpy's."""
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    """Items."""
    offset: int
    """Items."""
    data: bytes
    """Of the storage that it lies in."""

    @property
    def size(self) -> int:
        """Numbers in it."""
        return math.prod(self.shape)

    @property
    def is_dense(self) -> bool:
        """Whether the storage holds a number for each of its own."""
        return self.size <= len(self.data) // np.dtype(self.dtype).itemsize

    def array(self) -> NDArray[Any]:
        """A copy in C order. Dense tensors alone: another one may claim any size."""
        stored = np.frombuffer(self.data, self.dtype)
        if not self.size:
            return np.zeros(self.shape, self.dtype)
        steps = tuple(stored.itemsize * step for step in self.strides)
        view = np.lib.stride_tricks.as_strided(stored[self.offset :], self.shape, steps)
        return np.array(view, order="C")


def read_saved(content: bytes, name: str) -> Mapping[str, Any]:
    """The mapping that torch.save wrote: tensors, numbers, texts, and mappings of them.

    Raises CheckpointError on anything doubtful.
    """
    found = check_saved(content, name)
    if not isinstance(found, dict):
        raise CheckpointError(f"{name} is not a state dict", _AGAIN)
    return found


def check_saved(content: bytes, name: str) -> Any:
    """What torch.save wrote, of any kind. Raises CheckpointError as read_saved."""
    archive = open_zip(content, name)
    if sum(entry.file_size for entry in archive.infolist()) > LARGEST_ENTRY:
        raise CheckpointError(f"{name} unpacks to over {LARGEST_ENTRY >> 20} MiB", _AGAIN)
    places = [e for e in archive.namelist() if e.endswith("data.pkl")]
    if len(places) != 1:
        raise CheckpointError(f"{name} is not a plain state dict", _AGAIN)
    folder = places[0].removesuffix("data.pkl")
    order = f"{folder}byteorder"
    if order in archive.namelist() and read_entry(archive, order, name, 16) != b"little":
        raise CheckpointError(f"{name} was written on another kind of machine", _AGAIN)
    pickled = read_entry(archive, places[0], name, LARGEST_PICKLE)
    return _walk(pickled, _Storages(archive, f"{folder}data/", name), name)


def _walk(pickled: bytes, storages: _Storages, name: str) -> Any:
    walker = _Walker(storages)
    try:
        # Odd bytes make the reader warn before it refuses; a refusal is one line.
        with warnings.catch_warnings(action="ignore"):
            instructions = list(pickletools.genops(pickled))
        for opcode, argument, _ in instructions:
            strange = opcode.name == "GLOBAL" and argument not in _GLOBALS
            foreign = opcode.name == "PROTO" and argument != _PROTOCOL
            if strange or foreign or opcode.name not in _OPCODES:
                raise CheckpointError(
                    f"{name} holds {opcode.name} {str(argument)[:60]!r}, not only tensors",
                    "do not trust this file",
                )
            _OPCODES[opcode.name](walker, argument)
        (found,) = walker.stack
    except DAMAGE as error:
        raise CheckpointError(f"{name} is not a plain state dict", _AGAIN) from error
    return found


_GLOBALS = {_MAPPING, _TENSOR, _PARAMETER, *_STORAGES}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Global:
    """A name that a pickle would import; here it stays a name."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Storage:
    dtype: str
    data: bytes


class _Storages:
    """The data of an archive, each entry read once."""

    def __init__(self, archive: zipfile.ZipFile, folder: str, name: str) -> None:
        self._archive, self._folder, self._name = archive, folder, name
        self._read: dict[str, bytes] = {}

    def find(self, key: str) -> bytes:
        """The bytes of a storage."""
        if key not in self._read:
            entry = f"{self._folder}{key}"
            self._read[key] = read_entry(self._archive, entry, self._name)
        return self._read[key]


class _Walker:
    """The stack, the marks on it and the memory of a pickle."""

    def __init__(self, storages: _Storages) -> None:
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memory: dict[int, Any] = {}
        self.storages = storages

    def taken(self, count: int) -> list[Any]:
        """The last values, taken off."""
        if len(self.stack) - (self.marks[-1] if self.marks else 0) < count:
            raise ValueError("there is too little on the stack")
        values = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return values

    def since_mark(self) -> list[Any]:
        """What lies above the last mark, taken off."""
        mark = self.marks.pop()
        values = self.stack[mark:]
        del self.stack[mark:]
        return values

    def push(self, value: Any) -> None:
        """Onto the stack."""
        self.stack.append(value)

    def append(self, items: list[Any]) -> None:
        """To the list on top of the stack."""
        if not isinstance(self.stack[-1], list):
            raise TypeError("there is no list")
        self.stack[-1].extend(items)

    def set(self, pairs: list[Any]) -> None:
        """Into the dictionary on top of the stack."""
        if not isinstance(self.stack[-1], dict) or len(pairs) % 2:
            raise TypeError("there is no dictionary")
        keys, values = pairs[::2], pairs[1::2]
        if not all(isinstance(key, str | int) for key in keys):
            raise TypeError("a key is neither text nor number")
        self.stack[-1].update(zip(keys, values, strict=True))

    def storage(self) -> None:
        """("storage", its kind, its key, device, items) -> what lies there."""
        ((word, kind, key, _, count),) = self.taken(1)
        if word != "storage" or not isinstance(kind, _Global) or not isinstance(key, str):
            raise ValueError("it refers to something else than a storage")
        found = _Storage(dtype=_STORAGES[kind.name], data=self.storages.find(key))
        if type(count) is not int or count * np.dtype(found.dtype).itemsize != len(found.data):
            raise ValueError("a storage is of another size than it says")
        self.push(found)

    def call(self) -> None:
        """A known name and its arguments -> the plain value that stands for the result."""
        called, arguments = self.taken(2)
        if not isinstance(called, _Global) or not isinstance(arguments, tuple):
            raise TypeError("it calls something else than a name")
        if called.name == _MAPPING:
            () = arguments
            self.push({})
        elif called.name == _PARAMETER:
            self.push(arguments[0])
        else:
            self.push(_tensor(called.name, *arguments[:4]))


def _tensor(called: str, storage: Any, offset: Any, shape: Any, strides: Any) -> SavedTensor:
    sizes = (offset, *shape, *strides)
    whole = all(type(size) is int and 0 <= size < 2**40 for size in sizes)
    fits = len(shape) == len(strides) <= MOST_DIMENSIONS
    if called != _TENSOR or not isinstance(storage, _Storage) or not whole or not fits:
        raise ValueError("a tensor is malformed")
    last = offset + sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
    if 0 not in shape and last >= len(storage.data) // np.dtype(storage.dtype).itemsize:
        raise ValueError("a tensor reaches beyond its storage")
    return SavedTensor(
        dtype=storage.dtype, shape=shape, strides=strides, offset=offset, data=storage.data
    )


def _constant(value: Any) -> Callable[[_Walker, Any], None]:
    return lambda walker, _: walker.push(value)


def _tuple(count: int) -> Callable[[_Walker, Any], None]:
    return lambda walker, _: walker.push(tuple(walker.taken(count)))


def _nothing(_walker: _Walker, _argument: Any) -> None:
    """PROTO and STOP."""


_OPCODES: dict[str, Callable[[_Walker, Any], Any]] = {
    **dict.fromkeys(("PROTO", "STOP"), _nothing),
    **dict.fromkeys(
        ("BINUNICODE", "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"), _Walker.push
    ),
    **dict.fromkeys(("BINPUT", "LONG_BINPUT"), lambda w, n: w.memory.update({n: w.stack[-1]})),
    **dict.fromkeys(("BINGET", "LONG_BINGET"), lambda w, n: w.push(w.memory[n])),
    "NONE": _constant(None),
    "NEWTRUE": _constant(True),
    "NEWFALSE": _constant(False),
    "GLOBAL": lambda w, name: w.push(_Global(name=name)),
    "MARK": lambda w, _: w.marks.append(len(w.stack)),
    "EMPTY_TUPLE": _tuple(0),
    "TUPLE1": _tuple(1),
    "TUPLE2": _tuple(2),
    "TUPLE3": _tuple(3),
    "TUPLE": lambda w, _: w.push(tuple(w.since_mark())),
    "EMPTY_LIST": lambda w, _: w.push([]),
    "APPEND": lambda w, _: w.append(w.taken(1)),
    "APPENDS": lambda w, _: w.append(w.since_mark()),
    "EMPTY_DICT": lambda w, _: w.push({}),
    "SETITEM": lambda w, _: w.set(w.taken(2)),
    "SETITEMS": lambda w, _: w.set(w.since_mark()),
    "BINPERSID": lambda w, _: w.storage(),
    "REDUCE": lambda w, _: w.call(),
    # The state of a mapping: metadata of torch's own.
    "BUILD": lambda w, _: w.taken(1),
}
"""What torch.save needs for a dictionary of tensors."""
