"""Breakpoints: the list and its panel, what is sent to the engine, and what a hit shows."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PyQt6.QtCore import QObject, Qt

from app.bridge.live_run import LiveRun
from app.bridge.recorded_run import RecordedRun
from app.bridge.trace_jobs import TraceJobs
from app.desk import Desk
from app.panels.break_banner import ACTIONS, BreakBanner
from app.panels.breakpoints_panel import BreakpointsPanel
from app.state.breakpoints import Breakpoints, at_t
from app.state.hits import NO_HITS, HitLog, Hits, break_sentence
from core.errors import InputError
from core.traces.quantities import QUANTITIES, breakpoint_condition
from core.traces.trace import BreakpointHit

_AT_T = re.compile(r"episode == (\d{1,9}) and t == (\d{1,9})")


class Breaks(QObject):
    """Keeps list, panel, engine, banner and the marks on the t lane in step."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.breakpoints = Breakpoints(desk.undo, self)
        known = [quantity for quantity in QUANTITIES.values() if quantity.before_action]
        self.panel = BreakpointsPanel(known, breakpoint_condition)
        self.banner = BreakBanner()
        self._jobs = TraceJobs(self)
        self._log = HitLog()
        self._hits: Hits = NO_HITS
        self._broken: tuple[BreakpointHit, ...] = ()
        self._marked: tuple[object, ...] = ()
        self._run: RecordedRun | None = None
        self._live_run: LiveRun | None = None
        left = Qt.DockWidgetArea.LeftDockWidgetArea
        self._dock = desk.window.add_dock(
            "breakpoints", "Breaks", self.panel, area=left, group="breakpoints"
        )
        desk.window.add_bar(self.banner)
        self._connect_panel()
        self._connect_desk()
        self.breakpoints.load(desk.preferences.breakpoints)
        self._show_list()
        self._note_source()

    def enter(self) -> None:
        """To the field for a new condition."""
        self._dock.show()
        self._dock.raise_()
        self.panel.field.focus()

    def toggle_at_cursor(self) -> None:
        """A breakpoint at the cursor's environment step, or none any more."""
        address = self._desk.cursor.address
        if address is not None:
            self._attempt(
                lambda: self.breakpoints.toggle(at_t(address.episode, address.t)),
                self._desk.window.message_bar.say,
            )

    def _connect_panel(self) -> None:
        panel, points = self.panel, self.breakpoints
        panel.added.connect(lambda text: self._attempt(lambda: points.add(text)))
        panel.removed.connect(points.remove)
        panel.changed.connect(
            lambda which, name, value: self._attempt(
                lambda: points.change(which, **{name: value})
            )
        )
        panel.all_enabled.connect(points.set_enabled)
        points.changed.connect(self._keep)

    def _connect_desk(self) -> None:
        desk, commands = self._desk, self._desk.window.commands
        commands.connect("breakpoint", self.toggle_at_cursor)
        commands.connect("breakpoint_condition", self.enter)
        commands.set_enabled("breakpoint", desk.cursor.address is not None)
        desk.follower.moment_changed.connect(
            lambda _moment: commands.set_enabled("breakpoint", True)
        )
        desk.follower.history_changed.connect(lambda _history: self._look())
        desk.source.changed.connect(self._note_source)
        desk.cursor.live_changed.connect(lambda live: self.banner.set_elsewhere(not live))
        self.banner.set_elsewhere(not desk.cursor.live)
        self.banner.look_asked.connect(desk.cursor.go_live)
        self.banner.asked.connect(lambda name: commands.actions[name].trigger())
        for name, _ in ACTIONS:
            commands.actions[name].changed.connect(self._show_buttons)
        commands.keys_changed.connect(self._show_buttons)
        self._show_buttons()
        self._jobs.failed.connect(lambda _name, line: desk.window.message_bar.say(line))
        desk.window.closing.connect(self._jobs.close)

    def _attempt(
        self, action: Callable[[], object], refuse: Callable[[str], object] | None = None
    ) -> None:
        """Do it; where it cannot be, say why in the panel or by `refuse`."""
        try:
            action()
        except InputError as error:
            (refuse or self.panel.refuse)(str(error))

    def _keep(self) -> None:
        """The list has changed."""
        self._show_list()
        self._desk.preferences.breakpoints = self.breakpoints.to_text()
        self._send()

    def _send(self) -> None:
        live = self._desk.source.live_run
        if live is not None:
            live.engine.send("breakpoints", breakpoints=self.breakpoints.items)

    def _note_source(self) -> None:
        """Another trace, another engine, or another state of it."""
        source = self._desk.source
        if source.live_run is not self._live_run:
            self._live_run = source.live_run
            # Before the engine is told to run, which LiveRun does once it is starting. A trace
            # that is there already may hold breakpoints of its own.
            live = self._live_run
            if live is not None and (self.breakpoints.items or live.trace.exists()):
                self._send()
        self.panel.show_idle(not source.shows_live_run)
        self._show_break()
        self._look()

    def _look(self) -> None:
        """Read what is new, in the thread of the jobs."""
        run, address = self._desk.follower.run, self._desk.cursor.address
        if run is not self._run:
            self._run, self._log = run, HitLog()
            self._jobs.open(None if run is None else run.path)
            self._take(NO_HITS)
        if address is not None:
            log, branch, episode = self._log, address.branch, address.episode
            self._jobs.ask(
                "hits", lambda reader: log.refresh(reader, branch, episode), self._take
            )

    def _take(self, hits: Hits) -> None:
        # A break that was read before the run went on must not come back at the next pause.
        self._hits = hits if self._pauses() else replace(hits, broken=())
        self._show_list_hits()
        self._show_marks()
        self._show_break()

    def _show_list(self) -> None:
        self.panel.show_breakpoints(self.breakpoints.items)
        self._show_list_hits()
        self._show_marks()

    def _show_list_hits(self) -> None:
        counts = self._hits.counts
        self.panel.show_hits(
            {b.id: counts.get((b.id, b.condition), 0) for b in self.breakpoints.items}
        )

    def _show_marks(self) -> None:
        """Where breakpoints have held, and where one waits for a t."""
        address, hits = self._desk.cursor.address, self._hits
        episode = -1 if address is None else address.episode
        marked = (self.breakpoints.items, episode, hits.ts, hits.tips)
        if marked == self._marked:
            return
        self._marked = marked
        tips: dict[int, str] = {}
        for each in self.breakpoints.items:
            place = _AT_T.fullmatch(each.condition)
            if place and each.enabled and int(place[1]) == episode:
                tips[int(place[2])] = "breakpoint"
        tips |= dict(zip(hits.ts, hits.tips, strict=True))
        ts = sorted(tips)
        self._desk.views.timeline.set_marks("break", ts, [tips[t] for t in ts])

    def _show_break(self) -> None:
        if not self._pauses():
            self._hits = replace(self._hits, broken=())
        broken = self._hits.broken
        if _ids(broken) == _ids(self._broken):
            return
        self._broken = broken
        self.panel.show_break(frozenset(hit.breakpoint for hit in broken))
        if broken:
            self.banner.show_break(break_sentence(broken))
        else:
            self.banner.hide()

    def _pauses(self) -> bool:
        source = self._desk.source
        return source.shows_live_run and source.engine_state == "paused"

    def _show_buttons(self) -> None:
        commands = self._desk.window.commands
        for name, _ in ACTIONS:
            action, keys = commands.actions[name], commands.keys(name)
            self.banner.set_button(
                name,
                keys=_KEY_NAMES.get(keys[0], keys[0]) if keys else "",
                tip=action.toolTip(),
                enabled=action.isEnabled(),
            )


_KEY_NAMES = {"Return": "Enter", "Delete": "Del", "Shift+Return": "Shift+Enter"}


def _ids(broken: tuple[BreakpointHit, ...]) -> list[tuple[Any, ...]]:
    return [(hit.branch, hit.episode, hit.t, hit.k, hit.breakpoint, hit.hits) for hit in broken]
