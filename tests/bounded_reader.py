"""Reads files of strangers in a process of its own, and tells what came of each.

    python -m tests.bounded_reader KIND=FILE ..     one JSON line a file, then the peak memory

The process may not start others and may not unpickle by name: either is reported as executed.
"""

from __future__ import annotations

import contextlib
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.errors import InputError, PsiscopeError

FORBIDDEN = ("os.system", "os.exec", "os.fork", "os.posix_spawn", "subprocess.Popen",
             "pickle.find_class")  # fmt: skip
MOST_DATA = 2 * 2**30
"""Bytes of memory of its own that the process may ask for."""


def read_policy(path: Path) -> None:
    """As `import` does."""
    from core.checkpoints.importers import read_policy
    from core.checkpoints.importers_normalizer import Normalization

    read_policy(path, Normalization())


def read_normalizer(path: Path) -> None:
    """As `import --normalizer` does."""
    from core.checkpoints.importers_normalizer import find_normalization
    from core.tasks import find_task

    find_normalization(str(path), find_task("hopper"))


def read_checkpoint(path: Path) -> None:
    """As every command does."""
    from core.checkpoints.checkpoint import load

    load(path)


def read_trace(path: Path) -> None:
    """Open it as the window does, and read all of it."""
    from app.bridge.recorded_run import RecordedRun
    from core.traces.reader import TraceReader
    from core.traces.verify import check_integrity

    RecordedRun(path).close()
    with TraceReader(path) as reader:
        difference = check_integrity(reader)
        if difference is not None:
            raise InputError(f"{path}: record {difference.record}: {difference.detail}")
        list(reader.records())


def read_notes(path: Path) -> None:
    """As the window does."""
    from core.traces.notes import read_notes

    read_notes(path)


def read_recipe(path: Path) -> None:
    """As `collect --recipe` does."""
    from core.pretraining.parts import read_recipe

    read_recipe(path)


def read_repro(path: Path) -> None:
    """As a generated test does."""
    from core.repro.folder import read_repro

    read_repro(path)


READERS: dict[str, Callable[[Path], object]] = {
    "policy": read_policy,
    "normalizer": read_normalizer,
    "checkpoint": read_checkpoint,
    "trace": read_trace,
    "notes": read_notes,
    "recipe": read_recipe,
    "repro": read_repro,
}


def main() -> int:
    asked = [word.partition("=") for word in sys.argv[1:]]
    for kind in dict.fromkeys(kind for kind, _, _ in asked):
        # What has to be imported once is no part of any reading.
        with contextlib.suppress(PsiscopeError):
            READERS[kind](Path("there-is-no-such-file"))
    executed: list[str] = []

    def watch(event: str, _arguments: Any) -> None:
        if event in FORBIDDEN:
            executed.append(event)

    sys.addaudithook(watch)
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_DATA, MOST_DATA))
    for kind, _, text in asked:
        before, began = _peak(), time.process_time()
        try:
            READERS[kind](Path(text))
            line = "read"
        except PsiscopeError as error:
            line = f"refused: {error}"
        values = {
            "path": text,
            "line": line,
            "seconds": time.process_time() - began,
            "grown_mib": (_peak() - before) / 2**10,
            "executed": list(executed),
        }
        sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.write(json.dumps({"peak_mib": _peak() / 2**10}) + "\n")
    return 0


def _peak() -> int:
    """The most memory of this program so far, KiB; getrusage counts that of its parent too."""
    status = Path("/proc/self/status").read_text().splitlines()
    (line,) = [line for line in status if line.startswith("VmHWM:")]
    return int(line.split()[1])


if __name__ == "__main__":
    sys.exit(main())
