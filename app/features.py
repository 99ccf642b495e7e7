"""What the window can do besides showing: each feature adds its panel and its commands."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject

from app.branching import Branching
from app.compare import Compare
from app.data import Data
from app.desk import Desk
from app.finding_commands import FindingCommands
from app.map_tools import MapTools
from app.moment_tools import MomentTools
from app.playing import Playing
from app.repro import Repro
from app.selecting import Selecting
from app.settings_edits import SettingsEdits
from app.undoing import Undoing

FEATURES: tuple[Callable[[Desk], QObject], ...] = (
    Selecting,
    Playing,
    SettingsEdits,
    Undoing,
    FindingCommands,
    MomentTools,
    Branching,
    Compare,
    Repro,
    MapTools,
    Data,
)
"""Built in this order, which is also the order of their tabs."""
