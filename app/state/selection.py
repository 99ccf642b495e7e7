"""What is picked out beside the cursor: one particle, and one moment to compare with."""

from __future__ import annotations

from PyQt6.QtCore import QObject, pyqtSignal

from app.state.moment import Moment


class Selection(QObject):
    """A particle and a reference; both stay while the cursor moves."""

    particle_changed = pyqtSignal(object)
    """The particle, an int, or None."""
    reference_changed = pyqtSignal(object)
    """The reference Moment, or None."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._particle: int | None = None
        self._reference: Moment | None = None

    @property
    def particle(self) -> int | None:
        """The particle that every view picks out where its record keeps it."""
        return self._particle

    @property
    def reference(self) -> Moment | None:
        """The moment that read-outs show differences against."""
        return self._reference

    def select(self, particle: int | None) -> None:
        """Pick out a particle; None for no one."""
        if particle != self._particle:
            self._particle = particle
            self.particle_changed.emit(particle)

    def go_through(self, direction: int, count: int) -> None:
        """The next (direction 1) or the previous (-1) of so many particles, round and round."""
        if count <= 0:
            return
        if self._particle is None or self._particle >= count:
            self.select(0 if direction > 0 else count - 1)
        else:
            self.select((self._particle + direction) % count)

    def compare_with(self, reference: Moment | None) -> None:
        """Show differences against this moment; None for none."""
        if reference is not self._reference:
            self._reference = reference
            self.reference_changed.emit(reference)

    def clear(self) -> None:
        """Neither particle nor reference."""
        self.select(None)
        self.compare_with(None)


def particles_kept(moment: Moment) -> int:
    """How many particles the record at the cursor keeps: fewer than all between the ends."""
    return 0 if moment.after is None else len(moment.after.particle_objectives)


def reference_name(reference: Moment, moment: Moment) -> str:
    """`vs t = 120, k = 1`, with branch and episode where they are others than the moment's."""
    words = []
    if reference.branch != moment.branch:
        words.append(f"branch {reference.branch}")
    if reference.episode != moment.episode:
        words.append(f"episode {reference.episode}")
    k = 0 if reference.after is None else reference.after.k
    return "vs " + ", ".join([*words, f"t = {reference.t}", f"k = {k}"])
