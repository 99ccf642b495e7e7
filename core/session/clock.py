"""The clocks of a session (episode, t, k), and what is due or waits on them."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.session.records import Address
from core.session.snapshot import Standing
from core.session.stand import Stand
from core.traces.trace import GradientUpdate, Snapshot


@dataclass(slots=True, kw_only=True)
class Clock:
    """Where a session is, between two records."""

    branch: int = 0
    episode: int = -1
    """-1 before the first."""
    t: int = 0
    updates: list[GradientUpdate] = field(default_factory=list)
    """Those of t, with the parent's: as many as the k that comes next."""
    fresh: bool = False
    """The branch has begun here and has made no update yet."""
    over: bool = True
    """No episode runs: the last has ended, or the first has not begun."""
    reset_seed: int = 0
    """Seed of the episode's reset."""
    acts_at: int | None = None
    """The update whose weights act at t, where that is not E."""
    saved_t: int = -1
    """The newest snapshot of this episode."""
    abandon_at: int | None = None
    """The environment step before which the next episode begins, where it was asked for."""

    @classmethod
    def at(cls, snapshot: Snapshot, standing: Standing) -> Clock:
        """As it was when the snapshot was taken."""
        return cls(
            branch=snapshot.branch,
            episode=snapshot.episode,
            t=snapshot.t,
            over=False,
            reset_seed=standing.reset_seed,
            saved_t=snapshot.t,
            abandon_at=standing.abandon_at,
        )

    @property
    def address(self) -> Address:
        """Where the next record stands."""
        return Address(branch=self.branch, episode=self.episode, t=self.t)

    @property
    def begun(self) -> bool:
        """Whether t has an update, or a branch begins in it: its settings are chosen."""
        return self.fresh or bool(self.updates)

    @property
    def stand(self) -> Stand:
        """What commands depend on."""
        made = self.updates
        return Stand(
            branch=self.branch,
            episode=self.episode,
            t=self.t,
            k=len(made) if self.fresh else max(len(made) - 1, 0),
            fresh=self.fresh,
            begun=self.begun,
            over=self.over,
            proposed=bool(made) and (made[-1].last or not made[-1].finite) and not self.fresh,
        )

    @property
    def abandons(self) -> bool:
        """Whether the episode is to end now, though it runs."""
        return self.abandon_at is not None and self.t >= self.abandon_at

    def abandon(self) -> None:
        """Ask for the next episode: now, or after this environment step where it has begun."""
        self.abandon_at = self.t + self.begun

    def snapshot_is_due(self, every: int) -> bool:
        """Whether t, which has not begun, asks for a snapshot; they are `every` steps apart."""
        passed = self.t - self.saved_t
        return not self.begun and (passed > every or (passed > 0 and self.t % every == 0))

    def begin_episode(self, seed: int) -> None:
        """The next episode, where the first one's reset seed is `seed`."""
        self.episode += 1
        self.t, self.saved_t, self.abandon_at = 0, -1, None
        self.reset_seed, self.over = seed + self.episode, False

    def begin_t(self) -> list[GradientUpdate]:
        """The next environment step; returns the updates of the last one."""
        updates, self.updates = self.updates, []
        self.t, self.acts_at = self.t + 1, None
        return updates
