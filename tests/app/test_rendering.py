"""The render process and its wire, without a window."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.rendering.frame_file import FrameFile
from app.rendering.wire import (
    Drawn,
    Fan,
    Ghost,
    Picture,
    Refused,
    WireError,
    decode,
    encode,
)
from app.theme import DARK, LIGHT, Theme
from app.views.scene_camera import ABOVE, SIDE_VIEW
from app.views.scene_picture import Wish, compose, look
from core.checkpoints.task_facts import task_json
from core.tasks import TASKS
from tests.app.maze_moments import LARGE, UMAZE, maze_moment
from tests.app.view_moments import make_moment

ROOT = Path(__file__).resolve().parents[2]


def picture(**changes: Any) -> Picture:
    """A small picture of a synthetic moment."""
    wish = Wish(theme=LIGHT, camera=SIDE_VIEW, size=(96, 64), still=False)
    found = compose(make_moment(), wish, np.zeros(1))
    assert found is not None
    return dataclasses.replace(found, number=7, **changes)


def test_a_message_survives_the_wire() -> None:
    sent = picture()
    found = decode(encode(sent))
    assert isinstance(found, Picture)
    assert (found.number, found.look, found.ghosts) == (7, sent.look, sent.ghosts)
    assert np.allclose(found.fans[0].states, sent.fans[0].states, atol=1e-5)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"no json\n",
        b"[1, 2]\n",
        b'{"kind": "Picture"}\n',
        b'{"kind": "Exploit"}\n',
        b"[" * 100_000,
        encode(picture()).replace(b'"shape": [11]', b'"shape": [-11]'),
        encode(picture()).replace(b'"shape": [11]', b'"shape": [1000000000]'),
        encode(picture(width=100_000)),
        encode(picture(fans=(Fan(name="x", states=np.zeros((2000, 50, 1))),), ghosts=())),
        encode(picture(ghosts=(Ghost(fan=9, particle=0, j=0, color=(0, 0, 0), opacity=1.0),))),
    ],
)  # fmt: skip
def test_a_foreign_or_oversized_line_is_refused_by_the_wire(line: bytes) -> None:
    with pytest.raises(WireError):
        decode(line)


def test_the_process_loads_neither_torch_nor_qt() -> None:
    program = (
        "import sys, app.rendering.process, app.rendering.stage;"
        "print([m for m in ('torch', 'PyQt6', 'gymnasium') if m in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"


def test_the_process_draws_a_maze_that_no_registry_knows_and_says_where_its_goal_is() -> None:
    own = dataclasses.replace(LARGE, name="my-own-maze")
    moment = dataclasses.replace(maze_moment(t=2), task=own)
    wish = Wish(theme=LIGHT, camera=ABOVE, size=(96, 64), still=False)
    asked = compose(moment, wish, np.zeros(0))
    assert asked is not None
    nonsense = dataclasses.replace(asked, task="{}")
    frames = FrameFile.create()
    refused, drawn = answers(frames, encode(nonsense) + encode(asked))
    frames.remove()
    assert isinstance(refused, Refused)
    assert "the picture" in refused.reason
    assert isinstance(drawn, Drawn)
    assert drawn.landmarks.shape == (2, 2)
    assert np.abs(drawn.body[0] - (48, 32)).max() < 24
    assert [paths.shape[0] for paths in drawn.paths] == [5] * 4
    assert [len(parts) for parts in drawn.outlines] == [13] * 3


def test_no_fog_veils_a_body_that_runs_far_ahead() -> None:
    task = TASKS["halfcheetah"]
    running = np.zeros((1, 6, task.state_size))
    running[..., 8] = 8.0  # m/s along x: two metres in five environment steps
    still, fast = (
        picture(
            task=task_json(task), state=np.zeros(task.state_size), fans=(fan,), ghosts=(),
            physics_state=np.empty(0), root=np.zeros(1), width=192, height=128,
        )
        for fan in (Fan(name="before", states=0 * running), Fan(name="before", states=running))
    )  # fmt: skip
    frames = FrameFile.create()
    drawn = answers(frames, encode(fast) + encode(still))[0]
    frames.remove()
    assert isinstance(drawn, Drawn)
    x, y = drawn.body[0].astype(int)
    around = frames.slot(drawn.slot, 192, 128)[y - 4 : y + 5, x - 4 : x + 5].astype(float)
    contrast = np.abs(around - 255.0 * np.array(look(LIGHT).background)).max()
    assert contrast > 60


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_the_floor_of_a_maze_has_the_themes_colour_and_a_grid(theme: Theme) -> None:
    wish = Wish(theme=theme, camera=ABOVE, size=(192, 128), still=False)
    quick = compose(maze_moment(20, task=UMAZE), wish, np.zeros(0))
    assert quick is not None
    frames = FrameFile.create()
    drawn = answers(frames, encode(quick) + encode(dataclasses.replace(quick, still=True)))
    frames.remove()
    for each in drawn:
        assert isinstance(each, Drawn)
        floor = frames.slot(each.slot, 192, 128)[-24:, :40, 0].astype(float)
        tiles, lines = (255.0 * color[0] for color in (look(theme).floor, look(theme).grid))
        assert abs(np.median(floor) - tiles) < 12
        assert np.ptp(floor) > 0.5 * abs(tiles - lines)


def answers(frames: FrameFile, questions: bytes) -> list[Any]:
    """What a process says to two lines."""
    with subprocess.Popen(
        [sys.executable, "-m", "app.rendering.process", str(frames.path)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(questions)
        process.stdin.flush()
        decode(process.stdout.readline())
        found = [decode(process.stdout.readline()) for _ in range(2)]
        process.stdin.close()
        assert process.wait(100) == 0
    return found


def test_the_process_answers_a_bad_line_draws_the_next_and_ends_with_its_input() -> None:
    frames = FrameFile.create()
    bad, good = answers(frames, b"nonsense\n" + encode(picture()))
    frames.remove()
    assert isinstance(bad, Refused)
    assert isinstance(good, Drawn)
    assert good.number == 7
    assert len(np.unique(frames.slot(good.slot, 96, 64).reshape(-1, 3), axis=0)) > 20
