"""One finding of the doctor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "slow", "missing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A fact about this machine. slow: it works, worse than it could. missing: it blocks."""

    name: str
    state: State
    fact: str
    remedy: str = ""
    """One command to type; empty where nothing needs mending."""
