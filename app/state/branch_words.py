"""What a branch is, in words: its number, why it began, where, and what it changed."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from app.readouts import setting
from core.settings import Settings
from core.traces.trace import BranchStarted, RunStarted


def branch_words(branch: int, started: BranchStarted | None, changes: Sequence[str]) -> str:
    """`2: fork of 0 at t = 64, k = 1; delta 0.05 → 0.1`; no `started` is the root's."""
    if started is None:
        return f"{branch}: the run as it began"
    episode = f"episode {started.episode}, " if started.episode else ""
    place = f"{episode}t = {started.t}, k = {started.k}"
    words = f"{branch}: {started.reason} of {started.parent} at {place}"
    return f"{words}; {', '.join(changes) or 'nothing changed'}"


def changed(
    started: BranchStarted, parent: BranchStarted | RunStarted, before: Settings, made: Settings
) -> list[str]:
    """Each setting, the seed and the checkpoint that are other than the parent's.

    parent: how the parent began; before: its settings where the branch leaves it; made: those
    that the first updates of the branch itself were made with. Each is written as
    `delta 0.05 → 0.1`.
    """
    found = edited(before, made)
    if started.seed != parent.seed:
        found.append(_change("seed", parent.seed, started.seed))
    if started.checkpoint_digest != parent.checkpoint_digest:
        found.append(_change("checkpoint", parent.checkpoint, started.checkpoint))
    return found


def edited(before: Settings, after: Settings) -> list[str]:
    """Each setting that differs, as `step size 4e−4 → 1e−5`."""
    old, new = dataclasses.asdict(before), dataclasses.asdict(after)
    return [_change(name, old[name], new[name]) for name in old if old[name] != new[name]]


def _change(name: str, old: Any, new: Any) -> str:
    return f"{name.replace('_', ' ')} {setting(old)} → {setting(new)}"
