"""Settings of the adaptation, and the two presets. Free of torch: the window imports this."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

from core.errors import InputError, SettingsError
from core.trust import parse_reference

Controller = Literal["frozen", "critic-only", "adaptive"]
StepRule = Literal["plain", "action"]
Optimizer = Literal["gradient", "adam"]
ResetMode = Literal["step", "episode", "never"]
Survival = Literal["off", "smooth"]
Preset = Literal["paper", "safe"]

CONTROLLERS: tuple[str, ...] = get_args(Controller)
PRESETS: tuple[str, ...] = get_args(Preset)

_BOUNDS: dict[str, tuple[float, float]] = {
    "horizon": (0, 50),
    "particles": (1, 4096),
    "ascent_steps": (0, 100),
    "denoising_levels": (1, 100),
    "step_size": (0.0, 10.0),
    "delta": (0.0, 2.0),
    "gradient_clip": (0.0, 1e9),
    "trust_radius": (0.0, 2.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that decides how psi moves: objective and update (arXiv:2603.22430)."""

    preset: Preset = "safe"
    controller: Controller = "adaptive"
    horizon: int = 5
    """H, imagined steps; 0 leaves the terminal Q alone (critic-only)."""
    particles: int = 8
    """M, noise draws."""
    ascent_steps: int = 1
    """E, gradient updates at each environment step."""
    denoising_levels: int = 5
    """K, levels of the diffusion sampler."""
    step_rule: StepRule = "action"
    """plain: psi += alpha dJ/dpsi. action: alpha such that the action at s_t moves by delta
    (max-norm, first order)."""
    step_size: float | None = None
    """alpha of the plain rule, weight per objective unit; None: the checkpoint's value."""
    delta: float | None = 0.05
    """Action change per update (action rule), action units; None: the checkpoint's value."""
    optimizer: Optimizer = "gradient"
    gradient_clip: float | None = None
    """Largest gradient norm; None: no clip."""
    updater: str = ""
    """An update rule of the user's own, FILE.py:FUNCTION or MODULE:FUNCTION, in place of step
    rule, optimizer and clip; empty: the built-in rule."""
    trust_radius: float | None = 0.1
    """rho: largest |a_i(psi_E) - a_i(psi_0)| at s_t, in action units; None: no trust region."""
    reset_mode: ResetMode = "step"
    survival: Survival = "off"

    def __post_init__(self) -> None:
        for name, allowed in _choices().items():
            if getattr(self, name) not in allowed:
                raise SettingsError(
                    f"{name.replace('_', '-')} is {getattr(self, name)!r}",
                    f"use one of {', '.join(allowed)}",
                )
        for name, (low, high) in _BOUNDS.items():
            _check_bounds(name, getattr(self, name), low, high)
        _check_updater(self.updater)

    @property
    def imagined_steps(self) -> int:
        """H in effect: 0 for the critic-only controller."""
        return 0 if self.controller == "critic-only" else self.horizon

    @property
    def updates(self) -> int:
        """E in effect: 0 for the frozen controller."""
        return 0 if self.controller == "frozen" else self.ascent_steps

    def replace(self, **changes: Any) -> Settings:
        """A copy with changes; raises SettingsError for an unknown name or a bad value."""
        known = {field.name for field in dataclasses.fields(self)}
        for name in changes:
            if name not in known:
                raise SettingsError(
                    f"there is no setting {name!r}", f"known: {', '.join(sorted(known))}"
                )
        values = dataclasses.asdict(self) | changes
        for name, (low, high) in _BOUNDS.items():
            _check_bounds(name, values[name], low, high)
        _check_updater(values["updater"])
        return dataclasses.replace(self, **changes)

    def to_json(self) -> str:
        """Canonical JSON: sorted keys, no blanks."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Settings:
        """The inverse of to_json; raises SettingsError on anything else."""
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise SettingsError("settings are not JSON", str(error)) from error
        if not isinstance(values, dict):
            raise SettingsError("settings are not a JSON object", 'write {"horizon": 5}')
        return cls().replace(**values)


_OF_THE_OBJECTIVE = ("horizon", "particles", "denoising_levels", "survival", "controller")


def changes(old: Settings, new: Settings) -> dict[str, Any]:
    """The new values of what differs."""
    return {
        field.name: getattr(new, field.name)
        for field in dataclasses.fields(Settings)
        if getattr(old, field.name) != getattr(new, field.name)
    }


def changes_objective(old: Settings, new: Settings) -> bool:
    """Whether J itself is another function, so that values of J cannot be compared."""
    return any(getattr(old, name) != getattr(new, name) for name in _OF_THE_OBJECTIVE)


def preset(name: str) -> Settings:
    """The settings of a preset: `safe` (default) or `paper`."""
    if name == "safe":
        return Settings()
    if name == "paper":
        return Settings(
            preset="paper",
            particles=10,
            step_rule="plain",
            delta=None,
            trust_radius=None,
            reset_mode="episode",
        )
    raise SettingsError(f"there is no preset {name!r}", f"use one of {', '.join(PRESETS)}")


@cache
def _choices() -> dict[str, tuple[str, ...]]:
    hints = get_type_hints(Settings)
    return {name: get_args(hint) for name, hint in hints.items() if get_origin(hint) is Literal}


def _check_bounds(name: str, value: Any, low: float, high: float) -> None:
    optional = name in {"step_size", "delta", "gradient_clip", "trust_radius"}
    if value is None and optional:
        return
    kinds = (int, float) if optional else (int,)
    good = isinstance(value, kinds) and not isinstance(value, bool)
    # NaN is in no range; isfinite would overflow on whole numbers of 400 digits.
    if not good or not low <= value <= high:
        kind = "a number" if optional else "a whole number"
        raise SettingsError(
            f"{name.replace('_', '-')} is {value!r}", f"use {kind} from {low:g} to {high:g}"
        )


def _check_updater(value: Any) -> None:
    if not isinstance(value, str):
        raise SettingsError(f"updater is {value!r:.80}", "name a function, FILE.py:FUNCTION")
    if value:
        try:
            parse_reference(value)
        except InputError as error:
            raise SettingsError(f"the updater {error.fact}", error.remedy) from error
