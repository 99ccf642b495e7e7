"""Threads: on few cores they make or break the speed."""

from __future__ import annotations

import os
from collections.abc import Mapping

from core.doctor.check import Check
from core.doctor.graphics import Try
from core.doctor.installed import SET_UP
from core.doctor.probe import attempt

_ONE_THREAD = "export OMP_NUM_THREADS=1"
_COUNT = "import torch; print(torch.get_num_threads(), torch.__version__)"


def check_wait_policy(environment: Mapping[str, str] = os.environ) -> Check:
    """A waiting OpenMP thread sleeps: one that spins starves the window (product section 6)."""
    policy = environment.get("OMP_WAIT_POLICY", "")
    if policy.upper() == "PASSIVE":
        return Check(name="wait-policy", state="ok", fact="OMP_WAIT_POLICY is PASSIVE")
    fact = f"OMP_WAIT_POLICY is {policy or 'not set'}: waiting threads spin"
    return Check(
        name="wait-policy", state="slow", fact=fact, remedy="export OMP_WAIT_POLICY=PASSIVE"
    )


def check_omp_threads(environment: Mapping[str, str] = os.environ) -> Check:
    """One OpenMP thread: beside a live window two are slower, and one is bit-exact."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    count = environment.get("OMP_NUM_THREADS", "")
    fact = f"OMP_NUM_THREADS is {count or 'not set'}, {cores} cores"
    if count == "1":
        return Check(name="omp-threads", state="ok", fact=fact)
    return Check(name="omp-threads", state="slow", fact=fact, remedy=_ONE_THREAD)


def check_torch_threads(
    environment: Mapping[str, str] = os.environ, run: Try = attempt
) -> Check:
    """torch can be imported, and what a new process of it starts."""
    outcome = run(_COUNT, environment)
    if not outcome.worked:
        fact = f"torch cannot be imported ({outcome.said})"
        return Check(name="torch-threads", state="missing", fact=fact, remedy=SET_UP)
    count, _, version = outcome.said.partition(" ")
    fact = f"torch {version} starts {count} thread{'s' * (count != '1')}"
    if count == "1":
        return Check(name="torch-threads", state="ok", fact=fact)
    return Check(name="torch-threads", state="slow", fact=fact, remedy=_ONE_THREAD)
