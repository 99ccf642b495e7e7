"""Why two branches part: the edits, redos and starts that changed something on the way."""

from __future__ import annotations

from pathlib import Path

from core.settings import Settings
from core.traces.archive import TraceWriter
from tests.branched_run import Fork, append_fork, compared, course, plant, write_branches
from tests.records import make_branch_started, make_command


def test_a_difference_says_what_was_changed(tmp_path: Path) -> None:
    delta = Fork(
        t=2,
        settings=Settings(delta=0.1, trust_radius=None),
        started={"seed": 3},
        plant=plant("GradientUpdate", (0, 4, 0), step_size=2e-4),
    )
    comparison = compared(write_branches(tmp_path / "b.trace", delta))
    assert str(comparison.divergence) == (
        "t = 4, k = 0, GradientUpdate.step_size: 1e-4 against 2e-4 "
        "(branch 1 changed delta 0.05 -> 0.1, trust_radius 0.1 -> none, seed 0 -> 3)"
    )
    assert [change.name for change in comparison.changes] == ["delta", "trust_radius", "seed"]
    turned = compared(tmp_path / "b.trace", 1, 0).divergence
    assert turned is not None
    assert turned.detail == "2e-4 against 1e-4"
    assert turned.cause.startswith("branch 1 changed delta 0.05 -> 0.1")


def test_the_change_is_that_of_the_branch_whose_record_differs(tmp_path: Path) -> None:
    first = Fork(
        t=2, settings=Settings(delta=0.1), plant=plant("EnvironmentStep", (0, 4), reward=9.0)
    )
    second = Fork(t=6, parent=1, started={"checkpoint": "other", "checkpoint_digest": "1" * 32})
    path = write_branches(tmp_path / "b.trace", first, second)
    found = compared(path, 0, 2).divergence
    assert found is not None
    assert found.cause == "branch 1 changed delta 0.05 -> 0.1"
    later = compared(path, 1, 2)
    assert [(c.name, c.a, c.b) for c in later.changes] == [
        ("delta", 0.1, 0.05),
        ("checkpoint", "synthetic", "other"),
    ]


def test_both_branches_may_have_changed_something(tmp_path: Path) -> None:
    path = write_branches(
        tmp_path / "b.trace",
        Fork(t=2, settings=Settings(delta=0.1)),
        Fork(
            t=2,
            settings=Settings(delta=0.2),
            plant=plant("GradientUpdate", (0, 2, 0), step_size=1e-3),
        ),
    )
    found = compared(path, 1, 2).divergence
    assert found is not None
    assert (
        found.cause == "branch 1 changed delta 0.05 -> 0.1; branch 2 changed delta 0.05 -> 0.2"
    )


def test_an_edit_on_the_way_is_a_change_from_its_environment_step_on(tmp_path: Path) -> None:
    path = write_branches(tmp_path / "b.trace")
    edit = '{"command":"edit","id":"e","settings":{"delta":0.2}}'
    with TraceWriter.open(path) as writer:
        append_fork(writer, 1, Fork(t=2, until=4))
        writer.append(make_command(branch=1, t=4, k=1, command_id="e", command=edit))
        changed = plant("GradientUpdate", (0, 5, 0), step_size=1e-3)
        for record in course(1, 4, 6):
            writer.append(changed(record))
    found = compared(path).divergence
    assert found is not None
    assert (found.t, found.cause) == (5, "branch 1 changed delta 0.05 -> 0.2")


def test_a_redo_brings_an_edit_to_its_own_environment_step(tmp_path: Path) -> None:
    path = write_branches(tmp_path / "b.trace")
    edit = '{"command":"edit","id":"e","settings":{"delta":0.2}}'
    redo = '{"command":"redo","id":"r","settings":{"trust_radius":0.5}}'
    with TraceWriter.open(path) as writer:
        append_fork(writer, 1, Fork(t=2, until=4))
        for line in (edit, redo):
            name = line[-20:]
            writer.append(make_command(branch=1, t=4, k=1, command_id=name, command=line))
        changed = plant("GradientUpdate", (0, 4, 0), step_size=1e-3)
        for record in course(1, 4, 6):
            writer.append(changed(record))
        # A redo in the past leaves the branch: it changes nothing on this one.
        away = redo.replace("0.5", "0.7").replace('"r"', '"s"')
        writer.append(make_command(branch=1, t=4, command_id="s", command=away))
        writer.append(make_branch_started(branch=2, t=4, parent=1))
    comparison = compared(path)
    assert comparison.divergence is not None
    assert comparison.divergence.cause == (
        "branch 1 changed delta 0.05 -> 0.2, trust_radius 0.1 -> 0.5"
    )
    assert [(c.name, c.b) for c in compared(path, 0, 1).changes] == [
        ("delta", 0.2), ("trust_radius", 0.5),
    ]  # fmt: skip
