"""The texts of a repro: what a person reads first, and the test that makes the moment again.

A trace may be a stranger's: nothing of its texts enters the test, which is code.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from core.commands import At
from core.repro.document import Document

_TEST = '''"""Makes ADDRESS again, from checkpoint and seeds.

Run it in the folder of Psiscope: python -m pytest THIS_FOLDER
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

try:
    from core.errors import CheckpointError
    from core.repro.folder import Repro, read_repro
    from core.session.replay import first_difference
    from core.session.shelf import Shelf
    from core.session.travel import session_at
    from core.traces.reader import TraceReader
    from core.traces.verify import check_integrity
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"{error.name} is not here: run python -m pytest THIS_FOLDER in the folder of Psiscope"
    ) from None

FOLDER = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def repro() -> Repro:
    """moment.json and moment.safetensors."""
    return read_repro(FOLDER)


@pytest.fixture(scope="module")
def trace(repro: Repro) -> Iterator[TraceReader]:
    """moment.trace, as it was written."""
    with TraceReader(FOLDER / "moment.trace") as reader:
        assert reader.last_seq() == repro.document.records
        assert reader.digest(repro.document.records).hex() == repro.document.trace_digest
        yield reader


@pytest.fixture(scope="module")
def shelf(repro: Repro) -> Shelf:
    """The checkpoints, found by their digests."""
    try:
        return repro.checkpoints()
    except CheckpointError as error:
        pytest.skip(str(error))


def test_the_physics_before_the_first_update_are_as_recorded(
    repro: Repro, trace: TraceReader, shelf: Shelf
) -> None:
    branch, episode, t, _ = repro.home
    session = session_at(
        trace,
        (branch, episode, t, 0),
        shelf,
        before=repro.document.records + 1,
        tolerance=repro.tolerance,
    )
    assert repro.difference(session.snapshot()) is None


def test_the_update_is_as_recorded(repro: Repro, trace: TraceReader, shelf: Shelf) -> None:
    session = session_at(
        trace,
        repro.home,
        shelf,
        before=repro.document.records + 1,
        tolerance=repro.tolerance,
    )
    update = session.advance()
    assert repro.difference(update) is None


def test_every_record_up_to_it_is_recomputed(
    repro: Repro, trace: TraceReader, shelf: Shelf
) -> None:
    assert check_integrity(trace) is None
    for record in repro.stored_in(trace):
        assert repro.difference(record) is None
    if repro.tolerance:
        pytest.skip("made with another arithmetic: see `python main.py replay --verify`")
    assert first_difference(trace, shelf, repro.tolerance) is None
'''
CONFIGURATION = "[pytest]\naddopts = -p no:cacheprovider\n"
"""Keeps the settings of a project around the folder out, and the folder clean."""
_SHOWN = (
    ("GradientUpdate", "objective", "objective J(psi_k)"),
    ("GradientUpdate", "gradient_norm", "gradient norm"),
    ("GradientUpdate", "drift", "drift"),
    ("Proposal", "objective_gain", "gain of the objective, predicted"),
    ("Proposal", "true_gain", "the same in the true simulator"),
    ("Proposal", "action_change", "action change"),
    ("Proposal", "model_error", "model error"),
    ("EnvironmentStep", "reward", "reward"),
)


def test_code(at: At) -> str:
    """test_moment.py; of the trace it holds four numbers."""
    branch, episode, t, k = at
    address = f"branch {branch:d}, episode {episode:d}, t = {t:d}, k = {k:d}"
    return _TEST.replace("ADDRESS", address)


def readme(document: Document, action: Any, trace_bytes: int) -> str:
    """README.md: what this is, what it needs, how to run it."""
    place = f"episode {document.episode}, t = {document.t}, k = {document.k}"
    lines = [
        f"# {_plain(document.task)}: branch {document.branch}, {place}",
        "",
        "One moment of an adaptation at inference time, to be made again bit for bit. Run in"
        " the folder of Psiscope, with the path of this folder in place of FOLDER:",
        "",
        "    python -m pytest FOLDER",
        "    python main.py replay FOLDER/moment.trace --verify",
        "    python main.py gui FOLDER/moment.trace",
        "",
        "The first makes the moment again and recomputes the trace, the second recomputes the"
        " trace alone and names what differs, the third shows it.",
        "",
        "| at this moment | |",
        "|---|---|",
        *(f"| {text} | {_number(value)} |" for text, value in _values(document.values)),
        f"| action | {', '.join(_number(float(each)) for each in action)} |",
        "",
        *_needs(document),
        "",
        "| file | |",
        "|---|---|",
        "| moment.json | address, settings, seeds, commands and values |",
        "| moment.safetensors | the arrays: `state` and `physics_state` (MuJoCo's"
        " mjSTATE_INTEGRATION) before the first update of t, and those of the records |",
        f"| moment.trace | the run from its start up to this t: {document.records:,} records,"
        f" {trace_bytes / 1e6:.1f} MB; it takes about as long to recompute as it took to run |",
        "| test_moment.py, pytest.ini | what pytest runs |",
        "",
        "moment.trace holds the other branches of the run, too: their numbers, and how often a"
        " breakpoint held, are part of what is recomputed.",
    ]
    return "\n".join(lines) + "\n"


def _needs(document: Document) -> list[str]:
    lines = ["It needs:", ""]
    lines += [
        f"- checkpoint {_plain(checkpoint.name)}, digest {_plain(checkpoint.digest)}"
        for checkpoint in document.checkpoints
    ]
    made = ", ".join(f"{_plain(k)} {_plain(str(v))}" for k, v in document.versions.items())
    lines.append(
        f"- for the same bits the arithmetic it was made with ({made or 'not recorded'}; see"
        " fingerprint in moment.json); with another, values may differ by 1e-4 of their size"
    )
    return lines


def _values(values: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, Any]]:
    return [
        (text, values[kind][name])
        for kind, name, text in _SHOWN
        if name in values.get(kind, {})
    ]


def _number(value: Any) -> str:
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:.6g}"
    return "-" if value is None else str(value)


def _plain(text: str) -> str:
    """A text of a stranger's file in one short line that is no markup."""
    return "".join(c if c.isalnum() or c in " ._-+" else "?" for c in text)[:80]
