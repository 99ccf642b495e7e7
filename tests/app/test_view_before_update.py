"""At k = 0, before any update, nothing is shown as `after`."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from app.views.model import ModelView
from tests.app.view_moments import make_moment


def _is_empty(series: object) -> bool:
    x = series._line.getData()[0]  # type: ignore[attr-defined]
    return x is None or len(x) == 0


def test_the_imagination_before_an_update_is_drawn_as_before(qtbot: QtBot) -> None:
    view = ModelView()
    qtbot.addWidget(view)
    view.show()
    view.show_moment(make_moment(ascent_steps=1, k=0))
    for group in (view._states, view._rewards):
        assert _is_empty(group["after"])
        assert not _is_empty(group["before"])
    view.show_moment(make_moment(ascent_steps=1, k=1))
    assert not _is_empty(view._states["after"])
    assert not _is_empty(view._rewards["after"])
    assert _is_empty(view._rewards["before"])
