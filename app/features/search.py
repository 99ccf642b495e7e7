"""Search in time: finds the moments of the shown branch, marks them and steps through them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PyQt6.QtCore import QObject, Qt, QTimer

from app.bridge.recorded_run import RecordedRun
from app.bridge.trace_jobs import TraceJobs
from app.desk import Desk
from app.panels.search_panel import SearchPanel
from app.state.cursor import Address
from app.state.found import NO_MARKS, Found, describe, summary
from app.state.moment import Moment
from core.errors import InputError
from core.traces.lineage import Clock
from core.traces.quantities import QUANTITIES, breakpoint_condition, search_condition
from core.traces.reader import TraceReader
from core.traces.search import MomentSearch

STEPS = {"first": "first_hit", "previous": "previous_hit", "next": "next_hit"}
"""Buttons of the panel and their commands."""


class Search(QObject):
    """One search at a time, of the branch that the cursor looks at."""

    def __init__(self, desk: Desk, add_breakpoint: Callable[[str], object]) -> None:
        """add_breakpoint takes a condition; it raises InputError where it cannot."""
        super().__init__()
        self._desk, self._add_breakpoint = desk, add_breakpoint
        self.panel = SearchPanel(list(QUANTITIES.values()), search_condition)
        self._jobs = TraceJobs(self)
        self._run: RecordedRun | None = None
        self._condition = ""
        self._search: MomentSearch | None = None
        self._found: Found | None = None
        self._wanted = ""
        """A step to take once the search under way has found something."""
        self._clock: Clock = (0, 0, 0)
        self._marked: tuple[object, ...] = ()
        self._dock = desk.window.add_dock(
            "search",
            "Search",
            self.panel,
            area=Qt.DockWidgetArea.LeftDockWidgetArea,
            group="breakpoints",
        )
        self._connect()

    def enter(self) -> None:
        """To the field."""
        self._dock.show()
        self._dock.raise_()
        self.panel.field.focus()

    def find(self, condition: str) -> None:
        """Search for a condition that can be read, and go to the first moment; again: on."""
        if condition == self._condition and self._search is not None:
            self.go("next")
            return
        self._condition, self._search, self._found = condition, None, None
        self._wanted = "first"
        self.panel.show_status("searching ...")
        self._look()

    def go(self, name: str) -> None:
        """To the first, next or previous moment; searches where it was not done yet."""
        text = self.panel.field.text
        if text != self._condition or self._search is None:
            self.panel.field.accept()
            return
        if self._found is None:
            self._wanted = name
            return
        found = self._found
        place = {"next": found.after, "previous": found.before}.get(
            name, lambda _clock: found.first()
        )(self._clock)
        if place is None:
            self._say_end(name)
        else:
            self._go_to(place)

    def _connect(self) -> None:
        desk, panel, commands = self._desk, self.panel, self._desk.window.commands
        panel.asked.connect(self.find)
        panel.emptied.connect(self._forget)
        panel.stepped.connect(self.go)
        panel.chosen.connect(self._go_to)
        panel.breakpoint_asked.connect(self._make_breakpoint)
        commands.connect("search", self.enter)
        commands.set_enabled("search", False)
        for name, command in STEPS.items():
            commands.connect(command, partial(self.go, name))
        commands.keys_changed.connect(self._show_keys)
        desk.follower.moment_changed.connect(self._note_moment)
        desk.follower.history_changed.connect(lambda _history: self._look())
        desk.source.changed.connect(self._look)
        self._jobs.failed.connect(self._fail)
        desk.window.closing.connect(self._jobs.close)
        self._show_keys()
        self._enable_steps()

    def _look(self) -> None:
        """Search what is new, in the thread of the jobs; afresh in another branch or trace."""
        run, address = self._desk.follower.run, self._desk.cursor.address
        if run is not self._run:
            self._run, self._search = run, None
            self._jobs.open(None if run is None else run.path)
        if not self._condition or run is None or address is None:
            return
        if self._search is None or self._search.branch != address.branch:
            expression = search_condition(self._condition)
            self._search = MomentSearch(expression, branch=address.branch)
            self._found = None
        search, before, episode = self._search, self._found, self._clock[0]
        self._jobs.ask(
            "search",
            lambda reader: _refresh(search, reader, before, episode),
            lambda found: self._take(search, found),
        )

    def _take(self, search: MomentSearch, found: Found) -> None:
        if search is not self._search:
            return
        before, self._found = self._found, found
        grown = before is None or len(found) != len(before)
        if grown:
            self.panel.show_found(found)
            self.panel.table.select_row(found.row_at(self._clock))
            self._enable_steps()
        if before is None or _status(found) != _status(before):
            # Another look that finds nothing new leaves "3 of 7 moments" where it is.
            self.panel.show_status(_status(found))
        self._show_marks()
        if self._wanted:
            # In a turn of its own, so that no turn is long.
            QTimer.singleShot(0, self._take_wanted_step)

    def _take_wanted_step(self) -> None:
        wanted, self._wanted = self._wanted, ""
        if wanted:
            self.go(wanted)

    def _note_moment(self, moment: Moment) -> None:
        self._desk.window.commands.set_enabled("search", True)
        self._clock = (max(moment.episode, 0), moment.t, moment.k)
        if self._found is not None:
            self.panel.table.select_row(self._found.row_at(self._clock))
        address = self._desk.cursor.address
        if self._search is not None and address and address.branch != self._search.branch:
            self._look()
        self._show_marks()

    def _go_to(self, place: int) -> None:
        address = self._desk.cursor.address
        if self._found is None or address is None or place >= len(self._found):
            return
        episode, t, k = self._found.clock(place)
        self.panel.show_status(f"{place + 1:,} of {_status(self._found)}")
        self._desk.driver.go_to(Address(branch=address.branch, episode=episode, t=t, k=k))

    def _say_end(self, name: str) -> None:
        if self._found:
            where = "after" if name == "next" else "before"
            self.panel.show_status(f"none {where} this moment; {_status(self._found)}")

    def _show_marks(self) -> None:
        marked = (self._search, len(self._found or ()), self._clock[0])
        if marked == self._marked:
            return
        self._marked = marked
        marks = NO_MARKS if self._found is None else self._found.marks_of(self._clock[0])
        self._desk.views.timeline.set_marks("hit", marks.ts, marks.tips)

    def _forget(self) -> None:
        self._condition, self._wanted = "", ""
        self._search = self._found = None
        self.panel.show_nothing()
        self._show_marks()
        self._enable_steps()

    def _fail(self, _name: str, line: str) -> None:
        self._search = None
        self.panel.refuse(line)

    def _make_breakpoint(self, condition: str) -> None:
        try:
            breakpoint_condition(condition)
            self._add_breakpoint(condition)
        except InputError as error:
            self.panel.refuse(str(error))

    def _enable_steps(self) -> None:
        able = bool(self._found)
        self.panel.set_stepping(able)
        for command in STEPS.values():
            self._desk.window.commands.set_enabled(command, able)

    def _show_keys(self) -> None:
        commands = self._desk.window.commands
        self.panel.set_keys({n: ", ".join(commands.keys(c)) for n, c in STEPS.items()})


def _refresh(
    search: MomentSearch, reader: TraceReader, before: Found | None, episode: int
) -> Found:
    """In the thread: what is new, put into words only where more was found."""
    moments = search.refresh(reader)
    if before is not None and len(before) == len(moments):
        return replace(before, moments=moments)
    return describe(moments, episode)


def _status(found: Found) -> str:
    text = summary(len(found), found.moments.looked_at)
    hidden = len(found) - len(found.rows)
    return f"{text}, the first {len(found.rows):,} listed" if hidden else text
