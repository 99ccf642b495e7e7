"""The settings panel: live edits out, settings in effect in, bad values refused in place."""

from __future__ import annotations

from typing import Any

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.panels.setting_fields import (
    CountField,
    NumberField,
    all_fields,
    choices,
    next_in_series,
)
from app.panels.settings_panel import SettingsPanel
from app.theme import LIGHT
from core.settings import Settings, preset


@pytest.fixture
def panel(qtbot: QtBot) -> SettingsPanel:
    panel = SettingsPanel()
    qtbot.addWidget(panel)
    panel.set_theme(LIGHT)
    panel.resize(260, 600)
    panel.show()
    return panel


def field(panel: SettingsPanel, name: str) -> Any:
    return panel._fields[name]


def test_every_setting_has_a_field_with_a_label_and_a_tooltip(panel: SettingsPanel) -> None:
    names = {text.name for text in all_fields()}
    assert names | {"preset"} == set(Settings.__dataclass_fields__)
    assert all(text.label and text.tip for text in all_fields())


def test_the_choices_are_those_that_settings_declare() -> None:
    assert choices("reset_mode") == ("step", "episode", "never")


@pytest.mark.parametrize("name", ["safe", "paper"])
def test_the_fields_say_the_settings_they_are_shown(panel: SettingsPanel, name: str) -> None:
    panel.show_settings(preset(name))
    read = {text.name: field(panel, text.name).get() for text in all_fields()}
    assert Settings(preset=panel._preset.currentText(), **read) == preset(name)


def test_edits_close_together_go_out_as_one_with_only_what_changed(
    panel: SettingsPanel, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(panel.edited) as caught:
        field(panel, "horizon").setValue(3)
        field(panel, "particles").setValue(16)
        field(panel, "survival").setCurrentText("smooth")
    assert caught.args == [
        {"horizon": 3, "particles": 16, "survival": "smooth"},
        {"horizon": 5, "particles": 8, "survival": "off"},
    ]


def test_an_edit_taken_back_at_once_is_not_sent(panel: SettingsPanel, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(panel.edited, wait=500):
        field(panel, "horizon").setValue(3)
        field(panel, "horizon").setValue(5)


def test_a_bad_value_is_refused_in_place_with_the_line_of_the_settings(
    panel: SettingsPanel, qtbot: QtBot
) -> None:
    with qtbot.assertNotEmitted(panel.edited, wait=500):
        field(panel, "horizon").setValue(999)
    assert panel.fault == "horizon is 999: use a whole number from 0 to 50"
    with qtbot.waitSignal(panel.edited) as caught:
        field(panel, "horizon").setValue(7)
    assert caught.args == [{"horizon": 7}, {"horizon": 5}]
    assert not panel.fault


def test_a_preset_fills_all_fields_and_goes_out_as_one_edit(
    panel: SettingsPanel, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(panel.edited) as caught:
        panel._preset.setCurrentText("paper")
        panel._preset.activated.emit(0)
    assert caught.args[0]["preset"] == "paper"
    assert caught.args[0]["trust_radius"] is None
    assert panel.draft == preset("paper")


def test_a_field_that_differs_from_the_shown_record_names_the_records_value(
    panel: SettingsPanel,
) -> None:
    field(panel, "horizon").setValue(3)
    assert panel._marks["horizon"].text() == "(5)"
    panel.show_in_effect(Settings(horizon=3))
    assert panel._marks["horizon"].text() == ""


def test_without_an_engine_the_fields_show_what_is_in_effect_and_cannot_be_changed(
    panel: SettingsPanel,
) -> None:
    panel.set_editable(False)
    panel.show_in_effect(Settings(horizon=2))
    assert field(panel, "horizon").get() == 2
    assert not field(panel, "horizon").isEnabled()


def test_an_edit_that_the_engine_refuses_goes_back_and_says_why(panel: SettingsPanel) -> None:
    field(panel, "horizon").setValue(3)
    panel.announce()
    panel.change({"horizon": 5}, "no more edits today")
    assert field(panel, "horizon").get() == 5
    assert panel.fault == "no more edits today"


def test_a_missing_number_is_shown_and_typed_as_a_word(
    panel: SettingsPanel, qtbot: QtBot
) -> None:
    clip: NumberField = field(panel, "gradient_clip")
    assert (clip.get(), clip.text()) == (None, "off")
    for text, value in (("2.5", 2.5), ("off", None), ("1e-3", 1e-3), ("", None)):
        clip.selectAll()
        if text:
            QTest.keyClicks(clip, text)
        else:
            QTest.keyClick(clip, Qt.Key.Key_Delete)
        QTest.keyClick(clip, Qt.Key.Key_Return)
        assert clip.get() == value


def test_stepping_a_number_goes_by_one_two_five(panel: SettingsPanel) -> None:
    delta: NumberField = field(panel, "delta")
    delta.stepBy(1)
    assert delta.get() == 0.1
    delta.stepBy(-2)
    assert delta.get() == 0.02
    delta.put(None)
    delta.stepBy(1)
    assert delta.get() == 0.05
    assert next_in_series(3e-7, 1) == 5e-7
    assert next_in_series(3e-7, -1) == 2e-7


def test_a_number_half_typed_is_not_an_edit(panel: SettingsPanel, qtbot: QtBot) -> None:
    horizon: CountField = field(panel, "horizon")
    with qtbot.assertNotEmitted(panel.edited, wait=400):
        horizon.selectAll()
        QTest.keyClicks(horizon, "1")
    with qtbot.waitSignal(panel.edited) as caught:
        QTest.keyClicks(horizon, "2")
        QTest.keyClick(horizon, Qt.Key.Key_Return)
    assert caught.args == [{"horizon": 12}, {"horizon": 5}]
