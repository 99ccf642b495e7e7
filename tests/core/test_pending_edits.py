"""An edit that waits for the next environment step is not lost when a session is resumed."""

from __future__ import annotations

from pathlib import Path

from core.checkpoints.checkpoint import load
from core.commands import Command
from core.session.session import Session
from core.settings import Settings
from core.traces.trace import GradientUpdate, Snapshot
from core.traces.verify import compare_records
from tests.runnable_checkpoint import write_runnable

FAST = Settings(horizon=2, particles=3, denoising_levels=2)


def test_a_snapshot_holds_the_edit_that_waits_for_the_next_environment_step(
    tmp_path: Path,
) -> None:
    checkpoint = load(write_runnable(tmp_path / "tiny"))
    session = Session(checkpoint, FAST, seed=5)
    session.advance()
    session.apply(Command(id="1", name="edit", settings={"ascent_steps": 3}))
    snapshot = session.advance()
    assert isinstance(snapshot, Snapshot)
    followed = [session.advance() for _ in range(5)]
    assert [r.k for r in followed if isinstance(r, GradientUpdate)] == [0, 1, 2, 3]
    resumed = Session(checkpoint, FAST, seed=5)
    resumed.restore(snapshot)
    for record in followed:
        assert compare_records(record, resumed.advance(), 1) is None
