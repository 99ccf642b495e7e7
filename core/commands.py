"""What a window may ask of an engine: one JSON object per line. Free of torch.

    to the engine:
        {"id": "w-12", "command": "step_over"}
        {"id": "w-13", "command": "edit", "settings": {"horizon": 3}}
        {"id": "w-14", "command": "fork", "at": [0, 0, 120, 1], "settings": {"delta": 0.1}}
        {"id": "w-15", "command": "breakpoints",
         "breakpoints": [{"id": "b1", "condition": "t == 9"}]}
    from the engine:
        {"event": "ready", "trace": FILE, "seq": N}
        {"event": "applied", "id": "w-12", "accepted": true, "effect": "...", "seq": N}
        {"event": "state", "state": "running" | "paused" | "finished"}
        {"event": "failed", "line": "one line"}

Every command is also a CommandApplied record. An id is applied once: sent again (after a
crash), it is acknowledged again and does nothing. An address `at` is [branch, episode, t, k];
k null is before the first update of t.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from core.errors import InputError

Name = Literal[
    "run", "pause", "step_over", "step_into", "step_out", "edit", "reset", "stop",
    "accept", "reject", "redo", "fork", "resume", "breakpoints", "note",
]  # fmt: skip
NAMES: tuple[str, ...] = get_args(Name)
LONGEST_LINE = 65_536
MOST_BREAKPOINTS = 100
LONGEST_NOTE = 4_000
At = tuple[int, int, int, int]
"""An address (branch, episode, t, k)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakpoint:
    """Where a run pauses, checked before the action is applied (core/expressions.py)."""

    id: str
    condition: str
    enabled: bool = True
    log_only: bool = False
    """Record the hit and go on."""
    ignore: int = 0
    """How many hits to pass before the first pause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What is asked.

    run: until paused or a breakpoint. step_over: one environment step with all its updates.
    step_into: one gradient update, the action is not applied yet. step_out: finish this
    step's updates and apply the action. edit: change settings from the next environment step
    on. reset: begin the next episode now. stop: close the trace and end.

    accept: the weights at the present k act now. reject: back to psi_k of this t, k the present
    one minus 1 where none is given, or to an address `at`. redo: make the updates of this t
    again from k on, with the edited settings. fork: go on from an address with other settings,
    checkpoint or seed. resume: go on from an address. All of these open a new branch, but
    accept and redo where nothing recorded contradicts them. breakpoints: these, and no others.
    note: a text pinned to an address.
    """

    id: str
    name: Name
    settings: dict[str, Any] = field(default_factory=dict)
    at: At | None = None
    k: int | None = None
    checkpoint: str = ""
    seed: int | None = None
    breakpoints: tuple[Breakpoint, ...] = ()
    text: str = ""

    def to_line(self) -> str:
        """One line of canonical JSON, without the newline; what is not given is left out."""
        values: dict[str, Any] = {"id": self.id, "command": self.name}
        given: dict[str, Any] = {
            "settings": self.settings,
            "at": None if self.at is None else list(self.at),
            "k": self.k,
            "checkpoint": self.checkpoint,
            "seed": self.seed,
            "text": self.text,
        }
        values |= {name: value for name, value in given.items() if value not in (None, {}, "")}
        if self.name == "breakpoints":
            values["breakpoints"] = [asdict(b) for b in self.breakpoints]
        return json.dumps(values, sort_keys=True, separators=(",", ":"))


def parse_command(line: str) -> Command:
    """Read one line. Raises InputError on anything but a known command."""
    values = _parse_object(line)
    settings = values.get("settings", {})
    if not isinstance(settings, dict):
        raise InputError("settings is not a JSON object", 'send {"settings": {"horizon": 3}}')
    return Command(
        id=values["id"],
        name=values["command"],
        settings=settings,
        at=_parse_address(values.get("at")),
        k=_parse_count("k", values.get("k")),
        checkpoint=_parse_text("checkpoint", values.get("checkpoint", ""), LONGEST_LINE),
        seed=_parse_count("seed", values.get("seed")),
        breakpoints=_parse_breakpoints(values.get("breakpoints", [])),
        text=_parse_text("text", values.get("text", ""), LONGEST_NOTE),
    )


def _parse_object(line: str) -> dict[str, Any]:
    if len(line) > LONGEST_LINE:
        raise InputError("a command is longer than 64 KiB", "send one JSON object per line")
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError("a command is not JSON", str(error)) from error
    if not isinstance(values, dict) or not isinstance(values.get("id"), str):
        raise InputError("a command has no id", 'send {"id": "1", "command": "run"}')
    if values.get("command") not in NAMES:
        raise InputError(
            f"there is no command {values.get('command')!r}", f"use one of {', '.join(NAMES)}"
        )
    return values


def _parse_address(value: Any) -> At | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 4:
        raise InputError("at is not an address", "send [branch, episode, t, k]")
    branch, episode, t, k = (_parse_count("at", 0 if v is None else v) or 0 for v in value)
    return branch, episode, t, k


def _parse_count(name: str, value: Any) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise InputError(f"{name} is {value!r:.80}", "send whole numbers from 0 on")
    return value


def _parse_text(name: str, value: Any, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest:
        raise InputError(f"{name} is no text", f"send at most {longest} characters")
    return value


def _parse_breakpoints(values: Any) -> tuple[Breakpoint, ...]:
    if not isinstance(values, list) or len(values) > MOST_BREAKPOINTS:
        raise InputError("breakpoints is no list", f"send at most {MOST_BREAKPOINTS} of them")
    return tuple(_parse_breakpoint(value) for value in values)


def _parse_breakpoint(value: Any) -> Breakpoint:
    kinds = {"id": str, "condition": str, "enabled": bool, "log_only": bool, "ignore": int}
    good = (
        isinstance(value, dict)
        and {"id", "condition"} <= value.keys() <= kinds.keys()
        and all(type(v) is kinds[name] for name, v in value.items())
        and value.get("ignore", 0) >= 0
    )
    if not good:
        raise InputError(
            "a breakpoint cannot be read", 'send {"id": "b1", "condition": "t == 120"}'
        )
    return Breakpoint(**value)
