"""What the window remembers between runs, from its theme to its breakpoints."""

from __future__ import annotations

import json
from collections.abc import Mapping

from PyQt6.QtCore import QByteArray, QSettings

from app.state.maze_picture import LAYERS, Layer


class Preferences:
    """Typed access to a settings file of its own; `scope` keeps benchmarks out of a person's.

    What cannot be read, because someone wrote something else there, is as if never set.
    """

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

    @property
    def workspace(self) -> str:
        """The workspace used last; debug until chosen."""
        name = self._settings.value("workspace", "debug")
        return name if name in {"compare", "present", "minimal"} else "debug"

    @workspace.setter
    def workspace(self, name: str) -> None:
        self._settings.setValue("workspace", name)

    @property
    def map_layer(self) -> Layer:
        """What colours the map of a maze; the value until chosen."""
        name = self._settings.value("map/layer", "value")
        return name if name in LAYERS else "value"

    @map_layer.setter
    def map_layer(self, layer: str) -> None:
        self._settings.setValue("map/layer", layer)

    @property
    def map_shown(self) -> bool:
        """Whether a maze is also shown from above; yes until chosen."""
        return bool(self._settings.value("map/shown", "yes") != "no")

    @map_shown.setter
    def map_shown(self, shown: bool) -> None:
        self._settings.setValue("map/shown", "yes" if shown else "no")

    @property
    def shortcuts(self) -> dict[str, tuple[str, ...]]:
        """The changed keys, by name of the command."""
        try:
            stored = json.loads(self._settings.value("shortcuts", "{}"))
        except (TypeError, ValueError):
            return {}
        if not isinstance(stored, dict):
            return {}
        return {
            name: tuple(keys)
            for name, keys in stored.items()
            if isinstance(keys, list) and all(isinstance(key, str) for key in keys)
        }

    @shortcuts.setter
    def shortcuts(self, changed: Mapping[str, tuple[str, ...]]) -> None:
        self._settings.setValue("shortcuts", json.dumps(changed, sort_keys=True))

    @property
    def breakpoints(self) -> str:
        """The breakpoints, as `Breakpoints.to_text` wrote them."""
        stored = self._settings.value("breakpoints", "[]")
        return stored if isinstance(stored, str) else "[]"

    @breakpoints.setter
    def breakpoints(self, text: str) -> None:
        self._settings.setValue("breakpoints", text)

    @property
    def geometry(self) -> QByteArray | None:
        """Place and size of the window; None where none is stored."""
        return self._bytes("geometry")

    @geometry.setter
    def geometry(self, geometry: QByteArray) -> None:
        self._settings.setValue("geometry", geometry)

    def layout(self, workspace: str) -> QByteArray | None:
        """Where a workspace's docks are; None where none is stored."""
        return self._bytes(f"{workspace}/docks")

    def keep_layout(self, workspace: str, docks: QByteArray) -> None:
        """Store a workspace's layout."""
        self._settings.setValue(f"{workspace}/docks", docks)

    def flush(self) -> None:
        """Write now."""
        self._settings.sync()

    def _bytes(self, key: str) -> QByteArray | None:
        value = self._settings.value(key)
        return value if isinstance(value, QByteArray) else None
