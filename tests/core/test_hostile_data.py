"""Data sets of strangers: refused in one line, soon, in little memory; nothing is executed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import h5py
import minari
import numpy as np
import pytest

from core.data.source import load_dataset
from core.errors import DataError
from tests.hostile_data import (
    FILES,
    METADATA,
    Change,
    built,
    claimed,
    linked,
    replaced,
    spoil_file,
    spoil_metadata,
)
from tests.maze_files import ID, UMAZE

PATIENCE = 2.0
"""Seconds of this process."""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Data sets go to a folder of the test's own."""
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "minari"))
    return tmp_path


def refused(dataset_id: str = ID) -> str:
    began = time.process_time()
    with pytest.raises(DataError) as caught:
        load_dataset(dataset_id, UMAZE)
    assert time.process_time() - began < PATIENCE
    line = str(caught.value)
    assert line.isprintable()
    assert len(line) < 600
    assert caught.value.remedy
    return line


def test_the_sound_data_set_is_read() -> None:
    built()
    assert len(load_dataset(ID, UMAZE)) == 12


@pytest.mark.parametrize("case", FILES)
def test_spoilt_numbers_are_refused(case: str) -> None:
    spoil_file(case)
    assert ID in refused()


@pytest.mark.parametrize("case", METADATA)
def test_spoilt_descriptions_are_refused(case: str) -> None:
    spoil_metadata(case)
    assert ID in refused()


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[1]", b'"text"', b"\xff\xfe", b"[" * 10**5], ids=repr
)
def test_metadata_that_are_no_object_are_refused(content: bytes) -> None:
    (built() / "metadata.json").write_bytes(content[:1000])
    refused()


@pytest.mark.parametrize("content", [b"", b"\x89HDF\r\n\x1a\n", b"text" * 1000], ids=repr)
def test_a_file_that_is_no_hdf5_is_refused(content: bytes) -> None:
    (built() / "main_data.hdf5").write_bytes(content)
    assert ID in refused()


def test_a_file_cut_short_or_overwritten_is_refused_or_sound() -> None:
    path = built() / "main_data.hdf5"
    whole = path.read_bytes()
    for share in (0.1, 0.5, 0.9, 0.99):
        path.write_bytes(whole[: int(share * len(whole))])
        refused()


def test_a_device_a_pipe_or_nothing_in_place_of_the_file_is_refused() -> None:
    path = built() / "main_data.hdf5"
    path.unlink()
    refused()
    os.mkfifo(path)
    refused()
    path.unlink()
    path.symlink_to("/dev/zero")
    refused()


FLAT: dict[str, Change] = {
    "10 GB that are not there": claimed("observations", (50_000_000, 29), chunks=(1000, 29)),
    "a link to another file": linked("actions", h5py.ExternalLink("/etc/passwd", "actions")),
    "a flag column in circles": linked("timeouts", h5py.SoftLink("/timeouts")),
    "a wider action": replaced("actions", np.zeros((4, 9))),
    "not a number": replaced("observations", np.full((4, 29), np.nan)),
    "not a number, in half precision": replaced("rewards", np.full(4, np.nan, np.float16)),
}


@pytest.mark.parametrize("case", FLAT)
def test_spoilt_flat_files_are_refused(place: Path, case: str) -> None:
    path = place / "flat.hdf5"
    with h5py.File(path, "w") as file:
        file["observations"], file["actions"] = np.zeros((4, 29)), np.zeros((4, 8))
        file["rewards"], file["terminals"] = np.zeros(4), np.zeros(4, bool)
        file["timeouts"] = np.zeros(4, bool)
        FLAT[case](file)
    assert "flat.hdf5" in refused(str(path))


IDS = (
    *("../outside-v0", "a/../../outside-v0", "/etc/passwd-v0", "a//b-v0", "a/./b-v0"),
    *("a\\b-v0", "~/x-v0", "a b-v0", "x-v0\n", "x-v0\0", "", "hf://someone/x-v0"),
)


@pytest.mark.parametrize("name", IDS)
def test_an_id_that_leads_elsewhere_is_refused_before_any_file_is_opened(
    place: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def never(*_arguments: Any) -> None:
        raise AssertionError(name)

    monkeypatch.setattr("minari.download_dataset", never)
    outside = place / "outside-v0" / "data"
    outside.mkdir(parents=True)
    (outside / "metadata.json").write_text("{}")
    assert "is not a Minari id" in refused(name)


def named_program(folder: Path, place: Path, **left_out: None) -> Path:
    """The data set names a program that leaves a mark when it is imported."""
    mark = place / "executed"
    (place / "strangers.py").write_text(f"open({str(mark)!r}, 'w').close()\nEnv = dict\n")
    path = folder / "metadata.json"
    metadata = json.loads(path.read_text())
    spec = {"id": "Stranger-v0", "entry_point": "strangers:Env", "kwargs": {}}
    spec |= {"additional_wrappers": [], "vector_entry_point": "strangers:Env"}
    metadata |= {"env_spec": json.dumps(spec), "eval_env_spec": json.dumps(spec)}
    kept = {key: value for key, value in metadata.items() if key not in left_out}
    path.write_text(json.dumps(kept))
    return mark


def test_a_program_that_the_environment_spec_names_is_never_imported(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = named_program(built(), place)
    monkeypatch.syspath_prepend(place)
    assert len(load_dataset(ID, UMAZE)) == 12
    assert minari.load_dataset(ID).total_steps == 12
    assert not mark.exists()


def test_nor_where_the_spaces_are_left_out_though_minari_itself_would(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = named_program(built(), place, observation_space=None, action_space=None)
    monkeypatch.syspath_prepend(place)
    assert len(load_dataset(ID, UMAZE)) == 12
    assert not mark.exists()


MEASURED = """
import sys
from pathlib import Path
from core.data.source import load_dataset
from core.errors import DataError
from core.tasks import TASKS
peaks = []
for dataset_id in (sys.argv[1], *sys.argv[1:]):
    try:
        load_dataset(dataset_id, TASKS["antmaze-umaze"])
    except DataError as error:
        print(error)
        status = Path("/proc/self/status").read_text()
        peaks.append(status.partition("VmHWM:")[2].split()[0])
print(*peaks)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's own account of memory")
def test_what_claims_too_much_takes_little_memory() -> None:
    names = []
    for number, case in enumerate(("10 GB in one piece", "a small file that unpacks")):
        spoil_file(case)
        folder = Path(os.environ["MINARI_DATASETS_PATH"]) / ID
        names.append(f"{ID[:-1]}{number + 1}")
        folder.rename(folder.with_name(names[-1].rsplit("/", 1)[1]))
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *names],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    *lines, memory = done.stdout.splitlines()
    peaks = [int(number) * 1024 for number in memory.split()]
    assert len(peaks) == 3
    assert all("MiB" in line for line in lines)
    assert peaks[-1] < 300e6
    assert peaks[-1] - peaks[0] < 50e6
