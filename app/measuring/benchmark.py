"""Measures the window: `python main.py benchmark --window`.

The same window in turns: with a nearly empty scene and the engine paused, and with everything
on and the engine at full speed. What a machine gives drifts, so the two are compared within
one run, and figures are medians of three rounds.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from app.display import DisplayError, check_display
from app.state.target import DEMO, PROJECT_ROOT, Target, find_target
from core.errors import InputError

if TYPE_CHECKING:
    from app.application import Application

SCENE = (640, 480)
"""Size of the 3D view while measured, pixels."""
WINDOW = (1600, 1000)
ROUNDS = 3
WARM_UP_SECONDS = 3.0
EMPTY_SHARE = 0.25
START_MS = 180_000
"""How long the engine may take to begin."""
LEAST_FRAMES = 25.0
LEAST_RATIO = 0.85
MOST_STALL_MS = 33.0
MOST_LATENCY_MS = 100.0
MOST_FIRST_PAINT_S = 2.0


def run_window_benchmark(
    *, checkpoint: str | None, seconds: float, engine_module: str = "core.engine"
) -> dict[str, Any]:
    """Open the window, measure for about `seconds`, and return figures for JSON.

    Raises InputError where the checkpoint cannot be run.
    """
    try:
        check_display()
    except DisplayError:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    target = find_target(checkpoint)
    if target.checkpoint is None:
        raise InputError("a recorded trace has no engine to measure", "give a checkpoint")
    first_paint = median(_first_paint_seconds() for _ in range(ROUNDS))
    gflops, load = _matrix_gflops(), os.getloadavg()[0]
    platform, rounds = _measure(target, seconds, engine_module)
    figures = {name: median(each[name] for each in rounds) for name in rounds[0]}
    figures["stall_max_ms"] = max(each["stall_max_ms"] for each in rounds)
    ratio = figures["frames_per_second"] / max(figures["empty_frames_per_second"], 1e-9)
    meets = {
        "frames_per_second": figures["frames_per_second"] >= LEAST_FRAMES,
        "ratio": ratio >= LEAST_RATIO,
        "stall_p99_ms": figures["stall_p99_ms"] < MOST_STALL_MS,
        "record_to_screen_p95_ms": figures["record_to_screen_p95_ms"] < MOST_LATENCY_MS,
        "first_paint_s": first_paint < MOST_FIRST_PAINT_S,
    }
    return {
        **figures,
        "ratio": ratio,
        "first_paint_s": first_paint,
        "meets": meets,
        "platform": platform,
        "scene": list(SCENE),
        "window": list(WINDOW),
        "seconds": seconds,
        "matrix_gflops": gflops,
        "load": load,
        "rounds": rounds,
    }


def paint_once() -> int:
    """Open the default window, print how long its first paint took, and end."""
    from PyQt6.QtWidgets import QApplication

    from app.application import Application, Options
    from app.first_paint import FirstPaint, seconds_since_process_start

    target = Target(trace=DEMO if DEMO.is_file() else None, checkpoint=None)
    qt = QApplication(["psiscope"])
    application = Application(qt, Options(target=target, size=WINDOW, preferences="benchmark"))

    def painted() -> None:
        sys.stdout.write(f"{seconds_since_process_start():.3f}\n")
        qt.quit()

    FirstPaint(application.window).painted.connect(painted)
    application.open()
    qt.exec()
    application.shut_down()
    application.dispose()
    return 0


def _first_paint_seconds() -> float:
    code = "import sys; from app.measuring.benchmark import paint_once; sys.exit(paint_once())"
    done = subprocess.run(  # noqa: S603  our own interpreter, our own code
        [sys.executable, "-c", code],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        return float(done.stdout.split()[-1])
    except (ValueError, IndexError):
        raise InputError(
            "the window could not be painted", "run `python main.py doctor`"
        ) from None


def _matrix_gflops(side: int = 256, seconds: float = 0.5) -> float:
    matrix = np.random.default_rng(0).standard_normal((side, side)).astype(np.float32)
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        matrix @ matrix
        count += 1
    return 2e-9 * side**3 * count / (time.perf_counter() - start)


def _measure(
    target: Target, seconds: float, engine_module: str
) -> tuple[str, list[dict[str, float]]]:
    from PyQt6.QtCore import qInstallMessageHandler
    from PyQt6.QtWidgets import QApplication

    from app.application import Application, Options
    from app.gui import tell

    qInstallMessageHandler(tell)
    qt = QApplication(["psiscope"])
    with TemporaryDirectory(prefix="psiscope-benchmark-") as folder:
        options = Options(
            target=replace(target, trace=None),
            engine_module=engine_module,
            size=WINDOW,
            theme="light",
            runs_folder=Path(folder),
            preferences="benchmark",
        )
        application = Application(qt, options)
        try:
            return qt.platformName(), _rounds(application, seconds)
        finally:
            application.window.close()
            application.dispose()


def _rounds(application: Application, seconds: float) -> list[dict[str, float]]:
    from app.measuring.gauge import Gauge

    application.views.scene.canvas.setFixedSize(*SCENE)
    application.open()
    application.start_engine()
    gauge = Gauge(application)
    gauge.wait_until(lambda: application.source.shows_live_run, START_MS)
    gauge.spin(WARM_UP_SECONDS)
    share = seconds / ROUNDS
    return [
        asdict(gauge.measure(EMPTY_SHARE * share, (1 - EMPTY_SHARE) * share))
        for _ in range(ROUNDS)
    ]
