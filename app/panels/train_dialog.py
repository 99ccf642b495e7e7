"""Asks how a checkpoint is to be trained from a data set."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from app.commands.guard import keep_all_keys
from app.readouts import exact, number
from app.state.datasets import Dataset
from app.theme import Theme, font
from core.checkpoints.training import FROM_DATASET, RECIPES, TrainingRequest
from core.errors import InputError

_WIDTH = 480
_LARGEST_SEED = 2**32 - 1
_LARGEST_BETA = 100.0
_LARGEST_UPDATES = 10**8
_NAME = re.compile(r"[A-Za-z0-9][-\w.]{0,79}", re.ASCII)
_RECIPES = {
    "cpu": "cpu: about an hour or two on one core",
    "paper": "paper: 1,000,000 updates of ReBRAC; days on a CPU",
}
_FATE = (
    "The training is a process of its own. It goes on when this window is closed, and is "
    "listed here again when it opens. Stop keeps its state; Resume goes on from there, bit for "
    "bit."
)


class TrainDialog(QDialog):
    """Filled with what would be taken; Enter starts, Esc leaves, a wrong value says why."""

    wanted = pyqtSignal(object, object)
    """The TrainingRequest, and the folder of the checkpoint."""

    def __init__(
        self, parent: QWidget, dataset: Dataset, folder: Path, taken: Collection[str],
        theme: Theme,
    ) -> None:  # fmt: skip
        """folder: of one's own checkpoints; taken: names that cannot be used."""
        super().__init__(parent)
        self.setWindowTitle("Train a checkpoint")
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(_WIDTH)
        keep_all_keys(self)
        self._dataset, self._folder, self._taken = dataset, folder, frozenset(taken)
        self.name = QLineEdit(free_name(dataset, taken))
        self.recipe = QComboBox()
        self.fields = {name: QLineEdit() for name in ("beta_actor", "beta_critic", "updates")}
        self.seed = QLineEdit("0")
        self.buttons = QDialogButtonBox()
        self._fault, self._where = QLabel(), QLabel()
        self._fill()
        self._lay_out(theme)
        self._take()

    @property
    def fault(self) -> str:
        """Why this cannot be trained; empty where it can."""
        return str(self._fault.text())

    def accept(self) -> None:
        """Start, where every value can be used."""
        try:
            request, output = self._request(), self._output()
        except InputError as error:
            self._fault.setText(str(error))
            return
        super().accept()
        self.wanted.emit(request, output)

    def show_details(self, dataset: Dataset) -> None:
        """More was found out about the data set: what the coefficients would be."""
        if dataset.id == self._dataset.id:
            self._dataset = dataset
            self._show_betas()

    def _fill(self) -> None:
        for name in RECIPES:
            self.recipe.addItem(_RECIPES[name], name)
        self.recipe.currentIndexChanged.connect(lambda _index: self._show_betas())
        self.fields["updates"].setPlaceholderText("as many as the recipe says")
        for field in (self.name, self.seed, *self.fields.values()):
            field.textChanged.connect(lambda _text: self._take())
        self._show_betas()

    def _show_betas(self) -> None:
        """The coefficients that are taken where the fields are left empty."""
        betas = self._dataset.coefficients.get(self._chosen_recipe())
        for place, name in enumerate(("beta_actor", "beta_critic")):
            usual = exact(betas[place]) if betas and len(betas) == 2 else ""
            known = bool(self._dataset.coefficients)
            words = f"{usual} (usual for these data)" if usual else "write a number"
            self.fields[name].setPlaceholderText(words if known else "usual for these data")

    def _chosen_recipe(self) -> str:
        return str(self.recipe.currentData())

    def _request(self) -> TrainingRequest:
        updates = self.fields["updates"].text().strip()
        return TrainingRequest(
            task=self._dataset.task or FROM_DATASET,
            dataset=self._dataset.id,
            recipe=self._chosen_recipe(),
            beta_actor=self._beta("beta_actor"),
            beta_critic=self._beta("beta_critic"),
            updates=_whole("updates", updates, 1, _LARGEST_UPDATES) if updates else None,
            seed=_whole("seed", self.seed.text(), 0, _LARGEST_SEED),
        )

    def _beta(self, name: str) -> float | None:
        text = self.fields[name].text().strip()
        coefficients = self._dataset.coefficients
        if not text:
            if coefficients and not coefficients.get(self._chosen_recipe()):
                raise InputError(
                    f"no {name} is known for these data", "write a number from 0 to 100"
                )
            return None
        value = number(text)
        if value is None or not 0 <= value <= _LARGEST_BETA:
            raise InputError(f"{name} is {text[:30]!r}", "write a number from 0 to 100")
        return value

    def _output(self) -> Path:
        name = self.name.text().strip()
        if not _NAME.fullmatch(name) or name.endswith(".training"):
            raise InputError(
                f"the name is {name[:40]!r}", "use letters, digits, - and _, no blanks"
            )
        if name in self._taken:
            raise InputError(f"there is a checkpoint {name} already", "choose another name")
        return self._folder / name

    def _take(self) -> None:
        """Say where it would be, or what is wrong."""
        try:
            self._request()
            output = self._output()
        except InputError as error:
            self._fault.setText(str(error))
        else:
            self._fault.clear()
            self._where.setText(f"Becomes {output}")

    def _lay_out(self, theme: Theme) -> None:
        head = QLabel(f"Train from {self._dataset.id}")
        head.setFont(font(bold=True))
        fate = QLabel(_FATE)
        task = self._dataset.task or f"{self._dataset.environment}, found out from the data"
        for label in (head, fate, self._fault, self._where):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        for label in (fate, self._where):
            label.setStyleSheet(f"color: {theme.muted};")
        self._fault.setStyleSheet(f"color: {theme.refused_text};")
        # Room for one line always, so that nothing jumps.
        self._fault.setMinimumHeight(self._fault.fontMetrics().height() + 2)
        column = QVBoxLayout(self)
        column.setSpacing(10)
        column.addWidget(head)
        column.addLayout(self._grid(task))
        for line in (self._where, fate, self._fault, self._button_box()):
            column.addWidget(line)

    def _grid(self, task: str) -> QGridLayout:
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        rows: tuple[tuple[str, QWidget, str], ...] = (
            ("Task", QLabel(task), "Found from the environment that the data set names"),
            ("Name", self.name, "Of the checkpoint, in the folder of your own"),
            ("Recipe", self.recipe, "How much time is spent"),
            (
                "beta_actor",
                self.fields["beta_actor"],
                "How strongly the policy is held to the data",
            ),
            ("beta_critic", self.fields["beta_critic"], "How strongly Q avoids other actions"),
            ("Updates at most", self.fields["updates"], "In each stage: for trying things out"),
            ("Seed", self.seed, "The same again gives the same checkpoint, bit for bit"),
        )
        for place, (name, field, tip) in enumerate(rows):
            label = QLabel(name)
            label.setBuddy(field)
            label.setToolTip(tip)
            field.setToolTip(tip)
            field.setAccessibleName(name)
            grid.addWidget(label, place, 0)
            grid.addWidget(field, place, 1)
        return grid

    def _button_box(self) -> QDialogButtonBox:
        roles = QDialogButtonBox.ButtonRole
        start = self.buttons.addButton("Start", roles.AcceptRole)
        self.buttons.addButton("Cancel", roles.RejectRole)
        if start is not None:
            start.setDefault(True)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        return self.buttons


def free_name(dataset: Dataset, taken: Collection[str]) -> str:
    """A name that says what the checkpoint learns from, and is free."""
    words = (dataset.task or dataset.environment, dataset.kind or dataset.id.rpartition("/")[2])
    plain = re.sub(r"[^A-Za-z0-9]+", "-", "-".join(("my", *words))).strip("-")[:60].lower()
    name, count = plain, 2
    while name in taken:
        name, count = f"{plain}-{count}", count + 1
    return name


def _whole(what: str, text: str, low: int, high: int) -> int:
    plain = text.strip()
    if not (plain.isascii() and plain.isdigit() and low <= int(plain[:20]) <= high):
        raise InputError(f"{what} is {plain[:30]!r}", f"use a whole number from {low} on")
    return int(plain)
