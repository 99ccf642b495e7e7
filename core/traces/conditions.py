"""What a branch was made under: settings, seed, checkpoint; and what two branches differ in."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from core.errors import TraceError
from core.settings import Settings
from core.traces.lineage import Clock
from core.traces.reader import TraceReader
from core.traces.trace import BranchStarted, RunStarted
from core.traces.value_difference import float_text
from core.traces.values import DAMAGE

Conditions = dict[str, Any]
"""Values by name: every setting, `seed`, `checkpoint`, `checkpoint_digest`."""
_DIGEST_DIGITS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A condition that two branches do not have in common."""

    name: str
    a: Any
    b: Any


def conditions_at(reader: TraceReader, branch: int, clock: Clock | None = None) -> Conditions:
    """The conditions at (episode, t, k) of a branch; None: where it ends now.

    They are those of the last branch on the path that had begun by then, with the edits that
    were accepted on it. An edit in the middle of the updates of t acts from t + 1 on; a redo
    that goes on in the same branch brings it to t.
    """
    branches, home = reader.branches(), 0
    source: RunStarted | BranchStarted = reader.started()
    for segment in branches.path(branch)[1:]:
        begun = branches.started(segment.branch)
        if begun and (clock is None or (begun.episode, begun.t, begun.k) <= clock):
            home, source = segment.branch, begun
    settings = Settings.from_json(source.settings)
    for edited in _edits(reader, home, None if clock is None else clock[:2]):
        settings = settings.replace(**edited)
    return asdict(settings) | {
        "seed": source.seed,
        "checkpoint": source.checkpoint,
        "checkpoint_digest": source.checkpoint_digest[:_DIGEST_DIGITS],
    }


def changes(a: Conditions, b: Conditions) -> tuple[Change, ...]:
    """What differs: settings first, in their order. A digest only says what a name does not."""
    names = [name for name in a if a[name] != b[name]]
    if "checkpoint" in names:
        names = [name for name in names if name != "checkpoint_digest"]
    return tuple(Change(name=name, a=a[name], b=b[name]) for name in names)


def condition_text(value: Any) -> str:
    """A value as people write it: 0.05, 4e-4; `none` where a setting is off."""
    if value is None:
        return "none"
    return float_text(value) if isinstance(value, float) else str(value)


def _edits(
    reader: TraceReader, branch: int, place: tuple[int, int] | None
) -> list[dict[str, Any]]:
    """The settings accepted on a branch itself that act at (episode, t), oldest first."""
    names = ("seq", "episode", "t", "k", "command", "accepted")
    columns = reader.columns("CommandApplied", names, branch=branch)
    begun = reader.branches().seqs
    edits: list[tuple[tuple[int, int], dict[str, Any]]] = []
    for seq, episode, t, k, line, accepted in zip(*(columns[n] for n in names), strict=True):
        # What a command that leaves a branch changes is in the new branch's beginning.
        if not accepted or int(seq) + 1 in begun:
            continue
        name, settings = _parsed(line)
        here = (max(int(episode), 0), int(t))
        later = (here[0], here[1] + 1)
        if name == "edit":
            edits.append((later if k > 0 else here, settings))
        elif name == "redo":
            edits += [(here, waiting) for since, waiting in edits if since == later]
            edits.append((here, settings))
    return [settings for since, settings in edits if place is None or since <= place]


def _parsed(line: str) -> tuple[str, dict[str, Any]]:
    """Name and settings of a command."""
    try:
        command = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise TraceError("the trace holds a command that cannot be read", DAMAGE) from error
    if not isinstance(command, dict) or not isinstance(command.get("settings", {}), dict):
        raise TraceError("the trace holds a command that is none", DAMAGE)
    return str(command.get("command")), command.get("settings", {})
