"""The settings of contracts section 3 as flags."""

from __future__ import annotations

import argparse
from typing import Any

from core.checkpoints.manifest import Manifest
from core.command_line.parser import UsageError, number, whole_number
from core.errors import InputError
from core.settings import PRESETS, Settings, preset
from core.trust import FLAG, Trust, absolute

_BUILT_IN_RULE = ("step_rule", "step_size", "delta", "optimizer", "gradient_clip")


def function_name(text: str) -> str:
    """A converter for FILE.py:FUNCTION or MODULE:FUNCTION; the file's whole path."""
    try:
        return "" if text == "built-in" else absolute(text)
    except InputError as error:
        raise argparse.ArgumentTypeError(f"{error.fact} ({error.remedy})") from None


_FLAGS: dict[str, dict[str, Any]] = {
    "--horizon": {"type": whole_number(0, 50), "metavar": "H", "help": "imagined steps"},
    "--particles": {"type": whole_number(1, 4096), "metavar": "M", "help": "noise draws"},
    "--ascent-steps": {
        "type": whole_number(0, 100),
        "metavar": "E",
        "help": "gradient updates at each environment step",
    },
    "--denoising-levels": {
        "type": whole_number(1, 100),
        "metavar": "K",
        "help": "levels of the diffusion sampler",
    },
    "--step-rule": {
        "choices": ("plain", "action"),
        "help": "plain: psi += alpha dJ/dpsi; action: the action moves by delta",
    },
    "--step-size": {
        "type": number(0, 10, none_word="tuned"),
        "metavar": "ALPHA",
        "help": "of the plain rule, or `tuned`: the checkpoint's",
    },
    "--delta": {
        "type": number(0, 2, none_word="tuned"),
        "metavar": "D",
        "help": "action change per update, of the action rule, or `tuned`",
    },
    "--optimizer": {"choices": ("gradient", "adam"), "help": "plain gradient ascent, or Adam"},
    "--gradient-clip": {
        "type": number(0, 1e9, none_word="off"),
        "metavar": "N",
        "help": "largest gradient norm, or `off`",
    },
    "--updater": {
        "type": function_name,
        "metavar": "FILE.py:FUNCTION",
        "help": "an update rule of your own in place of the built-in one, or `built-in`",
    },
    "--trust-region": {
        "type": number(0, 2, none_word="off"),
        "metavar": "RHO",
        "dest": "trust_radius",
        "help": "largest change of the action against the pretrained policy, or `off`",
    },
    "--reset-mode": {
        "choices": ("step", "episode", "never"),
        "help": "when psi returns to the pretrained weights",
    },
    "--survival": {
        "choices": ("off", "smooth"),
        "help": "the termination rule in the imagination",
    },
}
_NAMES = [
    options.get("dest", flag.removeprefix("--").replace("-", "_"))
    for flag, options in _FLAGS.items()
]


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add --preset and one flag a setting. A flag left out keeps the preset's value."""
    group = parser.add_argument_group("settings", "single settings go on top of the preset")
    group.add_argument(
        "--preset", choices=PRESETS, default=argparse.SUPPRESS, help="default: safe"
    )
    for flag, options in _FLAGS.items():
        group.add_argument(flag, default=argparse.SUPPRESS, **options)
    add_trust(parser)


def add_trust(parser: argparse.ArgumentParser) -> None:
    """Add --trust-code."""
    parser.add_argument(
        FLAG, action="store_true", help="run programs that a setting or a checkpoint names"
    )


def trust_of(arguments: argparse.Namespace) -> Trust:
    """Whether programs of the user may run; one for the whole command."""
    return Trust(given=arguments.trust_code)


def settings_of(arguments: argparse.Namespace, controller: str, manifest: Manifest) -> Settings:
    """The preset, the step the checkpoint chose for critic-only, then the given flags.

    Raises UsageError where a flag would have no effect.
    """
    given = vars(arguments)
    changes = {name: given[name] for name in _NAMES if name in given}
    tuned = manifest.tuned.get(controller)
    if controller == "critic-only" and tuned is not None and tuned.delta is not None:
        changes.setdefault("delta", tuned.delta)
    settings = preset(given.get("preset", "safe")).replace(controller=controller, **changes)
    _check_effect(settings, given)
    if settings.updater:
        trust_of(arguments).ask("updater", settings.updater)
    return settings


def settings_words(arguments: argparse.Namespace) -> list[str]:
    """The settings that the command line gave, as its words."""
    given = vars(arguments)
    words = ["--preset", given.get("preset", "safe")]
    for flag, name in zip(_FLAGS, _NAMES, strict=True):
        if name in given:
            words += [flag, _word(name, given[name])]
    return words


def _word(name: str, value: Any) -> str:
    if value is None:
        return "tuned" if name in {"step_size", "delta"} else "off"
    return str(value) or "built-in"


def settings_given(arguments: argparse.Namespace) -> bool:
    """Whether the command line says anything about settings."""
    return any(name in vars(arguments) for name in ("preset", "controller", *_NAMES))


def _check_effect(settings: Settings, given: dict[str, Any]) -> None:
    idle = [name for name in _BUILT_IN_RULE if settings.updater and name in given]
    if idle:
        flag = idle[0].replace("_", "-")
        raise UsageError(f"--{flag} is for the built-in rule", "leave it or --updater out")
    if settings.step_rule == "action" and "step_size" in given:
        raise UsageError("--step-size is for the plain rule", "add --step-rule plain")
    if settings.step_rule == "plain" and "delta" in given:
        raise UsageError("--delta is for the action rule", "add --step-rule action")
