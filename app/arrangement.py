"""Where the docks stand: the places of each, and the default arrangement of a workspace."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QDockWidget, QMainWindow

Area = Qt.DockWidgetArea

WORKSPACES = ("debug", "compare", "present", "minimal", "data")
EVERYWHERE = frozenset(WORKSPACES)
LEFT, RIGHT, BOTTOM = 236, 390, 200
"""Widths of the side docks and height of the timeline at first, pixels."""
TALL = 900
"""From this height on the groups of a side stand below each other, else behind each other."""
LOWER_SHARE = {Area.LeftDockWidgetArea: 0.35, Area.RightDockWidgetArea: 0.18}
"""Of the height, for the groups below the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a dock belongs."""

    dock: QDockWidget
    area: Qt.DockWidgetArea
    group: str
    """Docks of one group and area are tabs behind each other."""
    workspaces: frozenset[str]
    """Where it is shown."""


def arrange(window: QMainWindow, places: Sequence[Place], workspace: str) -> None:
    """Every dock back in its place, sized for the window."""
    for place in places:
        # A floating dock that was removed would come back floating.
        if place.dock.isFloating():
            place.dock.setFloating(False)
        window.removeDockWidget(place.dock)
    areas = _groups(places, tall=window.height() >= TALL)
    for area, groups in areas.items():
        for group in groups:
            _tabify(window, area, [place.dock for place in group])
    for place in places:
        place.dock.setVisible(workspace in place.workspaces)
    for area, groups in areas.items():
        for group in groups:
            _raise_first(group, workspace)
        _resize(window, area, [group[0].dock for group in groups])


def _groups(
    places: Iterable[Place], *, tall: bool
) -> dict[Qt.DockWidgetArea, list[list[Place]]]:
    """The docks of each area, those together that stand behind each other."""
    areas: dict[Qt.DockWidgetArea, list[list[Place]]] = {}
    for place in places:
        groups = areas.setdefault(place.area, [])
        _join(groups, place, apart=tall or place.area == Area.BottomDockWidgetArea)
    return areas


def _join(groups: list[list[Place]], place: Place, *, apart: bool) -> None:
    for group in groups:
        if not apart or group[0].group == place.group:
            group.append(place)
            return
    groups.append([place])


def _tabify(window: QMainWindow, area: Qt.DockWidgetArea, docks: Sequence[QDockWidget]) -> None:
    for before, dock in zip((None, *docks), docks, strict=False):
        window.addDockWidget(area, dock)
        if before is not None:
            window.tabifyDockWidget(before, dock)


def _raise_first(group: Sequence[Place], workspace: str) -> None:
    for place in group:
        if workspace in place.workspaces:
            place.dock.raise_()
            return


def _resize(
    window: QMainWindow, area: Qt.DockWidgetArea, firsts: Sequence[QDockWidget]
) -> None:
    if area == Area.BottomDockWidgetArea:
        window.resizeDocks(firsts, [BOTTOM] * len(firsts), Qt.Orientation.Vertical)
        return
    width = LEFT if area == Area.LeftDockWidgetArea else RIGHT
    window.resizeDocks(firsts, [width] * len(firsts), Qt.Orientation.Horizontal)
    if len(firsts) > 1:
        lower = LOWER_SHARE[area] / (len(firsts) - 1)
        shares = [1 - LOWER_SHARE[area], *[lower] * (len(firsts) - 1)]
        heights = [round(window.height() * share) for share in shares]
        window.resizeDocks(firsts, heights, Qt.Orientation.Vertical)
