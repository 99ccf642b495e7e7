"""What is to be evaluated: one checkpoint, reset seeds, the settings of each controller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Protocol, runtime_checkable

from core.checkpoints.manifest import Manifest
from core.errors import InputError
from core.settings import Settings
from core.trust import digest
from core.versions import versions


@runtime_checkable
class Tuned(Protocol):
    """What a plan asks of a checkpoint."""

    @property
    def manifest(self) -> Manifest: ...

    @property
    def digest(self) -> str: ...

    def settle(self, settings: Settings) -> Settings:
        """Fill in the tuned step size or delta where the settings leave it open."""
        ...


class Unit(NamedTuple):
    """One episode to run; units do not depend on one another."""

    controller: str
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that decides the result of an evaluation, but for the machine."""

    checkpoint: str
    digest: str
    task: str
    has_goal: bool = False
    """Whether success, not the return, is what counts."""
    seeds: tuple[int, ...]
    settings: Mapping[str, Settings]
    """By controller name, in the order of the report; tuned values filled in."""

    def units(self) -> list[Unit]:
        """Seed by seed, so that a stopped evaluation holds whole pairs."""
        return [Unit(name, seed) for seed in self.seeds for name in self.settings]

    def identity(self) -> dict[str, Any]:
        """What a result depends on beside its unit; kept episodes must agree on it."""
        rules = sorted({settings.updater for settings in self.settings.values()} - {""})
        return {
            **({"programs": {rule: digest(rule) for rule in rules}} if rules else {}),
            "checkpoint_digest": self.digest,
            "task": self.task,
            "settings": {name: asdict(settings) for name, settings in self.settings.items()},
            "versions": versions(),
        }


def make_plan(
    checkpoint: Tuned, seeds: Sequence[int], settings: Mapping[str, Settings]
) -> Plan:
    """The plan for a checkpoint; settings still without the checkpoint's tuned values.

    Raises InputError where a seed chose the checkpoint's step sizes, where psi would be carried
    from one episode into the next (contracts 3), and where a tuned value is needed but missing.
    """
    _check_seeds(seeds, checkpoint.manifest)
    for name, chosen in settings.items():
        if chosen.reset_mode == "never" and chosen.updates:
            raise InputError(
                f"{name}: reset-mode never carries weights from episode to episode",
                "evaluate with --reset-mode episode, or use `run`",
            )
    return Plan(
        checkpoint=checkpoint.manifest.name,
        digest=checkpoint.digest,
        task=checkpoint.manifest.task,
        has_goal=checkpoint.manifest.find_task().goal is not None,
        seeds=tuple(seeds),
        settings={name: checkpoint.settle(chosen) for name, chosen in settings.items()},
    )


def _check_seeds(seeds: Sequence[int], manifest: Manifest) -> None:
    tuned = {seed for tuned in manifest.tuned.values() for seed in tuned.seeds}
    shared = sorted(tuned.intersection(seeds))
    if shared:
        raise InputError(
            f"seed {shared[0]} chose the step size of {manifest.name}, so it cannot judge it",
            f"start later, for instance --first-seed {max(tuned) + 1}",
        )
