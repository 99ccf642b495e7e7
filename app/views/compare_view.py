"""The centre of the compare workspace: two branches, or why there are none to compare."""

from __future__ import annotations

from collections.abc import Iterator

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QPalette, QShowEvent
from PyQt6.QtWidgets import (
    QAbstractScrollArea,
    QLabel,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.state.selection import Selection
from app.theme import LIGHT, Theme, dress
from app.views.two_branches import TwoBranches

QUIET_MS = 800
"""Before anything is made ahead of need: a window that has just opened is busy enough."""
TURN_MS = 40
"""Between two plots that are made ahead of need; those that are waited for come at once."""
ONE_BRANCH = """<p><b>There is one branch so far: nothing to compare.</b></p>
<p>A fork goes on from any recorded (t, k) with other settings, another checkpoint or another
seed, and leaves what is recorded as it is. Both then stand side by side here, and the first
record in which they differ is named.</p>"""
MAKING = "Both branches come into sight here."


class CompareView(QStackedWidget):
    """Light until there are two branches: only then are their views made."""

    shown = pyqtSignal()
    """It became visible."""
    built = pyqtSignal(object)
    """The TwoBranches, when they are made."""

    def __init__(self, theme: Theme = LIGHT) -> None:
        super().__init__()
        self.setObjectName("compare-view")
        self.setAutoFillBackground(True)
        self.two: TwoBranches | None = None
        """None until they are made."""
        self.fork_here = QPushButton("Fork here")
        self._theme, self._selection = theme, Selection()
        self._making = self._make()
        self._page: TwoBranches | None = None
        self._turns = QTimer(self)
        self._turns.setSingleShot(True)
        self._pause = TURN_MS
        self._turns.timeout.connect(self._take_turn)
        self.addWidget(self._one_branch_page())
        self.addWidget(_line(MAKING))
        self.set_theme(theme)

    @property
    def comparing(self) -> bool:
        """Whether two branches are shown, not the page that says why there are none."""
        return self.currentWidget() is self.two

    def prepare(self) -> None:
        """Begin to make the views, one after another, beside everything else."""
        if self.two is None and not self._turns.isActive():
            self._turns.start(QUIET_MS)

    def show_one_branch(self) -> None:
        """Say what would be here."""
        self.setCurrentIndex(0)

    def show_two_branches(self) -> None:
        """Show the columns, or that they are being made: `built` tells when they are."""
        if self.two is None:
            self.setCurrentIndex(1)
            self._pause = 0
            self._turns.start(0)
        else:
            self.setCurrentWidget(self.two)

    def set_selection(self, selection: Selection) -> None:
        """What the views pick out once they are made."""
        self._selection = selection

    def set_theme(self, theme: Theme) -> None:
        """Restyle what there is."""
        self._theme = theme
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Window, theme.color("window"))
        self.setPalette(palette)
        if self._page is not None:
            self._page.set_theme(theme)

    def labels_fit(self) -> bool:
        """Whether all words are shown whole."""
        return self.two is None or not self.comparing or self.two.labels_fit()

    def shut_down(self) -> None:
        """Make and draw nothing more."""
        self._turns.stop()
        if self.two is not None:
            self.two.shut_down()

    def showEvent(self, event: QShowEvent | None) -> None:
        """Whoever fills it does so only while it is looked at."""
        super().showEvent(event)
        self.shown.emit()

    def _take_turn(self) -> None:
        if next(self._making, self) is None:
            self._turns.start(self._pause)

    def _make(self) -> Iterator[None]:
        two = self._page = yield from TwoBranches.in_turns()
        self.addWidget(two)
        yield
        # Colours that a widget got before it had a parent would not survive.
        for each in two.themed:
            each.set_theme(self._theme)
            for area in each.findChildren(QAbstractScrollArea):
                dress(area, self._theme)
            yield
        two.set_selection(self._selection)
        self.two = two
        self.built.emit(two)

    def _one_branch_page(self) -> QWidget:
        page = QWidget()
        words = QLabel(ONE_BRANCH)
        words.setWordWrap(True)
        words.setFixedWidth(460)
        # The layout would give it the height that it needs where it is as wide as the page.
        words.setMinimumHeight(words.heightForWidth(460))
        words.setObjectName("one-branch")
        column = QVBoxLayout(page)
        column.addStretch()
        for widget in (words, self.fork_here):
            column.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch()
        return page


def _line(words: str) -> QLabel:
    label = QLabel(words)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return label
