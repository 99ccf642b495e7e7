"""Which Minari data sets lie here, read without Minari: metadata and rewards, nothing else.

A data set comes from a stranger: every count is bounded before it is believed, an environment
spec is text, and what is damaged is listed with the reason beside the others.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import DataError, escaped
from core.tasks import TASKS

LARGEST_METADATA = 4 * 2**20
"""Bytes of one metadata file: a recipe may be inside. As JSON it takes twenty times as much."""
LARGEST_COUNT = 10**12
"""Of episodes or transitions."""
MOST_DATASETS = 2000
MOST_FOLDERS = 20_000
"""Looked into before the search ends."""
LONGEST_NAME = 200
LONGEST_RECIPE = 20_000
"""Characters that are kept."""
_DEEPEST = 8
_ID = re.compile(r"([-\w]+/)*[-\w]+-v\d+")
"""Minari's, with the version that loading needs."""
_SIGNATURE = b"\x89HDF\r\n\x1a\n"
DATA_FILE, METADATA_FILE = "main_data.hdf5", "metadata.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDataset:
    """What the metadata of a local data set say."""

    id: str
    """Printable text; the id where `fault` is empty."""
    path: str
    fault: str = ""
    """Why it cannot be used, one line; all below is empty then."""
    task: str = ""
    """The name in core.tasks of its environment; empty where there is none."""
    environment: str = ""
    """The id in gymnasium's registry, as the data set claims."""
    episodes: int = 0
    transitions: int = 0
    size: int = 0
    """Bytes on disk."""
    recipe: str = ""
    """How it was collected, JSON, where the source says so."""
    algorithm: str = ""
    """What collected it, in the words of the source."""


def datasets_folder() -> Path:
    """Minari's folder of local data sets; not created."""
    given = os.environ.get("MINARI_DATASETS_PATH")
    return Path(given) if given is not None else Path.home() / ".minari" / "datasets"


def list_datasets(root: Path | None = None) -> list[ListedDataset]:
    """All data sets below a folder, by name; damaged ones say so. Opens no HDF5 file."""
    root = datasets_folder() if root is None else root
    return [_describe(root, folder) for folder in _folders(root)]


def find_dataset(dataset_id: str, root: Path | None = None) -> ListedDataset:
    """One of them by its id. Raises DataError where there is none, or a damaged one."""
    root = datasets_folder() if root is None else root
    folder = root / dataset_id
    if not _ID.fullmatch(dataset_id) or not (folder / "data").is_dir():
        raise DataError(
            f"there is no local data set {printable(dataset_id)}",
            "list them with `python main.py datasets`",
        )
    found = _describe(root, folder)
    if found.fault:
        raise DataError(f"the data set {found.id} is broken, {found.fault}", "copy it again")
    return found


def printable(text: str, limit: int = LONGEST_NAME) -> str:
    """A stranger's text on one line, in characters that every screen and file can take: the
    others are escaped (\\x1b). At most `limit` characters, then an ellipsis."""
    kept = escaped(text[:limit])
    return kept[:limit] + ("…" if max(len(text), len(kept)) > limit else "")


def _folders(root: Path) -> Iterator[Path]:
    """Folders with a `data` inside, sorted; links are followed, but never in a circle."""
    waiting = [root]
    seen: set[str] = set()
    count = 0
    while waiting and count < MOST_DATASETS and len(seen) < MOST_FOLDERS:
        folder = waiting.pop()
        real = os.path.realpath(folder)
        if real in seen:
            continue
        seen.add(real)
        if folder != root and (folder / "data").is_dir():
            count += 1
            yield folder
        elif len(folder.relative_to(root).parts) < _DEEPEST:
            waiting += sorted(_below(folder), reverse=True)


def _below(folder: Path) -> list[Path]:
    try:
        return [
            entry
            for entry in folder.iterdir()
            if not entry.name.startswith(".") and entry.is_dir()
        ]
    except OSError:
        return []


def _describe(root: Path, folder: Path) -> ListedDataset:
    dataset_id = folder.relative_to(root).as_posix()
    try:
        return _read(dataset_id, folder)
    except (DataError, OSError) as error:
        fact = error.fact if isinstance(error, DataError) else _words(error)
        return ListedDataset(
            id=printable(dataset_id), path=printable(str(folder), 4096), fault=printable(fact)
        )


def _read(dataset_id: str, folder: Path) -> ListedDataset:
    if not _ID.fullmatch(dataset_id) or len(dataset_id) > LONGEST_NAME:
        raise DataError("its name is no Minari id")
    metadata = _metadata(folder / "data" / METADATA_FILE)
    if metadata.get("dataset_id") != dataset_id:
        raise DataError("its metadata name another data set")
    environment = _environment(metadata.get("env_spec"))
    if metadata.get("data_format", "hdf5") != "hdf5":
        raise DataError(
            f"its format is {printable(str(metadata['data_format']), 40)}, not hdf5"
        )
    _check_signature(folder / "data" / DATA_FILE)
    return ListedDataset(
        id=dataset_id,
        path=str(folder),
        task=task_of_environment(environment),
        environment=environment,
        episodes=_count(metadata, "total_episodes"),
        transitions=_count(metadata, "total_steps"),
        size=_size(folder),
        recipe=_recipe(metadata.get("psiscope_recipe")),
        algorithm=_text(metadata.get("algorithm_name"), LONGEST_NAME),
    )


def _metadata(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise DataError(f"it has no {METADATA_FILE}")
    with path.open("rb") as file:
        content = file.read(LARGEST_METADATA + 1)
    if len(content) > LARGEST_METADATA:
        raise DataError(f"its {METADATA_FILE} is over {LARGEST_METADATA >> 20} MiB")
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise DataError(f"its {METADATA_FILE} is not valid JSON") from error
    if not isinstance(found, dict):
        raise DataError(f"its {METADATA_FILE} is not a JSON object")
    return found


def _environment(spec: Any) -> str:
    """The id that an environment spec (JSON inside the metadata) claims; empty without one."""
    if spec is None:
        return ""
    try:
        found = json.loads(spec) if isinstance(spec, str) else spec
    except (ValueError, RecursionError) as error:
        raise DataError("its environment spec is not valid JSON") from error
    name = found.get("id") if isinstance(found, dict) else None
    return _text(name, LONGEST_NAME)


def task_of_environment(environment: str) -> str:
    """The task of that environment in any version; empty where none is known."""
    names = {_versionless(task.environment_id): name for name, task in TASKS.items()}
    return names.get(_versionless(environment), "")


def _versionless(environment: str) -> str:
    return re.sub(r"-v\d+$", "", environment)


def _check_signature(path: Path) -> None:
    if not path.is_file():
        raise DataError(f"it has no {DATA_FILE}")
    with path.open("rb") as file:
        if file.read(len(_SIGNATURE)) != _SIGNATURE:
            raise DataError(f"its {DATA_FILE} is not HDF5")


def _count(metadata: dict[str, Any], key: str) -> int:
    value = metadata.get(key)
    if type(value) is float and value.is_integer() and value <= LARGEST_COUNT:
        value = int(value)
    if type(value) is not int or not 0 <= value <= LARGEST_COUNT:
        raise DataError(f"its {key} is {printable(str(value), 40)}")
    return value


def _size(folder: Path) -> int:
    files = (folder / "data").rglob("*")
    sizes = [
        path.stat().st_size for path, _ in zip(files, range(MOST_FOLDERS), strict=False)
        if path.is_file()
    ]  # fmt: skip
    return sum(sizes)


def _text(value: Any, limit: int) -> str:
    return printable(value, limit) if isinstance(value, str) else ""


def _recipe(value: Any) -> str:
    """With its line breaks, which mean nothing in JSON, as spaces."""
    return _text(" ".join(value.split()) if isinstance(value, str) else "", LONGEST_RECIPE)


def _words(error: OSError) -> str:
    return f"it cannot be read ({(error.strerror or str(error)).lower()})"
