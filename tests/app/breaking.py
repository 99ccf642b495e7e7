"""Breakpoints of a whole window: a run that has them, its break, counts, marks."""

from __future__ import annotations

from typing import Any

from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.application import Application
from app.features.breakpoints import Breaks
from app.features.moment_tools import MomentTools
from core.commands import parse_command
from core.traces.archive import TraceReader
from core.traces.trace import CommandApplied
from tests.app.window_fixtures import Windows, feature, marked

WAIT = 30_000
Key = Qt.Key
LEFT = Qt.MouseButton.LeftButton


def breaks_of(application: Application) -> Breaks:
    """The feature."""
    return feature(application, MomentTools).breaks


def open_with(windows: Windows, *conditions: str, **options: Any) -> Application:
    """A live run of the fake engine that has these breakpoints from its first record on."""
    earlier = windows.open(**options)
    for condition in conditions:
        breaks_of(earlier).breakpoints.add(condition)
    earlier.window.close()
    return windows.open(live=True, **options)


def wait_for_break(qtbot: QtBot, application: Application) -> str:
    """Wait until the run stands at a break; what the banner says."""
    banner = breaks_of(application).banner
    qtbot.waitUntil(banner.isVisible, timeout=WAIT)
    return banner.text


def proposed_t(application: Application) -> int | None:
    """The t on the screen, where its action has been proposed."""
    moment = application.moment
    return None if moment is None or moment.proposal is None else moment.t


def counts(application: Application) -> list[int]:
    """The hits of each breakpoint, as its row shows them."""
    breaks = breaks_of(application)
    return [breaks.panel._rows._hits.get(b.id, 0) for b in breaks.breakpoints.items]


def lists_sent(application: Application) -> list[list[str]]:
    """The conditions of each list that the engine has recorded."""
    run = application.follower.run
    assert run is not None
    with TraceReader(run.path) as reader:
        records = [r for r in reader.records() if isinstance(r, CommandApplied)]
    found = []
    for record in records:
        command = parse_command(record.command)
        if command.name == "breakpoints":
            found.append([b.condition for b in command.breakpoints])
    return found


def marks(application: Application) -> list[int]:
    """The t of the breaks marked on the timeline."""
    return marked(application, "break")
