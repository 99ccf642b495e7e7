"""Files that pretend to be policies: refused in one line, soon, in little memory, unrun."""

from __future__ import annotations

import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.bounded_reading import MOST_MEMORY, Case, Reading, assert_refused, read_all
from tests.foreign_policies import packed, rebrac_params, td3_bc, td3_tensors
from tests.sb3_archives import Bomb, repack, saved, write_archive

TARGET = "exploded"
Make = Callable[[Path], object]


def sb3(**changes: Any) -> Make:
    """An archive of TD3 with other tensors in it; None takes one away."""

    def make(path: Path) -> object:
        tensors = {k: v for k, v in (td3_tensors() | changes).items() if v is not None}
        return write_archive(path, tensors)

    return make


def named(*names: str) -> Make:
    """An archive whose entries have these names."""

    def make(path: Path) -> object:
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                archive.writestr(name, saved(td3_tensors()))
        return path

    return make


def entry(content: Callable[[Path], bytes], method: int = zipfile.ZIP_STORED) -> Make:
    """An archive whose policy.pth has these bytes."""

    def make(path: Path) -> object:
        with zipfile.ZipFile(path, "w", method) as archive:
            archive.writestr("policy.pth", content(path))
        return path

    return make


def corl(**changes: Any) -> Make:
    return lambda path: path.write_bytes(saved(td3_bc(**changes)))


def bytes_of(content: bytes) -> Make:
    return lambda path: path.write_bytes(content)


def bombed(path: Path) -> bytes:
    """A state dict whose pickle makes a file where it is read."""
    bomb = pickle.dumps(Bomb(path.with_name(TARGET)), protocol=2)
    return repack(saved(td3_bc()), {"data.pkl": bomb})


def huge(path: Path) -> object:
    """10 GB on the screen, nothing on the disk."""
    with path.open("wb") as file:
        file.truncate(10 * 2**30)
    return path


def flax(**changes: Any) -> Make:
    tree = rebrac_params()
    tree["params"]["Dense_0"] |= changes
    return bytes_of(packed(tree))


def array(shape: list[int], dtype: str = "float32", data: bytes = b"") -> bytes:
    """A flax file of one layer whose kernel says this of itself."""
    inner = packed([shape, dtype, data])
    kernel = struct.pack(">BIb", 0xC9, len(inner), 1) + inner
    key = b"\xa6kernel"
    return b"\x81\xa6params\x81\xa7Dense_0\x81" + key + kernel


ACTOR = td3_bc()["actor"]
NAN, ZEROS = torch.full((3, 8), torch.nan), bytes(65 * 2**20)
CASES: dict[str, tuple[Make, str]] = {
    "a pickle": (
        lambda path: path.write_bytes(pickle.dumps(Bomb(path.with_name(TARGET)))),
        "is a pickle: reading it would run what it says",
    ),
    "SB3: a bomb in policy.pth": (
        entry(lambda path: pickle.dumps(Bomb(path.with_name(TARGET)))),
        "not a zip",
    ),
    "SB3: a bomb among its tensors": (entry(bombed), "not only tensors"),
    "SB3: unpacks to 65 MiB": (entry(lambda _: ZEROS, zipfile.ZIP_DEFLATED), "unpacks to"),
    "SB3: a tensor file that unpacks": (
        entry(
            lambda _: repack(saved(td3_tensors()), {"data/0": ZEROS}, zipfile.ZIP_DEFLATED),
        ),
        "unpacks to over 64 MiB",
    ),
    "SB3: a path that climbs": (named("../policy.pth"), "no library that is known"),
    "SB3: a path from the root": (named("/tmp/policy.pth"), "no library that is known"),  # noqa: S108 - a name inside the archive
    "SB3: wrong shapes": (sb3(**{"actor.mu.2.weight": torch.zeros(8, 9)}), "do not fit"),
    "SB3: a missing bias": (sb3(**{"actor.mu.2.bias": None}), "has no actor.mu.2.bias"),
    "SB3: NaN": (sb3(**{"actor.mu.4.weight": NAN}), "not finite"),
    "SB3: claims more than it has": (
        sb3(**{"actor.mu.4.weight": torch.zeros(1).expand(3, 8)}),
        "not a plain float32",
    ),
    "CORL: a bomb": (lambda path: path.write_bytes(bombed(path)), "not only tensors"),
    "CORL: unpacks to 65 MiB": (
        lambda path: path.write_bytes(
            repack(saved(td3_bc()), {"data/0": ZEROS}, zipfile.ZIP_DEFLATED)
        ),
        "unpacks to over 64 MiB",
    ),
    "CORL: no actor": (corl(actor=None), "is not of CORL's TD3+BC"),
    "CORL: wrong shapes": (
        corl(actor=ACTOR | {"net.2.weight": torch.zeros(8, 9)}), "do not fit"
    ),
    "CORL: a text for a weight": (corl(actor=ACTOR | {"net.0.weight": "w"}), "is missing"),
    "CORL: NaN": (corl(actor=ACTOR | {"net.4.weight": NAN}), "not finite"),
    "flax: wrong shapes": (flax(kernel=np.zeros((11, 9), np.float32)), "do not fit"),
    "flax: NaN": (flax(bias=np.full(16, np.nan, np.float32)), "not finite"),
    "flax: a missing bias": (flax(bias={}), "is missing"),
    "flax: claims 10 GB": (bytes_of(array([50_000, 50_000])), "holds 0 bytes"),
    "flax: overflows": (bytes_of(array([2**31 - 1] * 4)), "holds 0 bytes"),
    "flax: a foreign dtype": (bytes_of(array([1], "object", b"x" * 8)), "of a foreign kind"),
    "flax: a map of 2^32 keys": (bytes_of(b"\xdf\xff\xff\xff\xff\xa1x"), "claims 4,294,"),
    "flax: a list of 2^32 items": (bytes_of(b"\x81\xa1x\xdd\xff\xff\xff\xff"), "claims"),
    "flax: a text of 2^32 letters": (bytes_of(b"\x81\xdb\xff\xff\xff\xff"), "claims"),
    "flax: deep": (bytes_of(b"\x81\xa1x" * 10_000), "nested too deep"),
    "flax: many": (bytes_of(b"\x81\xa1x\xdc\xff\xff" + bytes(65_535)), "too many items"),
    "flax: an extension that is code": (bytes_of(b"\x81\xa1x\xd4\x05\x00"), "an extension 5"),
    "flax: a key twice": (bytes_of(b"\x82\xa1x\x00\xa1x\x00"), "comes twice"),
    "flax: more behind": (bytes_of(packed(rebrac_params()) + b"\x00"), "is not a flax file"),
    "flax: cut off": (bytes_of(packed(rebrac_params())[:-10]), "claims"),
    "flax: no layers": (bytes_of(packed({"params": {}})), "the layers of one actor"),
    "10 GB of nothing": (huge, "is over 64 MiB"),
    "nothing": (bytes_of(b""), "is not a zip archive"),
    "a text": (bytes_of(b"hello"), "is not a zip archive"),
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module")
def readings(folder: Path) -> dict[Case, Reading]:
    """Case -> what came of it; all in one process."""
    paths = {}
    for number, (case, (make, _)) in enumerate(CASES.items()):
        path = paths["policy", case] = folder / f"{number}.policy"
        make(path)
    found, peak = read_all(paths)
    assert peak < MOST_MEMORY
    return found


@pytest.mark.parametrize("case", CASES)
def test_a_hostile_policy_is_refused(readings: dict[Case, Reading], case: str) -> None:
    assert_refused(readings["policy", case], CASES[case][1])


def test_nothing_was_executed_or_written(readings: dict[Case, Reading], folder: Path) -> None:
    assert len(readings) == len(CASES)
    assert all(path.suffix == ".policy" for path in folder.iterdir())
