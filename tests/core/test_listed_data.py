"""Local data sets are listed from metadata and rewards; damaged ones say what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from core.data.listing import find_dataset, list_datasets, printable, task_of_environment
from core.data.returns import MOST_BINS, read_returns
from core.dataset_returns import Returns
from core.errors import DataError
from tests.minari_sets import HOPPER, write_hopper

WHERE = "psiscope/hopper/broken-v0"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return write_hopper(tmp_path / "minari", monkeypatch)


def change_metadata(folder: Path, **changes: Any) -> None:
    path = folder / "data" / "metadata.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def write_rewards(folder: Path, **episodes: Any) -> None:
    """A file with these rewards and nothing else."""
    with h5py.File(folder / "data" / "main_data.hdf5", "w") as file:
        for name, rewards in episodes.items():
            file.create_group(name)["rewards"] = rewards


def test_a_data_set_says_its_task_size_and_counts(folder: Path, tmp_path: Path) -> None:
    (found,) = list_datasets()
    size = sum(path.stat().st_size for path in (folder / "data").iterdir())
    assert (found.id, found.task, found.environment) == (HOPPER, "hopper", "Hopper-v5")
    assert (found.episodes, found.transitions, found.size) == (3, 6, size)
    assert (found.fault, found.algorithm, found.path) == ("", "tests", str(folder))
    assert found == find_dataset(HOPPER)


def test_its_returns_are_those_of_its_episodes(folder: Path) -> None:
    returns = read_returns(folder)
    assert (returns.episodes, returns.transitions) == (3, 6)
    assert returns.mean == pytest.approx(7 / 3)
    assert (returns.best, returns.worst) == (3.0, 1.0)
    assert sum(returns.counts) == 3
    assert len(returns.edges) == len(returns.counts) + 1
    assert (returns.edges[0], returns.edges[-1]) == (1.0, 3.0)


def test_a_histogram_has_no_more_bins_than_the_data_bear(folder: Path) -> None:
    draw = np.random.default_rng(0)
    write_rewards(folder, **{f"episode_{i}": draw.normal(size=3) for i in range(400)})
    assert len(read_returns(folder).counts) == 20
    write_rewards(folder, **{f"episode_{i}": [1.0, 1.0] for i in range(9)})
    equal = read_returns(folder)
    assert (equal.counts, equal.edges) == ((9,), (1.0, 3.0))
    assert MOST_BINS == 40


def test_a_data_set_of_no_task_we_know_is_listed_with_its_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_hopper(tmp_path, monkeypatch)
    change_metadata(folder, env_spec=json.dumps({"id": "Swimmer-v5", "entry_point": "os:kill"}))
    assert [(d.task, d.environment, d.fault) for d in list_datasets()] == [
        ("", "Swimmer-v5", "")
    ]
    change_metadata(folder, env_spec=None)
    assert list_datasets()[0].environment == ""


def test_any_version_of_an_environment_is_its_task() -> None:
    assert task_of_environment("Hopper-v2") == "hopper"
    assert task_of_environment("AntMaze_UMaze-v5") == "antmaze-umaze"
    assert task_of_environment("") == ""
    assert task_of_environment("<b>Hopper</b>-v5") == ""


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"dataset_id": "other-v0"}, "its metadata name another data set"),
        ({"total_episodes": 10**30}, "its total_episodes is 1000"),
        ({"total_steps": -1}, "its total_steps is -1"),
        ({"total_steps": "many"}, "its total_steps is many"),
        ({"env_spec": "{"}, "its environment spec is not valid JSON"),
        ({"data_format": "arrow"}, "its format is arrow, not hdf5"),
    ],
    ids=str,
)
def test_metadata_that_lie_make_a_broken_neighbour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], fault: str
) -> None:
    good = write_hopper(tmp_path, monkeypatch)
    bad = tmp_path / WHERE
    (bad / "data").mkdir(parents=True)
    for path in (good / "data").iterdir():
        (bad / "data" / path.name).write_bytes(path.read_bytes())
    change_metadata(bad, **{"dataset_id": WHERE} | changes)
    broken, found = list_datasets()
    assert found.id == HOPPER
    assert broken.id == WHERE
    assert broken.fault.startswith(fault)
    with pytest.raises(DataError, match="is broken"):
        find_dataset(WHERE)


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("metadata.json", None, "it has no metadata.json"),
        ("metadata.json", b"[1]", "its metadata.json is not a JSON object"),
        ("metadata.json", b"[" * 100_000, "its metadata.json is not valid JSON"),
        ("metadata.json", b"\xff\xfe", "its metadata.json is not valid JSON"),
        ("main_data.hdf5", None, "it has no main_data.hdf5"),
        ("main_data.hdf5", b"PK\x03\x04", "its main_data.hdf5 is not HDF5"),
    ],
)
def test_damaged_files_make_a_broken_neighbour(
    folder: Path, name: str, content: bytes | None, fault: str
) -> None:
    path = folder / "data" / name
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    (found,) = list_datasets()
    assert found.fault == fault


def test_names_that_no_screen_takes_are_made_plain(tmp_path: Path) -> None:
    for name in ("<b>bold<b>", "line\nbreak", "\u202ereversed", "no-version"):
        (tmp_path / name / "data").mkdir(parents=True)
    found = {d.id: d.fault for d in list_datasets(tmp_path)}
    assert set(found) == {"<b>bold<b>", r"line\nbreak", r"\u202ereversed", "no-version"}
    assert set(found.values()) == {"its name is no Minari id"}
    assert all(name.isprintable() for name in found)
    assert printable("x" * 500) == "x" * 200 + "…"
    assert printable("\x1b" * 100) == r"\x1b" * 50 + "…"


def test_links_in_a_circle_and_hidden_folders_do_not_keep_it_busy(folder: Path) -> None:
    root = folder.parents[2]
    (root / "again").symlink_to(root)
    (root / ".hidden" / "data").mkdir(parents=True)
    assert [d.id for d in list_datasets(root)] == [HOPPER]
    assert list_datasets(root / "nowhere") == []


@pytest.mark.parametrize("dataset_id", ["", "../x-v0", "/etc-v0", "a b-v0", "missing/x-v0"])
def test_an_id_that_leads_nowhere_is_refused(folder: Path, dataset_id: str) -> None:
    with pytest.raises(DataError, match="there is no local data set"):
        find_dataset(dataset_id)


def external(file: h5py.File) -> None:
    file.create_group("episode_0")["rewards"] = h5py.ExternalLink("/etc/passwd", "/x")


def huge(file: h5py.File) -> None:
    file.create_group("episode_0").create_dataset("rewards", (10**12,), "f4", chunks=(1000,))


def one_chunk(file: h5py.File) -> None:
    file.create_group("episode_0").create_dataset("rewards", (10**8,), "f4", chunks=(10**8,))


@pytest.mark.parametrize(
    ("fill", "fault"),
    [
        (lambda file: None, "it has no episode"),
        (lambda file: file.create_group("episode_0"), "cannot be read"),
        (lambda file: file.create_dataset("episode_0", data=1.0), "cannot be read"),
        (lambda file: file.create_group("episode_0/rewards"), "no plain list of numbers"),
        (
            lambda file: file.create_dataset("episode_0/rewards", data=[b"1"]),
            "no plain list of numbers",
        ),
        (
            lambda file: file.create_dataset("episode_0/rewards", data=[np.nan]),
            "not finite numbers",
        ),
        (external, "lies in another file"),
        (huge, "claims more than"),
        (one_chunk, "claim chunks of"),
    ],
)
def test_rewards_that_cannot_be_read_are_refused_in_one_line(
    folder: Path, fill: Any, fault: str
) -> None:
    with h5py.File(folder / "data" / "main_data.hdf5", "w") as file:
        fill(file)
    with pytest.raises(DataError, match=fault) as caught:
        read_returns(folder)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_cut_off_is_refused(folder: Path) -> None:
    path = folder / "data" / "main_data.hdf5"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DataError, match="cannot be read"):
        read_returns(folder)


def test_nothing_is_written_into_a_data_set(folder: Path) -> None:
    def state() -> dict[str, tuple[int, int]]:
        found = [folder, *folder.rglob("*")]
        return {str(p): (p.stat().st_mtime_ns, p.stat().st_size) for p in found}

    before = state()
    list_datasets()
    assert isinstance(read_returns(folder), Returns)
    assert state() == before
