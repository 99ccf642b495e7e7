"""Comparing two branches: the compare workspace and the commands compare, find_divergence."""

from __future__ import annotations

from functools import partial

from PyQt6.QtCore import QObject, QTimer

from app.bridge.pair_watch import PairWatch
from app.bridge.recorded_run import RecordedRun
from app.desk import Desk
from app.state.branch_pair import (
    Pair,
    absence,
    address_of,
    branch_with,
    usual_pair,
    with_branch,
)
from app.state.branch_words import branch_words
from app.state.cursor import Address
from app.state.moment import History, Moment
from app.views.compare_view import CompareView
from app.views.sides import SIDES, Side
from app.views.two_branches import TwoBranches
from core.errors import PsiscopeError
from core.traces.lineage import Branches

WORKSPACE = "compare"


class Compare(QObject):
    """Keeps both columns at the cursor's (t, k) and says where the branches part."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.view = CompareView()
        self.watch = PairWatch(self)
        self.pair: Pair | None = None
        self._run: RecordedRun | None = None
        self._moment: Moment | None = None
        self._shown = (0, 0)
        self._go_when_found = False
        # The turn in which the page comes into sight is long enough without it.
        self._filling = QTimer(self)
        self._filling.setSingleShot(True)
        self._filling.timeout.connect(self._fill_in_sight)
        desk.window.add_centre(WORKSPACE, self.view)
        self.view.set_selection(desk.selection)
        self._connect()
        self._enable_commands()

    def compare(self) -> None:
        """To the workspace, with the branch that is shown and its parent."""
        self.pair = None
        self._go_to_workspace()

    def compare_branches(self, a: int, b: int) -> None:
        """To the workspace, with these two."""
        self._note_run()
        self.pair = (a, b) if a != b else None
        self._go_to_workspace()

    def find_divergence(self) -> None:
        """To the first divergence of the pair, in the workspace."""
        self._go_when_found = True
        self._go_to_workspace()
        self._announce()

    def go_there(self) -> None:
        """To the first divergence that was found."""
        study, pair = self.watch.study, self.pair
        found = None if study is None else study.comparison.divergence
        if found is not None and pair is not None and self._run is not None:
            shown = self._shown_branch()
            branch = shown if shown in pair else pair[1]
            self._desk.driver.go_to(address_of(found, branch, self._run.updates))

    def choose(self, side: Side, branch: int) -> None:
        """Show this branch on that side; if it is on the other, they change places."""
        self._note_run()
        if self.pair is not None:
            self.pair = with_branch(self.pair, SIDES.index(side), branch)
            self._show_pair(self.pair)

    def _connect(self) -> None:
        desk, view, commands = self._desk, self.view, self._desk.window.commands
        commands.connect("compare", self.compare)
        commands.connect("find_divergence", self.find_divergence)
        desk.follower.moment_changed.connect(self._take_moment)
        desk.follower.history_changed.connect(lambda _history: self._note_growth())
        desk.driver.compare_requested.connect(self.compare_branches)
        desk.window.closing.connect(self._shut_down)
        self.watch.studied.connect(self._take_study)
        self.watch.failed.connect(self._say)
        view.shown.connect(self._filling.start)
        view.built.connect(self._connect_columns)
        fork = commands.actions["fork"]
        view.fork_here.clicked.connect(fork.trigger)
        fork.changed.connect(self._show_fork)
        self._show_fork()

    def _connect_columns(self, two: TwoBranches) -> None:
        two.go_there.clicked.connect(self.go_there)
        two.lanes.t_selected.connect(self._go_to_t)
        for side, column in two.columns.items():
            column.branch_chosen.connect(partial(self.choose, side))
            column.k_selected.connect(partial(self._go_to_side, side))
            column.mark.clicked.connect(partial(self._go_to_mark, side))
        if self.view.isVisible():
            self._fill()
            self._take_study()

    # What the window shows.

    def _take_moment(self, moment: Moment) -> None:
        self._note_run()
        self._moment = moment
        self._enable_commands()
        if not self.view.isVisible():
            return
        if self.pair is None or self._known() != self._shown:
            self._fill()
            return
        self._show_columns()
        study = self.watch.study
        if study is not None and study.episode != moment.episode:
            self.watch.watch(self.pair, moment.episode)

    def _fill_in_sight(self) -> None:
        if self.view.isVisible():
            self._fill()
            self._announce()

    def _fill(self) -> None:
        """Everything, for a view that is looked at."""
        self._note_run()
        self._shown = self._known()
        if len(branches := self._branches()) < 2:
            self.pair = None
            self.view.show_one_branch()
            return
        self.view.show_two_branches()
        if self.pair is None:
            self.pair = usual_pair(branches, self._shown_branch())
        self._show_pair(self.pair)

    def _show_pair(self, pair: Pair) -> None:
        run, two, branches = self._run, self.view.two, self._branches()
        if run is None or two is None:
            return
        words = [_words_of(run, branches, branch) for branch in range(len(branches))]
        for side, branch in zip(SIDES, pair, strict=True):
            two.columns[side].show_branches(words, branch)
        if self._moment is not None:
            self.watch.watch(pair, self._moment.episode)
        if self.watch.study is None:
            self._say("Looking for the first divergence ...")
        self._show_columns()

    def _show_columns(self) -> None:
        """Both branches at the cursor's (t, k)."""
        moment, run, pair, two = self._moment, self._run, self.pair, self.view.two
        if moment is None or run is None or pair is None or two is None:
            return
        moments: dict[Side, Moment | None] = {}
        absent: dict[Side, str] = {}
        for side, branch in zip(SIDES, pair, strict=True):
            study = self.watch.study
            history = study.history_of(branch, moment.episode) if study else History.empty()
            grows = self._grows(run, branch, moment.episode)
            moments[side] = self._moment_of(run, moment, branch)
            absent[side] = absence(branch, moment, history, grows=grows)
            two.columns[side].mark.setChecked(branch == moment.branch)
        two.show_moments(moments, absent)
        two.point(moment.episode, moment.t)

    def _moment_of(self, run: RecordedRun, moment: Moment, branch: int) -> Moment | None:
        if branch == moment.branch:
            return moment
        at = self._desk.cursor.address
        k = None if at is None else at.k
        address = Address(branch=branch, episode=moment.episode, t=moment.t, k=k)
        try:
            return run.moment(address, live=moment.live)
        except PsiscopeError as error:
            self._desk.window.message_bar.say(str(error))
            return None

    def _take_study(self) -> None:
        self._note_run()
        study, two = self.watch.study, self.view.two
        if study is None or two is None:
            return
        self._announce()
        found = study.comparison.divergence
        here = found is not None and found.episode == study.episode
        two.show_histories(study.a, study.b, found.t if found is not None and here else None)
        self._show_columns()

    def _announce(self) -> None:
        if self.watch.study is None or self._filling.isActive():
            return
        comparison = self.watch.study.comparison
        if comparison.divergence is not None:
            self._say(f"First divergence: {comparison.divergence}", can_go=True)
            if self._go_when_found:
                self.go_there()
        else:
            note = comparison.note
            self._say(f"{note[:1].upper()}{note[1:]}.")
        self._go_when_found = False

    def _say(self, line: str, *, can_go: bool = False) -> None:
        if (two := self.view.two) is not None:
            two.say(line, can_go=can_go)

    def _show_fork(self) -> None:
        fork = self._desk.window.commands.actions["fork"]
        self.view.fork_here.setEnabled(fork.isEnabled())
        self.view.fork_here.setToolTip(fork.toolTip())

    def _enable_commands(self) -> None:
        several = len(self._branches()) > 1
        for name in ("compare", "find_divergence"):
            self._desk.window.commands.set_enabled(name, several)
        if several:
            self.view.prepare()

    # What the trace is.

    def _note_run(self) -> None:
        run = self._desk.follower.run
        if run is not self._run:
            self._run, self._moment, self.pair = run, None, None
            self._go_when_found = False
            self.watch.open(None if run is None else run.path)

    def _note_growth(self) -> None:
        if self.view.isVisible():
            self.watch.note_growth()

    def _branches(self) -> Branches:
        return Branches() if self._run is None else self._run.branches()

    def _known(self) -> tuple[int, int]:
        """How many branches and commands: what the selectors say of them depends on both."""
        return len(self._branches()), 0 if self._run is None else self._run.commands

    def _grows(self, run: RecordedRun, branch: int, episode: int) -> bool:
        """Whether the engine may still add to that episode of a branch."""
        newest = run.newest()
        at_head = newest is not None and newest[:2] == (branch, episode)
        return at_head and self._desk.driver.controls_engine

    def _shown_branch(self) -> int:
        at = self._desk.cursor.address
        return 0 if at is None else at.branch

    # What the person asks for.

    def _go_to_workspace(self) -> None:
        """The view is filled when it becomes visible, or now."""
        if self.view.isVisible():
            self._fill()
        else:
            self._desk.window.commands.actions[f"workspace_{WORKSPACE}"].trigger()

    def _go_to_t(self, t: int) -> None:
        study, moment, pair = self.watch.study, self._moment, self.pair
        if study is None or moment is None or pair is None:
            return
        branch = branch_with(t, pair, (study.a, study.b), self._shown_branch())
        self._desk.driver.go_to(Address(branch=branch, episode=moment.episode, t=t))

    def _go_to_mark(self, side: Side, _checked: bool) -> None:
        # A click unticks the mark of the side where the cursor is already.
        self._go_to_side(side)
        self._show_columns()

    def _go_to_side(self, side: Side, k: int | None = None) -> None:
        """The cursor's t on the branch of that side, at k or at the cursor's own k."""
        moment, at = self._moment, self._desk.cursor.address
        if moment is None or self.pair is None:
            return
        kept = None if at is None else at.k
        branch = self.pair[SIDES.index(side)]
        k = kept if k is None else k
        self._desk.driver.go_to(Address(branch=branch, episode=moment.episode, t=moment.t, k=k))

    def _shut_down(self) -> None:
        self.watch.shut_down()
        self.view.shut_down()


def _words_of(run: RecordedRun, branches: Branches, branch: int) -> str:
    """The line of a branch in the selectors."""
    return branch_words(branch, branches.started(branch), run.branch_changes(branch))
