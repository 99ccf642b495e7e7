"""Finding commands and their keys: the palette, the page of keys, the dialog for them."""

from __future__ import annotations

from PyQt6.QtCore import QObject

from app.commands.binding import KeyBinder
from app.desk import Desk
from app.overlays.keys_dialog import KeysDialog
from app.overlays.keys_page import KeysPage
from app.overlays.palette import Palette


class FindingCommands(QObject):
    """Carries out palette, shortcuts and change_shortcuts; brings back the changed keys."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._window = window = desk.window
        commands = window.commands
        self._binder = KeyBinder(commands, desk.preferences)
        self.palette = Palette(window, commands)
        self.keys_page = KeysPage(window, commands)
        self.keys_dialog: KeysDialog | None = None
        """Built when it is first asked for: its hundred fields would delay the first paint."""
        window.add_themed(self.palette)
        window.add_themed(self.keys_page)
        commands.connect("palette", self.palette.open)
        commands.connect("shortcuts", self.keys_page.open)
        commands.connect("change_shortcuts", self._change_keys)

    def _change_keys(self) -> None:
        if self.keys_dialog is None:
            window = self._window
            self.keys_dialog = KeysDialog(window, window.commands, self._binder)
            window.add_themed(self.keys_dialog)
        self.keys_dialog.open()
