"""Hostile files at the real command line: how long its process takes, and how much memory.

Each is refused before torch is imported, which alone takes more than a second and 200 MB.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import pytest

from tests.checkpoint_files import forge_file, safetensors_bytes
from tests.core.bad_input.refusals import ROOT, everything, one_line, write_flat
from tests.core.bad_input.test_bad_checkpoints import nan_weights, other_shape
from tests.core.test_foreign_models import FILES as PROGRAMS
from tests.core.test_foreign_models import changed
from tests.core.test_hostile_policies import CASES as POLICIES
from tests.foreign_loops import write_bare
from tests.sb3_archives import Bomb

PATIENCE, MOST_MEMORY = 2.0, 300e6
"""Seconds of CPU, bytes."""
WITHOUT_TORCH = 150e6
MARK = "exploded"
Make = Callable[[Path], object]

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="reads Linux's account of a process"
)


def bomb(name: str) -> Make:
    return lambda place: (place / name).write_bytes(pickle.dumps(Bomb(place / MARK)))


def policy(case: str) -> tuple[Make, str]:
    """One of the files that pretend to be policies."""
    words = "import --task hopper --base good --policy x.policy --normalizer none --output new"
    return lambda place: POLICIES[case][0](place / "x.policy"), words


def program(entry: str, content: Callable[[Path], bytes], *flags: str) -> tuple[Make, str]:
    """A file of torch.export with another entry."""
    words = "import --task hopper --base good --policy x.pt2 --output new"
    return (
        lambda place: changed(place / "x.pt2", entry, content(place)),
        " ".join((words, *flags)),
    )


def exploding(place: Path) -> bytes:
    return pickle.dumps(Bomb(place / MARK), protocol=2)


def zipped_bomb(place: Path) -> bytes:
    """Inputs of a program, as torch.save would write them, with a pickle that runs."""
    path = place / "inner.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", exploding(place))
    return path.read_bytes()


def huge_header(place: Path) -> None:
    content = safetensors_bytes({}, claimed=10 * 10**9)
    forge_file(place / "good", "policy.safetensors", content)


def hollow_columns(place: Path) -> None:
    """Ten gigabytes of states that were never written."""
    write_flat(place / "medium-replay.hdf5", 20, observations=None)
    with h5py.File(place / "medium-replay.hdf5", "a") as file:
        file.create_dataset("observations", (10**8, 11), "f8", chunks=(1000, 11))


def named_program(place: Path) -> None:
    """A data set whose environment is a program of the stranger's."""
    mark = place / MARK
    (place / "strangers.py").write_text(f"open({str(mark)!r}, 'w').close()\nEnv = dict\n")
    folder = place / "minari" / "own" / "strange-v0" / "data"
    folder.mkdir(parents=True)
    spec = {"id": "Stranger-v0", "entry_point": "strangers:Env", "kwargs": {}}
    metadata = {"dataset_id": "own/strange-v0", "env_spec": json.dumps(spec)}
    (folder / "metadata.json").write_text(json.dumps(metadata))


MEASURED = """
import json, os, sys
child = os.posix_spawn(sys.executable, [sys.executable, *sys.argv[1:]], os.environ)
_, status, used = os.wait4(child, 0)
code, seconds = os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime
print(json.dumps([code, seconds, used.ru_maxrss * 1024]))
"""
"""From a small process: what is spawned is charged with the memory of its parent too."""
NAN = b"\x00\x00\xc0\x7f" * 3
"""Three of them: the last bias of the sound program."""
COLLECT = "collect hopper --recipe x.json --steps 10 --dataset own/new/data-v0"
SWEEP = "sweep hopper --beta-actor 0.1 --json s.json"
CASES: dict[str, tuple[Make, str]] = {
    "SB3, a pickle bomb": policy("SB3: a bomb among its tensors"),
    "SB3, a zip bomb": policy("SB3: unpacks to 65 MiB"),
    "SB3, NaN": policy("SB3: NaN"),
    "CORL, a pickle bomb": policy("CORL: a bomb"),
    "CORL, wrong shapes": policy("CORL: wrong shapes"),
    "flax, 10 GB": policy("flax: claims 10 GB"),
    "a program that is not trusted": program("p/archive_format", lambda _: b"pt2"),
    "a program, inputs that run": program(
        "p/data/sample_inputs/model.pt", zipped_bomb, "--trust-code"
    ),
    "a program, NaN": program("p/data/weights/weight_3", lambda _: NAN, "--trust-code"),
    "a program, deep": program("p/models/model.json", lambda _: b"[" * 10**5, "--trust-code"),
    "a program of another batch": (
        lambda place: (place / "x.pt2").write_bytes((PROGRAMS / "static.pt2").read_bytes()),
        "import --task hopper --base good --policy x.pt2 --output new --trust-code",
    ),
    "a checkpoint, 10 GB": (huge_header, "run good --steps 1"),
    "a checkpoint in the window, 10 GB": (huge_header, "gui good"),
    "a checkpoint in the window, NaN": (lambda p: nan_weights(p / "good"), "gui good"),
    "a checkpoint, wrong shapes": (lambda p: other_shape(p / "good"), "gui good --paused"),
    "a base, wrong shapes": (
        lambda p: other_shape(p / "good"), "import --base good --critic m:f --output new",
    ),
    "a trace": (bomb("x.trace"), "repro x.trace --at 0,0,0,0 --output new"),
    "a trace of another loop": (
        lambda place: write_bare(place / "x.trace"), "repro x.trace --at 0,0,0,0 --output new",
    ),
    "D4RL, 10 GB": (hollow_columns, "train hopper --dataset medium-replay.hdf5 --output new"),
    "D4RL, 10 GB, swept": (hollow_columns, f"{SWEEP} --dataset medium-replay.hdf5"),
    "no data to sweep": (lambda _: None, f"{SWEEP} --dataset psiscope/hopper/medium-v99"),
    "a sweep to go on with": (bomb("s.json"), f"{SWEEP} --dataset medium.hdf5 --resume"),
    "a sweep on seen seeds": (
        lambda _: None, f"{SWEEP} --dataset medium.hdf5 --first-seed 10005",
    ),
    "data of no known kind": (
        lambda place: (place / "play.hdf5").touch(),
        "train hopper --dataset play.hdf5 --output new",
    ),
    "Minari, a program": (named_program, "train dataset --dataset own/strange-v0 --output new"),
    "a recipe": (bomb("x.json"), COLLECT),
    "a result": (bomb("x.json"), "evaluate --table x.json"),
    "a sweep": (bomb("x.json"), "sweep --markdown x.json"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_hostile_file_is_refused_soon_in_little_memory_unrun(place: Path, case: str) -> None:
    make, words = CASES[case]
    make(place)
    before = everything(place)
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(ROOT / "main.py"), *words.split()],
        env=os.environ | {"PYTHONPATH": str(place)},
        capture_output=True,
        text=True,
        timeout=280,
        check=True,
    )
    code, seconds, peak = json.loads(done.stdout)
    one_line(done.stderr)
    assert code == 2
    assert everything(place) == before
    assert not (place / MARK).exists()
    assert seconds < PATIENCE
    assert peak < WITHOUT_TORCH < MOST_MEMORY
