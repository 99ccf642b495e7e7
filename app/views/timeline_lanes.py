"""The lanes of the timeline: which there are, and what they show at one moment."""

from __future__ import annotations

from app.state.moment import Moment
from app.theme import Theme
from app.views.lane import Curve, Lane


def build_lanes(theme: Theme) -> tuple[Lane, ...]:
    """Reward, gap, gain, model error and time, from the top."""
    predicted, true = Curve(color="after", signed=True), Curve(color="real", signed=True)
    neutral = Curve(color="muted")
    return (
        Lane("reward", "a step", [Curve(color="real")], theme),
        Lane(
            "gap to frozen",
            "reward",
            [Curve(color="muted", signed=True)],
            theme,
            from_zero=True,
        ),
        Lane("gain of J", "reward", [predicted, true], theme, from_zero=True),
        Lane("model error", "std", [neutral], theme, from_zero=True),
        Lane("time", "ms", [neutral], theme, from_zero=True, robust=True),
    )


def lane_values(reference: Moment) -> list[tuple[float, ...]]:
    """What each lane shows at the reference; NaN while its action is not applied."""
    step, proposal, nan = reference.environment_step, reference.proposal, float("nan")
    return [
        (nan if step is None else step.reward,),
        (nan if step is None else step.episode_return - step.frozen_return,),
        (nan, nan) if proposal is None else (proposal.objective_gain, proposal.true_gain),
        (nan if proposal is None else proposal.model_error,),
        (nan if step is None else step.total_ms,),
    ]
