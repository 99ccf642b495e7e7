"""Run all checks and say what they found."""

from __future__ import annotations

import dataclasses
import json as json_format
import sys
from collections.abc import Callable

from core.doctor.check import Check
from core.doctor.graphics import check_display, check_gl
from core.doctor.installed import check_libraries, check_packages, check_python
from core.doctor.storage import check_checkpoint, check_data_folder, check_disk
from core.doctor.threads import check_omp_threads, check_torch_threads, check_wait_policy
from core.versions import versions

CHECKS: tuple[Callable[[], Check], ...] = (
    check_python,
    check_packages,
    check_libraries,
    check_display,
    check_gl,
    check_wait_policy,
    check_omp_threads,
    check_torch_threads,
    check_data_folder,
    check_disk,
    check_checkpoint,
)


def run_doctor() -> list[Check]:
    """All checks, in the order in which faults are best mended. Takes a few seconds."""
    return [check() for check in CHECKS]


def exit_code(checks: list[Check]) -> int:
    """0: nothing blocks. 1: something is missing."""
    return int(any(check.state == "missing" for check in checks))


def to_text(checks: list[Check]) -> str:
    """A line for each check, and under a fault the command that mends it."""
    lines = []
    for check in checks:
        lines.append(f"{check.state:<8}{check.name:<15}{check.fact}")
        if check.state != "ok":
            lines.append(f"{'':<23}{check.remedy}")
    missing = sum(check.state == "missing" for check in checks)
    slow = sum(check.state == "slow" for check in checks)
    lines.append(f"{missing} missing, {slow} slow, {len(checks) - missing - slow} ok")
    return "\n".join(lines) + "\n"


def to_json(checks: list[Check]) -> str:
    """{"checks": [{"name", "state", "fact", "remedy"}], "versions": {...}}"""
    values = {"checks": [dataclasses.asdict(c) for c in checks], "versions": versions()}
    return json_format.dumps(values, indent=2) + "\n"


def main(json: bool = False) -> int:
    """Print the findings; returns the exit code."""
    checks = run_doctor()
    sys.stdout.write(to_json(checks) if json else to_text(checks))
    return exit_code(checks)
