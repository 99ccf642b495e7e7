"""Local data sets: which there are, how their episodes went, and the way to a checkpoint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.panels.text_table import TextColumn, TextTable
from app.state.datasets import Dataset, facts, row, tip
from app.state.tips import plain_tip
from app.theme import Theme, font
from app.views.return_histogram import EMPTY, ReturnHistogram

READING = "Reading the returns ..."
NONE = (
    "There is no data set here. python main.py collect makes one, minari download fetches "
    "one; MINARI_DATASETS_PATH names another folder."
)
_COLUMNS = (
    TextColumn("data set", "its Minari id", stretch=True),
    TextColumn("task", "the task of its environment, or the environment"),
    TextColumn("episodes", "recorded episodes", right=True),
    TextColumn("transitions", "recorded environment steps", right=True),
    TextColumn("size", "on disk", right=True),
)


class DatasetsPanel(QWidget):
    """Says what a hand asks for; whoever reads data shows here what was found."""

    chosen = pyqtSignal(str)
    """The id of a data set that can be looked at."""
    train_asked = pyqtSignal()
    refresh_asked = pyqtSignal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.datasets: tuple[Dataset, ...] = ()
        self.dataset: Dataset | None = None
        """The one that is looked at."""
        self.table = TextTable(_COLUMNS)
        self.table.setAccessibleName("Data sets")
        self.histogram: ReturnHistogram | None = None
        self.refresh = QPushButton("Look again")
        self.train = QPushButton("Train a checkpoint from this ...")
        self._title, self._folder = QLabel("Data sets"), QLabel()
        self._facts, self._words = QLabel(), QLabel()
        self._lay_out()
        self.table.row_chosen.connect(self._choose)
        self.refresh.clicked.connect(lambda _checked: self.refresh_asked.emit())
        self.train.clicked.connect(lambda _checked: self.train_asked.emit())
        self._show_dataset()

    @property
    def facts(self) -> str:
        """The line about the data set that is looked at."""
        return str(self._facts.text())

    @property
    def words(self) -> str:
        """What stands in place of the table; empty where the table is there."""
        return "" if self._words.isHidden() else str(self._words.text())

    def make_histogram(self) -> Iterator[None]:
        """Make the plot, which takes a moment, then place it."""
        histogram = ReturnHistogram(self.theme)
        yield
        # The theme may have changed since it was made.
        histogram.set_theme(self.theme)
        self.histogram = histogram
        self._below.insertWidget(1, histogram, 1)
        self._show_dataset()

    def show_folder(self, folder: str) -> None:
        """Where they lie."""
        self._folder.setText(folder)
        self._folder.setToolTip(plain_tip(f"Minari's folder: {folder}"))

    def show_words(self, text: str) -> None:
        """Nothing to list, and why."""
        self._words.setText(text)
        self._words.show()
        self.table.hide()

    def show_datasets(self, datasets: Sequence[Dataset]) -> None:
        """All of them; the one that was looked at stays chosen where it is still there."""
        kept = "" if self.dataset is None else self.dataset.id
        self.datasets = tuple(datasets)
        self.table.show_rows([row(d) for d in datasets], [tip(d) for d in datasets])
        if not datasets:
            self.dataset = None
            self._show_dataset()
            self.show_words(NONE)
            return
        self._words.hide()
        self.table.show()
        names = [dataset.id for dataset in datasets]
        good = [number for number, dataset in enumerate(datasets) if not dataset.fault]
        place = names.index(kept) if kept in names else (good or [0])[0]
        self.table.select_row(place)
        self._choose(place)

    def show_details(self, dataset: Dataset) -> None:
        """What was found out about the one that is looked at."""
        if self.dataset is not None and self.dataset.id == dataset.id:
            self.dataset = dataset
            self._show_dataset()

    def show_fault(self, line: str) -> None:
        """The data set that is looked at cannot be read after all."""
        if self.dataset is not None:
            self.train.setEnabled(False)
            self._facts.setText(f"{line[:1].upper()}{line[1:]}.")
            if self.histogram is not None:
                self.histogram.show_words("There is nothing to show.")

    def set_theme(self, theme: Theme) -> None:
        """Recolour."""
        self.theme = theme
        self.table.set_theme(theme)
        if self.histogram is not None:
            self.histogram.set_theme(theme)
        for label in (self._folder, self._words):
            label.setStyleSheet(f"color: {theme.muted};")

    def _choose(self, place: int) -> None:
        self.dataset = self.datasets[place]
        self._show_dataset()
        if not self.dataset.fault:
            self.chosen.emit(self.dataset.id)

    def _show_dataset(self) -> None:
        dataset = self.dataset
        able = dataset is not None and not dataset.fault
        self.train.setEnabled(able)
        self._facts.setText("" if dataset is None else facts(dataset))
        if self.histogram is None:
            return
        if dataset is not None and dataset.returns is not None:
            self.histogram.show_returns(dataset.returns)
        else:
            self.histogram.show_words(EMPTY if not able else READING)

    def _lay_out(self) -> None:
        self._title.setFont(font(bold=True))
        for label in (self._folder, self._facts, self._words):
            label.setTextFormat(Qt.TextFormat.PlainText)
        # A path may be longer than the panel: it gives way, its tooltip has all of it.
        self._folder.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._facts.setWordWrap(True)
        self._words.setWordWrap(True)
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.train.setToolTip("Fit a policy, a critic and a world model to this data set")
        self.refresh.setToolTip("List the data sets anew")
        head = QHBoxLayout()
        head.addWidget(self._title)
        head.addWidget(self._folder, 1)
        head.addWidget(self.refresh)
        buttons = QHBoxLayout()
        buttons.addWidget(self.train)
        buttons.addStretch(1)
        self._below = QVBoxLayout()
        self._below.setSpacing(5)
        self._below.addWidget(self._facts)
        self._below.addLayout(buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(self.table, 4)
        column.addWidget(self._words, 4)
        column.addLayout(self._below, 5)
        self._words.hide()
