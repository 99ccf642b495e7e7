"""While an engine lives it has a core of its own; afterwards everyone has all of them again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from app.bridge.cores import CoreShare

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="needs two cores and a system that knows affinity",
)


@pytest.fixture
def process() -> Iterator[int]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        yield other.pid
        other.communicate(b"\n")


def test_the_engine_and_the_others_share_no_core_until_it_ends(process: int) -> None:
    everything = os.sched_getaffinity(0)
    cores = CoreShare()
    try:
        cores.share(process, (os.getpid(), None))
        engine, window = os.sched_getaffinity(process), os.sched_getaffinity(0)
        assert len(engine) == 1
        assert not engine & window
        assert engine | window == everything
    finally:
        cores.share(None, (os.getpid(),))
    assert os.sched_getaffinity(0) == everything


def test_a_process_that_is_gone_is_no_error() -> None:
    everything = os.sched_getaffinity(0)
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    CoreShare().share(gone.pid, ())
    assert os.sched_getaffinity(0) == everything
