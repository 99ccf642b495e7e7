"""The engine and programs of the user: asked for, paused where one fails, alive after it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.checkpoints.checkpoint import load
from core.commands import Command
from core.errors import InputError
from core.session.programs import ask_for_those_of, changed_code
from core.session.replay import first_difference
from core.session.shelf import Shelf
from core.traces.reader import TraceReader
from core.traces.trace import CommandApplied, Proposal
from core.trust import UNTRUSTED, Trust
from tests.engine_served import Served
from tests.runnable_checkpoint import write_runnable
from tests.tiny_world import TINY, use_tiny_world

RULE = """
def rule(policy, objective, address):
    if address.t == 1:
        raise ValueError("not today")
    return objective.psi + 1e-4, {}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Holds mine.py and a small checkpoint; the world is the tiny one."""
    (tmp_path / "mine.py").write_text(RULE)
    write_runnable(tmp_path / "tiny")
    with pytest.MonkeyPatch.context() as patch:
        use_tiny_world(patch)
        for module in ("core.session.shelf", "core.engine"):
            patch.setattr(f"{module}.load", load)
        yield tmp_path


def served(folder: Path, *, trusted: bool, updater: bool) -> Served:
    settings = TINY.replace(updater=f"{folder / 'mine.py'}:rule" if updater else "")
    trust = Trust(given=trusted)
    return Served(folder / "t.trace", folder / "tiny", settings, trust=trust)


def records_of(trace: Path, kind: type) -> list[object]:
    with TraceReader(trace) as reader:
        return [record for record in reader.records() if isinstance(record, kind)]


def test_an_edit_that_brings_a_program_unasked_is_refused_and_leaves_no_record(
    folder: Path,
) -> None:
    subject = served(folder, trusted=False, updater=False)
    applied = subject.obey("edit", settings={"updater": f"{folder / 'mine.py'}:rule"})
    assert not applied["accepted"]
    assert "add --trust-code" in applied["effect"]
    assert subject.obey("step_over")["accepted"]
    told = [record.command for record in records_of(subject.trace, CommandApplied)]
    assert not [line for line in told if "updater" in line]
    subject.engine.close()


@pytest.mark.parametrize("name", ["edit", "redo", "fork"])
@pytest.mark.parametrize(
    ("source", "line"),
    [(None, "is not there"), ("def rule(:", "SyntaxError"), ("x = 1", "has no function rule")],
)
def test_a_rule_that_cannot_be_loaded_is_refused_and_the_engine_lives(
    folder: Path, name: str, source: str | None, line: str
) -> None:
    subject = served(folder, trusted=True, updater=False)
    subject.obey("step_into")
    if source:
        (folder / "bad.py").write_text(source)
    applied = subject.obey(name, settings={"updater": f"{folder / 'bad.py'}:rule"})
    assert not applied["accepted"]
    assert line in applied["effect"]
    assert subject.obey("step_over")["accepted"]
    refused = records_of(subject.trace, CommandApplied)[1]
    assert isinstance(refused, CommandApplied)
    assert not refused.accepted
    subject.engine.close()
    (folder / "bad.py").write_text(RULE)
    with TraceReader(subject.trace) as reader:
        ask_for_those_of(reader, UNTRUSTED)
        for trust in (UNTRUSTED, Trust(given=True)):
            assert first_difference(reader, Shelf(trust=trust), 0.0) is None


def test_a_run_with_a_program_does_not_start_unasked(folder: Path) -> None:
    with pytest.raises(InputError, match="add --trust-code"):
        served(folder, trusted=False, updater=True)
    assert not (folder / "t.trace").exists()


def test_a_rule_that_fails_pauses_before_the_action_with_one_line_and_the_run_goes_on(
    folder: Path,
) -> None:
    subject = served(folder, trusted=True, updater=True)
    subject.send(Command(id="go", name="run").to_line())
    subject.work_until_paused()
    (proposal,) = records_of(subject.trace, Proposal)[1:]
    assert "mine.py:rule, line 4: ValueError: not today" in proposal.fallback
    said = subject.said()
    assert {"event": "failed", "line": proposal.fallback} in said
    assert subject.obey("step_over")["accepted"]
    assert subject.obey("step_over")["accepted"]
    assert [p.fallback == "" for p in records_of(subject.trace, Proposal)] == [1, 0, 1]
    subject.engine.close()


def test_a_trace_that_ran_a_program_goes_on_and_is_recomputed_only_where_asked(
    folder: Path,
) -> None:
    subject = served(folder, trusted=True, updater=True)
    subject.obey("step_over")
    subject.engine.close()
    with TraceReader(subject.trace) as reader:
        ask_for_those_of(reader, Trust(given=True))
        with pytest.raises(InputError, match="add --trust-code"):
            ask_for_those_of(reader, UNTRUSTED)
        assert changed_code(reader.started()) == ""
        (folder / "mine.py").write_text(RULE + "#")
        assert "is another program now" in changed_code(reader.started())
        (folder / "mine.py").unlink()
        assert "not here" in changed_code(reader.started())
