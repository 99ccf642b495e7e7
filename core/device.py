"""The only place that sets threads and reads what the machine computes with."""

from __future__ import annotations

import os
import platform

import torch


def use_one_thread() -> None:
    """One torch thread: beside a live window two are slower, and one is bit-exact."""
    torch.set_num_threads(1)


def fingerprint() -> dict[str, str | int]:
    """What decides bitwise results: same fingerprint, same bits (contracts 6)."""
    return {
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "mkl": bool(torch.backends.mkl.is_available()),  # type: ignore[no-untyped-call]
        "machine": platform.machine(),
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "openblas_coretype": os.environ.get("OPENBLAS_CORETYPE", ""),
        "kernels": "eager",
    }
