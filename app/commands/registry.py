"""The window's commands as QActions: whether they work, their keys, menus and toolbar."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QAction, QColor, QKeySequence
from PyQt6.QtWidgets import QMainWindow, QMenu, QMenuBar, QToolBar

from app.commands.entries import ENTRIES, MENUS, CommandEntry
from app.commands.guard import FieldGuard
from app.icons import draw_icon

Keys = tuple[str, ...]
Slot = Callable[[], object]


class CommandRegistry(QObject):
    """The QActions of a window, by name. A command that nobody has connected is disabled."""

    keys_changed = pyqtSignal()

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self.actions: dict[str, QAction] = {}
        self._keys: dict[str, Keys] = {}
        self._slots: dict[str, list[Slot]] = {entry.name: [] for entry in ENTRIES}
        self._preparations: dict[str, list[Slot]] = {entry.name: [] for entry in ENTRIES}
        self._off: set[str] = set()
        for entry in ENTRIES:
            action = QAction(entry.text, window)
            action.setObjectName(entry.name)
            action.setCheckable(entry.checkable)
            action.setStatusTip(entry.tip)
            if entry.short:
                action.setIconText(entry.short)
            action.triggered.connect(
                partial(_give, self._preparations[entry.name], self._slots[entry.name])
            )
            window.addAction(action)
            self.actions[entry.name] = action
        self.set_keys({})
        for entry in ENTRIES:
            self._refresh(entry)
        self._guard = FieldGuard(self)

    def connect(self, name: str, slot: Slot) -> None:
        """Call `slot` when the command is given, and enable it."""
        self._slots[name].append(slot)
        self._refresh(find_entry(name))

    def connect_before(self, name: str, slot: Slot) -> None:
        """Call `slot` before those that `connect` names, whoever comes first."""
        self._preparations[name].append(slot)

    def set_enabled(self, name: str, enabled: bool) -> None:
        """Whether the command works now; one that nobody has connected never does."""
        if enabled == (name in self._off):
            (self._off.discard if enabled else self._off.add)(name)
            self._refresh(find_entry(name))

    def keys(self, name: str) -> Keys:
        """The keys of a command as text, "Ctrl+K"."""
        return self._keys[name]

    def set_keys(self, changed: Mapping[str, Keys]) -> None:
        """The entries' own keys but for those in `changed`, by name of the command."""
        for entry in ENTRIES:
            keys = changed.get(entry.name, entry.keys)
            self._keys[entry.name] = keys
            self.actions[entry.name].setShortcuts([QKeySequence(key) for key in keys])
            self._refresh(entry)
        self.keys_changed.emit()

    def plain_text(self, name: str) -> str:
        """What the menu says, after its submenu, without the dots that promise a question."""
        submenu = find_entry(name).menu.partition(" > ")[2]
        text = self.actions[name].text().removesuffix(" ...")
        return f"{submenu}: {text}" if submenu else text

    def set_text(self, name: str, text: str) -> None:
        """What the menu says: "Undo delta 0.05 → 0.1"."""
        self.actions[name].setText(text)

    def set_running(self, running: bool, color: QColor) -> None:
        """The run button shows what a click would do."""
        action = self.actions["run"]
        action.setIcon(draw_icon("pause" if running else "run", color))
        action.setIconText("Pause" if running else "Run")

    def set_color(self, color: QColor) -> None:
        """Draw all icons in the theme's colour of text."""
        for entry in ENTRIES:
            if entry.icon:
                self.actions[entry.name].setIcon(draw_icon(entry.icon, color))

    def fill_menus(self, bar: QMenuBar) -> dict[str, QMenu]:
        """One menu each for the titles of MENUS, and their submenus, by title."""
        menus: dict[str, QMenu] = {}
        for title in MENUS:
            menu = bar.addMenu(title)
            if menu is not None:
                menus[title] = menu
        for entry in ENTRIES:
            if entry.menu not in menus:
                above, _, title = entry.menu.partition(" > ")
                submenu = menus[above].addMenu(title)
                if submenu is None:
                    continue
                menus[entry.menu] = submenu
            menus[entry.menu].addAction(self.actions[entry.name])
        for menu in menus.values():
            menu.setToolTipsVisible(True)
        return menus

    def fill_toolbar(self, toolbar: QToolBar) -> None:
        """The commands that have a short name, a gap between the menus' groups."""
        previous = ""
        for entry in ENTRIES:
            if entry.short:
                if previous and previous != entry.menu:
                    toolbar.addSeparator()
                toolbar.addAction(self.actions[entry.name])
                previous = entry.menu

    def _refresh(self, entry: CommandEntry) -> None:
        enabled = bool(self._slots[entry.name]) and entry.name not in self._off
        action = self.actions[entry.name]
        action.setEnabled(enabled)
        action.setToolTip(tooltip(entry, self._keys[entry.name], enabled=enabled))


def find_entry(name: str) -> CommandEntry:
    """The entry of a command; KeyError where there is none."""
    return _BY_NAME[name]


def tooltip(entry: CommandEntry, keys: Keys, *, enabled: bool = True) -> str:
    """What the command does, its keys, and what it waits for."""
    text = f"{entry.tip} ({', '.join(map(key_text, keys))})" if keys else entry.tip
    return text if enabled or not entry.when else f"{text}\nWorks {entry.when}"


def key_text(key: str) -> str:
    """A key as people read it: marks that are easily overlooked by their names."""
    return _MARKS.get(key, key)


def _give(preparations: Sequence[Slot], slots: Sequence[Slot], _checked: bool) -> None:
    for slot in (*preparations, *slots):
        slot()


_MARKS = {",": "comma", ".": "full stop"}
_BY_NAME = {entry.name: entry for entry in ENTRIES}
