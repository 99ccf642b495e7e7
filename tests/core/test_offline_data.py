"""Offline data: no transition crosses an episode, nothing is made up, bad files are refused."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.dataset import Episode, OfflineDataset, from_episodes
from core.data.source import load_dataset
from core.errors import DataError
from core.pretraining.rebrac import Rebrac, RebracSettings
from core.pretraining.regression import RegressionSettings, Supervised
from core.tasks import TASKS

HOPPER = TASKS["hopper"]
S, A = HOPPER.state_size, HOPPER.action_size

Lengths = list[tuple[int, str]]
episodes_of_any_length = st.lists(
    st.tuples(st.integers(1, 7), st.sampled_from(["terminal", "timeout"])),
    min_size=1,
    max_size=6,
)


def marked(number: int, first: int, count: int, size: int) -> Any:
    """Rows (count, size) that say which episode and which environment step they belong to."""
    rows = np.zeros((count, size))
    rows[:, 0], rows[:, 1] = number, np.arange(first, first + count)
    return rows


def recorded(number: int, length: int, end: str, *, states: int) -> Episode:
    """An episode whose numbers are all different."""
    actions = marked(number, 0, length, A) / 10
    return Episode(
        states=marked(number, 0, states, S),
        actions=actions,
        rewards=number + np.arange(length) / 10,
        terminated=end == "terminal",
    )


def flat_file(path: Path, lengths: Lengths, *, timeouts: bool = True, **more: Any) -> Path:
    """D4RL's layout."""
    ends = np.cumsum([length for length, _ in lengths]) - 1
    kinds = np.array([end == "terminal" for _, end in lengths], bool)
    terminals = np.zeros(ends[-1] + 1, bool)
    terminals[ends[kinds]] = True
    limits = np.zeros(ends[-1] + 1, bool)
    limits[ends[~kinds]] = True
    parts = [recorded(i, n, end, states=n) for i, (n, end) in enumerate(lengths)]
    columns: dict[str, Any] = {
        "observations": np.concatenate([part.states for part in parts]),
        "actions": np.concatenate([part.actions for part in parts]),
        "rewards": np.concatenate([part.rewards for part in parts]),
        "terminals": terminals,
    }
    columns |= {"timeouts": limits} if timeouts else {}
    with h5py.File(path, "w") as file:
        for name, column in (columns | more).items():
            file[name] = column
    return path


def check_rows(dataset: OfflineDataset, lengths: Lengths, *, final_states: bool) -> None:
    """Every row by itself: it stays in its episode and knows what it has."""
    row = 0
    for number, (length, end) in enumerate(lengths):
        for t in range(length):
            last = t == length - 1
            assert dataset.episodes[row] == number
            assert dataset.states[row, :2].tolist() == [number, t]
            assert dataset.has_next_state[row] == (final_states or not last)
            following = [number, t + 1] if dataset.has_next_state[row] else [0, 0]
            assert dataset.next_states[row, :2].tolist() == following
            assert dataset.has_next_action[row] == (not last)
            wanted = np.zeros(A) if last else [number / 10, (t + 1) / 10, 0.0]
            assert np.allclose(dataset.next_actions[row], wanted)
            assert dataset.terminated[row] == (last and end == "terminal")
            row += 1
    assert len(dataset) == row


@given(episodes_of_any_length)
def test_no_transition_crosses_an_episode_where_t_plus_1_states_are_stored(
    lengths: Lengths,
) -> None:
    episodes = [recorded(i, n, end, states=n + 1) for i, (n, end) in enumerate(lengths)]
    dataset = from_episodes("x", HOPPER, episodes)
    check_rows(dataset, lengths, final_states=True)
    assert dataset.starts.tolist() == np.cumsum([0, *(n for n, _ in lengths)])[:-1].tolist()
    sums = [float(episode.rewards.sum()) for episode in episodes]
    assert np.allclose(dataset.episode_returns, sums)


@given(lengths=episodes_of_any_length)
def test_no_transition_crosses_an_episode_of_a_flat_file(
    tmp_path_factory: pytest.TempPathFactory, lengths: Lengths
) -> None:
    path = flat_file(tmp_path_factory.getbasetemp() / "flat.hdf5", lengths)
    check_rows(load_dataset(str(path), HOPPER), lengths, final_states=False)


def test_without_time_limits_only_terminals_and_the_end_of_the_file_end_an_episode(
    tmp_path: Path,
) -> None:
    lengths = [(3, "terminal"), (4, "terminal"), (2, "timeout")]
    path = flat_file(tmp_path / "flat.hdf5", lengths, timeouts=False)
    check_rows(load_dataset(str(path), HOPPER), lengths, final_states=False)


def test_rows_without_a_true_next_state_feed_neither_the_dynamics_nor_the_critics_target(
    tmp_path: Path,
) -> None:
    lengths = [(3, "terminal"), (4, "timeout")] * 4
    dataset = load_dataset(str(flat_file(tmp_path / "flat.hdf5", lengths)), HOPPER)
    settings = RegressionSettings(updates=1, batch=512)
    rows = Supervised(dataset, settings, seed=0, purpose="dynamics", noise=0)
    drawn = rows.batch(0)[0]["changes"]
    assert (drawn[:, 0] == 0).all()
    assert (drawn[:, 1] == 1).all()
    assert len(rows.rows) + len(rows.test_rows) == sum(n - 1 for n, _ in lengths)

    huge = dataset.rewards.copy()
    huge[~dataset.has_next_state & ~dataset.terminated] = 1e9
    poisoned = dataclasses.replace(dataset, rewards=huge)
    critic = Rebrac(
        HOPPER, poisoned, RebracSettings(beta_actor=1, beta_critic=0, batch=64), seed=0
    )
    assert critic.update(0)["critic_loss"].item() < 1e9


@given(episodes_of_any_length, st.integers(0, 5), st.floats(0.01, 0.9))
def test_held_out_rows_are_whole_episodes(lengths: Lengths, seed: int, share: float) -> None:
    episodes = [recorded(i, n, end, states=n + 1) for i, (n, end) in enumerate(lengths)]
    dataset = from_episodes("x", HOPPER, episodes)
    train, test = dataset.split(share, np.random.default_rng(seed))
    assert (train ^ test).all()
    assert not set(dataset.episodes[train]) & set(dataset.episodes[test])
    assert len(set(dataset.episodes[test])) == max(1, round(share * len(lengths)))


def test_equal_arrays_have_equal_digests_whatever_file_they_came_in(tmp_path: Path) -> None:
    lengths = [(3, "terminal"), (5, "timeout")]
    path = flat_file(tmp_path / "flat.hdf5", lengths)
    flat = load_dataset(str(path), HOPPER)
    episodes = [recorded(i, n, end, states=n) for i, (n, end) in enumerate(lengths)]
    assert from_episodes("other id", HOPPER, episodes, recipe="x").digest == flat.digest
    single = [
        dataclasses.replace(e, states=e.states.astype(">f4"), rewards=e.rewards.astype(">f4"))
        for e in episodes
    ]
    assert from_episodes("y", HOPPER, single).digest == flat.digest


def test_any_changed_number_or_border_changes_the_digest() -> None:
    episodes = [recorded(0, 3, "timeout", states=4), recorded(1, 3, "timeout", states=4)]
    digest = from_episodes("x", HOPPER, episodes).digest
    others: list[Sequence[Episode]] = [
        [episodes[0]],
        [episodes[0], dataclasses.replace(episodes[1], terminated=True)],
        [episodes[0], dataclasses.replace(episodes[1], rewards=episodes[1].rewards + 1e-6)],
        [episodes[0], dataclasses.replace(episodes[1], states=episodes[1].states[:3])],
    ]
    digests = {from_episodes("x", HOPPER, other).digest for other in others}
    assert len(digests | {digest}) == 5


def test_the_columns_of_a_data_set_are_read_only() -> None:
    dataset = from_episodes("x", HOPPER, [recorded(0, 3, "timeout", states=4)])
    with pytest.raises(ValueError, match="read-only"):
        dataset.states[0, 0] = 1.0


BROKEN: dict[str, dict[str, Any]] = {
    "another state": {"observations": np.zeros((6, 17))},
    "another action": {"actions": np.zeros((6, 6))},
    "states without a width": {"observations": np.zeros(6)},
    "rewards as a column": {"rewards": np.zeros((6, 1))},
    "not a number": {"rewards": np.array([0, 0, np.nan, 0, 0, 0])},
    "beyond single precision": {"rewards": np.array([0, 0, 1e300, 0, 0, 0])},
    "infinite": {"observations": np.full((6, S), np.inf)},
    "another length": {"rewards": np.zeros(5)},
    "a scalar": {"rewards": np.float64(1)},
    "texts": {"rewards": np.array([b"a"] * 6)},
    "complex": {"rewards": np.zeros(6, complex)},
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_file_that_does_not_fit_is_refused_in_one_line(tmp_path: Path, case: str) -> None:
    lengths = [(6, "timeout")]
    path = flat_file(tmp_path / "bad.hdf5", lengths)
    with h5py.File(path, "a") as file:
        for name, column in BROKEN[case].items():
            del file[name]
            file[name] = column
    refused(path)


def test_an_empty_or_foreign_file_is_refused_in_one_line(tmp_path: Path) -> None:
    empty = tmp_path / "empty.hdf5"
    with h5py.File(empty, "w") as file:
        for name, width in (("observations", (S,)), ("actions", (A,)), ("rewards", ())):
            file[name] = np.zeros((0, *width))
        file["terminals"] = np.zeros(0, bool)
    refused(empty)
    group = tmp_path / "group.hdf5"
    with h5py.File(group, "w") as file:
        for name in ("observations", "actions", "rewards", "terminals"):
            file.create_group(name)
    refused(group)
    (tmp_path / "text.hdf5").write_text("hello")
    refused(tmp_path / "text.hdf5")
    refused(tmp_path / "missing.hdf5")
    with pytest.raises(DataError, match="empty"):
        from_episodes("x", HOPPER, [])


def refused(path: Path) -> None:
    with pytest.raises(DataError) as caught:
        load_dataset(str(path), HOPPER)
    assert "\n" not in str(caught.value)
    assert path.name in str(caught.value)
    assert caught.value.remedy
