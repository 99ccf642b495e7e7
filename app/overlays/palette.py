"""The palette: type a few letters of a command, then Enter."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QModelIndex, QObject, QRect, QSize, Qt
from PyQt6.QtGui import QColor, QKeyEvent, QPainter, QPalette
from PyQt6.QtWidgets import (
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.commands.entries import ENTRIES, CommandEntry
from app.commands.matching import score
from app.commands.registry import CommandRegistry, key_text, tooltip
from app.overlays.overlay import Overlay
from app.theme import Theme

WIDTH, ROW, ROWS = 620, 26, 14
"""Of the card and of a row, pixels; rows shown at most."""
MENU_SHARE = 0.52
"""Where the menu's name begins, as a share of the width."""
NAME = Qt.ItemDataRole.UserRole
MENU = Qt.ItemDataRole.UserRole + 1
KEYS = Qt.ItemDataRole.UserRole + 2
ENABLED = Qt.ItemDataRole.UserRole + 3


class Palette(Overlay):
    """Every command with its menu and keys; what does not work now is grey and says when."""

    def __init__(self, window: QWidget, commands: CommandRegistry) -> None:
        super().__init__(window, commands.actions["palette"])
        self._commands = commands
        self.field = QLineEdit()
        self.field.setPlaceholderText("Find a command")
        self.field.setAccessibleName("Find a command")
        self.field.setClearButtonEnabled(True)
        self.list = QListWidget()
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setItemDelegate(_Row(self.list))
        self.tip = QLabel()
        self.tip.setWordWrap(True)
        self.tip.setContentsMargins(4, 2, 4, 2)
        self.tip.setMinimumHeight(2 * self.tip.fontMetrics().height() + 6)
        self.tip.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        column = QVBoxLayout(self.card)
        column.setContentsMargins(10, 10, 10, 6)
        for widget in (self.field, self.list, self.tip):
            column.addWidget(widget)
        self.field.installEventFilter(self)
        self.field.textChanged.connect(lambda _text: self._fill())
        self.list.currentRowChanged.connect(lambda _row: self._explain())
        self.list.itemClicked.connect(lambda _item: self._give())

    def open(self) -> None:
        """With every command, nothing typed yet."""
        self.field.clear()
        self._fill()
        super().open()

    def take_focus(self) -> None:
        self.field.setFocus()

    def card_size(self, room: QSize) -> QSize:
        """Always the same, whatever is typed."""
        height = self.card.sizeHint().height() - self.list.sizeHint().height() + ROW * ROWS
        return QSize(WIDTH, height).boundedTo(room)

    def card_top(self, room: QSize, size: QSize) -> int:
        """High up, where one looks."""
        return min(48, room.height() - size.height())

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self.tip.setStyleSheet(f"color: {theme.muted};")
        self.field.setStyleSheet("QLineEdit { padding: 4px; }")
        self.list.setStyleSheet(
            f"QListWidget {{ border: 1px solid {theme.border}; outline: 0; }}"
        )

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """The keys that move through the list are not the field's."""
        if (
            watched is self.field
            and isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and self._take_key(event)
        ):
            return True
        return super().eventFilter(watched, event)

    def _take_key(self, event: QKeyEvent) -> bool:
        key, rows = event.key(), self.list.count()
        moves = {
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_PageDown: ROWS - 1,
            Qt.Key.Key_PageUp: 1 - ROWS,
        }
        move = moves.get(Qt.Key(key))
        if move is not None and rows:
            row = self.list.currentRow() + move
            self.list.setCurrentRow(
                row % rows if abs(move) == 1 else min(max(row, 0), rows - 1)
            )
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self._give()
        elif self.closes(event):
            self.shut()
        else:
            return move is not None
        return True

    def _fill(self) -> None:
        query = self.field.text()
        found: list[tuple[int, CommandEntry]] = []
        for entry in ENTRIES:
            text, keys = self._commands.plain_text(entry.name), self._commands.keys(entry.name)
            points = score(query, text, entry.menu, keys)
            if points is not None:
                works = self._commands.actions[entry.name].isEnabled()
                found.append((points + (works and bool(query.strip())), entry))
        self.list.clear()
        for _points, entry in sorted(found, key=lambda pair: -pair[0]):
            self.list.addItem(self._item(entry))
        self.list.setCurrentRow(0)
        self._explain()

    def _item(self, entry: CommandEntry) -> QListWidgetItem:
        item = QListWidgetItem(self._commands.plain_text(entry.name))
        item.setSizeHint(QSize(0, ROW))
        item.setData(NAME, entry.name)
        item.setData(MENU, entry.menu.partition(" > ")[0])
        item.setData(KEYS, "  ".join(map(key_text, self._commands.keys(entry.name))))
        item.setData(ENABLED, self._commands.actions[entry.name].isEnabled())
        return item

    def _explain(self) -> None:
        item = self.list.currentItem()
        if item is None:
            typed = self.field.text().strip()
            self.tip.setText(f"No command fits “{typed}”" if typed else "")
            return
        entry = next(entry for entry in ENTRIES if entry.name == item.data(NAME))
        self.tip.setText(tooltip(entry, (), enabled=bool(item.data(ENABLED))))

    def _give(self) -> None:
        item = self.list.currentItem()
        if item is None or not item.data(ENABLED):
            return
        self.shut()
        self._commands.actions[item.data(NAME)].trigger()


class _Row(QStyledItemDelegate):
    """Text at the left, then the menu, the keys at the right."""

    def paint(
        self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        if painter is None:
            return
        palette, rect = option.palette, option.rect
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen:
            painter.fillRect(rect, palette.highlight())
        text, muted = self._colors(palette, chosen=chosen, enabled=bool(index.data(ENABLED)))
        inner = rect.adjusted(8, 0, -8, 0)
        left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        menu = QRect(inner)
        menu.setLeft(inner.left() + round(inner.width() * MENU_SHARE))
        name = QRect(inner)
        name.setRight(menu.left() - 8)
        painter.setPen(text)
        painter.drawText(name, left, self._elided(option, index.data(), name.width()))
        painter.setPen(muted)
        painter.drawText(menu, left, index.data(MENU))
        painter.setPen(text)
        painter.drawText(inner, right, index.data(KEYS))

    def _elided(self, option: QStyleOptionViewItem, text: str, width: int) -> str:
        return str(option.fontMetrics.elidedText(text, Qt.TextElideMode.ElideRight, width))

    def _colors(
        self, palette: QPalette, *, chosen: bool, enabled: bool
    ) -> tuple[QColor, QColor]:
        if chosen:
            text = palette.color(QPalette.ColorRole.HighlightedText)
            muted = text
        else:
            text = palette.color(QPalette.ColorRole.Text)
            muted = palette.color(QPalette.ColorRole.PlaceholderText)
        if not enabled:
            text = QColor(text if chosen else muted)
            text.setAlphaF(0.65)
            muted = text
        return text, muted
