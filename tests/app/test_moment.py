"""A moment knows its place; a history is made of columns of one length."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from app.state.moment import HISTORY_COLUMNS, PROPOSAL_COLUMNS, STEP_COLUMNS, History
from core.traces.trace import EnvironmentStep, Proposal
from tests.app.view_moments import LAYERS, make_moment


def test_before_is_k_0_and_after_is_the_update_at_the_cursor() -> None:
    moment = make_moment(ascent_steps=5, k=3)
    assert moment.before is moment.updates[0]
    assert moment.after is moment.updates[3]
    assert (moment.t, moment.episode, moment.branch) == (137, 0, 0)
    assert moment.layer_names == LAYERS


def test_the_cursor_beyond_the_updates_made_so_far_shows_the_last() -> None:
    moment = make_moment(ascent_steps=5, k=5)
    begun = dataclasses.replace(
        moment, updates=moment.updates[:3], proposal=None, environment_step=None
    )
    assert begun.after is begun.updates[2]
    assert begun.ascent_steps == 5


def test_the_record_knows_better_than_the_settings_how_many_updates_there_were() -> None:
    moment = make_moment(ascent_steps=2, settings_changes={"ascent_steps": 7})
    assert moment.ascent_steps == 2


def test_a_moment_without_records_is_at_the_beginning() -> None:
    moment = dataclasses.replace(
        make_moment(), updates=(), proposal=None, environment_step=None
    )
    assert (moment.t, moment.episode, moment.branch) == (0, -1, 0)
    assert moment.before is None
    assert moment.after is None


def test_the_columns_are_scalar_fields_of_the_proposal_and_the_environment_step() -> None:
    for record, columns in ((Proposal, PROPOSAL_COLUMNS), (EnvironmentStep, STEP_COLUMNS)):
        scalars = {f.name for f in dataclasses.fields(record) if not f.metadata["shape"]}
        assert set(columns) <= scalars
    assert {*PROPOSAL_COLUMNS, *STEP_COLUMNS, "t", "seq"} == set(HISTORY_COLUMNS)


def test_a_missing_column_is_nan() -> None:
    history = History.from_columns({"t": np.arange(3)})
    assert len(history) == 3
    assert np.isnan(history.true_gain).all()
    assert len(History.empty()) == 0


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="different lengths"):
        History.from_columns({"t": np.arange(3), "reward": np.arange(2)})
