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
        """While it is open: its hundred fields would make every other change of style slow."""
        window.add_themed(self.palette)
        window.add_themed(self.keys_page)
        commands.connect("palette", self.palette.open)
        commands.connect("shortcuts", self.keys_page.open)
        commands.connect("change_shortcuts", self._change_keys)

    def _change_keys(self) -> None:
        window = self._window
        dialog = self.keys_dialog = KeysDialog(window, window.commands, self._binder)
        if window.theme is not None:
            dialog.set_theme(window.theme)
        dialog.finished.connect(lambda _result: self._forget_dialog())
        dialog.open()

    def _forget_dialog(self) -> None:
        if self.keys_dialog is not None:
            self.keys_dialog.deleteLater()
            self.keys_dialog = None
