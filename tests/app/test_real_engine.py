"""The window on the real engine: it changes nothing, and twenty kills lose nothing."""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.application import Application
from app.state.target import Target
from core.checkpoints.checkpoint import load
from core.session.replay import recompute
from core.session.session import Session
from core.session.shelf import Shelf
from core.settings import Settings
from core.traces.reader import TraceReader
from core.traces.trace import CommandApplied, Record
from core.traces.verify import check_integrity, compare_records
from tests.app.window_fixtures import Windows
from tests.runnable_checkpoint import write_runnable

WAIT = 60_000
FAST = Settings(horizon=2, particles=2, denoising_levels=1)


def open_real(windows: Windows, checkpoint: Path) -> Application:
    return windows.open(
        target=Target(trace=None, checkpoint=checkpoint),
        engine_module="core.engine",
        engine_arguments=("--settings", FAST.to_json(), "--seed", "7"),
    )


def without_commands(trace: Path) -> list[Record]:
    with TraceReader(trace) as reader:
        return [r for r in reader.records(first=2) if not isinstance(r, CommandApplied)]


def assert_verifies(trace: Path) -> None:
    with TraceReader(trace) as reader:
        assert check_integrity(reader) is None
        for seq, stored, again in recompute(reader, Shelf()):
            assert compare_records(stored, again, seq) is None


@pytest.mark.timeout(300)
def test_the_records_are_bit_for_bit_those_of_a_session_without_a_window(
    windows: Windows, qtbot: QtBot, tmp_path: Path
) -> None:
    checkpoint = write_runnable(tmp_path / "tiny")
    application = open_real(windows, checkpoint)
    trace = application.source.live_run.trace
    qtbot.waitUntil(lambda: trace.exists() and committed(trace) > 120, timeout=WAIT)
    windows.close()
    seen = without_commands(trace)
    session = Session(load(checkpoint), FAST, seed=7)
    for seq, stored in enumerate(seen):
        assert compare_records(stored, session.advance(), seq) is None


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_after_each_of_twenty_kills_the_window_stays_says_so_and_goes_on_at_a_click(
    windows: Windows, qtbot: QtBot, tmp_path: Path
) -> None:
    application = open_real(windows, write_runnable(tmp_path / "tiny"))
    live = application.source.live_run
    moments = random.Random(0)
    known: list[bytes] = []
    for _ in range(20):
        wanted = len(known) + moments.randrange(1, 200)
        qtbot.waitUntil(
            lambda wanted=wanted: live.trace.exists() and committed(live.trace) >= wanted,
            timeout=WAIT,
        )
        os.kill(live.engine.process_id, signal.SIGKILL)
        bar = application.window.message_bar
        qtbot.waitUntil(bar.isVisible, timeout=WAIT)
        assert application.window.isVisible()
        assert "SIGKILL" in bar.text
        digests = all_digests(live.trace)
        assert digests[: len(known)] == known
        known = digests
        bar.remedy.click()
        qtbot.waitUntil(lambda known=known: committed(live.trace) > len(known), timeout=WAIT)
    windows.close()
    assert_verifies(live.trace)


def committed(trace: Path) -> int:
    with TraceReader(trace) as reader:
        return reader.last_seq()


def all_digests(trace: Path) -> list[bytes]:
    with TraceReader(trace) as reader:
        return [reader.digest(seq) for seq in range(1, reader.last_seq() + 1)]
