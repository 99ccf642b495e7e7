"""The environment that a data set names is data: nothing it names is imported or run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import pytest

from core.data.environment_spec import EnvironmentSpec, read_environment_spec, task_of_dataset
from core.data.listing import LARGEST_METADATA
from core.envs.make import is_registered
from core.errors import InputError
from core.tasks import TASKS, Argument

ID = "someone/data-v0"
ROOT = Path(__file__).parents[2]
PENDULUM = gymnasium.spec("InvertedPendulum-v5").to_json()
Writer = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Writer:
    """Writes a data set's metadata whose environment spec has some changes."""
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path))

    def written(spec: Any = None, **changes: Any) -> Path:
        folder = tmp_path / ID / "data"
        folder.mkdir(parents=True, exist_ok=True)
        if spec is None:
            spec = json.dumps(json.loads(PENDULUM) | changes)
        path = folder / "metadata.json"
        path.write_text(json.dumps({"dataset_id": ID, "env_spec": spec}))
        return path

    return written


def refusal(dataset_id: str = ID) -> str:
    with pytest.raises(InputError) as caught:
        read_environment_spec(dataset_id)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_id_and_plain_arguments_are_taken_and_what_is_for_pictures_is_not(
    write: Writer,
) -> None:
    looks = {"render_mode": "rgb_array", "default_camera_config": {"distance": 2.0}}
    write(kwargs={"reset_noise_scale": 0.1, "frame_skip": 3, **looks})
    arguments = (
        Argument(name="frame_skip", value=3),
        Argument(name="reset_noise_scale", value=0.1),
    )
    assert read_environment_spec(ID) == EnvironmentSpec(
        environment_id="InvertedPendulum-v5", arguments=arguments
    )
    task = task_of_dataset(ID)
    assert (task.environment_arguments, task.seconds_per_environment_step) == (arguments, 0.06)


@pytest.mark.parametrize("name", sorted(TASKS))
def test_a_known_task_is_found_by_what_its_own_data_sets_say(write: Writer, name: str) -> None:
    task = TASKS[name]
    assert is_registered(task.environment_id)
    spec = json.loads(gymnasium.spec(task.environment_id).to_json())
    spec["kwargs"] |= {a.name: a.value for a in task.environment_arguments}
    write(json.dumps(spec))
    assert task_of_dataset(ID) is task


def test_recorded_forces_stay_in_the_observations(write: Writer) -> None:
    write(gymnasium.spec("Ant-v5").to_json())
    assert task_of_dataset(ID).state_size == 105


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"entry_point": "evil_module:Evil"}, "names the program 'evil_module:Evil'"),
        ({"entry_point": ["a"]}, "names the program"),
        ({"id": "evil_module:Evil-v0"}, "'evil_module:Evil-v0'"),
        ({"id": "Evil-v0"}, "gymnasium's registry has none"),
        ({"id": {"deep": []}}, "gymnasium's registry has none"),
        ({"id": "x" * 10**5}, "gymnasium's registry has none"),
        ({"additional_wrappers": [{"name": "E", "entry_point": "evil_module:E"}]}, "wrappers"),
        ({"kwargs": {"xml_file": "/etc/passwd"}}, "'xml_file'"),
        ({"kwargs": {"weights": [1, 2]}}, "'weights'"),
        ({"kwargs": {"frame_skip": 10**9}}, "out of range"),
        ({"kwargs": {"frame_skip": 10**4000}}, "out of range"),
        ({"kwargs": {"reset_noise_scale": float("nan")}}, "out of range"),
        ({"kwargs": {"reset_noise_scale": float("inf")}}, "out of range"),
        ({"kwargs": {f"a{i}": 1 for i in range(1000)}}, "malformed"),
        ({"kwargs": [1]}, "malformed"),
    ],
)
def test_anything_but_a_registered_environment_with_numbers_is_refused(
    write: Writer, changes: dict[str, Any], words: str
) -> None:
    write(**changes)
    assert words in refusal()
    assert len(refusal()) < 500


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("{", "not valid JSON"),
        ("[" * 10**5 + "]" * 10**5, "not valid JSON"),
        ("[]", "not a JSON object"),
        (" " * (2**20 + 1), "over 1 MiB"),
        (7, "does not say"),
    ],
)
def test_a_spec_that_is_no_json_object_is_refused(write: Writer, spec: Any, words: str) -> None:
    write(spec)
    assert words in refusal()


def test_metadata_that_are_none_are_refused(write: Writer) -> None:
    path = write()
    for content, words in (
        (b"{}", "does not say"),
        (b"\xff\xfe", "not valid JSON"),
        (b'{"a":' * 10**5, "not valid JSON"),
        (b"3", "not a JSON object"),
    ):
        path.write_bytes(content)
        assert words in refusal()
    with path.open("wb") as file:
        file.truncate(2**40)
    assert f"over {LARGEST_METADATA >> 20} MiB" in refusal()


@pytest.mark.parametrize("name", ["none/such-v0", "../../etc-v0", "/etc/passwd", "a.hdf5", ""])
def test_a_data_set_that_is_not_here_or_a_file_without_a_spec_is_refused(
    write: Writer, name: str
) -> None:
    assert refusal(name)


def test_arguments_that_the_environment_cannot_bear_are_refused_when_it_is_tried(
    write: Writer,
) -> None:
    write(kwargs={"no_such_argument": 1})
    with pytest.raises(InputError, match="no_such_argument"):
        task_of_dataset(ID)


def test_the_program_that_a_data_set_names_is_not_imported_by_the_command(
    write: Writer, tmp_path: Path
) -> None:
    proof, output = tmp_path / "was-run", tmp_path / "output"
    (tmp_path / "evil_module.py").write_text(f"open({str(proof)!r}, 'w').close()\n")
    write(entry_point="evil_module:Evil")
    for task in ("dataset", "evil_module:Evil-v0"):
        words = ["train", task, "--dataset", ID, "--output", str(output)]
        done = subprocess.run(
            [sys.executable, "main.py", *words],
            cwd=ROOT,
            env=dict(os.environ, PYTHONPATH=str(tmp_path)),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2, done.stderr
        assert done.stderr.count("\n") == 1
        assert "evil_module:Evil" in done.stderr
        assert not proof.exists()
        assert not output.exists()
