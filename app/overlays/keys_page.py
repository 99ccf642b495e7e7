"""All commands and their keys on one page, by menu."""

from __future__ import annotations

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.commands.entries import ENTRIES, CommandEntry
from app.commands.registry import CommandRegistry, key_text
from app.overlays.overlay import Overlay
from app.theme import Theme, font

COLUMNS = 3
GAP = 28
"""Between columns, pixels."""


class KeysPage(Overlay):
    """What is pressed for what."""

    def __init__(self, window: QWidget, commands: CommandRegistry) -> None:
        super().__init__(window, commands.actions["shortcuts"])
        self._commands = commands
        self._page: QWidget | None = None
        column = QVBoxLayout(self.card)
        column.setContentsMargins(20, 14, 20, 12)
        column.setSpacing(8)
        title = QLabel("Keys")
        title.setFont(font(15, bold=True))
        self._foot = QLabel()
        self._foot.setObjectName("muted")
        column.addWidget(title)
        column.addStretch(1)
        column.addWidget(self._foot)
        self._column = column
        commands.keys_changed.connect(self._write_anew)

    def open(self) -> None:
        """With the keys as they are now."""
        self._write()
        super().open()

    def card_size(self, room: QSize) -> QSize:
        layout = self.card.layout()
        if layout is not None:
            layout.activate()
        return self.card.sizeHint().boundedTo(room)

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self.card.setStyleSheet(
            f"{self.card.styleSheet()} #muted {{ color: {theme.muted}; }}"
            f" #key {{ color: {theme.accent}; }}"
        )

    def empty(self) -> None:
        """A hundred labels fewer while no one reads them."""
        if self._page is not None:
            self._column.removeWidget(self._page)
            self._page.deleteLater()
            self._page = None

    def _write_anew(self) -> None:
        if self.isVisible():
            self._write()
            self._fit()

    def _write(self) -> None:
        self.empty()
        self._page = QWidget()
        row = QHBoxLayout(self._page)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        for blocks in _in_columns():
            row.addWidget(self._list(blocks), 0, Qt.AlignmentFlag.AlignTop)
        self._column.insertWidget(1, self._page)
        change = self._commands.keys("change_shortcuts")
        how = f" ({change[0]})" if change else ""
        self._foot.setText(
            f"Keys act where no field has focus. Help > Change the keys{how} changes them."
            "  Esc closes this page."
        )

    def _list(self, blocks: list[tuple[str, list[CommandEntry]]]) -> QWidget:
        page = QWidget()
        grid = QGridLayout(page)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(2)
        for title, entries in blocks:
            heading = QLabel(title)
            heading.setFont(font(bold=True))
            heading.setContentsMargins(0, 5, 0, 0)
            heading.setObjectName("muted")
            grid.addWidget(heading, grid.rowCount(), 0, 1, 2)
            for entry in entries:
                row = grid.rowCount()
                keys = QLabel("  ".join(map(key_text, self._commands.keys(entry.name))) or "–")
                keys.setObjectName("key")
                grid.addWidget(QLabel(self._commands.plain_text(entry.name)), row, 0)
                grid.addWidget(keys, row, 1)
        return page


def _in_columns() -> list[list[tuple[str, list[CommandEntry]]]]:
    """The menus with their commands, in columns of about the same height."""
    blocks: dict[str, list[CommandEntry]] = {}
    for entry in ENTRIES:
        blocks.setdefault(entry.menu.partition(" > ")[0], []).append(entry)
    rows = sum(len(entries) + 1 for entries in blocks.values())
    columns: list[list[tuple[str, list[CommandEntry]]]] = [[] for _ in range(COLUMNS)]
    before = 0
    for title, entries in blocks.items():
        height = len(entries) + 1
        middle = before + height / 2
        columns[min(int(COLUMNS * middle / rows), COLUMNS - 1)].append((title, entries))
        before += height
    return columns
