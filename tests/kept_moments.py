"""A run whose moments become repros, and what one does with a repro."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from core.commands import At, Breakpoint
from core.repro.folder import Repro
from core.session.travel import session_at
from core.settings import Settings
from core.traces.reader import TraceReader
from tests.architecture.tree import ROOT
from tests.engine_served import Served

SETTINGS = Settings(horizon=2, particles=2, ascent_steps=3, denoising_levels=2)
ON_THE_FORK: At = (1, 0, 4, 1)
"""What the fork at t = 3 recorded itself."""
ON_THE_WAY: At = (1, 0, 3, 0)
"""What the fork shares with the root."""
BEFORE_ACTION: At = (2, 0, 5, 2)
"""Where the last branch stands: rejected, two updates made again, nothing proposed."""


def run(*words: object) -> subprocess.CompletedProcess[str]:
    """Another process, in the folder of Psiscope."""
    return subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def change_json(folder: Path, **changes: Any) -> None:
    """Say something else in the document."""
    path = folder / "moment.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def check(repro: Repro, folder: Path) -> None:
    """What the generated test does, but for recomputing the trace."""
    with TraceReader(folder / "moment.trace") as reader:
        shelf, before = repro.checkpoints(), repro.document.records + 1
        first = session_at(reader, (*repro.home[:3], 0), shelf, before=before)
        assert repro.difference(first.snapshot()) is None
        update = session_at(reader, repro.home, shelf, before=before).advance()
        assert repro.difference(update) is None
        for record in repro.stored_in(reader):
            assert repro.difference(record) is None


def record_run(path: Path, checkpoint: Path) -> Path:
    """Edits, a breakpoint that only logs, a fork, a reject."""
    served = Served(path, checkpoint, SETTINGS, seed=3)
    logged = Breakpoint(id="b", condition="t >= 2", log_only=True)
    served.obey("breakpoints", breakpoints=(logged,))
    for _ in range(4):
        served.obey("step_over")
    served.obey("edit", settings={"delta": 0.08})
    for _ in range(3):
        served.obey("step_over")
    served.obey("fork", at=(0, 0, 3, 1), settings={"delta": 0.02})
    for name in ("step_over", "step_over", "step_into", "step_into", "step_into"):
        served.obey(name)
    served.obey("reject", k=1)
    served.obey("step_into")
    served.engine.close()
    return path
