"""In place of `main.py train`: no data, no networks, but the same files, lock and signals.

The seed says what happens: 0 works until it is stopped, 1 refuses at once, 2 finishes.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import time
from pathlib import Path

from core.checkpoints.training import (
    TrainingRequest,
    read_progress,
    training_folder,
)
from core.errors import PsiscopeError
from core.pretraining.progress import Progress, followed

OF = 100_000
CURVES = {
    "updates": [1000.0, 2000.0],
    "critic_loss": [3.0, 2.0],
    "return_mean": [10.0, 40.0],
    "monte_carlo_mean": [5.0, 8.0],
    "q_mean": [1.0, 7.0],
}
LONGEST_LIFE = 280.0
"""Seconds until one that nobody stops ends by itself: no test waits so long for anything."""


class Stopped(PsiscopeError, KeyboardInterrupt):
    """Ctrl+C."""


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("command")
    parser.add_argument("task")
    for flag in ("dataset", "output", "recipe", "seed", "beta-actor", "beta-critic", "updates"):
        parser.add_argument(f"--{flag}")
    parser.add_argument("--resume", action="store_true")
    given = parser.parse_args()
    if given.seed == "1":
        sys.stderr.write("psiscope train: the data set is broken: copy it again\n")
        return 2
    output = Path(given.output)
    folder = training_folder(output)
    number = read_progress(folder).stages[0].number if given.resume else 0
    request = TrainingRequest(
        task=given.task,
        dataset=given.dataset,
        recipe=given.recipe,
        beta_actor=None if given.beta_actor is None else float(given.beta_actor),
        seed=int(given.seed),
    )
    with followed(folder, request, [("ReBRAC", OF)], command="python main.py train") as told:
        work(told, number, finishes=given.seed == "2" or given.resume)
        output.mkdir()
        (output / "checkpoint.json").write_text("{}")
    shutil.rmtree(folder)
    return 0


def work(told: Progress, number: int, *, finishes: bool) -> None:
    asked: list[int] = []
    signal.signal(signal.SIGINT, lambda signum, _frame: asked.append(signum))
    told.begin(number, CURVES)
    ends = time.monotonic() + (0.3 if finishes else LONGEST_LIFE)
    while time.monotonic() < ends:
        number += 1
        told.advance(number)
        time.sleep(0.005)
        if asked:
            told.note(number, CURVES)
            raise Stopped(f"ReBRAC stopped after {number} updates", "go on with --resume")


if __name__ == "__main__":
    sys.exit(main())
