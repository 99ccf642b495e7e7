"""Themes: readable text, colours that never stand alone."""

from __future__ import annotations

from typing import get_args

import pytest
from PyQt6.QtGui import QPalette
from PyQt6.QtWidgets import QApplication

from app.theme import (
    DARK,
    GLYPHS,
    LIGHT,
    SYMBOLS,
    Role,
    Theme,
    apply_palette,
    palette,
    text_width,
)

ROLES = get_args(Role)
BOTH = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])


def luminance(color: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2)."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = [
        p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
    ]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours (WCAG 2)."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@BOTH
@pytest.mark.parametrize("background", ["window", "plot", "raised"])
@pytest.mark.parametrize("text", ["text", "muted", *(f"{role}_text" for role in ROLES)])
def test_every_text_colour_has_a_contrast_of_at_least_four_and_a_half(
    theme: Theme, background: str, text: str
) -> None:
    assert contrast(getattr(theme, text), getattr(theme, background)) >= 4.5


@BOTH
def test_text_on_the_accent_colour_is_readable(theme: Theme) -> None:
    assert contrast(theme.accent_text, theme.accent) >= 4.5
    assert contrast(theme.accent, theme.plot) >= 4.5


@BOTH
@pytest.mark.parametrize("role", ROLES)
def test_every_mark_stands_out_from_the_plot(theme: Theme, role: Role) -> None:
    assert contrast(getattr(theme, role), theme.plot) >= 3


def test_before_after_and_real_are_the_colours_of_okabe_and_ito() -> None:
    assert (LIGHT.before, LIGHT.after, LIGHT.real) == ("#d55e00", "#0072b2", "#009e73")
    assert (DARK.before, DARK.after, DARK.real) == ("#e69f00", "#56b4e9", "#009e73")


@BOTH
def test_no_meaning_rests_on_colour_alone(theme: Theme) -> None:
    assert len({SYMBOLS[role] for role in ROLES}) == len(ROLES)
    assert len({GLYPHS[role] for role in ROLES}) == len(ROLES)
    dashes = {role: theme.line(role).style() for role in ROLES}
    assert (
        len({dashes[role] for role in ("before", "after", "refused", "frozen", "doubt")}) == 5
    )


@BOTH
def test_colours_reach_the_scene_as_fractions(theme: Theme) -> None:
    red, green, blue, alpha = theme.rgba("before", 0.5)
    assert (round(red * 255), round(green * 255), round(blue * 255)) == tuple(
        int(theme.before[i : i + 2], 16) for i in (1, 3, 5)
    )
    assert alpha == 0.5


@BOTH
def test_the_palette_follows_the_theme(qapp: QApplication, theme: Theme) -> None:
    apply_palette(qapp, theme)
    role = QPalette.ColorRole
    assert qapp.palette().color(role.Window).name() == theme.window
    assert qapp.palette().color(role.Text).name() == theme.text


def test_a_wider_text_needs_more_pixels(qapp: QApplication) -> None:
    assert 0 < text_width("J") < text_width("objective")


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_whatever_cannot_be_changed_is_written_alike(theme: Theme) -> None:
    group, role = QPalette.ColorGroup.Disabled, QPalette.ColorRole
    shown = palette(theme)
    words = {shown.color(group, each).name() for each in (role.Text, role.PlaceholderText)}
    assert len(words) == 1
    assert shown.color(group, role.PlaceholderText).alpha() < 255
