"""The verdict as a line of its own, with a sign for those who do not see its colour."""

from __future__ import annotations

from PyQt6.QtCore import QRect, QSize, Qt
from PyQt6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from app.state.moment import History, Moment
from app.state.selection import Selection
from app.state.verdict import Finding, Verdict, find_verdict
from app.theme import LIGHT, Theme, font

TOOLTIP = """<p><b>Predicted</b>: J(k = E) − J(k = 0) in imagination.
<b>True</b>: the same from H steps of the true simulator, the critic's value standing for all
that follows.</p>
<p><b>Evidence</b>: mean true gain over the last 40 environment steps with a 95 % t-interval,
widened for the correlation of neighbouring steps. No evidence: the interval holds 0.</p>"""

_SIGNS: dict[Finding, tuple[str, str]] = {
    "helps": ("▲", "real_text"),
    "hurts": ("▼", "refused_text"),
    "no evidence": ("○", "muted"),
    "unknown": ("·", "muted"),
}
_HEIGHT = 38
_SIGN_WIDTH = 26
_WORDS = int(Qt.AlignmentFlag.AlignVCenter) | int(Qt.TextFlag.TextWordWrap)


class VerdictView(QWidget):
    """One sentence on at most two lines. Painted, so that a new one never moves the layout."""

    def __init__(self, theme: Theme = LIGHT) -> None:
        super().__init__()
        self.setObjectName("verdict-view")
        self.setToolTip(TOOLTIP)
        self.setFixedHeight(_HEIGHT)
        self.setMinimumWidth(320)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._theme = theme
        self._moment: Moment | None = None
        self._history = History.empty()
        self._verdict = Verdict(finding="unknown", sentence="No run is shown.")

    @property
    def verdict(self) -> Verdict:
        """What is shown."""
        return self._verdict

    def show_moment(self, moment: Moment) -> None:
        """Judge this environment step."""
        self._moment = moment
        self._judge()

    def set_selection(self, selection: Selection) -> None:
        """The verdict is about all particles, and about this moment alone."""

    def show_history(self, history: History) -> None:
        """The episode that the evidence is drawn from."""
        self._history = history
        self._judge()

    def set_theme(self, theme: Theme) -> None:
        """Repaint in another theme."""
        self._theme = theme
        self.update()

    def labels_fit(self) -> bool:
        """Whether the sentence fits on the two lines."""
        room = self._room()
        needed = QFontMetrics(font()).boundingRect(room, _WORDS, self._verdict.sentence)
        return needed.height() <= room.height() and needed.width() <= room.width()

    def sizeHint(self) -> QSize:
        """Wide enough for most sentences on one line."""
        return QSize(720, _HEIGHT)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """The sign, then the sentence."""
        painter = QPainter(self)
        sign, color = _SIGNS[self._verdict.finding]
        painter.setFont(font(14, bold=True))
        painter.setPen(self._theme.color(color))
        place = QRect(0, 0, _SIGN_WIDTH, _HEIGHT)
        painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), sign)
        painter.setFont(font())
        painter.setPen(self._theme.color("text"))
        painter.drawText(self._room(), _WORDS, self._verdict.sentence)
        painter.end()

    def _room(self) -> QRect:
        return self.rect().adjusted(_SIGN_WIDTH, 2, -8, -2)

    def _judge(self) -> None:
        if self._moment is None:
            return
        verdict = find_verdict(self._moment, self._history)
        if verdict != self._verdict:
            self._verdict = verdict
            self.setAccessibleName(verdict.sentence)
            self.update()
