"""The rows of the tree of branches: three lines each, indented by where a branch comes from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PyQt6.QtCore import QAbstractListModel, QModelIndex, QObject, QRect, QSize, Qt
from PyQt6.QtGui import QFont, QFontMetrics, QPainter
from PyQt6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.readouts import MINUS
from app.state.branch_facts import BranchFacts
from app.theme import LIGHT, Theme, font

FACTS = Qt.ItemDataRole.UserRole
INDENT = 11
"""Pixels for each branch that a branch comes from."""
DEEPEST = 6
"""Deeper branches are not indented further; their rows say where they come from."""
_PAD, _BETWEEN, _LINES = 5, 1, 3
_TIP = """<p><b>Branch {number}</b>{grows}: {why}.</p><p>{origin}.</p><p>{length}; gain over the
frozen twin on the same seed: {gain}.</p><p>Click to look there, double click to go on from its
end.</p>"""


class BranchRows(QAbstractListModel):
    """One row for each branch, in the order of the tree."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.facts: tuple[BranchFacts, ...] = ()

    def show_facts(self, facts: Sequence[BranchFacts]) -> None:
        """Other rows, or the same with other numbers."""
        same = [f.number for f in facts] == [f.number for f in self.facts]
        if not same:
            self.beginResetModel()
        old, self.facts = self.facts, tuple(facts)
        if not same:
            self.endResetModel()
            return
        for row, (before, after) in enumerate(zip(old, facts, strict=True)):
            if before != after:
                self.dataChanged.emit(self.index(row), self.index(row))

    def row_of(self, branch: int) -> int:
        """-1 where it is not shown."""
        numbers = [facts.number for facts in self.facts]
        return numbers.index(branch) if branch in numbers else -1

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's
        return 0 if parent.isValid() else len(self.facts)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A text for those who hear it, the facts for the delegate."""
        facts = self.facts[index.row()]
        if role == FACTS:
            return facts
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{facts.title}{growing(facts)}, {facts.origin}; {facts.length}"
        return _tip(facts) if role == Qt.ItemDataRole.ToolTipRole else None


class BranchDelegate(QStyledItemDelegate):
    """Paints number, reason and gain; where it began and what changed; how far it came."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = LIGHT
        self._plain, self._bold = font(), font(bold=True)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        height = QFontMetrics(self._plain).height() + _BETWEEN
        return QSize(120, _LINES * height + 2 * _PAD)

    def paint(
        self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        facts = index.data(FACTS)
        if painter is None or not isinstance(facts, BranchFacts):
            return
        painter.save()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected:
            painter.fillRect(option.rect, self._theme.color("accent", 0.18))
            bar = QRect(option.rect.left(), option.rect.top(), 3, option.rect.height())
            painter.fillRect(bar, self._theme.color("accent"))
        self._paint_lines(painter, option.rect, facts)
        painter.restore()

    def _paint_lines(self, painter: QPainter, place: QRect, facts: BranchFacts) -> None:
        indent = INDENT * min(facts.depth, DEEPEST)
        room = place.adjusted(8 + indent, _PAD, -6, -_PAD)
        height = QFontMetrics(self._plain).height() + _BETWEEN
        first = QRect(room.left(), room.top(), room.width(), height)
        second, third = first.translated(0, height), first.translated(0, 2 * height)
        if facts.depth:
            self._paint_elbow(painter, first)
        gain = f"gain {facts.gain}" if facts.gain else ""
        width = QFontMetrics(self._bold).horizontalAdvance(gain) + 6 if gain else 0
        signs = {"+": "real_text", MINUS: "refused_text"}
        color = signs.get(facts.gain[:1], "muted")
        self._write(painter, first, gain, self._plain, color, right=True)
        left = first.adjusted(0, 0, -width, 0)
        self._write(painter, left, facts.title + growing(facts), self._bold, "text")
        self._write(painter, second, facts.origin, self._plain, "text")
        self._write(painter, third, facts.length, self._plain, "muted")

    def _paint_elbow(self, painter: QPainter, line: QRect) -> None:
        painter.setPen(self._theme.pen("muted"))
        x, y = line.left() - 7, line.center().y()
        painter.drawLine(x, line.top() - _PAD, x, y)
        painter.drawLine(x, y, x + 4, y)

    def _write(
        self,
        painter: QPainter,
        room: QRect,
        text: str,
        with_font: QFont,
        color: str,
        *,
        right: bool = False,
    ) -> None:
        painter.setFont(with_font)
        painter.setPen(self._theme.color(color))
        shown = QFontMetrics(with_font).elidedText(
            text, Qt.TextElideMode.ElideRight, room.width()
        )
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        painter.drawText(room, int(side | Qt.AlignmentFlag.AlignVCenter), shown)


def growing(facts: BranchFacts) -> str:
    """A word behind the newest branch."""
    return " · newest" if facts.grows else ""


def _tip(facts: BranchFacts) -> str:
    why = "the run as it began"
    if facts.parent is not None:
        why = f"{facts.reason}, comes from branch {facts.parent}"
    return _TIP.format(
        number=facts.number,
        grows=" (newest: it grows)" if facts.grows else "",
        why=why,
        origin=facts.origin[:1].upper() + facts.origin[1:],
        length=facts.length,
        gain=facts.gain or "not known",
    )
