"""The environment that a data set says it comes from: read as data, never imported or run.

Minari stores gymnasium's EnvSpec as JSON: an id, keyword arguments, and the entry point, a
`module:Class` that gymnasium would import. Of these only the id, which gymnasium's own registry
must know, and plain numbers and truth values are taken.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import gymnasium

from core.data.listing import LARGEST_METADATA, METADATA_FILE, datasets_folder
from core.envs.make import check_arguments, is_registered
from core.errors import DataError
from core.tasks import Argument, Task

LARGEST_SPEC = 2**20
"""Characters of an environment spec."""
MOST_ARGUMENTS = 32
_ID = re.compile(r"([-\w]+/)*[-\w]+")
_LOOKS = frozenset(
    (
        "render_mode",
        "width",
        "height",
        "camera_id",
        "camera_name",
        "default_camera_config",
        "max_geom",
        "visual_options",
    )
)
"""Arguments that change pictures alone: left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentSpec:
    """What of a data set's environment spec is taken."""

    environment_id: str
    """An id of gymnasium's registry."""
    arguments: tuple[Argument, ...] = ()


def task_of_dataset(dataset_id: str) -> Task:
    """The task of a local Minari data set, from its environment spec.

    Raises InputError where the data set is not here, has no such spec, or names something that
    gymnasium's registry does not have: nothing it names is imported.
    """
    spec = read_environment_spec(dataset_id)
    from core.envs.derive import derive_task, known_task

    known = known_task(spec.environment_id, spec.arguments)
    if known is not None:
        return known
    return derive_task(spec.environment_id, spec.arguments, may_leave_out=False)


def read_environment_spec(dataset_id: str) -> EnvironmentSpec:
    """The environment spec of a local Minari data set. Raises InputError as task_of_dataset."""
    if dataset_id.endswith((".hdf5", ".h5")):
        raise DataError(
            f"the file {dataset_id} does not say which environment it comes from",
            "name the task, or an id of gymnasium's registry, in place of `dataset`",
        )
    metadata = read_metadata(dataset_id)
    if metadata is None:
        raise DataError(
            f"there is no local data set {dataset_id[:200]!r}",
            f"get it with `minari download {dataset_id[:200]}`, or collect it",
        )
    text = metadata.get("env_spec")
    if not isinstance(text, str):
        raise DataError(
            f"the data set {dataset_id} does not say which environment it comes from",
            "name the task, or an id of gymnasium's registry, in place of `dataset`",
        )
    return parse_environment_spec(text, dataset_id)


def parse_environment_spec(text: str, dataset_id: str) -> EnvironmentSpec:
    """From gymnasium's JSON. Raises InputError for anything but registry, numbers and bools."""
    found = _json(text, LARGEST_SPEC, f"the environment spec of {dataset_id}")
    identifier, kwargs = found.get("id"), found.get("kwargs") or {}
    if not isinstance(identifier, str) or not is_registered(identifier):
        raise DataError(
            f"the data set {dataset_id} names the environment {str(identifier)[:80]!r}",
            "gymnasium's registry has none of that name; nothing else is imported",
        )
    registered = gymnasium.registry[identifier]
    _check_entry_point(found, registered, dataset_id)
    if found.get("additional_wrappers"):
        raise DataError(
            f"the environment of {dataset_id} has wrappers",
            "they are programs and are not run; use data of the bare environment",
        )
    if not isinstance(kwargs, dict) or len(kwargs) > MOST_ARGUMENTS:
        raise DataError(f"the arguments of {dataset_id}'s environment are malformed", _FOREIGN)
    arguments = tuple(
        Argument(name=name, value=value)
        for name, value in sorted(kwargs.items())
        if name not in _LOOKS and not _is_default(registered, name, value)
    )
    check_arguments(arguments)
    return EnvironmentSpec(environment_id=identifier, arguments=arguments)


def read_metadata(dataset_id: str) -> dict[str, Any] | None:
    """The metadata of a local Minari data set; None where it is not here.

    Raises DataError for a malformed id, and for metadata that are no JSON object.
    """
    if not _ID.fullmatch(dataset_id):
        raise DataError(
            f"{dataset_id[:200]!r} is not a Minari id", "write psiscope/hopper/medium-replay-v0"
        )
    path = datasets_folder() / dataset_id / "data" / METADATA_FILE
    if not path.is_file():
        return None
    with path.open("rb") as file:
        content = file.read(LARGEST_METADATA + 1)
    return _json(content, LARGEST_METADATA, f"the metadata of {dataset_id}")


_FOREIGN = "the data set is broken or foreign"


def _json(content: bytes | str, limit: int, name: str) -> dict[str, Any]:
    if len(content) > limit:
        raise DataError(f"{name} is over {limit >> 20} MiB", _FOREIGN)
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{name} is not valid JSON", _FOREIGN) from error
    if not isinstance(found, dict):
        raise DataError(f"{name} is not a JSON object", _FOREIGN)
    return found


def _check_entry_point(found: dict[str, Any], registered: Any, dataset_id: str) -> None:
    named = found.get("entry_point")
    if named is not None and named != registered.entry_point:
        raise DataError(
            f"the data set {dataset_id} names the program {str(named)[:80]!r}, which is not "
            f"gymnasium's {registered.id}",
            "it is not imported; use a data set of an environment of gymnasium's registry",
        )


def _is_default(registered: Any, name: str, value: Any) -> bool:
    """Whether the registry itself passes that argument (a maze's walls, for instance)."""
    return name in registered.kwargs and bool(registered.kwargs[name] == value)
