"""What accept, reject, redo, fork and resume mean where the cursor is. Plain data, no Qt.

At the engine's present t they act on what it is about to do. Anywhere else they first go back
there in a new branch: what is recorded stays.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.state.cursor import Place
from core.commands import Name
from core.settings import Settings, changes, changes_objective


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Where the cursor is, and how far the trace has come there."""

    place: Place
    k: int
    """The gradient update under the cursor."""
    last: int
    """The newest one recorded at this t."""
    present: bool
    """The engine, if there is one, is paused here, and the action is not applied yet."""
    fresh: bool
    """A branch has begun at `last` and has made no update of its own yet."""
    settings: Settings
    """In effect at this t."""
    wanted: Settings
    """In effect after the newest record, with every edit."""

    @property
    def applied(self) -> bool:
        """Whether the weights under the cursor have acted already, as far as one can see."""
        return not self.present and self.k == self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A command to be sent."""

    name: Name
    settings: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)
    """at, k, checkpoint, seed of `core.commands.Command`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Commands for the engine, or a line that says why there are none."""

    requests: tuple[Request, ...] = ()
    refusal: str = ""


def accept(here: Situation) -> Decision:
    """The weights under the cursor act."""
    t = here.place[2]
    if here.present and here.k == here.last:
        return Decision(requests=(Request(name="accept"),))
    if here.applied:
        return Decision(
            refusal=f"The weights at k = {here.k} acted at t = {t} already: go back to an "
            "earlier k to accept that one instead"
        )
    return Decision(requests=(_resume(here, here.k), Request(name="accept")))


def reject(here: Situation) -> Decision:
    """Back to the cursor's k where that was stepped back, else to the one before the last."""
    k = here.k if here.k < here.last else here.last - 1
    if k < 0:
        return Decision(refusal=f"No update was made at t = {here.place[2]} yet: k = 0")
    if here.present:
        request = Request(name="reject", fields={"k": k})
        return Decision(requests=(request, *_edits_kept(here)))
    request = Request(name="reject", fields={"at": (*here.place, k)})
    return Decision(requests=(request,))


def redo(here: Situation) -> Decision:
    """The updates of t again with the settings as edited, from the k that was gone back to."""
    k = here.k if here.k < here.last or here.fresh else 0
    if here.present:
        return Decision(requests=(Request(name="redo", fields={"k": k}),))
    k = 0 if changes_objective(here.settings, here.wanted) else k
    redone = Request(name="redo", settings=changes(here.settings, here.wanted))
    return Decision(requests=(_resume(here, k), redone))


def resume(here: Situation) -> Decision:
    """Go on live from the cursor."""
    if here.present and here.k == here.last:
        return Decision(refusal="The engine stands here already: run it, or step on")
    return Decision(requests=(_resume(here, here.k),))


def fork(
    here: Situation,
    settings: dict[str, Any],
    checkpoint: str = "",
    seed: int | None = None,
) -> Decision:
    """A branch at the cursor under other conditions."""
    fields: dict[str, Any] = {"at": (*here.place, here.k), "seed": seed}
    if checkpoint:
        fields["checkpoint"] = checkpoint
    return Decision(requests=(Request(name="fork", settings=settings, fields=fields),))


def _resume(here: Situation, k: int) -> Request:
    return Request(name="resume", fields={"at": (*here.place, k)})


def _edits_kept(here: Situation) -> tuple[Request, ...]:
    """Going back undoes the edits made since; the person who made them still wants them."""
    edits = changes(here.settings, here.wanted)
    return (Request(name="edit", settings=edits),) if edits else ()
