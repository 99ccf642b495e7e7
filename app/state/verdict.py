"""One sentence: did the update help? Arithmetic on what was recorded, no Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from app.readouts import NO_BREAK, alike, fraction, plain, signed
from app.state.moment import Column, History, Moment

WINDOW = 40
"""Environment steps that the evidence looks back."""
FEWEST = 5
"""Below this many environment steps there is no interval."""

Finding = Literal["helps", "hurts", "no evidence", "unknown"]

_DEGREES = np.array([1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 30, 60, 120, np.inf])
_QUANTILES = np.array(
    [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306,
     2.228, 2.179, 2.131, 2.086, 2.042, 2.000, 1.980, 1.960])  # fmt: skip
"""97.5 % quantiles of Student's t at those degrees of freedom."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The sentence, and what it finds over the window."""

    finding: Finding
    sentence: str
    evidence: str = ""
    """The part of the sentence that `finding` stands for; empty where it is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Mean true gain over n environment steps, and the half width of its 95 % interval."""

    n: int
    mean: float
    """Objective units per environment step; NaN where n is 0."""
    half_width: float
    """NaN below FEWEST environment steps."""

    @property
    def finding(self) -> Finding:
        """helps or hurts where the interval excludes 0."""
        if not math.isfinite(self.half_width):
            return "unknown"
        if abs(self.mean) <= self.half_width:
            return "no evidence"
        return "helps" if self.mean > 0 else "hurts"


def find_verdict(moment: Moment, history: History) -> Verdict:
    """The sentence for the environment step of `moment`, with the evidence up to it."""
    if not moment.updates:
        return Verdict(finding="unknown", sentence="Waiting for the first environment step.")
    if moment.foreign:
        return _of_another_loop(moment, history)
    if moment.ascent_steps == 0:
        return Verdict(
            finding="unknown", sentence="No updates (E = 0): the frozen policy acts."
        )
    if moment.proposal is None:
        return Verdict(finding="unknown", sentence=_unfinished(moment))
    if not _horizon(moment):
        return Verdict(finding="unknown", sentence=_critic_alone(moment))
    words = [_gains(moment), *_guards(moment), *_waiting(moment)]
    return _with_evidence(words, moment, history)


def _with_evidence(words: list[str], moment: Moment, history: History) -> Verdict:
    """These words and what the true gains up to this t sum up to."""
    known = history.true_gain[history.t <= moment.t]
    evidence = find_evidence(known[-WINDOW:])
    summed = _evidence_words(evidence)
    return Verdict(
        finding=evidence.finding,
        sentence="; ".join([*words, summed]) + ".",
        evidence="" if evidence.finding == "unknown" else summed,
    )


def _of_another_loop(moment: Moment, history: History) -> Verdict:
    """What can be said of what a loop that is not ours recorded."""
    step, last = moment.proposal, moment.updates[-1]
    start = f"Written by {moment.run.origin}: "
    if math.isnan(last.objective):
        sentence = f"{start}no objective is recorded here."
    elif step is None or last.k == 0:
        sentence = f"{start}objective {plain(last.objective, 4)}, no gradient update here."
    else:
        predicted, true = alike(step.objective_gain, step.true_gain, digits=2)
        if math.isfinite(step.true_gain):
            words = f"{start}objective gain {predicted} predicted, true {true}"
            return _with_evidence([words, *_guards(moment)], moment, history)
        sentence = f"{start}objective gain {predicted} predicted, the true one is not recorded."
    return Verdict(finding="unknown", sentence=sentence)


def find_evidence(true_gains: Column) -> Evidence:
    """A t-interval for the mean; gains that are not finite are left out.

    Neighbouring gains share most of their H simulated steps. The interval therefore counts
    n (1 - r) / (1 + r) independent gains, r being the lag-1 autocorrelation where positive.
    """
    gains = true_gains[np.isfinite(true_gains)]
    n = len(gains)
    mean = float(gains.mean()) if n else math.nan
    if n < FEWEST:
        return Evidence(n=n, mean=mean, half_width=math.nan)
    deviations = gains - mean
    power = float(deviations @ deviations)
    correlation = float(deviations[1:] @ deviations[:-1]) / power if power > 0 else 0.0
    correlation = min(max(correlation, 0.0), 0.95)
    independent = max(2.0, n * (1 - correlation) / (1 + correlation))
    deviation = math.sqrt(power / (n - 1))
    half = t_quantile(independent - 1) * deviation / math.sqrt(independent)
    return Evidence(n=n, mean=mean, half_width=half)


def t_quantile(degrees: float) -> float:
    """97.5 % quantile of Student's t, within 0.5 % from 3 degrees of freedom on."""
    return float(np.interp(-1 / degrees, -1 / _DEGREES, _QUANTILES))


def _gains(moment: Moment) -> str:
    step = moment.proposal
    if step is None:
        return _unfinished(moment)
    if step.fallback:
        return f"{_frozen_acts(moment)}: {step.fallback}"
    predicted, true = alike(step.objective_gain, step.true_gain, digits=2)
    if not math.isfinite(step.true_gain):
        return f"Objective gain {predicted} predicted, the true one is not computed"
    return f"Objective gain {predicted} predicted, true {true} over {_steps(_horizon(moment))}"


def _guards(moment: Moment) -> list[str]:
    step = moment.proposal
    if step is None or step.fallback or not step.trust_factor < 1:
        return []
    if step.trust_factor == 0:
        return ["the trust region refused the update"]
    return [f"the trust region shrank the update to {fraction(step.trust_factor)}"]


def _waiting(moment: Moment) -> list[str]:
    return ["the action is not applied yet"] if moment.environment_step is None else []


def _frozen_acts(moment: Moment) -> str:
    applied = moment.environment_step is not None
    return f"The frozen action {'was' if applied else 'will be'} applied"


def _evidence_words(evidence: Evidence) -> str:
    if evidence.finding == "unknown":
        count = f"n = {evidence.n}".replace(" ", NO_BREAK)
        return f"too few steps for evidence ({count})"
    mean, half = alike(evidence.mean, evidence.half_width, digits=2)
    interval = f"{mean} ± {half.removeprefix('+')} a step"
    interval = interval.replace(" ", NO_BREAK)
    return f"{evidence.finding} over the last {_steps(evidence.n)} ({interval})"


def _unfinished(moment: Moment) -> str:
    first, last = moment.updates[0], moment.updates[-1]
    gain = signed(last.objective - first.objective, 2)
    where = f"update {last.k} of {moment.ascent_steps}"
    return f"Objective gain {gain} predicted at {where}; the action is not applied yet."


def _critic_alone(moment: Moment) -> str:
    """With H = 0 the true future has no step: its gain is the critic's own, no proof."""
    step = moment.proposal
    gain = signed(step.objective_gain, 2) if step is not None else ""
    words = [f"H = 0: gain {gain} by the critic alone", *_guards(moment)]
    if step is not None and step.fallback:
        words = [f"H = 0: {_frozen_acts(moment).lower()}: {step.fallback}"]
    words += ["no step is simulated that could confirm it", *_waiting(moment)]
    return "; ".join(words) + "."


def _horizon(moment: Moment) -> int:
    """H of the recorded rollouts."""
    return int(moment.updates[0].reward_terms.shape[1])


def _steps(count: int) -> str:
    return "1 step" if count == 1 else f"{count} steps"
