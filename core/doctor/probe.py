"""Try something in a Python process of its own: what crashes or hangs there harms nobody."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The checkout."""
PATIENCE = 60.0
"""Seconds until an attempt counts as hanging: torch alone takes 15 where much else runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """How it went."""

    worked: bool
    said: str
    """The last line printed: the answer if it worked, else the reason."""


def attempt(
    code: str, environment: Mapping[str, str] = os.environ, *, patience: float = PATIENCE
) -> Attempt:
    """Run `code` in a new interpreter, in the checkout."""
    try:
        done = subprocess.run(  # noqa: S603  this interpreter, code of this package
            [sys.executable, "-c", code],
            env=dict(environment),
            cwd=ROOT,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=patience,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Attempt(worked=False, said=f"no answer in {patience:g} s")
    if done.returncode == 0:
        return Attempt(worked=True, said=_last_line(done.stdout))
    reason = _last_line(done.stderr) or f"exit code {done.returncode}"
    if done.returncode < 0:
        reason = f"killed by {signal.Signals(-done.returncode).name}: {_last_line(done.stderr)}"
    return Attempt(worked=False, said=reason[:200])


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
