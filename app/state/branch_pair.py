"""Two branches to compare: which ones, and where to look."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from app.state.cursor import Address, Place
from app.state.moment import History, Moment
from core.traces.divergence import Divergence
from core.traces.lineage import Branches

Pair = tuple[int, int]
"""The branches of A and B."""


def usual_pair(branches: Branches, shown: int) -> Pair:
    """The branch that is shown and its parent; of the root, it and the newest fork of it."""
    parent = branches.parent(shown)
    return (0, max(branches.children(0))) if parent is None else (parent, shown)


def with_branch(pair: Pair, place: int, branch: int) -> Pair:
    """Another branch at place 0 or 1; the one of the other place changes places with it."""
    kept = pair[1 - place] if pair[1 - place] != branch else pair[place]
    return (branch, kept) if place == 0 else (kept, branch)


def address_of(found: Divergence, branch: int, recorded: Callable[[Place], object]) -> Address:
    """Where to look at a divergence; where the branch ended, at its last environment step.

    recorded: whether a branch has anything at an environment step.
    """
    here = Address(branch=branch, episode=found.episode, t=found.t, k=found.k)
    ended = found.t > 0 and not recorded(here.place)
    return dataclasses.replace(here, t=found.t - 1, k=None) if ended else here


def absence(branch: int, moment: Moment, history: History, *, grows: bool) -> str:
    """Why a branch has no record at the t of a moment."""
    if not len(history):
        return f"Branch {branch} has no record of episode {moment.episode}, t = {moment.t}."
    last = int(history.t[-1])
    ended = f"has come to t = {last} so far" if grows else f"ended at t = {last}"
    return f"Branch {branch} {ended}."


def branch_with(t: int, pair: Pair, histories: tuple[History, History], shown: int) -> int:
    """The shown branch where it has that t, else the one of the pair that does."""
    having = [
        branch
        for branch, history in zip(pair, histories, strict=True)
        if len(history) and history.t[-1] >= t
    ]
    return having[0] if having and shown not in having else shown
