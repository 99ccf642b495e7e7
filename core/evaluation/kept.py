"""Finished episodes on disk, so that a stopped evaluation goes on where it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.errors import InputError
from core.evaluation.json_file import read_json, write_json
from core.evaluation.plan import Plan, Unit
from core.evaluation.score import Episode

FORMAT = 1


class KeptEpisodes:
    """The episodes finished so far, in memory and, where a path is given, in a file."""

    def __init__(self, plan: Plan, path: Path | None = None, *, resume: bool = False) -> None:
        """Raises InputError where the file is foreign, or there without `resume`."""
        self._plan = plan
        self._path = path
        self._episodes: dict[Unit, Episode] = {}
        if path is None or not path.exists():
            return
        if not resume:
            raise InputError(
                f"{path} holds a stopped evaluation", "go on with --resume, or delete it"
            )
        self._read(path)

    def add(self, episode: Episode) -> None:
        """Keep an episode; the file is replaced as a whole."""
        self._episodes[Unit(episode.controller, episode.seed)] = episode
        if self._path is not None:
            write_json(self._path, self._values())

    def missing(self) -> list[Unit]:
        """The units of the plan that have no episode yet, in order."""
        return [unit for unit in self._plan.units() if unit not in self._episodes]

    def episodes(self) -> list[Episode]:
        """The finished episodes of the plan, in its order."""
        return [self._episodes[u] for u in self._plan.units() if u in self._episodes]

    def remove_file(self) -> None:
        """Delete the file once the result is written."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def _values(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            **self._plan.identity(),
            "episodes": [episode.to_dict() for episode in self._episodes.values()],
        }

    def _read(self, path: Path) -> None:
        values = read_json(path)
        for name, value in {"format": FORMAT, **self._plan.identity()}.items():
            if values.get(name) != value:
                raise InputError(
                    f"{path} was made with another {name.replace('_', ' ')}",
                    "repeat that command, delete the file, or name another --json FILE",
                )
        try:
            kept = values.get("episodes")
            if not isinstance(kept, list):
                raise ValueError("there are no episodes")
            found = [Episode.from_dict(episode) for episode in kept]
        except ValueError as error:
            raise InputError(
                f"{path} is damaged ({error})", "delete it and start again"
            ) from error
        self._episodes = {Unit(episode.controller, episode.seed): episode for episode in found}
