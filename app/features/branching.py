"""Branches: their tree, the fork dialog, and which commands work at the cursor."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PyQt6.QtCore import QObject, Qt, QTimer
from PyQt6.QtWidgets import QApplication

from app.bridge.branch_tally import BranchTally
from app.bridge.recorded_run import RecordedRun
from app.desk import Desk
from app.panels.branches_panel import BranchesPanel
from app.panels.fork_dialog import ForkDialog, Origin
from app.state.branch_facts import beginning, name_of
from core.checkpoints.catalogue import list_checkpoints, read_manifest
from core.errors import InputError, PsiscopeError
from core.tasks import Task
from core.traces.lineage import Branches
from core.traces.origin import check_own
from core.traces.trace import BranchStarted, RunStarted

_AT_A_BREAK = ("accept", "reject", "redo_updates")
_AT_A_MOMENT = ("fork", "resume_here", "back_out")

TOLD_MS = 10_000
"""How long the line about a new branch stays, if no other replaces it."""
_BUTTONS = {"Fork": "fork", "Resume": "resume_here", "Compare": "compare"}


class Branching(QObject):
    """Keeps the tree, the marks on the t lane and the branch's name in step with the trace."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._run: RecordedRun | None = None
        self._tally: BranchTally | None = None
        self._known = 0
        self._told = ""
        self._fade = QTimer(self)
        self._fade.setSingleShot(True)
        self._fade.setInterval(TOLD_MS)
        self._fade.timeout.connect(self._forget)
        self.dialog: ForkDialog | None = None
        actions = desk.window.commands.actions
        self.panel = BranchesPanel({word: actions[name] for word, name in _BUTTONS.items()})
        self._dock = desk.window.add_dock(
            "branches",
            "Branches",
            self.panel,
            area=Qt.DockWidgetArea.LeftDockWidgetArea,
            group="breakpoints",
        )
        desk.window.commands.connect("fork", self.ask_for_fork)
        self._connect()
        self._enable()
        self._show_tree()

    def go_to(self, branch: int) -> None:
        """Look at a branch: at the same (t, k) where that is its own, else at its end."""
        run, address = self._run, self._desk.cursor.address
        if run is None or self._tally is None:
            return
        there = None if address is None else replace(address, branch=branch)
        own = () if there is None else run.updates(there.place)
        if there is None or not any(update.branch == branch for update in own):
            there = self._tally.end_of(branch)
        self._desk.driver.go_to(there)

    def go_on_from(self, branch: int) -> None:
        """Go on live from the end of a branch."""
        run = self._run
        if run is None or self._tally is None:
            return
        if branch == run.branches().newest and self._desk.driver.controls_engine:
            self._desk.driver.live()
        else:
            self._desk.driver.resume_at(self._tally.end_of(branch))

    def ask_for_fork(self) -> None:
        """Open the dialog for a fork at the cursor."""
        here, run = self._desk.driver.situation(), self._run
        if here is None or run is None:
            return
        try:
            check_own(run.started)
        except InputError as error:
            self._desk.window.message_bar.say(str(error))
            return
        began = conditions_of(run, here.place[0])
        origin = Origin(
            place=here.place,
            k=here.k,
            last=here.last,
            settings=here.settings,
            checkpoint=began.checkpoint,
            seed=began.seed,
        )
        live = self._desk.cursor.live
        if live:
            # The head may go on while the dialog is open.
            self._desk.driver.go_to_k(here.k)
        names = checkpoints_for(run.task)
        dialog = self.dialog = ForkDialog(self._desk.window, origin, names, self.panel.theme)
        dialog.forked.connect(self._desk.driver.fork)
        dialog.accepted.connect(self._bring_forward)
        if live:
            dialog.rejected.connect(self._desk.driver.live)
        dialog.finished.connect(lambda _result: self._forget_dialog())
        dialog.open()

    def _connect(self) -> None:
        panel, desk = self.panel, self._desk
        panel.chosen.connect(self.go_to)
        panel.resume_asked.connect(self.go_on_from)
        panel.fork_asked.connect(self._fork_there)
        panel.compare_asked.connect(self._compare)
        panel.copy_asked.connect(self._copy_address)
        desk.follower.branches_changed.connect(self._take_branches)
        desk.follower.history_changed.connect(lambda _history: self._show_tree())
        desk.follower.moment_changed.connect(lambda _moment: self._show_place())
        desk.source.changed.connect(self._source_changed)
        desk.driver.settled.connect(self._settle)
        desk.window.closing.connect(self._fade.stop)

    def _take_branches(self, branches: Branches) -> None:
        run = self._desk.follower.run
        if run is not self._run:
            self._run, self._known = run, len(branches)
            self._tally = None if run is None else BranchTally(run)
        self._show_tree()
        self._mark(branches)
        if len(branches) > self._known:
            self._known = len(branches)
            self._tell(branches)
        self._show_place()

    def _tell(self, branches: Branches) -> None:
        started = branches.started(branches.newest)
        if started is not None and self._run is not None:
            self._told = beginning(started, self._run.branch_changes(started.branch))
            self._desk.window.message_bar.tell(self._told)
            self._fade.start()

    def _forget(self) -> None:
        bar = self._desk.window.message_bar
        if bar.text == self._told:
            bar.clear()

    def _mark(self, branches: Branches) -> None:
        """Where branches begin, on the t lane of the episode they begin in."""
        address = self._desk.cursor.address
        episode = 0 if address is None else address.episode
        begun = [started for started in branches.records if started.episode == episode]
        tips = [beginning(started, ()) for started in begun]
        self._desk.views.timeline.set_marks("branch", [started.t for started in begun], tips)

    def _show_tree(self) -> None:
        self.panel.show_branches(() if self._tally is None else self._tally.facts())

    def _show_place(self) -> None:
        """Which branch is looked at, and what can be done here."""
        run, address = self._run, self._desk.cursor.address
        count = 0 if run is None else len(run.branches())
        branch = -1 if address is None else address.branch
        self.panel.select(branch)
        name = name_of(branch, count)
        self._desk.source.branch_name = name
        self._desk.window.task_panel.show_branch(name)
        self._enable()

    def _enable(self) -> None:
        commands, address = self._desk.window.commands, self._desk.cursor.address
        shown = self._desk.follower.run is not None and address is not None
        runs = self._desk.cursor.live and self._desk.source.engine_state == "running"
        for name in _AT_A_BREAK:
            commands.set_enabled(name, shown and not runs)
        for name in _AT_A_MOMENT:
            commands.set_enabled(name, shown)

    def _source_changed(self) -> None:
        if self._desk.follower.run is None:
            self._run = self._tally = None
            self._show_tree()
        self._enable()

    def _settle(self) -> None:
        """The engine stands elsewhere: the fields say the settings that are in effect there."""
        self._desk.follower.tick()
        here = self._desk.driver.situation()
        if here is not None and self._desk.source.shows_live_run:
            self._desk.window.settings_panel.show_settings(here.wanted)

    def _fork_there(self, branch: int) -> None:
        self.go_to(branch)
        self.ask_for_fork()

    def _compare(self, branch: int) -> None:
        address = self._desk.cursor.address
        if address is not None and address.branch != branch:
            self._desk.driver.compare_requested.emit(address.branch, branch)

    def _copy_address(self, branch: int) -> None:
        clipboard = QApplication.clipboard()
        if clipboard is None or self._run is None:
            return
        started = self._run.branches().started(branch)
        begun = (0, 0, 0) if started is None else (started.episode, started.t, started.k)
        clipboard.setText(",".join(str(number) for number in (branch, *begun)))

    def _bring_forward(self) -> None:
        """The tree, where this workspace has it."""
        if not self._dock.isHidden():
            self._dock.raise_()

    def _forget_dialog(self) -> None:
        self.dialog = None


def conditions_of(run: RecordedRun, branch: int) -> BranchStarted | RunStarted:
    """What a branch began with: checkpoint and seed."""
    return run.branches().started(branch) or run.started


def checkpoints_for(task: Task) -> list[str]:
    """The names of all readable checkpoints for a task; another of its name is none."""
    return [folder.name for folder in list_checkpoints() if _task_of(folder) == task]


def _task_of(folder: Path) -> Task | None:
    try:
        return read_manifest(folder).find_task()
    except PsiscopeError:
        return None
