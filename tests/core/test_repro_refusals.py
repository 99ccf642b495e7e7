"""A repro is written not at all where it cannot be whole, and read with suspicion."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from core.commands import At
from core.errors import InputError, TraceError
from core.repro.folder import read_repro
from core.repro.write import Written, write_repro
from tests.kept_moments import ON_THE_FORK, change_json, record_run
from tests.runnable_checkpoint import write_runnable


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    return record_run(folder / "t.trace", write_runnable(folder / "tiny"))


@pytest.fixture(scope="module")
def kept(trace: Path, tmp_path_factory: pytest.TempPathFactory) -> Written:
    return write_repro(trace, ON_THE_FORK, tmp_path_factory.mktemp("repro") / "moment")


@pytest.fixture
def written(kept: Written, tmp_path: Path) -> Path:
    """A copy to be damaged."""
    return Path(shutil.copytree(kept.folder, tmp_path / "moment"))


def refusal(folder: Path) -> str:
    with pytest.raises(InputError) as refused:
        read_repro(folder)
    assert len(str(refused.value)) < 600
    return str(refused.value)


@pytest.mark.parametrize(
    ("at", "says"),
    [
        ((3, 0, 0, 0), "there is no branch 3: the newest is 2"),
        ((0, 0, 99, 0), "branch 0 has no gradient update at episode 0, t = 99"),
        ((0, 7, 0, 0), "branch 0 has no gradient update at episode 7, t = 0"),
        ((0, 0, 1, 4), "branch 0 has k = 0 .. 3, not k = 4, at episode 0, t = 1"),
    ],
)
def test_an_address_that_is_not_recorded_is_refused_and_leaves_nothing(
    trace: Path, tmp_path: Path, at: At, says: str
) -> None:
    with pytest.raises(InputError, match=says.replace(".", r"\.")):
        write_repro(trace, at, tmp_path / "deep" / "moment")
    assert list(tmp_path.iterdir()) == []


def test_what_exists_is_refused_and_left_alone(trace: Path, tmp_path: Path) -> None:
    (tmp_path / "moment").mkdir()
    (tmp_path / "file").touch()
    for name in ("moment", "file"):
        with pytest.raises(InputError, match="exists: choose another name or remove it"):
            write_repro(trace, ON_THE_FORK, tmp_path / name)
    assert {path.name for path in tmp_path.iterdir()} == {"moment", "file"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full device")
def test_a_full_disk_leaves_nothing_and_says_so_in_one_line(
    trace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        with Path("/dev/full").open("wb", buffering=0) as full:
            full.write(b"x")

    monkeypatch.setattr("core.repro.write.write_file", refuse)
    with pytest.raises(InputError, match="the disk is full: free some space"):
        write_repro(trace, ON_THE_FORK, tmp_path / "moment")
    assert list(tmp_path.iterdir()) == []


def test_a_trace_whose_digests_do_not_hold_is_no_source(trace: Path, tmp_path: Path) -> None:
    forged = shutil.copy(trace, tmp_path / "t.trace")
    with sqlite3.connect(forged) as connection:
        connection.execute("UPDATE EnvironmentStep SET reward = 9.5 WHERE t = 1")
    connection.close()
    with pytest.raises(TraceError, match=r"the digests of .* do not hold: see `python"):
        write_repro(Path(forged), ON_THE_FORK, tmp_path / "moment")
    assert not (tmp_path / "moment").exists()


HOSTILE: dict[str, bytes] = {
    "empty": b"",
    "no JSON": b"moment",
    "no object": b"[]",
    "no keys": b"{}",
    "deep": b"[" * 100_000,
    "not finite": b'{"t": NaN}',
    "twice": b'{"t": 1, "t": 2}',
    "not UTF-8": b"\xff\xfe",
    "large": b" " * (16 * 2**20 + 1),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_document_is_refused_in_one_line(written: Path, content: bytes) -> None:
    (written / "moment.json").write_bytes(content)
    assert refusal(written).count("\n") == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"format_version": 99},
        {"format_version": "1"},
        {"more": 1},
        {"path": [{}]},
        {"t": 1.5},
        {"values": {}},
        {"values": {"GradientUpdate": {}}},
        {"values": {"RunStarted": {}}},
        {"values": {"GradientUpdate": None}},
        {"arrays_digest": "0" * 64},
    ],
    ids=str,
)
def test_a_document_with_other_fields_is_refused_in_one_line(
    written: Path, changes: dict[str, Any]
) -> None:
    change_json(written, **changes)
    assert refusal(written).count("\n") == 0


@pytest.mark.parametrize("value", ["nan", [], {}, True, "1.0", 10**400])
def test_a_value_of_another_type_is_refused_in_one_line(written: Path, value: Any) -> None:
    values = json.loads((written / "moment.json").read_text())["values"]
    values["GradientUpdate"]["objective"] = value
    change_json(written, values=values)
    assert "objective" in refusal(written) or "too large" in refusal(written)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x80\x02", b"\xff" * 100])
def test_hostile_arrays_are_refused_in_one_line(written: Path, content: bytes) -> None:
    (written / "moment.safetensors").write_bytes(content)
    assert refusal(written).count("\n") == 0


def test_arrays_of_other_names_are_refused(written: Path) -> None:
    import hashlib

    for arrays in ({}, {"GradientUpdate.action": np.zeros(3, np.float32)}):
        content = safetensors.numpy.save(arrays)
        (written / "moment.safetensors").write_bytes(content)
        change_json(written, arrays_digest=hashlib.sha256(content).hexdigest())
        assert "lacks or adds GradientUpdate." in refusal(written)
