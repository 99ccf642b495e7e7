"""The window's benchmark: what it measures, on the fake engine for a few seconds."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from app.measuring.gauge import body_alone
from app.state.moment import Moment
from app.state.target import PROJECT_ROOT
from app.views.scene_picture import fans_of, state_of
from core.settings import Settings
from core.tasks import find_task
from tests.moment_records import make_environment_step, make_proposal, make_update
from tests.records import make_run_started

MEASURE = """
import json, sys
from pathlib import Path
import app.measuring.benchmark as benchmark
from app.state.target import Target
benchmark.find_target = lambda _name: Target(trace=None, checkpoint=Path(sys.argv[1]))
figures = benchmark.run_window_benchmark(
    checkpoint="made up", seconds=4.0, engine_module="tests.app.fake_engine"
)
print(json.dumps(figures))
"""


@pytest.mark.timeout(600)
def test_the_benchmark_reports_every_figure_and_says_which_aims_are_met(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path)],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        timeout=560,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert set(figures["meets"]) == {
        "frames_per_second",
        "ratio",
        "stall_p99_ms",
        "record_to_screen_p95_ms",
        "first_paint_s",
    }
    assert figures["scene"] == [640, 480]
    assert len(figures["rounds"]) == 3
    for name in (
        "frames_per_second",
        "empty_frames_per_second",
        "environment_steps_per_second",
    ):
        assert 0 < figures[name] < 1000
    for name in ("first_paint_s", "matrix_gflops", "stall_p99_ms", "record_to_screen_p95_ms"):
        assert math.isfinite(figures[name])
        assert figures[name] > 0
    assert figures["ratio"] == pytest.approx(
        figures["frames_per_second"] / figures["empty_frames_per_second"]
    )


def test_the_empty_scene_keeps_the_body_and_drops_all_futures() -> None:
    rng = np.random.default_rng(0)
    updates = (make_update(rng, k=0), make_update(rng, k=1))
    moment = Moment(
        run=make_run_started(),
        task=find_task("hopper"),
        settings=Settings(),
        updates=updates,
        proposal=make_proposal(rng),
        environment_step=make_environment_step(rng),
        k=1,
        live=True,
    )
    empty = body_alone(moment)
    assert fans_of(moment)
    assert not fans_of(empty)
    assert state_of(empty) is not None
