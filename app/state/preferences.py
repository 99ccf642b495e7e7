"""What the window remembers between runs: theme and layout, in a file of its own."""

from __future__ import annotations

from PyQt6.QtCore import QByteArray, QSettings

LAYOUT_VERSION = 1
"""Raised when docks are added or renamed, so that an old layout is not restored."""


class Preferences:
    """Typed access to the settings file; `scope` keeps benchmarks out of a person's."""

    def __init__(self, scope: str = "window") -> None:
        self._settings = QSettings(
            QSettings.Format.IniFormat, QSettings.Scope.UserScope, "psiscope", scope
        )

    @property
    def theme(self) -> str:
        """light or dark; light until chosen."""
        name = self._settings.value("theme", "light")
        return "dark" if name == "dark" else "light"

    @theme.setter
    def theme(self, name: str) -> None:
        self._settings.setValue("theme", name)

    def layout(self, workspace: str) -> tuple[QByteArray, QByteArray] | None:
        """Geometry and state of a workspace's docks; None where none is stored."""
        geometry = self._settings.value(f"{workspace}/geometry")
        state = self._settings.value(f"{workspace}/state")
        if isinstance(geometry, QByteArray) and isinstance(state, QByteArray):
            return geometry, state
        return None

    def keep_layout(self, workspace: str, geometry: QByteArray, state: QByteArray) -> None:
        """Store a workspace's layout."""
        self._settings.setValue(f"{workspace}/geometry", geometry)
        self._settings.setValue(f"{workspace}/state", state)

    def forget_layout(self, workspace: str) -> None:
        """Drop a workspace's layout."""
        self._settings.remove(workspace)

    def flush(self) -> None:
        """Write now."""
        self._settings.sync()
