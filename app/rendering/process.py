"""The render process: `python -m app.rendering.process FRAME_FILE`; wire.py is its language.

It imports neither torch nor Qt, and ends when its standard input closes: with its parent.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import IO, Any

from app.rendering import backend
from app.rendering.frame_file import SLOTS, FrameFile
from app.rendering.wire import (
    LONGEST_LINE,
    Message,
    Picture,
    Ready,
    Refused,
    Unavailable,
    WireError,
    decode,
    encode,
)

TRIED, WANTED = "PSISCOPE_GL_TRIED", "PSISCOPE_GL_WANTED"


def main() -> int:
    """Serves one window until it is gone. Exit code 3: no OpenGL, said in a line before."""
    answers = _claim_stdout()
    context, hello = _start(answers)
    frames = FrameFile(Path(sys.argv[1]))
    _send(answers, hello)
    if context is None:
        return 3
    serve(sys.stdin.buffer, answers, frames)
    return 0


def serve(questions: IO[bytes], answers: IO[bytes], frames: FrameFile) -> None:
    """Draws each picture that comes in and answers each line; returns at the end of input."""
    from app.rendering.stage import Stage, stage_key

    stages: dict[bool, Stage] = {}
    slot = 0
    while line := questions.readline(LONGEST_LINE + 1):
        number = -1
        try:
            picture = decode(line)
            if not isinstance(picture, Picture):
                raise WireError(f"a {type(picture).__name__} is not a picture")
            number = picture.number
            stage = stages.get(picture.still)
            if stage is None or stage.key != stage_key(picture):
                if stage is not None:
                    stage.close()
                stage = stages[picture.still] = Stage(picture)
            slot = (slot + 1) % SLOTS
            pixels = frames.slot(slot, picture.width, picture.height)
            answer: Message = stage.draw(picture, pixels, slot)
        except Exception as error:  # noqa: BLE001  one bad picture must not end the process
            answer = Refused(number=number, reason=f"{type(error).__name__}: {error}"[:300])
        _send(answers, answer)


def _start(answers: IO[bytes]) -> tuple[Any, Ready | Unavailable]:
    """A GL context, or the reasons against it. A second back end takes a fresh process."""
    wanted = os.environ.setdefault(WANTED, os.environ.get("MUJOCO_GL", ""))
    tried = [reason for reason in os.environ.get(TRIED, "").split("|") if reason]
    for name in backend.candidates(wanted)[len(tried) :]:
        try:
            return backend.open_context(name)
        except Exception as error:  # noqa: BLE001  platforms raise anything at all
            tried.append(f"{name}: {type(error).__name__}")
        if os.name == "posix":
            _become_again(answers, tried)
    return None, backend.refusal(tried)


def _become_again(answers: IO[bytes], tried: list[str]) -> None:
    os.dup2(answers.fileno(), 1)
    environment = {**os.environ, TRIED: "|".join(tried)}
    arguments = [sys.executable, "-m", "app.rendering.process", *sys.argv[1:]]
    os.execve(sys.executable, arguments, environment)  # noqa: S606  the same program, no shell


def _claim_stdout() -> IO[bytes]:
    """Answers go where stdout went; whatever a library prints goes to stderr."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _send(answers: IO[bytes], message: Message) -> None:
    answers.write(encode(message))
    answers.flush()


if __name__ == "__main__":
    sys.exit(main())
