"""The window's process of `python main.py benchmark --trace`: shows a trace and seeks in it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from time import perf_counter

import numpy as np
from PyQt6.QtWidgets import QApplication

from app.application import Application, Options
from app.bridge.heartbeat import Heartbeat
from app.measuring.gauge import BEAT_MS, Gauge
from app.measuring.trace_benchmark import Episode, random_addresses
from app.state.cursor import Address
from app.state.moment import History
from app.state.target import DEMO, Target

REST_SECONDS = 0.06
"""Between two seeks, as while somebody holds a key down."""
CALM_SECONDS = 2.0
"""For what is built when a trace is opened."""
WINDOW = (1600, 1000)
PATIENCE_MS = 60_000


def watch(trace: str, told: str, seeks: str) -> int:
    """Show the trace, seek in it, and print the figures as JSON."""
    episodes = [Episode(**each) for each in json.loads(told)]
    addresses = random_addresses(episodes, int(seeks), seed=1)
    qt = QApplication(["psiscope"])
    target = Target(trace=DEMO if DEMO.is_file() else None, checkpoint=None)
    application = Application(
        qt, Options(target=target, size=WINDOW, workspace="debug", preferences="benchmark")
    )
    application.open()
    gauge = Gauge(application)
    try:
        gauge.wait_until(lambda: application.views.settled, PATIENCE_MS)
        figures = {
            "open_s": _open(application, gauge, Path(trace), episodes[-1].length),
            **_seek(application, gauge, addresses),
            "memory_mb": peak_memory_mb(os.getpid()),
            "scene_process_memory_mb": peak_memory_mb(application.views.scene.process_id),
        }
    finally:
        application.window.close()
        application.dispose()
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


def peak_memory_mb(process_id: int) -> float:
    """The most memory a process has held, MB; NaN where the system does not say."""
    try:
        lines = Path(f"/proc/{process_id}/status").read_text().splitlines()
    except OSError:
        return float("nan")
    (kibi,) = (int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    return 1024 * kibi / 1e6


def _open(application: Application, gauge: Gauge, trace: Path, length: int) -> float:
    """Seconds until the newest moment and the whole history of its episode are shown."""
    rows: list[int] = []

    def note(history: History) -> None:
        rows.append(len(history))

    application.follower.history_changed.connect(note)
    began = perf_counter()
    application.source.open_trace(trace)
    gauge.wait_until(lambda: bool(rows) and rows[-1] >= length, PATIENCE_MS)
    opened = perf_counter() - began
    application.follower.history_changed.disconnect(note)
    gauge.wait_until(lambda: application.views.settled, PATIENCE_MS)
    gauge.spin(CALM_SECONDS)
    return opened


def _seek(application: Application, gauge: Gauge, addresses: list[Address]) -> dict[str, float]:
    """How late the event loop is while somebody jumps about."""
    heartbeat = Heartbeat(application, interval_ms=BEAT_MS, kept=1_000_000)
    heartbeat.start()
    for address in addresses:
        application.driver.go_to(address)
        gauge.spin(REST_SECONDS)
    heartbeat.stop()
    p50, p99, largest = (
        float(each) for each in np.percentile(heartbeat.lateness(), [50, 99, 100])
    )
    return {
        "seeks": len(addresses),
        "stall_p50_ms": p50,
        "stall_p99_ms": p99,
        "stall_max_ms": largest,
    }
