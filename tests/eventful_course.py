"""A course in which everything happens that can: what crashes and forgeries are tried on."""

from __future__ import annotations

from pathlib import Path

from core.checkpoints.checkpoint import load
from core.commands import Breakpoint
from core.traces.trace import EnvironmentStep, EpisodeEnded, GradientUpdate, Proposal
from tests.course import ADAM, Course
from tests.runnable_checkpoint import write_runnable

BREAKPOINTS = (
    Breakpoint(id="b1", condition="k == 1 and t % 2 == 0", ignore=1),
    Breakpoint(id="b2", condition="action_change > 0.0001", log_only=True),
    Breakpoint(id="b3", condition="drift > 100", enabled=False),
)


def write_eventful(folder: Path) -> Path:
    """Every command and every kind of record; about 120 records. The trace, closed."""
    checkpoint = load(write_runnable(folder / "tiny"))
    other = write_runnable(folder / "other", seed=9)
    course = Course(folder / "run.trace", checkpoint, ADAM)
    course.tell("run")
    course.go_to(GradientUpdate, t=1, k=1)
    course.tell("breakpoints", breakpoints=BREAKPOINTS)
    course.tell("edit", settings={"step_size": 2e-3})
    course.tell("reject")
    course.tell("edit", settings={"ascent_steps": 1})
    course.tell("redo")
    course.go_to(Proposal, t=2)
    course.tell("note", text="what is this?", at=(1, 0, 2, 0))
    course.tell("reject", k=7)
    course.tell("redo", settings={"ascent_steps": 3})
    course.go_to(GradientUpdate, t=3, k=1)
    course.tell("accept")
    course.go_to(EnvironmentStep, t=3)
    course.tell("fork", at=(0, 0, 1, 1), settings={"delta": 0.1})
    course.go_to(EnvironmentStep, t=2)
    course.tell("fork", at=(2, 0, 2, 2), settings={"horizon": 0}, seed=40)
    course.go_to(GradientUpdate, t=3, k=0)
    course.tell("breakpoints", breakpoints=BREAKPOINTS[1:])
    course.tell("reset")
    course.tell("accept")
    course.go_to(EpisodeEnded)
    course.tell("resume")
    course.go_to(GradientUpdate, episode=1, t=1, k=0)
    course.tell("fork", checkpoint=str(other), at=(course.session.stand.branch, 1, 1, 0))
    course.go_to(EnvironmentStep, t=2)
    course.tell("pause")
    course.tell("resume", at=(0, 0, 0, 2))
    course.go_to(GradientUpdate, t=1, k=1)
    course.tell("stop")
    course.close()
    return course.path
