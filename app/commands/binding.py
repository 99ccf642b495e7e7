"""Changing the keys of commands: what is refused, what is remembered."""

from __future__ import annotations

from PyQt6.QtGui import QKeySequence

from app.commands.entries import ENTRIES
from app.commands.registry import CommandRegistry, Keys, find_entry
from app.state.preferences import Preferences
from core.errors import InputError

MOST_KEYS = 2
"""Of one command."""
_OWN = {"Tab": "moves between fields", "Shift+Tab": "moves between fields"}


class KeyBinder:
    """The changed keys: told to the commands at once, and kept over restarts."""

    def __init__(self, registry: CommandRegistry, preferences: Preferences) -> None:
        self._registry, self._preferences = registry, preferences
        self._changed: dict[str, Keys] = {}
        for name, keys in preferences.shortcuts.items():
            if any(entry.name == name for entry in ENTRIES):
                self._changed[name] = tuple(key for key in map(normal, keys) if key)
        self._tell()

    def bind(self, name: str, keys: Keys) -> None:
        """Give a command these keys and no others.

        Raises InputError where another command has one of them, and then changes nothing.
        """
        keys = tuple(dict.fromkeys(normal(key) for key in keys if key))[:MOST_KEYS]
        for key in keys:
            if key in _OWN:
                raise InputError(f"{key} {_OWN[key]}", "choose another key")
            owner = self._owner(key)
            if owner not in {"", name}:
                text = self._registry.plain_text(owner)
                raise InputError(
                    f"{key} belongs to “{text}”", "choose another key, or clear that one first"
                )
        self._changed[name] = keys
        self._keep()

    def reset(self, name: str) -> None:
        """Give a command the keys it came with. Raises InputError as `bind` does."""
        self.bind(name, find_entry(name).keys)

    def reset_all(self) -> None:
        """Give every command the keys it came with."""
        self._changed.clear()
        self._keep()

    def is_changed(self, name: str) -> bool:
        """Whether a command has other keys than it came with."""
        return self._registry.keys(name) != default_keys(name)

    def _owner(self, key: str) -> str:
        for entry in ENTRIES:
            if key in self._registry.keys(entry.name):
                return entry.name
        return ""

    def _keep(self) -> None:
        changed = {n: keys for n, keys in self._changed.items() if keys != default_keys(n)}
        self._changed = changed
        self._preferences.shortcuts = changed
        self._tell()

    def _tell(self) -> None:
        """A key that was given away is no longer the one its command came with."""
        taken: set[str] = set()
        keys: dict[str, Keys] = {}
        for name in (*self._changed, *(e.name for e in ENTRIES if e.name not in self._changed)):
            wanted = self._changed.get(name, default_keys(name))
            keys[name] = tuple(key for key in wanted if key not in taken)
            taken.update(keys[name])
        self._registry.set_keys(keys)


def normal(key: str) -> str:
    """A key as Qt writes it on every system, "Ctrl+Shift+P"; empty where it is none."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.PortableText)


def default_keys(name: str) -> Keys:
    """The keys that a command came with."""
    return tuple(normal(key) for key in find_entry(name).keys)
