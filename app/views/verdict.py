"""The verdict as a line of its own, with a sign for those who do not see its colour."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRect, QSize
from PyQt6.QtGui import QPainter, QPaintEvent, QTextCharFormat, QTextLayout, QTextOption
from PyQt6.QtWidgets import QSizePolicy, QWidget

from app.readouts import NO_BREAK
from app.state.moment import History, Moment
from app.state.selection import Selection
from app.state.verdict import Finding, Verdict, find_verdict
from app.theme import LIGHT, Theme, font

TOOLTIP = """<p><b>Predicted</b>: J(k = E) − J(k = 0) in imagination.
<b>True</b>: the same from H steps of the true simulator, the critic's value standing for all
that follows.</p>
<p><b>Evidence</b>: mean true gain over the last 40 environment steps with a 95 % t-interval,
widened for the correlation of neighbouring steps. ▲ helps and ▼ hurts sum up these steps, not
this one. ○ No evidence: the interval holds 0.</p>"""

_SIGNS: dict[Finding, tuple[str, str]] = {
    "helps": ("▲", "real_text"),
    "hurts": ("▼", "refused_text"),
    "no evidence": ("○", "muted"),
    "unknown": ("", "muted"),
}
_HEIGHT = 38
_LINES = 2


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

    @property
    def text(self) -> str:
        """The sentence, with the sign of the finding before the words it stands for."""
        sentence, evidence = self._verdict.sentence, self._verdict.evidence
        sign = _SIGNS[self._verdict.finding][0]
        return (
            sentence.replace(evidence, f"{sign}{NO_BREAK}{evidence}") if evidence else sentence
        )

    def labels_fit(self) -> bool:
        """Whether the sentence fits on the two lines."""
        lines = self._lines()
        width = self._room().width()
        widest = max(lines.lineAt(i).naturalTextWidth() for i in range(lines.lineCount()))
        return lines.lineCount() <= _LINES and widest <= width

    def sizeHint(self) -> QSize:
        """Wide enough for most sentences on one line."""
        return QSize(720, _HEIGHT)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """The sentence, in the middle of the height."""
        lines, room = self._lines(), self._room()
        top = room.top() + (room.height() - lines.boundingRect().height()) / 2
        painter = QPainter(self)
        painter.setPen(self._theme.color("text"))
        lines.draw(painter, QPointF(room.left(), max(float(room.top()), top)))
        painter.end()

    def _room(self) -> QRect:
        return self.rect().adjusted(8, 2, -8, -2)

    def _lines(self) -> QTextLayout:
        """The text on as many lines as it needs, its sign in the colour of the finding."""
        lines = QTextLayout(self.text, font())
        lines.setTextOption(_wrapped())
        lines.setFormats(self._sign_format())
        lines.beginLayout()
        height = 0.0
        while (line := lines.createLine()).isValid():
            line.setLineWidth(self._room().width())
            line.setPosition(QPointF(0.0, height))
            height += line.height()
        lines.endLayout()
        return lines

    def _sign_format(self) -> list[QTextLayout.FormatRange]:
        sign, color = _SIGNS[self._verdict.finding]
        if not self._verdict.evidence:
            return []
        look = QTextCharFormat()
        look.setForeground(self._theme.color(color))
        look.setFontWeight(700)
        colored = QTextLayout.FormatRange()
        colored.start, colored.length, colored.format = self.text.index(sign), len(sign), look
        return [colored]

    def _judge(self) -> None:
        if self._moment is None:
            return
        verdict = find_verdict(self._moment, self._history)
        if verdict != self._verdict:
            self._verdict = verdict
            self.setAccessibleName(verdict.sentence)
            self.update()


def _wrapped() -> QTextOption:
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WordWrap)
    return option
