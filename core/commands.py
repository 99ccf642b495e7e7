"""What a window may ask of an engine: one JSON object per line. Free of torch.

    to the engine:
        {"id": "w-12", "command": "step_over"}
        {"id": "w-13", "command": "edit", "settings": {"horizon": 3}}
    from the engine:
        {"event": "ready", "trace": FILE, "seq": N}
        {"event": "applied", "id": "w-12", "accepted": true, "effect": "...", "seq": N}
        {"event": "state", "state": "running" | "paused" | "finished"}
        {"event": "failed", "line": "one line"}

Every command is also a CommandApplied record. An id is applied once: sent again (after a
crash), it is acknowledged again and does nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from core.errors import InputError

Name = Literal["run", "pause", "step_over", "step_into", "step_out", "edit", "reset", "stop"]
NAMES: tuple[str, ...] = get_args(Name)
LONGEST_LINE = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """run: until paused. step_over: one environment step with all its updates. step_into: one
    gradient update, the action is not applied yet. step_out: finish this step's updates and
    apply the action. edit: change settings from the next environment step on. reset: begin the
    next episode now. stop: close the trace and end."""

    id: str
    name: Name
    settings: dict[str, Any] = field(default_factory=dict)

    def to_line(self) -> str:
        """One line of canonical JSON, without the newline."""
        values: dict[str, Any] = {"id": self.id, "command": self.name}
        if self.settings:
            values["settings"] = self.settings
        return json.dumps(values, sort_keys=True, separators=(",", ":"))


def parse_command(line: str) -> Command:
    """Read one line. Raises InputError on anything but a known command."""
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
    settings = values.get("settings", {})
    if not isinstance(settings, dict):
        raise InputError("settings is not a JSON object", 'send {"settings": {"horizon": 3}}')
    return Command(id=values["id"], name=values["command"], settings=settings)
