"""The window's side of the engine process, against a fake engine that speaks the protocol."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.bridge.engine_process import NICENESS, EngineCommandLine, EngineProcess
from core.traces.archive import TraceReader
from core.traces.trace import CommandApplied
from tests.app.live_windows import kill
from tests.app.patience import PATIENCE_MS

Make = Callable[..., EngineProcess]


@pytest.fixture
def make(tmp_path: Path, qtbot: QtBot) -> Iterator[Make]:
    """Makes an engine process of the fake engine; ends them all afterwards."""
    made: list[EngineProcess] = []

    def make_engine(*arguments: str, module: str = "tests.app.fake_engine") -> EngineProcess:
        command_line = EngineCommandLine(
            trace=tmp_path / "run.trace",
            checkpoint=tmp_path,
            arguments=arguments,
            module=module,
        )
        made.append(EngineProcess(command_line))
        return made[-1]

    yield make_engine
    for engine in made:
        engine.stop(PATIENCE_MS)


def wait_for(qtbot: QtBot, engine: EngineProcess, state: str) -> None:
    qtbot.waitUntil(lambda: engine.state == state, timeout=20_000)


def commands_in(path: Path) -> list[CommandApplied]:
    with TraceReader(path) as reader:
        return [record for record in reader.records() if isinstance(record, CommandApplied)]


def test_an_engine_starts_paused_runs_and_pauses_when_it_is_told(
    qtbot: QtBot, make: Make
) -> None:
    engine = make()
    states: list[str] = []
    engine.state_changed.connect(states.append)
    engine.start()
    wait_for(qtbot, engine, "paused")
    engine.send("run")
    wait_for(qtbot, engine, "running")
    engine.send("pause")
    wait_for(qtbot, engine, "paused")
    assert states == ["starting", "paused", "running", "paused"]
    assert not engine.unacknowledged


def test_a_command_sent_before_the_engine_is_ready_is_kept_and_applied(
    qtbot: QtBot, make: Make
) -> None:
    engine = make()
    engine.start()
    command_id = engine.send("step_over")
    with qtbot.waitSignal(engine.applied, timeout=20_000) as caught:
        pass
    assert caught.args[0]["id"] == command_id
    assert not engine.unacknowledged


def test_a_killed_engine_is_told_of_in_one_line_and_goes_on_from_its_last_record(
    qtbot: QtBot, make: Make
) -> None:
    engine = make()
    engine.start()
    engine.send("run")
    wait_for(qtbot, engine, "running")
    with qtbot.waitSignal(engine.died, timeout=20_000) as caught:
        kill(engine)
    assert caught.args == ["the engine was ended from outside (SIGKILL)"]
    assert engine.state == "failed"
    trace = engine.command_line.trace
    with TraceReader(trace) as reader:
        last = reader.last_seq()
    states: list[str] = []
    engine.state_changed.connect(states.append)
    engine.start(resume=True)
    engine.send("step_over")
    # One step may be over before the window has heard that it began.
    qtbot.waitUntil(lambda: states == ["starting", "paused", "running", "paused"])
    with TraceReader(trace) as reader:
        assert reader.last_seq() > last
        assert list(reader.records()), "every committed record is readable"


def test_a_command_that_was_not_acknowledged_is_sent_again_and_applied_once(
    qtbot: QtBot, make: Make
) -> None:
    engine = make()
    engine.start()
    wait_for(qtbot, engine, "paused")
    with qtbot.waitSignal(engine.died, timeout=20_000):
        kill(engine)
    command_id = engine.send("edit", {"horizon": 3})
    engine.start(resume=True)
    qtbot.waitUntil(lambda: not engine.unacknowledged, timeout=20_000)
    engine.stop(PATIENCE_MS)
    assert [c.command_id for c in commands_in(engine.command_line.trace)] == [
        command_id,
        _stop(engine),
    ]


def _stop(engine: EngineProcess) -> str:
    return commands_in(engine.command_line.trace)[-1].command_id


def test_the_last_line_of_an_engine_that_fails_is_told(qtbot: QtBot, make: Make) -> None:
    engine = make("--die-at", "2")
    engine.start()
    engine.send("run")
    with qtbot.waitSignal(engine.died, timeout=20_000) as caught:
        pass
    assert caught.args == [
        "the engine ended with code 3: made up: the fake engine was told to die"
    ]


def test_an_engine_that_cannot_start_is_a_failure_with_its_reason(
    qtbot: QtBot, make: Make
) -> None:
    engine = make(module="tests.app.no_such_engine")
    with qtbot.waitSignal(engine.died, timeout=20_000) as caught:
        engine.start()
    assert "no_such_engine" in caught.args[0]
    assert engine.state == "failed"


def test_an_engine_that_was_asked_to_stop_leaves_one_file_and_no_complaint(
    qtbot: QtBot, make: Make, tmp_path: Path
) -> None:
    engine = make()
    engine.start()
    engine.send("run")
    wait_for(qtbot, engine, "running")
    with qtbot.assertNotEmitted(engine.died):
        engine.stop(PATIENCE_MS)
    assert not engine.alive
    assert engine.state == "none"
    assert [path.name for path in tmp_path.iterdir()] == ["run.trace"]


def test_the_engine_yields_the_processor_to_the_window(qtbot: QtBot, make: Make) -> None:
    engine = make()
    engine.start()
    wait_for(qtbot, engine, "paused")
    own = os.getpriority(os.PRIO_PROCESS, 0)
    theirs = os.getpriority(os.PRIO_PROCESS, engine.process_id or 0)
    assert theirs == min(own + NICENESS, 19)
