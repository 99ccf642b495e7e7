"""Data sets that a stranger made to do harm or to be mistaken, by name."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from tests.maze_files import FAR_OFF, ID, recorded, write

BODY = "episode_0/observations/observation"
PLACE = "episode_0/observations/achieved_goal"
Change = Callable[[Any], None]
Edit = Callable[[dict[str, Any]], None]


def built() -> Path:
    """A sound data set; returns its folder of data."""
    write([recorded(i, [FAR_OFF] * 5) for i in range(3)])
    return Path(os.environ["MINARI_DATASETS_PATH"]) / ID / "data"


def replaced(path: str, column: Any) -> Change:
    """Another column in place of one."""

    def change(file: Any) -> None:
        del file[path]
        file[path] = column

    return change


def claimed(path: str, shape: tuple[int, ...], **options: Any) -> Change:
    """A column that claims a shape; nothing of it is stored."""

    def change(file: Any) -> None:
        del file[path]
        file.create_dataset(path, shape=shape, dtype="f8", **options)

    return change


def linked(path: str, link: Any) -> Change:
    """A link in place of a column."""

    def change(file: Any) -> None:
        del file[path]
        file[path] = link

    return change


def _poisoned(value: float) -> Change:
    def change(file: Any) -> None:
        file[BODY][2, 3] = value

    return change


def _elsewhere(file: Any) -> None:
    """Sound numbers, but of another file."""
    other = Path(file.filename).with_name("other.hdf5")
    with h5py.File(other, "w") as sound:
        sound["rewards"] = np.zeros(4)
    del file["episode_0/rewards"]
    file["episode_0/rewards"] = h5py.ExternalLink(str(other), "rewards")


def _from_a_device(file: Any) -> None:
    del file["episode_0/rewards"]
    file.create_dataset(
        "episode_0/rewards", (4,), "f8", external=[("/dev/zero", 0, h5py.h5f.UNLIMITED)]
    )


def _virtual(file: Any) -> None:
    layout = h5py.VirtualLayout(shape=(4,), dtype="f8")
    layout[:] = h5py.VirtualSource("/etc/hostname", "rewards", shape=(4,))
    del file["episode_0/rewards"]
    file.create_virtual_dataset("episode_0/rewards", layout)


def _packed(file: Any) -> None:
    del file["episode_0/actions"]
    file.create_dataset(
        "episode_0/actions", data=np.zeros((2**20, 8)), compression="gzip", chunks=(2**14, 8)
    )


FILES: dict[str, Change] = {
    "another width": replaced(BODY, np.zeros((5, 30))),
    "states without a width": replaced(BODY, np.zeros(5)),
    "too few states": replaced(BODY, np.zeros((3, 27))),
    "places of three numbers": replaced(PLACE, np.zeros((5, 3))),
    "another action": replaced("episode_0/actions", np.zeros((4, 3))),
    "rewards as a column": replaced("episode_0/rewards", np.zeros((4, 1))),
    "more terminations": replaced("episode_0/terminations", np.zeros(9, bool)),
    "not a number": _poisoned(np.nan),
    "infinite": _poisoned(np.inf),
    "beyond single precision": _poisoned(1e300),
    "places out of the world": replaced(PLACE, np.full((5, 2), 1e300)),
    "texts": replaced("episode_0/rewards", np.array([b"1.0"] * 4)),
    "complex": replaced("episode_0/rewards", np.zeros(4, complex)),
    "references": replaced("episode_0/rewards", np.array([None] * 4, dtype=h5py.ref_dtype)),
    "a scalar": replaced("episode_0/rewards", 1.0),
    "10 GB that are not there": claimed(BODY, (50_000_000, 27), chunks=(1000, 27)),
    "10 GB in one piece": claimed(BODY, (50_000_000, 27)),
    "a size beyond counting": claimed(BODY, (2**40, 2**20), chunks=(1000, 27)),
    "a chunk of 2 GB": claimed("episode_0/rewards", (4,), chunks=(2**28,), maxshape=(None,)),
    "a small file that unpacks": _packed,
    "a link to another file": _elsewhere,
    "a link in circles": linked("episode_0/rewards", h5py.SoftLink("/episode_0/rewards")),
    "numbers from a device": _from_a_device,
    "numbers of another file": _virtual,
    "a group for a column": linked("episode_0/rewards", h5py.SoftLink("/episode_1")),
    "no actions": lambda file: file.pop("episode_0/actions"),
    "no episode": lambda file: file.pop("episode_1"),
}


def _put(name: str, value: Any) -> Edit:
    return lambda metadata: metadata.update({name: value})


METADATA: dict[str, Edit] = {
    "a billion episodes": _put("total_episodes", 10**9),
    "episodes below nothing": _put("total_episodes", -1),
    "no whole number of episodes": _put("total_episodes", "many"),
    "a count that is a command to the terminal": _put("total_episodes", "\x1b[2J\ud800"),
    "a count of a million letters": _put("total_episodes", "x" * 10**6),
    "another format": _put("data_format", "arrow"),
    "a recipe that is no JSON": _put("psiscope_recipe", "{"),
    "a recipe without end": _put("psiscope_recipe", "[" * 10**6),
}


def spoil_file(case: str) -> None:
    """A data set whose numbers are spoilt."""
    with h5py.File(built() / "main_data.hdf5", "a") as file:
        FILES[case](file)


def spoil_metadata(case: str) -> None:
    """A data set whose description is spoilt."""
    path = built() / "metadata.json"
    metadata = json.loads(path.read_text())
    METADATA[case](metadata)
    path.write_text(json.dumps(metadata))
