"""Checkpoints, traces, notes, recipes, repros and normalisers of strangers, under limits.

What exactly is refused is tried file by file elsewhere; here each reader is given the same
kinds of attack in a process whose time and memory are measured.
"""

from __future__ import annotations

import json
import pickle
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save

from tests.bounded_reading import MOST_MEMORY, Case, Reading, assert_refused, read_all
from tests.checkpoint_files import forge_file, forge_manifest, safetensors_bytes
from tests.records import make_run, make_run_started
from tests.runnable_checkpoint import write_runnable
from tests.sb3_archives import Bomb
from tests.trace_files import SMALL, change

Spoil = Callable[[Path], object]
TARGET = "exploded"
WEIGHTS = "policy.safetensors"


def bomb(path: Path) -> bytes:
    return pickle.dumps(Bomb(path.parent / TARGET))


def zipped(path: Path) -> bytes:
    """66 MB of zeros in 64 kB."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../escaped", bytes(66 * 2**20))
    return path.read_bytes()


def long(path: Path) -> None:
    """10 GB on the screen, nothing on the disk."""
    with path.open("wb") as file:
        file.truncate(10 * 2**30)


JUNK: dict[str, Spoil] = {
    "a pickle bomb": lambda path: path.write_bytes(bomb(path)),
    "a zip bomb": zipped,
    "10 GB of nothing": long,
    "nothing": lambda path: path.write_bytes(b""),
    "deep JSON": lambda path: path.write_bytes(b"[" * 100_000),
    "NaN": lambda path: path.write_bytes(b'{"t": NaN, "mean": [NaN], "format": NaN}'),
    "half a character": lambda path: path.write_bytes(b'"\\ud800"'),
    "no text": lambda path: path.write_bytes(b"\xff\xfe\x00"),
}
"""In place of any file that is JSON."""


def in_manifest(**changes: Any) -> Spoil:
    return lambda folder: forge_manifest(folder, lambda values: values.update(changes))


def in_weights(content: bytes) -> Spoil:
    return lambda folder: forge_file(folder, WEIGHTS, content)


def huge_header(claimed: int) -> bytes:
    return safetensors_bytes({}, claimed=claimed)


CHECKPOINT: dict[str, Spoil] = {
    **{
        f"{case} for a manifest": lambda folder, spoil=spoil: spoil(folder / "checkpoint.json")
        for case, spoil in JUNK.items()
    },
    "a bomb for weights": lambda folder: forge_file(folder, WEIGHTS, bomb(folder)),
    "a zip bomb for weights": lambda folder: zipped(folder / WEIGHTS),
    "10 GB for weights": lambda folder: long(folder / WEIGHTS),
    "a header of 10 GB": in_weights(huge_header(10 * 10**9)),
    "a header of 2^64 bytes": in_weights(huge_header(2**64 - 1)),
    "other tensors": in_weights(save({"w": torch.zeros(2, 2)})),
    "tensors that are not finite": in_weights(save({"w": torch.full((2,), torch.nan)})),
    "a path for a network": in_manifest(networks={"../policy": {"kind": "policy"}}),
    "a width of 10^9": in_manifest(networks={"policy": {"kind": "policy", "hidden": [10**9]}}),
    "states of 10^9 numbers": in_manifest(state_size=10**9),
    "a program that is not trusted": in_manifest(
        networks={"policy": {"kind": "factory", "reference": "os:getcwd", "sha256": "0" * 64}}
    ),
}


def in_trace(*statements: str) -> Spoil:
    return lambda path: change(path, *statements)


def begins(**changes: Any) -> Spoil:
    """A trace whose first record says this of itself."""
    from core.traces.archive import TraceWriter

    def make(path: Path) -> None:
        path.unlink()
        TraceWriter.create(path, make_run_started(**changes)).close()

    return make


FACTS = make_run_started().task_facts
TRACE: dict[str, Spoil] = {
    **{case: spoil for case, spoil in JUNK.items() if case != "nothing"},
    "another table": in_trace("CREATE TABLE more (x)"),
    "a view that never ends": in_trace(
        "DROP TABLE Snapshot",
        "CREATE VIEW Snapshot AS WITH RECURSIVE n(x) AS"
        " (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x AS seq FROM n",
    ),
    "an array of another shape": in_trace("UPDATE arrays SET shape = '99' WHERE seq = 2"),
    "an array of 10 GB": in_trace("UPDATE arrays SET shape = '999999999,2' WHERE seq = 2"),
    "an array of 66 MB": in_trace(
        "UPDATE arrays SET data = zeroblob(69206016) WHERE seq = 2 AND field = 'state'"
    ),
    "values that are not its own": in_trace("UPDATE EnvironmentStep SET reward = NULL"),
    "settings that are deep": begins(settings="[" * 100_000),
    "settings out of range": begins(settings='{"particles": 1000000000}'),
    "settings of 400 digits": begins(settings=f'{{"horizon": 1{"0" * 400}}}'),
    "states of 10^9 numbers": begins(
        task_facts=json.dumps(json.loads(FACTS) | {"state_size": 10**9})
    ),
    "an environment that is a program": begins(
        task_facts=json.dumps(json.loads(FACTS) | {"environment_id": "os:system"})
    ),
    "layers that are no names": begins(layer_names='{"a": 1}'),
    "layers that are deep": begins(layer_names="[" * 100_000),
}  # fmt: skip
REPRO: dict[str, Spoil] = {
    case: lambda folder, spoil=spoil: spoil(folder / "moment.json")
    for case, spoil in JUNK.items()
}
TABLES: dict[str, dict[str, Spoil]] = {
    "checkpoint": CHECKPOINT,
    "trace": TRACE,
    "notes": JUNK,
    "recipe": JUNK,
    "normalizer": JUNK,
    "repro": REPRO,
}
CASES = [(kind, case) for kind, table in TABLES.items() for case in table]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A sound checkpoint and a sound trace."""
    folder = tmp_path_factory.mktemp("sound")
    return {
        "checkpoint": write_runnable(folder / "checkpoint"),
        "trace": make_run(folder / "run.trace", 2, sizes=SMALL),
    }


def to_spoil(kind: str, sound: dict[str, Path], folder: Path) -> Path:
    """A file or folder of that kind, a new one each time."""
    if kind == "checkpoint":
        return Path(shutil.copytree(sound[kind], folder / "checkpoint"))
    if kind == "trace":
        return Path(shutil.copy(sound[kind], folder / "run.trace"))
    path = folder / ("repro" if kind == "repro" else f"{kind}.json")
    if kind == "repro":
        path.mkdir()
    return path


@pytest.fixture(scope="module")
def readings(
    sound: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[Case, Reading]:
    """What came of each case; all in one process."""
    paths = {}
    for kind, case in CASES:
        path = paths[kind, case] = to_spoil(kind, sound, tmp_path_factory.mktemp(kind))
        TABLES[kind][case](path)
    found, peak = read_all(paths)
    assert peak < MOST_MEMORY
    # A bomb would have left its mark beside what was spoilt.
    places = [place for path in paths.values() for place in (path.parent, path)]
    assert not any((place / TARGET).exists() for place in places)
    return found


@pytest.mark.parametrize(("kind", "case"), CASES, ids=[f"{k}: {c}" for k, c in CASES])
def test_a_hostile_file_is_refused_soon_and_unrun(
    readings: dict[Case, Reading], kind: str, case: str
) -> None:
    assert_refused(readings[kind, case], ": ")
