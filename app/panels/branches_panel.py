"""The tree of branches: which there are, which is looked at, which grows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PyQt6.QtCore import QModelIndex, QPoint, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QKeyEvent
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QListView,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.commands.guard import keep_keys
from app.panels.branch_rows import BranchDelegate, BranchRows
from app.state.branch_facts import BranchFacts
from app.theme import LIGHT, Theme

NO_RUN = "Branches show here once a run does."
ONLY_ROOT = (
    "One branch. Reject, redo, fork or resume begin another; what is recorded always stays."
)
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class BranchList(QListView):
    """`chosen` follows the hand, not what the program selects."""

    chosen = pyqtSignal(int)
    entered = pyqtSignal(int)
    """Double click or Enter."""

    def __init__(self, rows: BranchRows) -> None:
        super().__init__()
        self.setModel(rows)
        self._rows = rows
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName("Branches")
        keep_keys(self, *_ENTER)
        self.clicked.connect(lambda index: self.chosen.emit(self.branch_at(index)))
        self.doubleClicked.connect(lambda index: self.entered.emit(self.branch_at(index)))

    def branch_at(self, index: QModelIndex) -> int:
        """The branch of a row."""
        return self._rows.facts[index.row()].number

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """The arrow keys look at the next branch, Enter goes on from it."""
        before = self.currentIndex()
        if event is not None and event.key() in _ENTER and before.isValid():
            self.entered.emit(self.branch_at(before))
            return
        super().keyPressEvent(event)
        after = self.currentIndex()
        if after.isValid() and after.row() != before.row():
            self.chosen.emit(self.branch_at(after))


class ActionButton(QToolButton):
    """A short word for a command; works when the command does."""

    def __init__(self, word: str, action: QAction) -> None:
        super().__init__()
        self.setText(word)
        self._action = action
        self.clicked.connect(lambda _checked: action.trigger())
        action.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        self.setEnabled(self._action.isEnabled())
        self.setToolTip(self._action.toolTip())


class BranchesPanel(QWidget):
    """Says what a hand asks for, by the number of the branch."""

    chosen = pyqtSignal(int)
    resume_asked = pyqtSignal(int)
    fork_asked = pyqtSignal(int)
    compare_asked = pyqtSignal(int)
    copy_asked = pyqtSignal(int)

    def __init__(self, actions: Mapping[str, QAction]) -> None:
        """`actions` by the word on the button that each gets below the list."""
        super().__init__()
        self._rows = BranchRows(self)
        self._shown = -1
        self.theme: Theme = LIGHT
        self.list = BranchList(self._rows)
        self._delegate = BranchDelegate(self)
        self.list.setItemDelegate(self._delegate)
        self._words = QLabel(NO_RUN)
        self._words.setWordWrap(True)
        self._words.setContentsMargins(8, 6, 8, 6)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(6, 2, 6, 4)
        buttons.setSpacing(4)
        for word, action in actions.items():
            buttons.addWidget(ActionButton(word, action))
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.list, 1)
        column.addWidget(self._words)
        column.addLayout(buttons)
        self.list.chosen.connect(self.chosen)
        self.list.entered.connect(self.resume_asked)
        self.list.customContextMenuRequested.connect(self._open_menu)

    @property
    def facts(self) -> tuple[BranchFacts, ...]:
        """The rows shown."""
        return self._rows.facts

    @property
    def words(self) -> str:
        """What stands below the rows; empty where they speak for themselves."""
        return "" if self._words.isHidden() else str(self._words.text())

    def show_branches(self, facts: Sequence[BranchFacts]) -> None:
        """All of them; none where no run is shown."""
        self._rows.show_facts(facts)
        self._words.setText(NO_RUN if not facts else ONLY_ROOT)
        self._words.setHidden(len(facts) > 1)
        self.select(self._shown)

    def select(self, branch: int) -> None:
        """Mark the branch that is looked at."""
        self._shown = branch
        row = self._rows.row_of(branch)
        if row >= 0 and row != self.list.currentIndex().row():
            self.list.setCurrentIndex(self._rows.index(row))

    def set_theme(self, theme: Theme) -> None:
        self.theme = theme
        self._delegate.set_theme(theme)
        self.list.setStyleSheet(f"QListView {{ background: {theme.plot}; }}")
        self._words.setStyleSheet(f"color: {theme.muted};")

    def menu(self, branch: int) -> QMenu:
        """What can be done with a branch."""
        menu = QMenu(self)
        asked: tuple[tuple[str, Callable[[int], None], bool], ...] = (
            ("Go on from its end", self.resume_asked.emit, True),
            ("Fork here ...", self.fork_asked.emit, True),
            ("Compare with the one shown", self.compare_asked.emit, branch != self._shown),
            ("Copy its address", self.copy_asked.emit, True),
        )
        for text, ask, enabled in asked:
            action = menu.addAction(text)
            if action is not None:
                action.setEnabled(enabled)
                action.triggered.connect(lambda _checked, ask=ask: ask(branch))
        return menu

    def _open_menu(self, place: QPoint) -> None:
        index = self.list.indexAt(place)
        viewport = self.list.viewport()
        if index.isValid() and viewport is not None:
            self.menu(self.list.branch_at(index)).exec(viewport.mapToGlobal(place))
