"""What a checkpoint tells of its evaluation: numbers somebody wrote, read with care."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.checkpoints.figures import is_figure
from core.checkpoints.manifest import Manifest

COMPARED = "compared"
"""Key of Manifest.evaluation: preset -> summary of `evaluate --store`."""
_HEADING = (
    "preset", "controller", "return", "score", "success", "gain over frozen", "n",
    "ms per environment step",
)  # fmt: skip


def frozen_figures(manifest: Manifest) -> tuple[float | None, float | None]:
    """Mean return and score of the frozen policy: of the stored evaluation, else of the end of
    training."""
    for _, name, values, _ in _controllers(manifest):
        if name == "frozen":
            return _number(values, "return_mean"), _number(values, "score")
    frozen = _part(manifest.evaluation, "frozen")
    return _number(frozen, "return_mean"), _number(frozen, "score")


def evaluation_table(manifest: Manifest) -> list[str]:
    """The lines of a Markdown table; none where no evaluation is stored."""
    rows = [
        _row(preset, name, values, found)
        for preset, name, values, found in _controllers(manifest)
    ]
    if not rows:
        return []
    cells = [_HEADING, ("---",) * len(_HEADING), *rows]
    return [*(f"| {' | '.join(row)} |" for row in cells), ""]


def _controllers(
    manifest: Manifest,
) -> Iterator[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    """Preset, controller, its figures, and the summary they are in; `safe` first."""
    compared = _part(manifest.evaluation, COMPARED)
    for preset in sorted(compared, key=lambda name: (name != "safe", name)):
        found = _part(compared, preset)
        controllers = _part(found, "controllers")
        for name in controllers:
            yield preset, name, _part(controllers, name), found


def _row(
    preset: str, name: str, values: dict[str, Any], found: dict[str, Any]
) -> tuple[str, ...]:
    success = _number(values, "success_rate")
    n = _number(found, "n")
    return (
        _word(preset),
        _word(name),
        f"{_text(values, 'return_mean')} ± {_text(values, 'return_std')}",
        _text(values, "score"),
        "-" if success is None else f"{100 * success:.0f} %",
        _gain(_part(_part(found, "gains"), name)),
        "-" if n is None else f"{n:.0f}",
        _text(values, "ms_per_step"),
    )


def _gain(gain: dict[str, Any]) -> str:
    mean, interval = _number(gain, "gain_mean"), gain.get("gain_ci95")
    if mean is None:
        return ""
    bounds = interval if isinstance(interval, list | tuple) else ()
    numbers = [bound for bound in bounds if is_figure(bound)]
    if len(numbers) != 2:
        return f"{mean:+.2f}"
    return f"{mean:+.2f} [{numbers[0]:+.2f}, {numbers[1]:+.2f}]"


def _part(values: dict[str, Any], name: str) -> dict[str, Any]:
    found = values.get(name)
    return found if isinstance(found, dict) else {}


def _number(values: dict[str, Any], name: str) -> float | None:
    found = values.get(name)
    return float(found) if is_figure(found) else None


def _text(values: dict[str, Any], name: str) -> str:
    found = _number(values, name)
    return "-" if found is None else f"{found:.2f}"


def _word(text: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-+_" else "?" for letter in text)[
        :64
    ]
