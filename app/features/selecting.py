"""The particle and the reference: the commands and clicks that choose them."""

from __future__ import annotations

from PyQt6.QtCore import QObject

from app.desk import Desk
from app.state.cursor import Address
from app.state.moment import Moment
from app.state.selection import particles_kept
from core.traces.trace import RunStarted


class Selecting(QObject):
    """Gives all views one selection and changes it as a person asks."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk, self._selection = desk, desk.selection
        self._run: RunStarted | None = None
        desk.views.set_selection(desk.selection)
        commands = desk.window.commands
        commands.connect("next_particle", lambda: self._go_through(1))
        commands.connect("previous_particle", lambda: self._go_through(-1))
        commands.connect("clear_particle", lambda: desk.selection.select(None))
        commands.connect(
            "set_reference", lambda: desk.selection.compare_with(desk.views.moment)
        )
        commands.connect("clear_reference", lambda: desk.selection.compare_with(None))
        timeline = desk.views.timeline
        timeline.k_selected.connect(desk.driver.go_to_k)
        timeline.reference_requested.connect(self._compare_at)
        commands.connect("fit_timeline", timeline.fit)
        desk.selection.particle_changed.connect(lambda _particle: self._enable())
        desk.selection.reference_changed.connect(lambda _reference: self._enable())
        desk.follower.moment_changed.connect(self._note_moment)
        self._enable()

    def _go_through(self, direction: int) -> None:
        moment = self._desk.views.moment
        if moment is not None:
            self._selection.go_through(direction, particles_kept(moment))

    def _compare_at(self, t: int, k: int | None) -> None:
        """Compare with (t, k) of the episode under the cursor."""
        address, run = self._desk.cursor.address, self._desk.follower.run
        if address is None or run is None:
            return
        asked = Address(branch=address.branch, episode=address.episode, t=t, k=k)
        reference = run.moment(asked, live=False)
        if reference is not None:
            self._selection.compare_with(reference)

    def _note_moment(self, moment: Moment) -> None:
        """What was picked out in one run means nothing in another."""
        if moment.run is not self._run:
            self._run = moment.run
            self._selection.clear()

    def _enable(self) -> None:
        commands, selection = self._desk.window.commands, self._selection
        commands.set_enabled("clear_particle", selection.particle is not None)
        commands.set_enabled("clear_reference", selection.reference is not None)
