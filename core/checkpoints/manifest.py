"""checkpoint.json: what a checkpoint is, how it was made, how well it does. Free of torch."""

from __future__ import annotations

import dataclasses
import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.checkpoints.strict_json import canonical_json, decode, parse_json
from core.checkpoints.task_facts import decode_task
from core.errors import CheckpointError
from core.settings import CONTROLLERS
from core.tasks import TASKS, Task

FORMAT_VERSION = 1
MANIFEST_FILE = "checkpoint.json"
LARGEST_CHECKPOINT = 256 * 2**20
"""Bytes of all files of a checkpoint."""
MOST_NETWORKS = 64
PROGRAM_KINDS = ("factory", "exported")
"""Networks that are programs: a Python function, or a file of torch.export."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_NETWORK = re.compile(r"[a-z][a-z0-9_]{0,63}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_DECIDING = (
    "format_version",
    "task",
    "task_facts",
    "state_size",
    "action_size",
    "networks",
    "critic_reward_scale",
    "tuned",
    "files",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetFacts:
    """The data the networks were fitted to."""

    id: str
    digest: str
    """Over the arrays, not the file."""
    transitions: int
    episodes: int
    mean_return: float
    best_return: float
    recipe: Any = None
    """The recipe it was collected by, as JSON; None: collected elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelErrors:
    """RMSE of the dynamics on held-out episodes."""

    one_step_raw: float
    """State units, root mean over dimensions."""
    one_step_standardised: float
    """In units of the standard deviation of the change of state."""
    horizon: int
    """H of the open-loop figures, imagined steps."""
    horizon_raw: float
    horizon_standardised: float
    """In units of the standard deviation of the state."""
    reward: float | None = None
    """RMSE of the reward model, reward units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """The step sizes chosen for a controller, and the reset seeds they were chosen on."""

    step_size: float | None = None
    """alpha of the plain rule, weight units per objective unit."""
    delta: float | None = None
    """Action change per update of the action rule, action units."""
    seeds: tuple[int, ...] = ()
    """Never evaluated on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """What a file of the checkpoint must be."""

    sha256: str
    bytes: int
    shapes: dict[str, tuple[int, ...]]
    """Tensor name -> shape."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The facts of a checkpoint. Raises CheckpointError where they cannot be true."""

    name: str
    task: str
    state_size: int
    action_size: int
    networks: dict[str, dict[str, Any]]
    """Network name -> architecture: `kind` and whatever rebuilds it. One file a network."""
    task_facts: Any = None
    """The task itself, where it is not one that Psiscope knows by name."""
    critic_reward_scale: float = 1.0
    """Critic values per environment reward unit."""
    tuned: dict[str, Tuned] = field(default_factory=dict)
    """Controller name (adaptive, critic-only) -> its step sizes."""
    dataset: DatasetFacts | None = None
    data_density: tuple[tuple[float, ...], ...] = ()
    """Mazes: share of the data's states in each square (Maze.squares), rows from the largest y
    down."""
    hyperparameters: dict[str, Any] = field(default_factory=dict)
    curves: dict[str, tuple[float, ...]] = field(default_factory=dict)
    """Training curves, one number per point."""
    model_errors: ModelErrors | None = None
    evaluation: dict[str, Any] = field(default_factory=dict)
    seeds: dict[str, int] = field(default_factory=dict)
    """Purpose -> seed."""
    commands: tuple[str, ...] = ()
    """Command lines that made it, in order."""
    versions: dict[str, str] = field(default_factory=dict)
    created_at: str = ""
    """ISO 8601, UTC."""
    format_version: int = FORMAT_VERSION
    files: dict[str, StoredFile] = field(default_factory=dict)
    """Filled in when the checkpoint is written."""

    def __post_init__(self) -> None:
        _check_names(self)
        _check_sizes(self)
        _check_density(self)
        _check_files(self)

    def find_task(self) -> Task:
        """The task, by name or from its facts. Raises CheckpointError for an unknown name."""
        if self.task_facts is not None:
            return decode_task(self.task_facts, f"the checkpoint {self.name}")
        if self.task not in TASKS:
            known = ", ".join(sorted(TASKS))
            raise CheckpointError(
                f"there is no task {self.task[:80]!r}", f"known tasks: {known}"
            )
        return TASKS[self.task]

    def programs(self) -> tuple[tuple[str, str], ...]:
        """(network, name) of each network that is a program of the user."""
        return tuple(
            (network, str(described.get("reference", f"{network}.pt2")))
            for network, described in sorted(self.networks.items())
            if described["kind"] in PROGRAM_KINDS
        )

    def to_json(self) -> str:
        """One key a line, sorted; equal manifests give equal texts."""
        values = dataclasses.asdict(self)
        if self.task_facts is None:
            del values["task_facts"]
        lines = (f'"{key}": {canonical_json(values[key])}' for key in sorted(values))
        return "{\n" + ",\n".join(lines) + "\n}\n"

    def digest(self) -> str:
        """Over what decides how the networks act and adapt: not its name, story or scores."""
        values = dataclasses.asdict(self)
        deciding = canonical_json(
            {key: values[key] for key in _DECIDING if values[key] is not None}
        )
        return hashlib.sha256(deciding.encode()).hexdigest()


def stored_name(network: str, described: Mapping[str, Any]) -> str:
    """The file of a network; empty for a Python function, which stays where it is."""
    endings = {"factory": "", "exported": f"{network}.pt2"}
    return endings.get(described["kind"], f"{network}.safetensors")


def parse_manifest(content: bytes, name: str) -> Manifest:
    """The inverse of to_json. Raises CheckpointError, naming the file, on anything else."""
    values = parse_json(content, name)
    version = values.get("format_version") if isinstance(values, dict) else None
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise CheckpointError(
            f"{name} has format version {version}",
            f"this Psiscope reads up to {FORMAT_VERSION}: update it",
        )
    try:
        manifest = decode(Manifest, values, name)
    except CheckpointError as error:
        fact = error.fact if error.fact.startswith(name) else f"{name}: {error.fact}"
        raise CheckpointError(fact, error.remedy) from error
    if {stored_name(n, about) for n, about in manifest.networks.items()} - {
        ""
    } != manifest.files.keys():
        raise CheckpointError(f"{name}: files and networks differ", "copy or train it again")
    return manifest


def _check_names(manifest: Manifest) -> None:
    task = manifest.find_task()
    _require(task.name == manifest.task, "its task has two names")
    _require(
        manifest.task_facts is None or task.name not in TASKS,
        f"it describes the task {task.name}, which Psiscope knows",
    )
    _require(
        bool(_NAME.fullmatch(manifest.name)), f"the name {manifest.name[:80]!r} is unusable"
    )
    _require(manifest.format_version == FORMAT_VERSION, "the format version is unknown")
    _require(0 < len(manifest.networks) <= MOST_NETWORKS, "it has no networks or too many")
    for network, architecture in manifest.networks.items():
        _require(bool(_NETWORK.fullmatch(network)), f"the network {network[:80]!r} is unusable")
        _require(isinstance(architecture.get("kind"), str), f"network {network} has no kind")
    for controller in manifest.tuned:
        _require(controller in CONTROLLERS, f"there is no controller {controller[:80]!r}")


def _check_sizes(manifest: Manifest) -> None:
    task = manifest.find_task()
    for what, found, wanted in (
        ("state", manifest.state_size, task.state_size),
        ("action", manifest.action_size, task.action_size),
    ):
        _require(found == wanted, f"its {what} size is {found}, {task.name} has {wanted}")
    scale = manifest.critic_reward_scale
    _require(math.isfinite(scale) and scale > 0, f"critic_reward_scale is {scale}")
    for controller, tuned in manifest.tuned.items():
        for value in (tuned.step_size, tuned.delta):
            good = value is None or (math.isfinite(value) and 0 <= value <= 10)
            _require(good, f"the tuned step of {controller} is {value}")


def _check_density(manifest: Manifest) -> None:
    density, maze = manifest.data_density, manifest.find_task().maze
    if density:
        rows, columns = maze.squares if maze else (0, 0)
        fits = [len(row) for row in density] == [columns] * rows
        _require(fits, "its data density fits no maze")
    for share in (share for row in density for share in row):
        _require(0 <= share <= 1, f"a share of its data is {share}")


def _check_files(manifest: Manifest) -> None:
    for name, file in manifest.files.items():
        _require(
            bool(_DIGEST.fullmatch(file.sha256)), f"the digest of {name[:80]!r} is unusable"
        )
        _require(file.bytes > 0, f"{name[:80]!r} is empty")
    total = sum(file.bytes for file in manifest.files.values())
    if total > LARGEST_CHECKPOINT:
        raise CheckpointError(
            f"the checkpoint claims {total >> 20} MiB",
            f"the limit is {LARGEST_CHECKPOINT >> 20} MiB",
        )


def _require(condition: bool, fact: str) -> None:
    if not condition:
        raise CheckpointError(f"the checkpoint is unusable, {fact}", "copy or train it again")
