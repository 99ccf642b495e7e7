"""Which checkpoints there are, and what a name means."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.checkpoints import catalogue
from core.checkpoints.catalogue import (
    FOLDER_VARIABLE,
    find_checkpoint,
    list_checkpoints,
)
from core.checkpoints.store import (
    read_checkpoint,
)
from core.errors import CheckpointError
from tests.checkpoint_files import (
    forge_manifest,
    write_small,
)


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of one's own checkpoints."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    return tmp_path


def test_checkpoints_are_found_by_name_by_task_and_by_folder(own_folder: Path) -> None:
    named = write_small(own_folder / "mine")
    default = write_small(own_folder / "hopper-medium-replay")
    elsewhere = write_small(own_folder / "deep" / "elsewhere")
    assert find_checkpoint("mine") == named
    assert find_checkpoint("hopper") == find_checkpoint("hopper-medium-replay") == default
    assert find_checkpoint(str(elsewhere)) == elsewhere


def test_own_checkpoints_come_first_and_hide_shipped_ones_of_the_same_name(
    own_folder: Path,
) -> None:
    write_small(own_folder / "mine")
    write_small(own_folder / "hopper-medium-replay")
    (own_folder / "empty").mkdir()
    (own_folder / ".mine.0.writing").mkdir()
    listed = list_checkpoints()
    assert listed[:2] == [own_folder / "hopper-medium-replay", own_folder / "mine"]
    assert len({folder.name for folder in listed}) == len(listed)


@pytest.mark.parametrize("name", ["", "nothing", "../nothing", "a" * 300, "nul\0", "."])
def test_an_unknown_checkpoint_is_refused_in_one_line(own_folder: Path, name: str) -> None:
    write_small(own_folder / "mine")
    with pytest.raises(CheckpointError) as caught:
        find_checkpoint(name)
    assert "\n" not in str(caught.value)
    assert caught.value.remedy


def test_the_refusal_names_what_exists(own_folder: Path) -> None:
    write_small(own_folder / "mine")
    with pytest.raises(CheckpointError, match="mine"):
        find_checkpoint("hopper-expert")


def test_a_folder_without_a_manifest_is_no_checkpoint(own_folder: Path) -> None:
    (own_folder / "empty").mkdir()
    with pytest.raises(CheckpointError, match=r"has no checkpoint.json"):
        find_checkpoint(str(own_folder / "empty"))


def test_a_renamed_checkpoint_is_still_read(tmp_path: Path) -> None:
    folder = write_small(tmp_path / "small")
    forge_manifest(folder, lambda values: values.update(name="other"))
    moved = folder.rename(tmp_path / "moved")
    assert read_checkpoint(moved).manifest.name == "other"


def test_without_a_named_folder_ones_own_are_in_the_users_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    folder = catalogue.own_folder()
    assert folder.is_relative_to(tmp_path)
    assert not folder.exists()
    mine = write_small(folder / "mine")
    assert find_checkpoint("mine") == mine
