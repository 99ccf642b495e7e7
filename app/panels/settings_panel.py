"""All settings of the adaptation, editable while it runs."""

from __future__ import annotations

import dataclasses
from typing import Any

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QFrame,
    QGridLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.panels.setting_fields import GROUPS, HEAD, Field, FieldText, make_field
from app.readouts import setting
from app.theme import Theme, font
from core.errors import SettingsError
from core.settings import PRESETS, Settings, preset

MARK_WIDTH = 26
"""Kept free beside a field for the value in effect, so that little jumps; pixels."""
LONGEST_MARK = 3
"""Letters that fit there; a longer value is in the tooltip."""
DEBOUNCE_MS = 250
"""Edits closer together than this go out as one command."""
FIRST_FIELD = "ascent_steps"
"""Where the command edit_settings begins."""


class SettingsPanel(QWidget):
    """Fields for `Settings`. A good edit is announced once the hand rests; a bad one says why.

    `draft` is what the fields say, `in effect` is what the shown record was made with; a field
    whose value differs from the record's is marked and names the record's value.
    """

    edited = pyqtSignal(object, object)
    """Two dicts: the settings that changed, ready for an `edit` command, and what they were."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._draft = self._announced = self._shown = Settings()
        self._editable = True
        self._fields: dict[str, Field] = {}
        self._labels: dict[str, QLabel] = {}
        self._marks: dict[str, QLabel] = {}
        self._headings: list[QLabel] = []
        self._theme: Theme | None = None
        self._absence = _absence()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DEBOUNCE_MS)
        self._timer.timeout.connect(self._announce)
        self._lay_out()
        self.show_settings(self._draft)

    @property
    def draft(self) -> Settings:
        """What the fields say, where it is valid."""
        return self._draft

    @property
    def fault(self) -> str:
        """Why the last edit was refused; empty where it was not."""
        return str(self._fault.text())

    def show_settings(self, settings: Settings) -> None:
        """Make the fields say `settings`; nothing is announced."""
        self._timer.stop()
        self._draft = self._announced = settings
        self._put(settings)
        self._say("")
        self._mark()

    def show_in_effect(self, settings: Settings) -> None:
        """The settings of the shown record."""
        if settings == self._shown:
            return
        self._shown = settings
        if not self._editable:
            self.show_settings(settings)
        self._mark()

    def change(self, values: dict[str, Any], fault: str = "") -> None:
        """Make some fields say other values, and say why; nothing is announced."""
        self.show_settings(self._announced.replace(**values))
        self._say(fault)

    def announce(self) -> None:
        """Announce now what was typed, without waiting for the hand to rest."""
        for field in self._fields.values():
            if isinstance(field, QAbstractSpinBox):
                field.interpretText()
        if self._timer.isActive():
            self._timer.stop()
            self._announce()

    def enter(self) -> None:
        """Give the first field of the update focus, scrolled into sight."""
        field = self._fields[FIRST_FIELD]
        self._area.ensureWidgetVisible(field)
        field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def set_editable(self, editable: bool) -> None:
        """Without an engine the fields only show."""
        self._editable = editable
        for field in (self._preset, *self._fields.values()):
            field.setEnabled(editable)
        if not editable:
            self.show_settings(self._shown)

    def set_absent(self, words: str) -> None:
        """These words in place of the fields; empty: the fields."""
        self._absence.setText(words)
        self._absence.setVisible(bool(words))
        self._area.setVisible(not words)

    def set_theme(self, theme: Theme) -> None:
        """Colours of headings, marks and the fault."""
        self._theme = theme
        for heading in self._headings:
            heading.setStyleSheet(f"color: {theme.muted};")
        self._fault.setStyleSheet(f"color: {theme.refused_text};")
        self._absence.setStyleSheet(f"color: {theme.muted};")
        self._mark()

    def _lay_out(self) -> None:
        page = QWidget()
        grid = QGridLayout(page)
        grid.setContentsMargins(8, 4, 8, 4)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        grid.setColumnMinimumWidth(2, MARK_WIDTH)
        self._preset = QComboBox()
        self._preset.addItems(PRESETS)
        self._preset.setAccessibleName("Preset")
        self._preset.setToolTip("Fill all fields: safe (guarded) or paper (as published)")
        self._preset.activated.connect(lambda _index: self._choose_preset())
        grid.addWidget(QLabel("Preset"), 0, 0)
        grid.addWidget(self._preset, 0, 1)
        for text in HEAD:
            self._add_row(grid, text)
        for group in GROUPS:
            heading = QLabel(group.title)
            heading.setFont(font(bold=True))
            heading.setContentsMargins(0, 5, 0, 0)
            self._headings.append(heading)
            grid.addWidget(heading, grid.rowCount(), 0, 1, 3)
            for text in group.fields:
                self._add_row(grid, text)
        grid.setRowStretch(grid.rowCount(), 1)
        self._fault = QLabel()
        self._fault.setWordWrap(True)
        self._fault.setContentsMargins(8, 2, 8, 4)
        self._fault.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._area = area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._absence, 1)
        column.addWidget(area, 1)
        column.addWidget(self._fault)

    def _add_row(self, grid: QGridLayout, text: FieldText) -> None:
        row = grid.rowCount()
        label, mark, field = QLabel(text.label), QLabel(), make_field(text)
        label.setToolTip(text.tip)
        label.setBuddy(field)
        field.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        field.edited.connect(self._take)
        for column, widget in enumerate((label, field, mark)):
            grid.addWidget(widget, row, column)
        self._labels[text.name], self._fields[text.name], self._marks[text.name] = (
            label,
            field,
            mark,
        )

    def _take(self) -> None:
        values = {name: field.get() for name, field in self._fields.items()}
        try:
            self._draft = self._draft.replace(preset=self._preset.currentText(), **values)
        except SettingsError as error:
            self._timer.stop()
            self._say(str(error))
            return
        self._say("")
        self._mark()
        self._timer.start()

    def _choose_preset(self) -> None:
        self._draft = preset(self._preset.currentText())
        self._put(self._draft)
        self._say("")
        self._mark()
        self._timer.start()

    def _announce(self) -> None:
        changes = difference(self._announced, self._draft)
        replaced = difference(self._draft, self._announced)
        self._announced = self._draft
        if changes:
            self.edited.emit(changes, replaced)

    def _put(self, settings: Settings) -> None:
        self._preset.setCurrentText(settings.preset)
        for name, field in self._fields.items():
            field.put(getattr(settings, name))

    def _say(self, fault: str) -> None:
        self._fault.setText(fault)
        self._fault.setVisible(bool(fault))

    def _mark(self) -> None:
        color = self._theme.accent if self._theme else "palette(link)"
        for name, mark in self._marks.items():
            shown, wanted = getattr(self._shown, name), getattr(self._draft, name)
            differs = shown != wanted
            words = setting(shown)
            short = f"({words})" if len(words) <= LONGEST_MARK else "•"
            mark.setText(short if differs else "")
            mark.setToolTip(f"{words} in the shown record" if differs else "")
            mark.setStyleSheet(f"color: {color};")
            self._labels[name].setFont(font(bold=differs))


def _absence() -> QLabel:
    """What stands in place of the fields."""
    label = QLabel()
    label.setWordWrap(True)
    label.setContentsMargins(8, 6, 8, 4)
    label.setAlignment(Qt.AlignmentFlag.AlignTop)
    label.hide()
    return label


def difference(before: Settings, after: Settings) -> dict[str, Any]:
    """The settings of `after` that differ, by name."""
    return {
        field.name: getattr(after, field.name)
        for field in dataclasses.fields(Settings)
        if getattr(after, field.name) != getattr(before, field.name)
    }
