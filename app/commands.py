"""Every command of the window, once: menus, toolbar, tooltips and keys come from this list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtGui import QAction, QColor, QKeyEvent, QKeySequence
from PyQt6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QMainWindow,
    QMenu,
    QMenuBar,
    QPlainTextEdit,
    QTextEdit,
    QToolBar,
    QWidget,
)

from app.icons import draw_icon


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandEntry:
    """One command as people meet it."""

    name: str
    text: str
    menu: str
    tip: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    short: str = ""
    """Text on the toolbar; empty: not on the toolbar."""
    checkable: bool = False


def _entry(
    name: str,
    text: str,
    menu: str,
    tip: str,
    *keys: str,
    icon: str = "",
    short: str = "",
    checkable: bool = False,
) -> CommandEntry:
    return CommandEntry(
        name=name,
        text=text,
        menu=menu,
        tip=tip,
        keys=keys,
        icon=icon,
        short=short,
        checkable=checkable,
    )


ENTRIES: tuple[CommandEntry, ...] = (
    _entry(
        "run", "Run / pause", "Run", "Run the engine, or pause it", "F5", "Space",
        icon="run", short="Run",
    ),
    _entry(
        "step_over", "Step over", "Run",
        "One environment step t with all its gradient updates", "F10",
        icon="over", short="Over",
    ),
    _entry(
        "step_into", "Step into", "Run",
        "One gradient update k; the action is not applied yet", "F11",
        icon="into", short="Into",
    ),
    _entry(
        "step_out", "Step out", "Run",
        "Finish the updates of this t and apply the action", "Shift+F11",
        icon="out", short="Out",
    ),
    _entry("next_episode", "Next episode", "Run", "Begin the next episode now", "Ctrl+N"),
    _entry(
        "back", "Back one environment step", "Go", "Back to t - 1, from the trace", "Alt+F10",
        "Left", icon="back", short="Back",
    ),
    _entry(
        "forward", "Forward one environment step", "Go", "On to t + 1, from the trace", "Right",
        icon="forward", short="Forward",
    ),
    _entry(
        "back_update", "Back one gradient update", "Go", "Back to k - 1, from the trace",
        "Alt+F11", "Shift+Left",
    ),
    _entry(
        "forward_update", "Forward one gradient update", "Go", "On to k + 1, from the trace",
        "Shift+Right",
    ),
    _entry("first", "First step of the episode", "Go", "To t = 0 of this episode", "Home"),
    _entry(
        "live", "Live", "Go", "Follow the newest record", "End", icon="live", short="Live",
        checkable=True,
    ),
    _entry(
        "play", "Play recorded at 1x", "Go",
        "Play the recorded steps at the speed of the real robot", "P", icon="play",
        short="Play 1x", checkable=True,
    ),
    _entry("open", "Open a trace ...", "File", "Open a recorded trace", "Ctrl+O", icon="open"),
    _entry(
        "open_checkpoint", "Open a checkpoint ...", "File", "Start a live run of a checkpoint",
        "Ctrl+Shift+O",
    ),
    _entry(
        "screenshot", "Save a screenshot", "File", "Write the window to a PNG file", "Ctrl+S",
        icon="camera",
    ),
    _entry("quit", "Quit", "File", "Close the window and end the engine", "Ctrl+Q"),
    _entry(
        "theme", "Light / dark", "View", "Change between the light and the dark theme",
        "Ctrl+T", icon="theme", short="Theme",
    ),
    _entry("reset_layout", "Reset the layout", "View", "Put every panel back in its place"),
)  # fmt: skip
MENUS = ("File", "Run", "Go", "View")


class CommandRegistry(QObject):
    """The QActions of a window, by name."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self.actions: dict[str, QAction] = {}
        for entry in ENTRIES:
            action = QAction(entry.text, window)
            action.setObjectName(entry.name)
            action.setShortcuts([QKeySequence(key) for key in entry.keys])
            action.setCheckable(entry.checkable)
            action.setToolTip(tooltip(entry))
            action.setStatusTip(entry.tip)
            if entry.short:
                action.setIconText(entry.short)
            window.addAction(action)
            self.actions[entry.name] = action
        self._guard = FieldGuard(self)

    def connect(self, name: str, slot: Callable[[], object]) -> None:
        """Call `slot` when the command is given."""
        self.actions[name].triggered.connect(lambda _checked=False: slot())

    def set_running(self, running: bool, color: QColor) -> None:
        """The run button shows what a click would do."""
        action = self.actions["run"]
        action.setIcon(draw_icon("pause" if running else "run", color))
        action.setIconText("Pause" if running else "Run")

    def set_color(self, color: QColor) -> None:
        """Draw all icons in the theme's colour of text."""
        for entry in ENTRIES:
            if entry.icon:
                self.actions[entry.name].setIcon(draw_icon(entry.icon, color))

    def fill_menus(self, bar: QMenuBar) -> dict[str, QMenu]:
        """One menu each for File, Run, Go, View."""
        menus = {}
        for title in MENUS:
            menu = bar.addMenu(title)
            if menu is not None:
                menu.addActions([self.actions[e.name] for e in ENTRIES if e.menu == title])
                menus[title] = menu
        return menus

    def fill_toolbar(self, toolbar: QToolBar) -> None:
        """The commands that have a short name, a gap between the menus' groups."""
        previous = ""
        for entry in ENTRIES:
            if entry.short:
                if previous and previous != entry.menu:
                    toolbar.addSeparator()
                toolbar.addAction(self.actions[entry.name])
                previous = entry.menu


def tooltip(entry: CommandEntry) -> str:
    """What the command does, and its keys."""
    return f"{entry.tip} ({', '.join(entry.keys)})" if entry.keys else entry.tip


class FieldGuard(QObject):
    """Keys belong to the field that has focus: no command is given from inside one.

    Ctrl commands stay, because no field uses those it guards against. A focused button keeps
    Space and Enter, a list or a slider its arrow keys.
    """

    _FIELDS = (QLineEdit, QAbstractSpinBox, QComboBox, QTextEdit, QPlainTextEdit)
    _MOVERS = (QAbstractItemView, QAbstractSlider)
    _ARROWS = frozenset(
        {
            Qt.Key.Key_Left,
            Qt.Key.Key_Right,
            Qt.Key.Key_Up,
            Qt.Key.Key_Down,
            Qt.Key.Key_Home,
            Qt.Key.Key_End,
        }
    )
    _PRESSES = frozenset({Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter})

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        application = QApplication.instance()
        if application is not None:
            application.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Claim the key for the field, which makes Qt deliver it as an ordinary key press."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and isinstance(watched, QWidget)
            and self._keeps(watched, event)
        ):
            event.accept()
            return True
        return False

    def _keeps(self, widget: QWidget, event: QKeyEvent) -> bool:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            return False
        if isinstance(widget, self._FIELDS):
            return True
        if isinstance(widget, self._MOVERS):
            return event.key() in self._ARROWS
        return isinstance(widget, QAbstractButton) and event.key() in self._PRESSES
