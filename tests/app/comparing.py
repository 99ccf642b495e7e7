"""The compare workspace of a whole window: opened on a trace, driven, read off."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from app.application import Application
from app.features.compare import Compare
from app.rendering.client import RenderClient
from app.state.cursor import Address
from app.views.sides import SIDES
from app.views.two_branches import TwoBranches
from core.settings import Settings
from tests.app.pointing import focus
from tests.app.window_fixtures import Windows, feature
from tests.branched_run import Fork, plant, write_branches

WAIT = 20_000
LEFT = Qt.MouseButton.LeftButton
Key, Modifier = Qt.Key, Qt.KeyboardModifier
HERE = Address(branch=2, t=4)


def compare_of(application: Application) -> Compare:
    """The feature."""
    return feature(application, Compare)


def two_of(application: Application) -> TwoBranches:
    """Its view, while two branches are compared."""
    two = compare_of(application).view.two
    assert two is not None
    return two


def settle(qtbot: QtBot, application: Application) -> TwoBranches:
    """Wait until the pair is studied and all views show the moment."""
    compare = compare_of(application)
    qtbot.waitUntil(lambda: compare.watch.study is not None, timeout=WAIT)
    qtbot.waitUntil(lambda: two_of(application).settled, timeout=WAIT)
    return two_of(application)


def open_compare(
    qtbot: QtBot, windows: Windows, trace: Path, at: Address = HERE, **options: object
) -> Application:
    """In the workspace, the cursor at t = 4 of branch 2 or at another address."""
    application = windows.open(trace=trace, workspace="compare", **options)
    application.driver.go_to(at)
    settle(qtbot, application)
    return application


def press(
    qtbot: QtBot,
    application: Application,
    key: Qt.Key,
    modifier: Modifier = Modifier.NoModifier,
) -> None:
    """A key in the window that has the focus."""
    focus(qtbot, application)
    QTest.keyClick(application.window, key, modifier)


def shown(two: TwoBranches) -> list[tuple[int, int, int] | str]:
    """(branch, t, k) that the views of each side show, or the sentence in their place."""
    found: list[tuple[int, int, int] | str] = []
    for side in SIDES:
        column = two.columns[side]
        moments = {id(view.moment): view.moment for view in column.views}
        if column.absent:
            found.append(column.absence.text())
            continue
        (moment,) = moments.values()
        assert moment is not None
        found.append((moment.branch, moment.t, moment.k))
    return found


def choose(qtbot: QtBot, selector: QComboBox, row: int) -> None:
    """Open the list with the mouse, choose in it with the keys."""
    QTest.mouseClick(selector, LEFT)
    popup = selector.view()
    assert popup is not None
    qtbot.waitUntil(popup.isVisible)
    QTest.keyClick(popup, Key.Key_Home)
    for _ in range(row):
        QTest.keyClick(popup, Key.Key_Down)
    QTest.keyClick(popup, Key.Key_Return)


def write_compared(path: Path) -> Path:
    """The root to t = 7; 1 the same from (3, 1) to 5; 2 with another delta from t = 2 to 9."""
    return write_branches(
        path,
        Fork(t=3, k=1, until=6),
        Fork(
            t=2,
            until=10,
            settings=Settings(delta=0.1),
            plant=plant("GradientUpdate", (0, 4, 0), step_size=2e-4, objective=300.0),
        ),
    )


def without_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is drawn in 3D."""
    monkeypatch.setattr(RenderClient, "draw", lambda _client, _picture: None)
