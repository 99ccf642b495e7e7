"""The table of gradient updates of one environment step, linked to the cursor."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PyQt6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    Qt,
    pyqtSignal,
)
from PyQt6.QtGui import QPalette
from PyQt6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from app.readouts import NOTHING, against, fraction, milliseconds, plain, signed
from app.state.moment import Moment
from app.theme import LIGHT, PLOT_TEXT, Theme, dress, font, text_width
from app.views.header import Header, Part
from app.views.rule_record import RuleRecord
from app.views.view import View
from core.traces.trace import GradientUpdate

TOOLTIP = "Every gradient update of this environment step. Select a row to look at that k."


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, the widest text it must hold, what it means, and how a cell is written."""

    name: str
    widest: str
    meaning: str
    text: Callable[[GradientUpdate, Moment], str]


class UpdatesTable(View):
    """One row for each gradient update, k = 0 .. E; the selected row is the cursor's k."""

    k_selected = pyqtSignal(int)

    def __init__(self, theme: Theme = LIGHT) -> None:
        super().__init__(
            Header("Updates", (), theme), tooltip=TOOLTIP, object_name="updates-table"
        )
        self._model = _UpdatesModel(theme)
        self._table = QTableView()
        self._table.setModel(self._model)
        self._following = False
        self._rule = RuleRecord()
        self._style_table()
        self.body.addWidget(self._table, 1)
        self.body.addWidget(self._rule)
        selection = self._table.selectionModel()
        if selection is not None:
            selection.currentRowChanged.connect(self._select)
        self.set_theme(theme)

    def draw(self, moment: Moment) -> None:
        """Fill the rows in place; the cursor's row is selected without a signal."""
        self._following = True
        self._model.show(moment)
        self._rule.show_moment(moment)
        row = min(moment.k, self._model.rowCount() - 1)
        if row >= 0 and self._table.currentIndex().row() != row:
            selection = self._table.selectionModel()
            flags = QItemSelectionModel.SelectionFlag
            if selection is not None:
                selection.setCurrentIndex(
                    self._model.index(row, 0), flags.ClearAndSelect | flags.Rows
                )
        self._table.scrollTo(self._model.index(row, 0))
        self._following = False
        count = max(0, len(moment.updates) - 1)
        self.header.set_readout((f"t = {moment.t}, {count} of {moment.ascent_steps}", "muted"))

    def differences(self, moment: Moment, reference: Moment) -> tuple[Part, ...]:
        """J and drift at the cursor."""
        after, other = moment.after, reference.after
        if after is None or other is None:
            return ()
        return (
            (f"J {against(after.objective, other.objective)}", "text"),
            (f"drift {against(after.drift, other.drift)}", "text"),
        )

    def restyle(self, theme: Theme) -> None:
        """Recolour the rows; the selected one is tinted, its text stays readable."""
        self._model.set_theme(theme)
        self._rule.set_theme(theme)
        dress(self._table, theme)
        palette = self._table.palette()
        palette.setColor(QPalette.ColorRole.Highlight, theme.color("accent", 0.25))
        palette.setColor(QPalette.ColorRole.HighlightedText, theme.color("text"))
        self._table.setPalette(palette)

    def labels_fit(self) -> bool:
        """Whether headings and cells are shown whole."""
        viewport = self._table.viewport()
        room = 0 if viewport is None else viewport.width()
        return super().labels_fit() and sum(self._model.widths()) <= room

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Share the width among the columns whenever the table has another one."""
        if event is not None and event.type() == QEvent.Type.Resize:
            self._share_width()
        return super().eventFilter(watched, event)

    def _style_table(self) -> None:
        table = self._table
        table.setFont(font(PLOT_TEXT))
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setTextElideMode(Qt.TextElideMode.ElideNone)
        table.setShowGrid(False)
        table.setMinimumHeight(64)
        viewport = table.viewport()
        if viewport is not None:
            viewport.installEventFilter(self)
        across, down = table.horizontalHeader(), table.verticalHeader()
        if across is None or down is None:
            return
        across.setFont(font(PLOT_TEXT))
        across.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        across.setMinimumSectionSize(16)
        across.setHighlightSections(False)
        down.hide()
        down.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        down.setDefaultSectionSize(19)

    def _share_width(self) -> None:
        viewport = self._table.viewport()
        widths = self._model.widths()
        room = 0 if viewport is None else viewport.width()
        spare = max(0, room - sum(widths)) / len(widths)
        for place, width in enumerate(widths):
            self._table.setColumnWidth(place, int(width + spare))

    def _select(self, current: QModelIndex) -> None:
        if not self._following and current.isValid():
            self.k_selected.emit(self._model.k_of(current.row()))


class _UpdatesModel(QAbstractTableModel):
    """Rows are the updates of the moment shown, columns are COLUMNS."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._moment: Moment | None = None

    def show(self, moment: Moment) -> None:
        """Replace the rows; a reset only where their number changes."""
        before = self.rowCount()
        if len(moment.updates) != before:
            self.beginResetModel()
            self._moment = moment
            self.endResetModel()
        elif before:
            self._moment = moment
            self.dataChanged.emit(
                self.index(0, 0), self.index(before - 1, self.columnCount() - 1)
            )

    def k_of(self, row: int) -> int:
        """The k of a row."""
        return self._moment.updates[row].k if self._moment is not None else 0

    def set_theme(self, theme: Theme) -> None:
        """Recolour."""
        self._theme = theme
        if self.rowCount():
            last = self.index(self.rowCount() - 1, self.columnCount() - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def widths(self) -> list[int]:
        """What each column needs, pixels."""
        return [
            int(max(text_width(c.name, PLOT_TEXT), text_width(c.widest, PLOT_TEXT))) + 5
            for c in COLUMNS
        ]

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """One row for each update."""
        inside = parent is not None and parent.isValid()
        return 0 if inside or self._moment is None else len(self._moment.updates)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        """As many as COLUMNS."""
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, alignment, colour and meaning of a cell."""
        if self._moment is None or not index.isValid():
            return None
        update, column = self._moment.updates[index.row()], COLUMNS[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(update, self._moment)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._theme.color(_color(update, self._moment))
        return column.meaning if role == Qt.ItemDataRole.ToolTipRole else None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Heading and meaning of a column."""
        if orientation != Qt.Orientation.Horizontal or section >= len(COLUMNS):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section].name
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return COLUMNS[section].meaning if role == Qt.ItemDataRole.ToolTipRole else None


def _color(update: GradientUpdate, moment: Moment) -> str:
    if not update.finite:
        return "refused_text"
    acts = update.k == moment.acting_k
    return "before_text" if update.k == 0 else "after_text" if acts else "text"


def _sign(update: GradientUpdate, moment: Moment) -> str:
    glyph = "●" if update.k == 0 else "◆" if update.k == moment.acting_k else ""
    return f"{glyph if update.finite else '✕'} {update.k}"


def _gain(update: GradientUpdate, moment: Moment) -> str:
    """Two digits: the column is narrow."""
    gain = update.objective - moment.updates[0].objective
    return signed(gain, 2) if update.k else NOTHING


def _short(value: float, digits: int) -> str:
    """Two digits below 0.1: the columns are narrow."""
    return plain(value, digits if abs(value) >= 0.0995 else 2)


def _cosine(update: GradientUpdate, _: Moment) -> str:
    cosine = update.gradient_cosine
    return f"{cosine:.2f}".replace("-", "−") if math.isfinite(cosine) else NOTHING


def _milliseconds(update: GradientUpdate, _: Moment) -> str:
    spent = [ms for ms in (update.imagine_ms, update.backward_ms) if math.isfinite(ms)]
    return milliseconds(sum(spent)).removesuffix(" ms") if spent else NOTHING


COLUMNS: tuple[Column, ...] = (
    Column("k", "◆ 10", "gradient update; ● before any update, ◆ the weights that act", _sign),
    Column("J", "−0.0011", "objective J(k), mean over the particles, reward",
           lambda u, _: _short(u.objective, 4)),
    Column("gain", "+0.0011", "J(k) − J(0), reward", _gain),
    Column("|∂J|", "0.0123", "norm of the gradient before clipping, reward / weight",
           lambda u, _: _short(u.gradient_norm, 3)),
    Column("cos", "−0.95", "cosine of the gradients at k and k − 1", _cosine),
    Column("α", "1.2e−4", "step size that leads from k to k + 1, weight² / reward",
           lambda u, _: plain(u.step_size, 2)),
    Column("drift", "1.2e−4", "|ψₖ − ψ₀|, distance from the pretrained policy, weight",
           lambda u, _: plain(u.drift, 2)),
    Column("c", "1/1024", "trust factor: the share of the update that the trust region left",
           lambda u, _: fraction(u.trust_factor) if u.last else NOTHING),
    Column("ms", "1234", "wall time of rollout and gradient, milliseconds", _milliseconds),
)  # fmt: skip
