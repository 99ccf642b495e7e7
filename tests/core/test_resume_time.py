"""Going on from any recorded address takes less than a second: in work, and by the clock."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from core.checkpoints.checkpoint import Checkpoint, load
from core.session.session import Session
from core.session.shelf import Shelf
from core.session.travel import session_at
from core.settings import Settings
from core.traces.archive import TraceWriter
from core.traces.reader import TraceReader
from core.traces.trace import GradientUpdate
from tests.runnable_checkpoint import write_runnable

CASES: dict[str, dict[str, Any]] = {
    "default": {},
    "E 3": {"ascent_steps": 3},
    "H 10, M 64": {"horizon": 10, "particles": 64},
    "E 3, H 10, M 64": {"ascent_steps": 3, "horizon": 10, "particles": 64},
}
KEPT: dict[str, Any] = {"reset_mode": "episode", "optimizer": "adam"}


def write_trace(path: Path, checkpoint: Checkpoint, settings: Settings, last: int) -> None:
    """Environment steps 0 .. last of a run, the last one without its action."""
    session = Session(checkpoint, settings, seed=1)
    with TraceWriter.create(path, session.started()) as writer:
        while True:
            writer.append(record := session.advance())
            if isinstance(record, GradientUpdate) and record.t == last and record.last:
                return


@pytest.mark.parametrize("name", CASES)
def test_little_has_to_be_imagined_again_to_come_to_any_address(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At most what the shipped networks imagine in 0.6 s, and the updates of one t."""
    checkpoint = load(write_runnable(tmp_path / "tiny"))
    settings = Settings(**CASES[name])
    write_trace(tmp_path / "run.trace", checkpoint, settings, last=11)
    imagined = 0

    def count(*arguments: Any) -> Any:
        nonlocal imagined
        imagined += settings.imagined_steps * settings.denoising_levels
        return imagine(*arguments)

    from core.adaptation.ascent import imagine

    monkeypatch.setattr("core.adaptation.ascent.imagine", count)
    with TraceReader(tmp_path / "run.trace") as reader:
        for t in range(12):
            imagined = 0
            address = (0, 0, t, settings.updates)
            session_at(reader, address, Shelf(checkpoint), before=reader.last_seq() + 1)
            once = (settings.updates + 1) * settings.imagined_steps * settings.denoising_levels
            assert (imagined - once) * (1 + settings.particles / 50) <= 600


@pytest.mark.slow
@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_any_address_of_the_shipped_checkpoint_is_reached_within_a_second(
    tmp_path: Path, name: str, kept: bool
) -> None:
    checkpoint = load("hopper")
    settings = Settings(**CASES[name], **(KEPT if kept else {}))
    write_trace(tmp_path / "run.trace", checkpoint, settings, last=21)
    shelf = Shelf(checkpoint)
    with TraceReader(tmp_path / "run.trace") as reader:
        for t in (1, 4, 9, 15, 19, 20, 21):
            taken = []
            for _ in range(3):
                begun = time.process_time()
                address = (0, 0, t, settings.updates)
                session_at(reader, address, shelf, before=reader.last_seq() + 1)
                taken.append(time.process_time() - begun)
            assert sorted(taken)[1] < 1.0
