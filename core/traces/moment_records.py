"""The records of one environment step: gradient updates, proposal, what really happened.

    GradientUpdate k = 0..E, Proposal, EnvironmentStep

Between Proposal and EnvironmentStep nothing has been applied yet: this is where a breakpoint
stops, and where an update can be accepted or rejected.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.traces.field import Array, value


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GradientUpdate:
    """J and its gradient at psi_k: k = 0 before any update at t, k = E the weights that act."""

    branch: int = value("1", "branch of the run")
    episode: int = value("1", "episode")
    t: int = value("environment steps", "environment step")
    k: int = value("gradient updates", "gradient update, 0..E")
    last: bool = value("", "k = E: these weights act")
    objective: float = value("reward", "J(psi_k), mean over all particles")
    objective_std: float = value("reward", "standard deviation of J over all particles")
    gradient_norm: float = value(
        "reward/weight", "|dJ/dpsi| at psi_k before clipping; NaN at k = E"
    )
    gradient_cosine: float = value(
        "1", "cosine of dJ/dpsi at k and at k - 1; NaN where one is missing"
    )
    step_size: float = value(
        "weight^2/reward", "alpha that leads from k to k + 1; NaN at k = E"
    )
    drift: float = value("weight", "|psi_k - psi_0|, psi_0 the pretrained policy")
    trust_factor: float = value(
        "1", "c of the trust region, psi <- psi_0 + c (psi_E - psi_0); 1 where k < E"
    )
    finite: bool = value(
        "",
        "whether objective and gradient were finite, and a foreign update rule kept to terms",
    )
    updater_record: str = value(
        "", "what a foreign update rule tells of the update to k + 1, JSON; empty without one"
    )
    layer_gradient_norms: Array = value("reward/weight", "gradient norm per layer", shape="L")
    layer_drifts: Array = value("weight", "|psi_k - psi_0| per layer", shape="L")
    action: Array = value("action", "pi_psi_k(s_t)", shape="A")
    particle_objectives: Array = value("reward", "J per particle", shape="M")
    reward_terms: Array = value("reward", "gamma^j sigma_j r(s_j, a_j)", shape="M,H")
    terminal_terms: Array = value(
        "reward", "gamma^H sigma_H Q(s_H, pi(s_H)) / critic_reward_scale", shape="M"
    )
    survival: Array = value(
        "1", "sigma_j, probability-like weight of being alive", shape="M,H+1"
    )
    imagined_rewards: Array = value("reward", "r(s_j, a_j)", shape="M,H")
    imagined_states: Array = value("task", "imagined states, raw", shape="M,H+1,S")
    imagined_actions: Array = value(
        "action", "imagined actions; the last is pi(s_H)", shape="M,H+1,A"
    )
    state_quantiles: Array = value("task", "5, 50, 95 % over all particles", shape="3,H+1,S")
    ensemble_spread: Array = value(
        "1", "ensemble disagreement on s_{j+1}, in change stds, mean over particles", shape="H"
    )
    ensemble_spread_mean: float = value(
        "1", "ensemble_spread, mean over the imagined steps; NaN where H = 0"
    )
    q_spread: float = value(
        "reward", "|Q_1 - Q_2| at (s_H, pi(s_H)) / critic_reward_scale, mean over particles"
    )
    imagine_ms: float = value("ms", "wall time of the rollout", observed=True)
    backward_ms: float = value("ms", "wall time of the gradient", observed=True)
    committed_at: float = value(
        "s", "unix time at which the record was handed to the archive", observed=True
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Proposal:
    """The action about to be applied at t, and what the true simulator says of it.

    The three policies of the true futures, in order: frozen (pretrained psi_0), before (psi at
    k = 0), after (psi that acts). Rolled H steps in the true simulator from the state at t.
    """

    branch: int = value("1", "branch of the run")
    episode: int = value("1", "episode")
    t: int = value("environment steps", "environment step")
    k: int = value(
        "gradient updates", "the update whose weights act: E, or where it was accepted"
    )
    fallback: str = value("", "why the frozen action is applied instead, or empty")
    trust_factor: float = value("1", "c of the trust region")
    objective_before: float = value("reward", "J(psi_0-of-this-t), k = 0")
    objective_after: float = value("reward", "J of the weights that act")
    objective_gain: float = value(
        "reward", "objective_after - objective_before: the predicted gain"
    )
    true_gain: float = value(
        "reward", "the same with the true futures: after minus before; NaN without diagnostics"
    )
    predicted_reward: float = value(
        "reward", "imagined reward of (s_t, a_t) with these weights; NaN when H = 0"
    )
    action_change: float = value("action", "max |pi_psi_k(s_t) - pi_psi_0(s_t)|")
    drift: float = value("weight", "|psi_k - psi_0|")
    model_error: float = value(
        "1", "one-step imagined mean against the true future, RMSE in change stds; NaN without"
    )
    state: Array = value("task", "s_t", shape="S")
    action: Array = value("action", "the action to be applied", shape="A")
    frozen_action: Array = value(
        "action", "pi_psi_0(s_t), the pretrained policy's action", shape="A"
    )
    physics_state: Array = value("MuJoCo", "mjSTATE_INTEGRATION before the action", shape="P")
    twin_physics_state: Array = value(
        "MuJoCo", "the frozen twin's, before its action", shape="P"
    )
    true_states: Array = value(
        "task", "true futures; rows after an end repeat the last state", shape="3,H+1,S"
    )
    true_rewards: Array = value("reward", "true rewards; 0 after an end", shape="3,H")
    true_objectives: Array = value(
        "reward", "sum gamma^j r + gamma^H Q(s_H) in the true futures", shape="3"
    )
    true_lengths: Array = value(
        "environment steps", "steps until the true future ended, at most H", shape="3"
    )
    model_errors: Array = value(
        "1",
        "imagined mean against the true future (after) at j = 1..H, RMSE in change stds",
        shape="H",
    )
    elapsed_ms: float = value(
        "ms", "wall time of this environment step up to here", observed=True
    )
    committed_at: float = value(
        "s", "unix time at which the record was handed to the archive", observed=True
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EnvironmentStep:
    """What really happened when the proposed action was applied at t."""

    branch: int = value("1", "branch of the run")
    episode: int = value("1", "episode")
    t: int = value("environment steps", "environment step")
    reward: float = value("reward", "reward of this step")
    terminated: bool = value("", "the task's termination rule")
    truncated: bool = value("", "the time limit")
    episode_return: float = value("reward", "sum of rewards up to and with this step")
    frozen_return: float = value("reward", "the frozen twin's sum of rewards up to this t")
    twin_alive: bool = value("", "whether the frozen twin's episode still runs after this step")
    next_state: Array = value("task", "s_{t+1}", shape="S")
    simulate_ms: float = value("ms", "wall time of the real step", observed=True)
    imagine_ms: float = value("ms", "wall time of all rollouts of this t", observed=True)
    backward_ms: float = value("ms", "wall time of all gradients of this t", observed=True)
    other_ms: float = value("ms", "twin, true futures, records", observed=True)
    total_ms: float = value("ms", "wall time of this environment step", observed=True)
    committed_at: float = value(
        "s", "unix time at which the record was handed to the archive", observed=True
    )
