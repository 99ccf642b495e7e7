"""Jobs on a trace: in their own thread, the newest of a name, never about another trace."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.exceptions import capture_exceptions
from pytestqt.qtbot import QtBot

from app.bridge.trace_jobs import TraceJobs
from core.traces.archive import TraceReader
from tests.records import make_run


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    return make_run(tmp_path / "a.trace", 4)


@pytest.fixture
def jobs(trace: Path) -> Iterator[TraceJobs]:
    jobs = TraceJobs()
    jobs.open(trace)
    yield jobs
    jobs.close()


def test_a_job_reads_elsewhere_and_its_answer_comes_here(
    jobs: TraceJobs, trace: Path, qtbot: QtBot
) -> None:
    answers: list[tuple[Path, int]] = []
    threads: list[int] = []

    def job(reader: TraceReader) -> Path:
        threads.append(threading.get_ident())
        return reader.path

    jobs.ask("look", job, lambda path: answers.append((path, threading.get_ident())))
    qtbot.waitUntil(lambda: bool(answers))
    assert answers == [(trace, threading.get_ident())]
    assert threads != [threading.get_ident()]
    assert not jobs.busy


def test_while_one_is_under_way_only_the_newest_of_its_name_waits(
    jobs: TraceJobs, qtbot: QtBot
) -> None:
    gate, answers = threading.Event(), []

    def first(_reader: TraceReader) -> int:
        gate.wait(100)
        return 0

    jobs.ask("look", first, answers.append)
    for number in range(1, 6):
        jobs.ask("look", lambda _reader, n=number: n, answers.append)
    jobs.ask("other", lambda _reader: "other", answers.append)
    gate.set()
    qtbot.waitUntil(lambda: not jobs.busy)
    assert sorted(map(str, answers)) == ["0", "5", "other"]


def test_an_answer_about_another_trace_is_dropped(
    jobs: TraceJobs, qtbot: QtBot, tmp_path: Path
) -> None:
    other, gate = make_run(tmp_path / "other.trace", 2), threading.Event()
    answers: list[Path] = []

    def slow(reader: TraceReader) -> Path:
        gate.wait(100)
        return reader.path

    jobs.ask("look", slow, answers.append)
    jobs.open(other)
    jobs.ask("look", lambda reader: reader.path, answers.append)
    gate.set()
    qtbot.waitUntil(lambda: not jobs.busy)
    assert answers == [other]


def test_a_trace_that_cannot_be_read_is_one_line(jobs: TraceJobs, qtbot: QtBot) -> None:
    jobs.open(Path("/nowhere/at.all"))
    with qtbot.waitSignal(jobs.failed) as caught:
        jobs.ask("look", lambda reader: reader.path, print)
    assert caught.args[0] == "look"
    assert "/nowhere/at.all" in caught.args[1]


def test_a_mistake_in_a_job_comes_to_light_here(jobs: TraceJobs, qtbot: QtBot) -> None:
    with capture_exceptions() as exceptions:
        jobs.ask("look", lambda _reader: 1 // 0, print)
        qtbot.waitUntil(lambda: bool(exceptions))
    assert exceptions[0][0] is ZeroDivisionError


def test_without_a_trace_and_after_closing_nothing_is_done(
    jobs: TraceJobs, qtbot: QtBot
) -> None:
    answers: list[int] = []
    jobs.open(None)
    jobs.ask("look", lambda _reader: 1, answers.append)
    jobs.close()
    jobs.ask("look", lambda _reader: 2, answers.append)
    assert not jobs.busy
    assert answers == []


def test_closing_waits_for_the_job_under_way_and_leaves_one_file(
    jobs: TraceJobs, trace: Path, qtbot: QtBot
) -> None:
    begun, done = threading.Event(), []

    def slow(reader: TraceReader) -> None:
        begun.set()
        done.extend(reader.records())

    jobs.ask("look", slow, print)
    assert begun.wait(100)
    jobs.close()
    assert done
    assert [path.name for path in trace.parent.iterdir()] == [trace.name]
