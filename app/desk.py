"""Everything of the window that a feature may touch, in one place."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt6.QtGui import QUndoStack

from app.bridge.playback import Playback
from app.bridge.trace_follower import TraceFollower
from app.driver import Driver
from app.main_window import MainWindow
from app.source import Source
from app.state.cursor import Cursor
from app.state.preferences import Preferences
from app.state.selection import Selection
from app.view_set import ViewSet
from app.workspaces import Workspaces


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The parts of a window, built and connected. A feature gets it and adds its own.

    A feature adds its docks and its centre while it is built: layouts are restored and the
    window is shown after that.
    """

    window: MainWindow
    views: ViewSet
    cursor: Cursor
    selection: Selection
    follower: TraceFollower
    playback: Playback
    driver: Driver
    source: Source
    preferences: Preferences
    workspaces: Workspaces
    undo: QUndoStack
    """Changes of settings and breakpoints, to take back and to make again."""
