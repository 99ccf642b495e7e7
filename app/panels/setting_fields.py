"""One editor per setting. They refuse nothing: `Settings` itself says what is wrong."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_type_hints

from PyQt6.QtCore import QSignalBlocker, Qt, pyqtSignal
from PyQt6.QtGui import QValidator, QWheelEvent
from PyQt6.QtWidgets import QAbstractSpinBox, QComboBox, QDoubleSpinBox, QSpinBox, QWidget

from app.panels.rule_field import RuleField
from app.readouts import exact, number
from core.settings import Settings

LEAST_WIDTH = 104
"""Of a field, pixels: enough for its longest usual value."""
Kind = Literal["choice", "count", "number", "rule"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldText:
    """What the panel says of a setting."""

    name: str
    label: str
    unit: str
    tip: str
    kind: Kind
    missing: str = ""
    """What None means, for a number that may be missing."""
    start: float = 0.0
    """The first number after None when one steps up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldGroup:
    """Settings that belong together."""

    title: str
    fields: tuple[FieldText, ...]


GROUPS: tuple[FieldGroup, ...] = (
    FieldGroup(
        title="Imagination",
        fields=(
            FieldText(
                name="horizon", label="Horizon H", unit="steps", kind="count",
                tip="Imagined steps j before the terminal Q; 0 leaves the critic alone.",
            ),
            FieldText(
                name="particles", label="Particles M", unit="draws", kind="count",
                tip="Noise draws of the world model; J is their mean.",
            ),
            FieldText(
                name="denoising_levels", label="Denoising K", unit="levels", kind="count",
                tip="Levels i of the diffusion sampler for each imagined step.",
            ),
            FieldText(
                name="survival", label="Survival", unit="", kind="choice",
                tip="smooth: imagined rewards fade out with the task's termination rule.",
            ),
        ),
    ),
    FieldGroup(
        title="Update",
        fields=(
            FieldText(
                name="ascent_steps", label="Updates E", unit="per t", kind="count",
                tip="Gradient updates k of the policy weights psi at each environment step t.",
            ),
            FieldText(
                name="step_rule", label="Step rule", unit="", kind="choice",
                tip="plain: psi += alpha dJ/dpsi. action: alpha such that the action moves by "
                "delta.",
            ),
            FieldText(
                name="delta", label="Delta", unit="action", kind="number", missing="tuned",
                start=0.05,
                tip="Action change per update, max-norm, first order; the action rule uses it.",
            ),
            FieldText(
                name="step_size", label="Alpha", unit="", kind="number", missing="tuned",
                start=5e-4,
                tip="Step size in weight units per objective unit; the plain rule uses it.",
            ),
            FieldText(
                name="optimizer", label="Optimizer", unit="", kind="choice",
                tip="gradient: plain ascent. adam: with Adam's moments.",
            ),
            FieldText(
                name="gradient_clip", label="Clip at", unit="", kind="number", missing="off",
                start=10.0, tip="Largest gradient norm, reward per weight unit.",
            ),
            FieldText(
                name="updater", label="Update rule", unit="", kind="rule", missing="built-in",
                tip="FILE.py:FUNCTION of your own, in place of rule, optimizer and clip. It "
                "runs where the window was opened with --trust-code.",
            ),
        ),
    ),
    FieldGroup(
        title="Guards",
        fields=(
            FieldText(
                name="trust_radius", label="Trust radius", unit="action", kind="number",
                missing="off", start=0.1,
                tip="Largest change of any action component against the pretrained policy.",
            ),
            FieldText(
                name="reset_mode", label="Reset psi", unit="", kind="choice",
                tip="When the pretrained weights come back: every step, every episode, never.",
            ),
        ),
    ),
)  # fmt: skip
HEAD: tuple[FieldText, ...] = (
    FieldText(
        name="controller", label="Controller", unit="", kind="choice",
        tip="frozen: psi never moves. critic-only: H = 0. adaptive: through the world model.",
    ),
)  # fmt: skip


def all_fields() -> tuple[FieldText, ...]:
    """Every setting but the preset, in the panel's order."""
    return HEAD + tuple(text for group in GROUPS for text in group.fields)


class CountField(QSpinBox):
    """A whole number: entered when Enter is pressed, focus leaves or it is stepped."""

    edited = pyqtSignal()

    def __init__(self, text: FieldText) -> None:
        super().__init__()
        self.setRange(-99_999, 99_999)
        self.setSuffix(f" {text.unit}" if text.unit else "")
        _prepare(self, text)
        self.valueChanged.connect(lambda _value: self.edited.emit())

    def get(self) -> int:
        return self.value()

    def put(self, value: Any) -> None:
        """Show a value without `edited`."""
        with QSignalBlocker(self):
            self.setValue(int(value))

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """The wheel scrolls the panel; it changes a number only after a click into it."""
        _wheel(self, event, super().wheelEvent)


class NumberField(QDoubleSpinBox):
    """A number that may be missing: shown and typed as a word such as "off"."""

    edited = pyqtSignal()
    _MISSING = -1e12

    def __init__(self, text: FieldText) -> None:
        self._missing, self._start = text.missing, text.start
        self._unit = f" {text.unit}" if text.unit else ""
        super().__init__()
        self.setDecimals(12)
        self.setRange(self._MISSING, 1e12)
        _prepare(self, text)
        self.valueChanged.connect(lambda _value: self.edited.emit())

    def get(self) -> float | None:
        return None if self.value() == self._MISSING else self.value()

    def put(self, value: Any) -> None:
        """Show a value, None for a missing one, without `edited`."""
        with QSignalBlocker(self):
            self.setValue(self._MISSING if value is None else float(value))

    def textFromValue(self, v: float) -> str:
        return self._missing if v == self._MISSING else f"{exact(v)}{self._unit}"

    def valueFromText(self, text: str | None) -> float:
        value = number(self._bare(text))
        return self._MISSING if value is None else value

    def validate(self, input: str | None, pos: int) -> tuple[QValidator.State, str, int]:
        """Any number, the word for a missing one, or nothing; the rest while it is typed."""
        bare = self._bare(input)
        good = bare in {"", self._missing} or number(bare) is not None
        state = QValidator.State.Acceptable if good else QValidator.State.Intermediate
        return state, input or "", pos

    def stepBy(self, presses: int) -> None:
        """1, 2, 5, 10 ...: step sizes differ by factors."""
        value = self.get()
        if value is None:
            self.setValue(self._start)
        elif value > 0:
            self.setValue(next_in_series(value, presses))

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """The wheel scrolls the panel; it changes a number only after a click into it."""
        _wheel(self, event, super().wheelEvent)

    def _bare(self, text: str | None) -> str:
        return (text or "").removesuffix(self._unit).strip()


class ChoiceField(QComboBox):
    """One of the words the setting allows."""

    edited = pyqtSignal()

    def __init__(self, text: FieldText) -> None:
        super().__init__()
        self.addItems(choices(text.name))
        self.setMinimumWidth(LEAST_WIDTH)
        self.setToolTip(text.tip)
        self.setAccessibleName(text.label)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.currentIndexChanged.connect(lambda _index: self.edited.emit())

    def get(self) -> str:
        return self.currentText()

    def put(self, value: Any) -> None:
        """Show a value without `edited`."""
        with QSignalBlocker(self):
            self.setCurrentText(str(value))

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """The wheel scrolls the panel; it changes a choice only after a click into it."""
        _wheel(self, event, super().wheelEvent)


Field = CountField | NumberField | ChoiceField | RuleField


def make_field(text: FieldText) -> Field:
    """The editor of a setting."""
    makers: dict[Kind, type[Field]] = {
        "choice": ChoiceField,
        "count": CountField,
        "number": NumberField,
        "rule": RuleField,
    }
    return makers[text.kind](text)


def choices(name: str) -> tuple[str, ...]:
    """The words a setting allows, as `Settings` declares them."""
    return tuple(str(word) for word in get_args(get_type_hints(Settings)[name]))


def next_in_series(value: float, presses: int) -> float:
    """The number `presses` places on in .., 0.1, 0.2, 0.5, 1, 2, .. from a positive value."""
    decade = math.floor(math.log10(value))
    series = [m * 10.0**e for e in range(decade - 13, decade + 14) for m in (1.0, 2.0, 5.0)]
    near = value * 1e-9
    if presses > 0:
        later = [x for x in series if x > value + near]
        return float(f"{later[min(presses, len(later)) - 1]:.6g}")
    earlier = [x for x in series if x < value - near]
    return float(f"{earlier[max(presses, -len(earlier))]:.6g}")


def _prepare(field: QAbstractSpinBox, text: FieldText) -> None:
    field.setKeyboardTracking(False)
    field.setMinimumWidth(LEAST_WIDTH)
    field.setToolTip(text.tip)
    field.setAccessibleName(text.label)
    field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    field.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.UpDownArrows)


def _wheel(field: QWidget, event: QWheelEvent | None, change: Any) -> None:
    if event is not None and not field.hasFocus():
        event.ignore()
    else:
        change(event)
