"""What the window can do besides showing: each feature adds its panel and its commands."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject

from app.desk import Desk

FEATURES: tuple[Callable[[Desk], QObject], ...] = ()
"""Built in this order, which is also the order of their tabs."""
