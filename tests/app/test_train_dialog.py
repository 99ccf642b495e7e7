"""The dialog that asks how to train: what it takes, refuses and says will happen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.bridge.training_process import words
from app.panels.train_dialog import TrainDialog, free_name
from app.state.datasets import Dataset, parse_dataset
from app.theme import LIGHT
from core.checkpoints.training import TrainingRequest
from tests.app.data_windows import HOPPER, looked_at

TAKEN = {"taken"}


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    return widget


def dataset(**changes: Any) -> Dataset:
    return parse_dataset(json.dumps(looked_at(**changes)).encode())


def ask(parent: QWidget, tmp_path: Path, **changes: Any) -> TrainDialog:
    dialog = TrainDialog(parent, dataset(**changes), tmp_path, TAKEN, LIGHT)
    dialog.show()
    return dialog


def wanted(dialog: TrainDialog) -> list[tuple[TrainingRequest, Path]]:
    found: list[tuple[TrainingRequest, Path]] = []
    dialog.wanted.connect(lambda request, output: found.append((request, output)))
    return found


def test_enter_takes_what_is_usual_for_the_data(parent: QWidget, tmp_path: Path) -> None:
    dialog = ask(parent, tmp_path)
    found = wanted(dialog)
    assert dialog.fields["beta_actor"].placeholderText() == "0.05 (usual for these data)"
    assert any("goes on when this window is closed" in label.text() for label in
               dialog.findChildren(QLabel))  # fmt: skip
    QTest.keyClick(dialog.name, Qt.Key.Key_Return)
    request = TrainingRequest(task="hopper", dataset=HOPPER, recipe="cpu", seed=0)
    assert found == [(request, tmp_path / "my-hopper-medium-replay")]


def test_every_field_goes_into_the_command_line(parent: QWidget, tmp_path: Path) -> None:
    dialog = ask(parent, tmp_path)
    found = wanted(dialog)
    dialog.recipe.setCurrentIndex(1)
    assert dialog.fields["beta_actor"].placeholderText() == "0.1 (usual for these data)"
    for field, text in (
        (dialog.name, "mine"),
        (dialog.fields["beta_actor"], "0.2"),
        (dialog.fields["beta_critic"], "0"),
        (dialog.fields["updates"], "500"),
        (dialog.seed, "7"),
    ):
        field.setText(text)
    dialog.accept()
    ((request, output),) = found
    assert words(request, output, resume=True) == [
        "train", "hopper", f"--dataset={HOPPER}", f"--output={tmp_path / 'mine'}",
        "--recipe=paper", "--seed=7", "--beta-actor=0.2", "--beta-critic=0.0", "--updates=500",
        "--resume",
    ]  # fmt: skip


def test_esc_leaves(parent: QWidget, tmp_path: Path) -> None:
    dialog = ask(parent, tmp_path)
    found = wanted(dialog)
    QTest.keyClick(dialog.name, Qt.Key.Key_Escape)
    assert (found, dialog.isVisible()) == ([], False)


@pytest.mark.parametrize(
    ("field", "text", "fault"),
    [
        ("name", "", "the name is ''"),
        ("name", "../up", "the name is '../up'"),
        ("name", "-flag", "the name is '-flag'"),
        ("name", "a.training", "the name is 'a.training'"),
        ("name", "taken", "there is a checkpoint taken already"),
        ("beta_actor", "much", "beta_actor is 'much'"),
        ("beta_critic", "-1", "beta_critic is '-1'"),
        ("updates", "0", "updates is '0'"),
        ("seed", "", "seed is ''"),
        ("seed", "4294967296", "seed is '4294967296'"),
    ],
)
def test_a_wrong_value_is_refused_in_one_line(
    parent: QWidget, tmp_path: Path, field: str, text: str, fault: str
) -> None:
    dialog = ask(parent, tmp_path)
    found = wanted(dialog)
    (dialog.fields.get(field) or getattr(dialog, field)).setText(text)
    assert dialog.fault.startswith(fault)
    dialog.accept()
    assert (found, dialog.isVisible()) == ([], True)


def test_where_nothing_is_usual_the_numbers_must_be_written(
    parent: QWidget, tmp_path: Path
) -> None:
    dialog = ask(parent, tmp_path, coefficients={"cpu": None, "paper": None})
    assert dialog.fault.startswith("no beta_actor is known for these data")
    dialog.fields["beta_actor"].setText("0.1")
    assert dialog.fault.startswith("no beta_critic")
    dialog.fields["beta_critic"].setText("0.1")
    assert dialog.fault == ""


def test_what_is_usual_may_come_later(parent: QWidget, tmp_path: Path) -> None:
    dialog = ask(parent, tmp_path, coefficients={})
    assert dialog.fields["beta_actor"].placeholderText() == "usual for these data"
    dialog.show_details(dataset())
    assert dialog.fields["beta_actor"].placeholderText() == "0.05 (usual for these data)"


def test_a_task_of_no_name_is_left_to_the_data(parent: QWidget, tmp_path: Path) -> None:
    dialog = ask(parent, tmp_path, task="", environment="Swimmer-v5", kind="")
    found = wanted(dialog)
    dialog.accept()
    assert found[0][0].task == "dataset"
    assert found[0][1].name == "my-swimmer-v5-medium-replay-v0"


def test_a_free_name_is_counted_on() -> None:
    name = "my-hopper-medium-replay"
    assert free_name(dataset(), {name, f"{name}-2"}) == f"{name}-3"
