"""One episode of one controller in the real environment, without trace and diagnostics."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

from core.adaptation.controllers import Controller, make_controller
from core.checkpoints.checkpoint import load
from core.device import use_one_thread
from core.envs.mujoco import Environment
from core.errors import InputError
from core.evaluation.evaluate import Runner
from core.evaluation.plan import Plan, Unit
from core.evaluation.score import Episode, check_return
from core.settings import Settings
from core.trust import Trust


def run_episode(controller: Controller, environment: Environment, unit: Unit) -> Episode:
    """Run to termination or the time limit. Every episode starts from the pretrained policy.

    Raises InputError where the rewards are not finite.
    """
    task = environment.task
    controller.reset(unit.seed)
    state = environment.reset(unit.seed)
    episode_return, t, began = 0.0, 0, perf_counter()
    while True:
        transition = environment.apply(controller.act(state, t))
        episode_return += transition.reward
        state, t = transition.next_state, t + 1
        if transition.terminated or transition.truncated:
            break
    check_return(episode_return, unit.seed)
    return Episode(
        controller=unit.controller,
        seed=unit.seed,
        episode_return=episode_return,
        score=task.score(episode_return),
        length=t,
        success=transition.terminated if task.goal else transition.truncated,
        total_ms=1000.0 * (perf_counter() - began),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FromCheckpoint:
    """Makes the runner of a checkpoint, in this process or in a worker."""

    path: str
    digest: str
    settings: tuple[tuple[str, Settings], ...]
    trusted: bool = False
    """Whether programs of the user may run."""

    def __call__(self) -> Runner:
        """Load the networks. One thread each: episodes are what runs side by side."""
        use_one_thread()
        checkpoint = load(self.path, Trust(given=self.trusted))
        if checkpoint.digest != self.digest:
            raise InputError(f"{self.path} changed during the evaluation", "start again")
        environment = Environment(checkpoint.task)
        controllers = {
            name: make_controller(checkpoint, settings, 0) for name, settings in self.settings
        }

        def run(unit: Unit) -> Episode:
            return run_episode(controllers[unit.controller], environment, unit)

        return run


def from_checkpoint(path: str, plan: Plan, *, trusted: bool = False) -> FromCheckpoint:
    """How any process makes the runner of this plan; trusted: programs of the user may run."""
    return FromCheckpoint(
        path=path,
        digest=plan.digest,
        settings=tuple(plan.settings.items()),
        trusted=trusted,
    )
