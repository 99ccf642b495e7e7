"""Asks what a fork changes: settings, checkpoint, seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from app.commands.guard import keep_all_keys
from app.panels.setting_fields import GROUPS, HEAD, LEAST_WIDTH, Field, FieldText, make_field
from app.readouts import setting
from app.state.branch_facts import clock_in_words
from app.state.cursor import Place
from app.theme import Theme, font
from core.errors import InputError, SettingsError
from core.settings import Settings, changes, changes_objective

_LARGEST_SEED = 2**63 - 1
_GROUPS_LEFT = ("Imagination", "Guards")
_WIDTH = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a fork begins, and what is in effect there."""

    place: Place
    k: int
    last: int
    """The newest update recorded at this t."""
    settings: Settings
    checkpoint: str
    seed: int


class ForkDialog(QDialog):
    """Fields filled with what is in effect; Enter forks, Esc leaves, a wrong value says why."""

    forked = pyqtSignal(object, str, object)
    """The settings that change, the checkpoint or "", the seed or None."""

    def __init__(
        self, parent: QWidget, origin: Origin, checkpoints: Sequence[str], theme: Theme
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Fork")
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(_WIDTH)
        keep_all_keys(self)
        self._origin = origin
        self.fields: dict[str, Field] = {}
        self._labels: dict[str, QLabel] = {}
        self.checkpoint, self.seed = QComboBox(), QLineEdit()
        self._what, self._fault = QLabel(), QLabel()
        self.buttons = QDialogButtonBox()
        self._fill(checkpoints)
        self._lay_out(theme)
        self._take()

    @property
    def fault(self) -> str:
        """Why this cannot be forked; empty where it can."""
        return str(self._fault.text())

    @property
    def what(self) -> str:
        """The line that says what will happen."""
        return str(self._what.text())

    def accept(self) -> None:
        """Fork, where every value can be used."""
        try:
            settings, checkpoint, seed = self._settings(), self._checkpoint(), self._seed()
        except InputError as error:
            self._say(str(error))
            return
        super().accept()
        self.forked.emit(changes(self._origin.settings, settings), checkpoint, seed)

    def _fill(self, checkpoints: Sequence[str]) -> None:
        origin = self._origin
        others = [name for name in checkpoints if name != origin.checkpoint]
        self.checkpoint.addItems([origin.checkpoint, *others])
        self.checkpoint.setAccessibleName("Checkpoint")
        self.checkpoint.setToolTip("Policy, critic and world model from here on")
        self.checkpoint.currentIndexChanged.connect(lambda _index: self._take())
        self.seed.setText(str(origin.seed))
        self.seed.setAccessibleName("Seed")
        self.seed.setToolTip("Of the noise, and of the episodes after this one")
        self.seed.textChanged.connect(lambda _text: self._take())
        for text in (*HEAD, *(text for group in GROUPS for text in group.fields)):
            field = make_field(text)
            field.put(getattr(origin.settings, text.name))
            field.edited.connect(self._take)
            self.fields[text.name] = field

    def _lay_out(self, theme: Theme) -> None:
        branch, episode, t = self._origin.place
        head = QLabel(f"Fork branch {branch} at {clock_in_words((episode, t, self._origin.k))}")
        head.setFont(font(bold=True))
        left, right = _grid(), _grid()
        for text in HEAD:
            self._add_setting(left, text)
        for group in GROUPS:
            grid = left if group.title in _GROUPS_LEFT else right
            for text in group.fields:
                self._add_setting(grid, text)
        self._add_row(right, "Checkpoint", self.checkpoint)
        self._add_row(right, "Seed", self.seed)
        columns = QHBoxLayout()
        columns.setSpacing(18)
        for grid in (left, right):
            grid.setRowStretch(grid.rowCount(), 1)
            columns.addLayout(grid, 1)
        self._what.setWordWrap(True)
        self._what.setStyleSheet(f"color: {theme.muted};")
        self._fault.setWordWrap(True)
        self._fault.setStyleSheet(f"color: {theme.refused_text};")
        roles = QDialogButtonBox.ButtonRole
        fork = self.buttons.addButton("Fork", roles.AcceptRole)
        self.buttons.addButton("Cancel", roles.RejectRole)
        if fork is not None:
            fork.setDefault(True)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setSpacing(10)
        column.addWidget(head)
        column.addLayout(columns)
        for line in (self._what, self._fault, self.buttons):
            column.addWidget(line)

    def _add_setting(self, grid: QGridLayout, text: FieldText) -> None:
        self._labels[text.name] = self._add_row(
            grid, text.label, self.fields[text.name], text.tip
        )

    def _add_row(self, grid: QGridLayout, name: str, field: QWidget, tip: str = "") -> QLabel:
        label, row = QLabel(name), grid.rowCount()
        label.setBuddy(field)
        label.setToolTip(tip or field.toolTip())
        field.setMinimumWidth(LEAST_WIDTH)
        grid.addWidget(label, row, 0)
        grid.addWidget(field, row, 1)
        return label

    def _take(self) -> None:
        """Say what these values would do, or what is wrong with them."""
        try:
            settings, checkpoint, seed = self._settings(), self._checkpoint(), self._seed()
        except InputError as error:
            self._say(str(error))
            return
        self._say("")
        self._what.setText(self._in_words(settings, checkpoint, seed))
        for name, label in self._labels.items():
            differs = getattr(settings, name) != getattr(self._origin.settings, name)
            label.setFont(font(bold=differs))

    def _settings(self) -> Settings:
        values = {name: field.get() for name, field in self.fields.items()}
        return self._origin.settings.replace(**values)

    def _checkpoint(self) -> str:
        chosen = self.checkpoint.currentText()
        return "" if chosen == self._origin.checkpoint else chosen

    def _seed(self) -> int | None:
        text = self.seed.text().strip()
        if not (text.isascii() and text.isdigit() and int(text[:20]) <= _LARGEST_SEED):
            raise SettingsError(f"seed is {text[:30]!r}", "use a whole number from 0 on")
        return None if int(text) == self._origin.seed else int(text)

    def _in_words(self, settings: Settings, checkpoint: str, seed: int | None) -> str:
        origin = self._origin
        words = [
            f"{name.replace('_', ' ')} {setting(getattr(origin.settings, name))}"
            f" → {setting(value)}"
            for name, value in changes(origin.settings, settings).items()
        ]
        words += [f"checkpoint {checkpoint}"] if checkpoint else []
        words += [f"seed {seed}"] if seed is not None else []
        if not words:
            return "Nothing changes: the same future again, in a branch of its own."
        another = bool(checkpoint) or seed is not None
        if origin.k and (another or changes_objective(origin.settings, settings)):
            words.append("the objective is another one, so it begins at k = 0")
        elif origin.k and origin.k == origin.last:
            t = origin.place[2]
            words.append(f"acts from t = {t + 1} on: the updates of t = {t} are made")
        return "; ".join(words) + "."

    def _say(self, fault: str) -> None:
        """One line where a value is wrong; always room for it, so that nothing jumps."""
        self._fault.setText(fault)
        self._what.setVisible(not fault)
        self._fault.setVisible(bool(fault))


def _grid() -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(8)
    grid.setVerticalSpacing(4)
    grid.setColumnStretch(1, 1)
    return grid
