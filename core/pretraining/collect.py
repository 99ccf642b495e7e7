"""Collect offline data by recipe: real environments, real policies, a Minari data set."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from tqdm import tqdm

from core.errors import DataError
from core.pretraining.episodes import Recorded, Source, source_of
from core.pretraining.minari_writer import check_room, free_path, part_facts, write
from core.pretraining.parts import RANDOM, Part, check_parts, read_recipe
from core.tasks import Task

__all__ = ["Part", "collect", "read_recipe"]


def collect(
    task: Task, recipe: Sequence[Part], *, transitions: int, dataset_id: str, seed: int = 0
) -> int:
    """Write at least `transitions` transitions as a Minari data set; returns how many it wrote.

    Episodes run to their own end. Ctrl+C keeps the finished episodes. Raises DataError for a
    taken or malformed id, a part out of range, or a policy of another task.
    """
    parts = [
        dataclasses.replace(part, random_share=1.0) if part.policy == RANDOM else part
        for part in recipe
    ]
    check_parts(parts)
    target = free_path(dataset_id)
    check_room(target, task, transitions)
    sources = [source_of(task, part, seed, number) for number, part in enumerate(parts)]
    weights = np.array([part.share for part in parts])
    quotas = np.ceil(transitions * weights / weights.sum()).astype(int)
    episodes = _collected(sources, quotas.tolist(), dataset_id)
    if not episodes:
        raise DataError("no episode was finished", "let it run longer")
    facts = [
        part_facts(part, source.sha256) for part, source in zip(parts, sources, strict=True)
    ]
    asked: dict[str, Any] = {"parts": facts, "transitions": transitions, "seed": seed}
    write(target, dataset_id, task, episodes, asked)
    return sum(len(episode.rewards) for episode in episodes)


def _collected(
    sources: Sequence[Source], quotas: Sequence[int], dataset_id: str
) -> list[Recorded]:
    episodes: list[Recorded] = []
    with tqdm(
        total=sum(quotas), unit=" transitions", desc=f"collect {dataset_id}", disable=None
    ) as bar:
        try:
            for source, quota in zip(sources, quotas, strict=True):
                episodes.extend(source.episodes(quota, bar.update))
        except KeyboardInterrupt:
            bar.write(f"stopped: keeping {len(episodes)} finished episodes")
    return episodes
