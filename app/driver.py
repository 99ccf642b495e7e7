"""What the running and stepping commands mean, given the engine, the cursor and the trace.

At the head a step asks the engine; behind it the same key walks through what is recorded, as in
any debugger that can go back in time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal

from app.bridge.engine_process import EngineProcess
from app.bridge.playback import Playback
from app.bridge.recorded_run import RecordedRun
from app.bridge.trace_follower import TraceFollower
from app.state import decision, navigation
from app.state.cursor import Address, Cursor
from app.state.decision import Decision, Request, Situation
from core.commands import Name
from core.settings import Settings

DRIVEN = (
    "run", "step_over", "step_into", "step_out", "next_episode", "back", "forward",
    "back_update", "forward_update", "back_out", "first", "live", "play",
    "accept", "reject", "redo_updates", "resume_here",
)  # fmt: skip
"""The commands of the registry that have a method of their name here."""
Move = Callable[[RecordedRun, Address], Address | None]


class Driver(QObject):
    """One method per command."""

    said = pyqtSignal(str)
    """One line for a person: why nothing was done."""
    engine_wanted = pyqtSignal(object)
    """Requests about a trace that has no engine, a tuple of Request."""
    settled = pyqtSignal()
    """The engine has acknowledged all that was asked for: it stands where that led."""
    compare_requested = pyqtSignal(int, int)
    """Two branches to be shown side by side: the one looked at, and another."""

    def __init__(self, cursor: Cursor, follower: TraceFollower, playback: Playback) -> None:
        super().__init__()
        self._cursor, self._follower, self._playback = cursor, follower, playback
        self.engine: EngineProcess | None = None
        """The engine whose trace is shown; None where the trace only replays."""
        self._departures: set[str] = set()

    @property
    def controls_engine(self) -> bool:
        """Whether there is an engine to run and step."""
        return self.engine is not None and self.engine.alive

    def run(self) -> None:
        """Run or pause the engine; without one, play or stop the record."""
        if self.engine is None or not self.engine.alive:
            self.play()
        elif self.engine.state == "running":
            self.engine.send("pause")
        else:
            self._ask("run")

    def step_over(self) -> None:
        """t + 1: recorded where the cursor is behind the head, else computed."""
        self._step(navigation.forward, "step_over")

    def step_into(self) -> None:
        """k + 1: recorded where the cursor is behind the head, else computed."""
        self._step(navigation.forward_update, "step_into")

    def step_out(self) -> None:
        """To the end of this t's updates, and the action."""
        self._step(navigation.forward, "step_out")

    def next_episode(self) -> None:
        """End this episode and begin the next."""
        if self.controls_engine:
            self._ask("reset")

    def back(self) -> None:
        self._move(navigation.back)

    def forward(self) -> None:
        self._move(navigation.forward)

    def back_update(self) -> None:
        self._move(navigation.back_update)

    def forward_update(self) -> None:
        self._move(navigation.forward_update)

    def back_out(self) -> None:
        """To before the first update of this t."""
        self.go_to_k(0)

    def accept(self) -> None:
        """The weights of this k act now."""
        self._decide(decision.accept)

    def reject(self) -> None:
        """Back to an earlier k of this t, in a branch of its own."""
        self._decide(decision.reject)

    def redo_updates(self) -> None:
        """The updates of this t again with the settings as they are now, in a branch."""
        self._decide(decision.redo)

    def resume_here(self) -> None:
        """Go on live from the cursor; what is recorded stays."""
        self._decide(decision.resume)

    def fork(
        self, settings: dict[str, Any], checkpoint: str = "", seed: int | None = None
    ) -> None:
        """A branch at the cursor with other settings, checkpoint or seed."""
        self._decide(lambda here: decision.fork(here, settings, checkpoint, seed))

    def resume_at(self, address: Address) -> None:
        """Go on live from that address."""
        self.go_to(address)
        self.resume_here()

    def situation(self) -> Situation | None:
        """Where the cursor is and what can be done there; None where nothing is shown."""
        if self._cursor.live and not self._engine_runs:
            # The engine may stand at a moment that waits for the next frame.
            self._follower.tick()
        address, run = self._cursor.address, self._follower.run
        updates = () if run is None or address is None else run.updates(address.place)
        if run is None or address is None or not updates:
            return None
        head, last = run.newest() or address.place, updates[-1].k
        branch, episode, t = head
        started = run.branches().started(branch)
        present = address.place == head and run.environment_step(head) is None
        return Situation(
            place=address.place,
            k=last if address.k is None else min(address.k, last),
            last=last,
            present=present and not self._engine_runs,
            fresh=present
            and started is not None
            and (started.episode, started.t, started.k) == (episode, t, last)
            and updates[-1].branch != branch,
            settings=run.settings_at(address.place),
            wanted=self._with_edits_under_way(run.settings_at((branch, episode, t + 1))),
        )

    def note_applied(self, command_id: str, *, accepted: bool) -> None:
        """The engine acknowledged a command: where it went, the cursor follows."""
        if command_id in self._departures:
            self._departures.discard(command_id)
            if accepted:
                self._cursor.go_live()
            if not self._departures:
                self.settled.emit()

    def first(self) -> None:
        """To t = 0 of the cursor's episode."""
        address = self._cursor.address
        if address is not None:
            self.go_to(Address(branch=address.branch, episode=address.episode))

    def live(self) -> None:
        """Follow the head."""
        self._playback.stop()
        self._cursor.go_live()

    def play(self) -> None:
        """Play the record at the real robot's speed, or stop."""
        if self._playback.playing:
            self._playback.stop()
        elif self._follower.run is not None:
            self._playback.start(self._follower.run)

    def go_to(self, address: Address) -> None:
        """Look there; playing ends."""
        self._playback.stop()
        self._cursor.go_to(address)

    def go_to_t(self, t: int) -> None:
        """Environment step t of the cursor's episode."""
        address = self._cursor.address
        if address is not None:
            self.go_to(Address(branch=address.branch, episode=address.episode, t=t))

    def go_to_k(self, k: int) -> None:
        """Gradient update k of the cursor's t."""
        address = self._cursor.address
        if address is not None:
            branch, episode, t = address.place
            self.go_to(Address(branch=branch, episode=episode, t=t, k=k))

    @property
    def _engine_runs(self) -> bool:
        return self.engine is not None and self.engine.state == "running"

    def _with_edits_under_way(self, settings: Settings) -> Settings:
        for command in () if self.engine is None else self.engine.unacknowledged:
            if command.name == "edit":
                settings = settings.replace(**command.settings)
        return settings

    def _decide(self, rule: Callable[[Situation], Decision]) -> None:
        here = self.situation()
        if here is None:
            return
        if self._cursor.live and self._engine_runs:
            self.said.emit("Pause first: the engine goes on while you decide")
            return
        decided = rule(here)
        if decided.refusal:
            self.said.emit(decided.refusal)
        elif self.controls_engine:
            self._send(decided.requests)
        else:
            self._playback.stop()
            self.engine_wanted.emit(decided.requests)

    def _send(self, requests: tuple[Request, ...]) -> None:
        self._playback.stop()
        for request in requests:
            if self.engine is not None:
                sent = self.engine.send(request.name, request.settings, **request.fields)
                self._departures.add(sent)

    def _step(self, move: Move, name: Name) -> None:
        if not self._cursor.live and self._move(move):
            return
        old = self._old_branch()
        if old is not None:
            self.said.emit(f"Branch {old} ends here: resume from here, or go live")
        elif self.controls_engine:
            self._ask(name)

    def _old_branch(self) -> int | None:
        """The branch under the cursor, where it is not the one that grows."""
        address, run = self._cursor.address, self._follower.run
        if self._cursor.live or address is None or run is None:
            return None
        return None if address.branch == run.branches().newest else address.branch

    def _move(self, move: Move) -> bool:
        address, run = self._cursor.address, self._follower.run
        if address is None or run is None:
            return False
        target = move(run, address)
        if target is not None:
            self.go_to(target)
        return target is not None

    def _ask(self, name: Name) -> None:
        self._playback.stop()
        if self.engine is not None:
            self.engine.send(name)
        self._cursor.go_live()
