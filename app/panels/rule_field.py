"""The editor of the update rule: the name of a function, or nothing for the built-in rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QLineEdit

from core.errors import InputError
from core.trust import absolute

if TYPE_CHECKING:
    from app.panels.setting_fields import FieldText


class RuleField(QLineEdit):
    """FILE.py:FUNCTION, entered when Enter is pressed or focus leaves; shown from its end."""

    edited = pyqtSignal()

    def __init__(self, text: FieldText) -> None:
        super().__init__()
        self._tip, self._shown = text.tip, ""
        self.setPlaceholderText(text.missing)
        self.setAccessibleName(text.label)
        self.setToolTip(text.tip)
        self.editingFinished.connect(self._finish)

    def get(self) -> str:
        """The reference with its whole path; what is none, as it was typed."""
        typed = self.text().strip()
        try:
            return absolute(typed) if typed else ""
        except InputError:
            return typed

    def put(self, value: Any) -> None:
        """Show a value without `edited`."""
        self._shown = str(value)
        self.setText(self._shown)
        self.setToolTip(f"{self._shown}\n{self._tip}" if self._shown else self._tip)
        # The file's name and the function are at the end of a path.
        self.end(False)

    def _finish(self) -> None:
        if self.get() != self._shown:
            self._shown = self.get()
            self.edited.emit()
