"""Writes a repro: a folder that makes one moment of a trace again, bit for bit, headless.

moment.trace is the trace up to the moment with all branches, not only those on the way: the
numbers of branches, the seq of records and the counts of breakpoints are recomputed with the
rest, so leaving records out would need other numbers, and then it would be another moment.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from core.checkpoints.disk import new_folder, write_file
from core.commands import At
from core.errors import InputError, TraceError
from core.repro import folder as files
from core.repro.checkpoints import shelf_of
from core.repro.document import FORMAT, Document, scalars_of
from core.repro.moment import (
    RecordedMoment,
    checkpoints_of,
    commands_before,
    find_moment,
    json_object,
    path_to,
)
from core.repro.texts import CONFIGURATION, readme, test_code
from core.session.programs import ask_for_those_of
from core.session.replay import made_with_this_arithmetic
from core.session.session import Session
from core.session.shelf import Shelf
from core.session.travel import session_at
from core.traces.archive import TraceWriter
from core.traces.connection import TraceFull
from core.traces.origin import check_own
from core.traces.reader import TraceReader
from core.traces.trace import Record, Snapshot
from core.traces.verify import FOREIGN_TOLERANCE, compare_records
from core.trust import FLAG, UNTRUSTED
from core.versions import PSISCOPE

_TOGETHER = 100
"""Records in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What was written."""

    folder: Path
    document: Document
    size: int
    """Bytes of all files."""


def write_repro(
    trace: Path, at: At, folder: Path, done: Callable[[int, int], object] = lambda n, of: None
) -> Written:
    """Write the repro of (branch, episode, t, k) to a new folder, whole or not at all.

    done(n, of): n of so many records are copied. The moment is made again first. Raises
    InputError where the trace has no such moment, where it does not come out here as it is
    recorded, and where the folder exists or cannot be written.
    """
    with new_folder(folder) as new, TraceReader(trace) as reader:
        check_own(reader.started())
        _refuse_programs(reader)
        moment = find_moment(reader, at)
        _copy(reader, moment.last, new / files.TRACE, folder, done)
        with TraceReader(new / files.TRACE) as excerpt:
            document = _write_moment(excerpt, moment, new)
        size = sum(path.stat().st_size for path in new.iterdir())
    return Written(folder=folder, document=document, size=size)


def _refuse_programs(reader: TraceReader) -> None:
    """A folder that is sent to others holds no program, and its test runs none."""
    try:
        ask_for_those_of(reader, UNTRUSTED)
    except InputError as error:
        raise InputError(
            "a trace that ran a program of yours has no repro",
            f"keep both: `replay --verify {FLAG}` makes its moments again",
        ) from error


def _copy(
    reader: TraceReader,
    last: int,
    target: Path,
    folder: Path,
    done: Callable[[int, int], object],
) -> None:
    """Records 1 to `last` as a trace of its own, with the same digests."""
    records = reader.records(2, last)
    try:
        with TraceWriter.create(target, reader.started()) as writer:
            while together := tuple(islice(records, _TOGETHER)):
                done(writer.append(*together), last)
    except TraceFull as error:
        raise InputError(f"no room is left for {folder}", "free some space") from error
    with TraceReader(target) as copy:
        if copy.digest(last) != reader.digest(last):
            raise TraceError(
                f"the digests of {reader.path} do not hold",
                f"see `python main.py replay {reader.path}`",
            )


def _write_moment(excerpt: TraceReader, moment: RecordedMoment, new: Path) -> Document:
    found = (moment.update, moment.proposal, moment.environment_step)
    records: dict[str, Record] = {type(r).__name__: r for r in found if r is not None}
    references = checkpoints_of(excerpt)
    start, session = _make_again(excerpt, moment, shelf_of(references))
    arrays = files.arrays_to_bytes(records, start)
    branch, episode, t, k = moment.at
    document = Document(
        format_version=FORMAT,
        written_by=f"psiscope {PSISCOPE}",
        task=excerpt.started().task,
        branch=branch,
        episode=episode,
        t=t,
        k=k,
        recorded_in=moment.update.branch,
        seed=session.seed,
        episode_seed=session.seed + episode,
        settings=json_object(session.settings_of_t.to_json()),
        path=path_to(excerpt, branch),
        checkpoints=references,
        commands=commands_before(excerpt, moment),
        values={kind: scalars_of(record) for kind, record in records.items()},
        arrays_digest=hashlib.sha256(arrays).hexdigest(),
        records=moment.last,
        trace_digest=excerpt.digest(moment.last).hex(),
        versions=json_object(excerpt.started().versions),
        fingerprint=json_object(excerpt.started().fingerprint),
    )
    text = readme(document, moment.update.action, (new / files.TRACE).stat().st_size)
    contents = {
        files.MOMENT: document.to_bytes(),
        files.ARRAYS: arrays,
        files.TEST: test_code(moment.at).encode(),
        files.CONFIGURATION: CONFIGURATION.encode(),
        files.README: text.encode(),
    }
    for name, content in contents.items():
        write_file(new / name, content)
    return document


def _make_again(
    excerpt: TraceReader, moment: RecordedMoment, shelf: Shelf
) -> tuple[Snapshot, Session]:
    """The state before the first update of t, and the session after update k."""
    same = made_with_this_arithmetic(excerpt.started())
    tolerance = 0.0 if same else FOREIGN_TOLERANCE
    before = moment.last + 1
    first = session_at(
        excerpt, (*moment.home[:3], 0), shelf, before=before, tolerance=tolerance
    )
    session = session_at(excerpt, moment.home, shelf, before=before, tolerance=tolerance)
    difference = compare_records(moment.update, session.advance(), moment.last, tolerance)
    if difference is not None:
        raise InputError(
            f"this moment comes out otherwise here: {difference.field}: {difference.detail}",
            "see `python main.py replay TRACE --verify`",
        )
    return first.snapshot(), session
