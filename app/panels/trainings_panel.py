"""Trainings: how far each is, how well it goes, and what can be done with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.panels.text_table import TextColumn, TextTable
from app.state.trainings import ALIVE, RESUMABLE, Training, row, words
from app.theme import Theme, font
from app.views.training_curves import CurvePlot, LossPlot

NONE = (
    "No training yet. Choose a data set at the left and press “Train a checkpoint from this”. "
    "One that was stopped, or outlived its window, is listed here again."
)
BUTTONS = {
    "stop": ("Stop", "End it after this update; its state is kept"),
    "resume": ("Resume", "Go on from where it stopped, bit for bit"),
    "open": ("Open it", "Run the finished checkpoint live"),
    "discard": ("Discard ...", "Throw away what is unfinished"),
}
_COLUMNS = (
    TextColumn("checkpoint", "what it is called once it is finished", stretch=True),
    TextColumn("data set", "what it learns from"),
    TextColumn("state", "whether its process works"),
    TextColumn("done", "of all gradient updates", right=True),
)
_PERMILLE = 1000
_LATER = "Shown from the first evaluation of ReBRAC on."
_SOON = "Shown from the first evaluation on."


class TrainingsPanel(QWidget):
    """Says what a hand asks for, of the training that is looked at."""

    asked = pyqtSignal(str, object)
    """A name of BUTTONS, and the Training."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.trainings: tuple[Training, ...] = ()
        self._looked_at: Path | None = None
        self._wanted: Path | None = None
        self.table = TextTable(_COLUMNS)
        self.table.setAccessibleName("Trainings")
        self.bar = QProgressBar()
        self.buttons = {name: QPushButton(text) for name, (text, _) in BUTTONS.items()}
        self.plots: list[CurvePlot] = []
        self._title, self._words, self._empty = QLabel("Trainings"), QLabel(), QLabel(NONE)
        self._lay_out()
        self.table.row_chosen.connect(self._choose)
        for name, button in self.buttons.items():
            button.clicked.connect(lambda _checked, n=name: self._ask(n))
        self._show()

    @property
    def training(self) -> Training | None:
        """The one that is looked at."""
        return next((t for t in self.trainings if t.output == self._looked_at), None)

    @property
    def words(self) -> str:
        """How it stands."""
        return str(self._words.text())

    def make_plots(self) -> Iterator[None]:
        """One plot after another, for each takes a moment: it is made, then placed."""
        returns = CurvePlot("return of its policy, real episodes", _LATER, self.theme)
        yield
        self._add(returns, 0, 2)
        yield
        values = CurvePlot("Monte Carlo return ■ and Q ●", _LATER, self.theme, lines=2)
        yield
        self._add(values, 1, 1)
        yield
        losses = LossPlot("loss", _SOON, self.theme)
        yield
        self._add(losses, 1, 1)
        yield

    def _add(self, plot: CurvePlot, row: int, columns: int) -> None:
        # The theme may have changed since it was made.
        plot.set_theme(self.theme)
        self._grid.addWidget(plot, row, len(self.plots) // 2, 1, columns)
        self.plots.append(plot)
        self._show()

    def show_trainings(self, trainings: Sequence[Training]) -> None:
        """All of them; the one that was looked at stays chosen, else the first that works."""
        self.trainings = tuple(trainings)
        self.table.show_rows([row(training) for training in trainings])
        outputs = [training.output for training in trainings]
        if self._wanted in outputs:
            self._looked_at, self._wanted = self._wanted, None
        if self.training is None:
            best = sorted(trainings, key=lambda training: training.state not in ALIVE)
            self._looked_at = best[0].output if best else None
        if self._looked_at is not None:
            self.table.select_row(outputs.index(self._looked_at))
        self._show()

    def look_at(self, output: Path) -> None:
        """That one, now or once it is there."""
        self._wanted = output
        self.show_trainings(self.trainings)

    def set_theme(self, theme: Theme) -> None:
        """Recolour."""
        self.theme = theme
        self.table.set_theme(theme)
        for plot in self.plots:
            plot.set_theme(theme)
        self._empty.setStyleSheet(f"color: {theme.muted};")
        self.bar.setStyleSheet(
            f"QProgressBar {{ background: {theme.plot}; border: 1px solid {theme.border};"
            f" border-radius: 3px; }}"
            f"QProgressBar::chunk {{ background: {theme.accent}; border-radius: 2px; }}"
        )

    def _choose(self, place: int) -> None:
        self._looked_at = self.trainings[place].output
        self._show()

    def _ask(self, name: str) -> None:
        if self.training is not None:
            self.asked.emit(name, self.training)

    def _show(self) -> None:
        training = self.training
        for widget in (self.table, self.bar, self._words):
            widget.setVisible(training is not None)
        self._empty.setVisible(training is None)
        state = "" if training is None else training.state
        resumable = state in RESUMABLE and training is not None and training.request is not None
        able = {
            "stop": state in ("starting", "running"),
            "resume": resumable,
            "open": state == "finished",
            "discard": state in RESUMABLE,
        }
        for name, button in self.buttons.items():
            button.setEnabled(able[name])
        if training is not None:
            self._words.setText(words(training))
            self.bar.setValue(round(training.share * _PERMILLE))
        self._show_curves(training)

    def _show_curves(self, training: Training | None) -> None:
        progress = None if training is None else training.progress
        stage = None if training is None else training.stage
        curves = {} if progress is None else progress.curves
        fitted = "" if stage is None else stage.name
        of = {} if progress is None else {each.name: each.of for each in progress.stages}
        names: tuple[tuple[str, tuple[str, ...]], ...] = (
            ("ReBRAC", ("return_mean",)),
            ("ReBRAC", ("monte_carlo_mean", "q_mean")),
            (fitted, tuple(name for name in curves.get(fitted, {}) if name.endswith("_loss"))),
        )
        for plot, (name, columns) in zip(self.plots, names, strict=False):
            plot.show_columns(curves.get(name, {}), columns, of.get(name, 0))
        if len(self.plots) == len(names):
            self.plots[-1].set_name(f"loss of {fitted}" if fitted else "loss")

    def _lay_out(self) -> None:
        self._title.setFont(font(bold=True))
        # Beside it, at the other half of the page, a title shares its line with a button.
        self._title.setMinimumHeight(self.buttons["stop"].sizeHint().height())
        for label in (self._words, self._empty):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.bar.setRange(0, _PERMILLE)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        self.bar.setAccessibleName("Share of the gradient updates that is done")
        buttons = QHBoxLayout()
        for name, button in self.buttons.items():
            button.setToolTip(BUTTONS[name][1])
            buttons.addWidget(button)
        buttons.addStretch(1)
        self._grid = QGridLayout()
        self._grid.setSpacing(4)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(6)
        column.addWidget(self._title)
        column.addWidget(self.table, 2)
        column.addWidget(self._empty, 2)
        column.addWidget(self.bar)
        column.addWidget(self._words)
        column.addLayout(buttons)
        column.addLayout(self._grid, 5)
