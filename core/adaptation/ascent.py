"""Gradient ascent on the policy's weights (arXiv:2603.22430, algorithm 1).

repeat E times:  psi <- psi + alpha dJ/dpsi
"""

from __future__ import annotations

import copy
import dataclasses
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import Tensor

from core.adaptation.guards import clip, trust_region
from core.adaptation.objective import horizon_return
from core.adaptation.rollout import Rollout, imagine
from core.adaptation.updater import START, Objective, UpdateAddress, ask
from core.adaptation.weights import flat, psi_of, set_psi
from core.arrays import Actions, States
from core.models.interfaces import AdaptablePolicy, Critic, WorldModel
from core.settings import Settings
from core.trust import Program

ADAM_BETAS = (0.9, 0.999)
ADAM_EPSILON = 1e-8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Update:
    """J and its gradient at psi_k, before the step that leads to k + 1."""

    k: int
    last: bool
    rollout: Rollout | None
    """None where only the weights were asked for."""
    objectives: Tensor
    """(M,) J per particle; empty without a rollout."""
    gradient: Tensor | None
    """(W,) dJ/dpsi before clipping; None at k = E."""
    step_size: float
    """alpha; NaN at k = E and with a foreign update rule."""
    psi: Tensor
    """(W,) psi_k."""
    action: Actions
    """(1, A) pi_psi_k(s_t)."""
    trust_factor: float
    finite: bool
    """Objective and gradient are finite, and a foreign update rule gave usable weights."""
    updater_record: str = ""
    """What a foreign update rule tells of the step to k + 1, or why it is refused, JSON."""
    imagine_ms: float
    backward_ms: float


@dataclass(slots=True, kw_only=True)
class Moments:
    """Adam's moments, carried on where the weights are."""

    first: Tensor | None = None
    second: Tensor | None = None
    count: int = 0


@dataclass(slots=True, kw_only=True)
class Adaptation:
    """A policy that moves, beside the pretrained one that does not."""

    pretrained: AdaptablePolicy
    model: WorldModel
    critic: Critic
    discount: float
    critic_reward_scale: float = 1.0
    updater: Program | None = None
    """An update rule of the user's own; None: the built-in one."""
    policy: AdaptablePolicy = field(init=False)
    psi_0: Tensor = field(init=False)
    moments: Moments = field(default_factory=Moments, init=False)

    def __post_init__(self) -> None:
        self.policy = copy.deepcopy(self.pretrained).requires_grad_(True)
        self.psi_0 = psi_of(self.pretrained)

    def reset(self) -> None:
        """Back to the pretrained weights, bit for bit; moments dropped."""
        set_psi(self.policy, self.psi_0)
        self.moments = Moments()

    def updates(
        self,
        state: States,
        noise: Tensor,
        settings: Settings,
        *,
        first: int = 0,
        final: int | None = None,
        observe_last: bool = True,
        address: UpdateAddress = START,
    ) -> Iterator[Update]:
        """Adapt at state (1, S) with draws noise (H, K, M, S); yields k = first..final.

        address: seed, episode and t, for an update rule of the user's own.
        first above 0 goes on from the weights psi_first that are there; final is E unless it
        is given. Where objective or gradient is not finite the update says so, the weights are
        the pretrained ones again, and no further update follows. observe_last=False spares
        the rollout at k = final.
        """
        final = max(first, settings.updates) if final is None else final
        for k in range(first, final + 1):
            last = k == final
            factor = self._guard(state, settings) if last and k > 0 else 1.0
            blind = last and not observe_last
            update = self._observe(k, last, state, noise, settings, blind, factor)
            if update.finite and update.gradient is not None:
                if self.updater is None:
                    self._step(update.gradient, update.step_size, settings)
                else:
                    here = dataclasses.replace(address, k=k)
                    update = self._ask(
                        self.updater, update, update.gradient, (state, noise), here
                    )
            if not update.finite:
                self.reset()
                yield update
                return
            yield update

    def _observe(
        self,
        k: int,
        last: bool,
        state: States,
        noise: Tensor,
        settings: Settings,
        blind: bool,
        factor: float,
    ) -> Update:
        psi = psi_of(self.policy)
        with torch.inference_mode():
            action = self.policy(state)
        rollout, gradient, objectives = None, None, torch.empty(0)
        started = ended = time.perf_counter()
        if not blind:
            with torch.set_grad_enabled(not last):
                rollout, objectives = self._imagine(self.policy, state, noise)
            ended = time.perf_counter()
            if not last:
                gradient = flat(
                    torch.autograd.grad(objectives.mean(), list(self.policy.parameters()))
                )
        backward_ms = (time.perf_counter() - ended) * 1e3
        finite = bool(torch.isfinite(objectives).all() and torch.isfinite(action).all())
        step_size = float("nan")
        if gradient is not None:
            finite = finite and bool(torch.isfinite(gradient).all())
            if finite and self.updater is None:
                step_size = self._step_size(gradient, state, settings)
        return Update(
            k=k,
            last=last,
            rollout=rollout,
            objectives=objectives.detach(),
            gradient=gradient,
            step_size=step_size,
            psi=psi,
            action=action,
            trust_factor=factor,
            finite=finite,
            imagine_ms=(ended - started) * 1e3,
            backward_ms=backward_ms,
        )

    def _imagine(
        self, policy: AdaptablePolicy, state: States, noise: Tensor
    ) -> tuple[Rollout, Tensor]:
        """M futures from state (1, S), and J of each (M,)."""
        particles = state.expand(noise.shape[2], -1)
        rollout = imagine(policy, self.model, self.critic, particles, noise)
        return rollout, horizon_return(
            rollout, discount=self.discount, critic_reward_scale=self.critic_reward_scale
        )

    def _ask(
        self,
        updater: Program,
        update: Update,
        gradient: Tensor,
        moment: tuple[States, Tensor],
        address: UpdateAddress,
    ) -> Update:
        """The step to k + 1 by a rule of the user's own; what is refused is not finite."""
        state, noise = moment
        objective = Objective(
            psi=update.psi,
            objectives=update.objectives,
            gradient=gradient,
            policy=copy.deepcopy(self.policy),
            evaluate=partial(self._evaluate, state, noise),
            act=lambda policy: policy(state),
        )
        answer = ask(updater, self.policy, objective, address)
        self.moments = Moments()
        if answer.psi is not None:
            set_psi(self.policy, answer.psi)
        return dataclasses.replace(
            update, updater_record=answer.record, finite=answer.psi is not None
        )

    def _evaluate(
        self, state: States, noise: Tensor, policy: AdaptablePolicy, *, differentiable: bool
    ) -> tuple[Tensor, Tensor | None]:
        with torch.set_grad_enabled(differentiable):
            _, objectives = self._imagine(policy, state, noise)
        if not differentiable:
            return objectives, None
        weights = list(policy.parameters())
        return objectives.detach(), flat(torch.autograd.grad(objectives.mean(), weights))

    def _guard(self, state: States, settings: Settings) -> float:
        factor = trust_region(
            self.policy, self.pretrained, self.psi_0, state, settings.trust_radius
        )
        if factor < 1.0:
            self.moments = Moments()
        return factor

    def _step_size(self, gradient: Tensor, state: States, settings: Settings) -> float:
        if settings.step_rule == "plain":
            return float(settings.step_size or 0.0)
        direction, _ = self._direction(gradient, settings)
        change = float(self._action_change(direction, state).abs().max())
        return float(settings.delta or 0.0) / change if change > 1e-12 else 0.0

    def _step(self, gradient: Tensor, step_size: float, settings: Settings) -> None:
        direction, self.moments = self._direction(gradient, settings)
        set_psi(self.policy, psi_of(self.policy) + step_size * direction)

    def _direction(self, gradient: Tensor, settings: Settings) -> tuple[Tensor, Moments]:
        """Clipped gradient, or Adam's direction with the moments that follow."""
        gradient = clip(gradient, settings.gradient_clip)
        if settings.optimizer == "gradient":
            return gradient, Moments()
        old, (beta_1, beta_2) = self.moments, ADAM_BETAS
        zero = torch.zeros_like(gradient)
        first = beta_1 * (zero if old.first is None else old.first) + (1 - beta_1) * gradient
        second = (
            beta_2 * (zero if old.second is None else old.second) + (1 - beta_2) * gradient**2
        )
        count = old.count + 1
        scale = (second / (1 - beta_2**count)).sqrt() + ADAM_EPSILON
        return first / (1 - beta_1**count) / scale, Moments(
            first=first, second=second, count=count
        )

    def _action_change(self, direction: Tensor, state: States) -> Tensor:
        """d pi(s) [direction]: the first-order change of the action, (A,)."""
        weights = list(self.policy.parameters())
        with torch.enable_grad():
            action = self.policy(state)[0]
            cotangent = torch.zeros_like(action, requires_grad=True)
            pulled = torch.autograd.grad(action, weights, cotangent, create_graph=True)
            parts = torch.split(direction, [w.numel() for w in weights])
            inner = sum(
                ((g * part.view_as(g)).sum() for g, part in zip(pulled, parts, strict=True)),
                start=cotangent.new_zeros(()),
            )
            # J d is the derivative of <J'u, d> by u: one Jacobian-vector product by two
            # vector-Jacobian ones.
            (change,) = torch.autograd.grad(inner, cotangent)
        result: Tensor = change
        return result
