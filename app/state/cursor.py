"""The cursor (t, k): the one moment every view shows. Live, it follows the trace's head."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt6.QtCore import QObject, pyqtSignal

Place = tuple[int, int, int]
"""An environment step of a trace: (branch, episode, t)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A place in a trace. k = None is the last gradient update of t, the weights that act."""

    branch: int = 0
    episode: int = 0
    t: int = 0
    k: int | None = None

    @property
    def place(self) -> Place:
        """The address without k."""
        return self.branch, self.episode, self.t


class Cursor(QObject):
    """Where the window looks. `live` means that it goes wherever the head goes."""

    moved = pyqtSignal()
    live_changed = pyqtSignal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._address: Address | None = None
        self._live = True

    @property
    def address(self) -> Address | None:
        """None until a trace has something to show."""
        return self._address

    @property
    def live(self) -> bool:
        return self._live

    def follow(self, head: Address) -> None:
        """The head moved; a live cursor goes along, without a signal."""
        if self._live:
            self._address = head

    def go_to(self, address: Address) -> None:
        """Leave the head and look at `address`."""
        self._set_live(False)
        if address != self._address:
            self._address = address
            self.moved.emit()

    def go_live(self) -> None:
        """Follow the head again."""
        self._set_live(True)
        self.moved.emit()

    def clear(self) -> None:
        """Another trace: nothing to show yet, live."""
        self._address = None
        self._set_live(True)

    def _set_live(self, live: bool) -> None:
        if live != self._live:
            self._live = live
            self.live_changed.emit(live)
