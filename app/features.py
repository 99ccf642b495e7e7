"""What the window can do besides showing: each feature adds its panel and its commands."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject

from app.desk import Desk
from app.finding_commands import FindingCommands
from app.settings_edits import SettingsEdits
from app.undoing import Undoing

FEATURES: tuple[Callable[[Desk], QObject], ...] = (
    SettingsEdits,
    Undoing,
    FindingCommands,
)
"""Built in this order, which is also the order of their tabs."""
