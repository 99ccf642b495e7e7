"""How far each branch of a trace has come, read as it grows."""

from __future__ import annotations

import dataclasses

import numpy as np

from app.bridge.recorded_run import RecordedRun
from app.state.branch_facts import REASONS, BranchFacts, Progress, in_tree_order
from app.state.cursor import Address
from core.traces.lineage import Branches


class BranchTally:
    """The rows of the tree of branches of one trace."""

    def __init__(self, run: RecordedRun) -> None:
        self._run = run
        self._seq = 0
        self._progress: dict[int, Progress] = {}
        self._order: list[tuple[int, int]] = []
        self._facts: dict[int, BranchFacts] = {}

    def facts(self) -> tuple[BranchFacts, ...]:
        """One for each branch, in the order of the tree."""
        self._read()
        branches = self._run.branches()
        if len(branches) != len(self._order):
            self._order = in_tree_order(branches)
        for number, depth in self._order:
            known, progress = self._facts.get(number), self._progress.get(number, Progress())
            grows = number == branches.newest
            now = (progress, grows, self._run.branch_changes(number))
            if known is None or (known.progress, known.grows, known.changed) != now:
                self._facts[number] = self._facts_of(branches, number, depth)
        return tuple(self._facts[number] for number, _ in self._order)

    def end_of(self, branch: int) -> Address:
        """The newest moment of a branch."""
        self._read()
        branches = self._run.branches()
        newest = self._run.newest()
        if branch == branches.newest and newest is not None:
            return Address(branch=branch, episode=newest[1], t=newest[2])
        started, progress = branches.started(branch), self._progress.get(branch)
        if progress is None:
            episode, t = (0, 0) if started is None else (started.episode, started.t)
            return Address(branch=branch, episode=episode, t=t)
        last = (branch, progress.episode, progress.t)
        _, episode, t = self._run.step_after(last) or last
        return Address(branch=branch, episode=episode, t=t)

    def _facts_of(self, branches: Branches, number: int, depth: int) -> BranchFacts:
        started = branches.started(number)
        return BranchFacts(
            number=number,
            depth=depth,
            parent=None if started is None else started.parent,
            reason="root" if started is None else REASONS.get(started.reason, started.reason),
            begun=None if started is None else (started.episode, started.t, started.k),
            changed=self._run.branch_changes(number),
            progress=self._progress.get(number, Progress()),
            grows=number == branches.newest,
        )

    def _read(self) -> None:
        rows = self._run.environment_steps(self._seq)
        if not len(rows["seq"]):
            return
        self._seq = int(rows["seq"][-1])
        numbers, last, counts = _last_of_each(rows["branch"])
        for number, place, count in zip(numbers, last, counts, strict=True):
            before = self._progress.get(int(number), Progress())
            self._progress[int(number)] = dataclasses.replace(
                before,
                environment_steps=before.environment_steps + int(count),
                episode=int(rows["episode"][place]),
                t=int(rows["t"][place]),
                episode_return=float(rows["episode_return"][place]),
                frozen_return=float(rows["frozen_return"][place]),
            )


def _last_of_each(
    branch: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The branches, the last row of each, and how many it has."""
    numbers, first, counts = np.unique(branch[::-1], return_index=True, return_counts=True)
    return numbers, len(branch) - 1 - first, counts
