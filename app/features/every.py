"""What the window can do besides showing: each feature adds its panel and its commands."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject

from app.desk import Desk
from app.features.branching import Branching
from app.features.compare import Compare
from app.features.data import Data
from app.features.finding_commands import FindingCommands
from app.features.map_tools import MapTools
from app.features.moment_tools import MomentTools
from app.features.playing import Playing
from app.features.repro import Repro
from app.features.selecting import Selecting
from app.features.settings_edits import SettingsEdits
from app.features.undoing import Undoing

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
