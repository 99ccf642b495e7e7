"""Standardisation that belongs to one network."""

from __future__ import annotations

import torch

from core.data.normalizer import Normalizer
from tests.worlds import seeded

ROWS = torch.randn(500, 3, generator=seeded(0)) * torch.tensor([5.0, 0.1, 1.0]) + 7.0


def test_it_changes_nothing_until_it_is_fitted() -> None:
    assert torch.equal(Normalizer(3)(ROWS), ROWS)
    assert torch.equal(Normalizer(3).undo(ROWS), ROWS)


def test_fitted_rows_have_mean_zero_and_std_one() -> None:
    normalizer = Normalizer(3)
    normalizer.fit(ROWS)
    standardised = normalizer(ROWS)
    assert torch.allclose(standardised.mean(dim=0), torch.zeros(3), atol=1e-4)
    assert torch.allclose(standardised.std(dim=0), torch.ones(3), atol=1e-4)
    assert torch.allclose(normalizer.undo(standardised), ROWS, atol=1e-4)


def test_a_constant_column_is_not_blown_up() -> None:
    rows = ROWS.clone()
    rows[:, 1] = 3.0
    normalizer = Normalizer(3)
    normalizer.fit(rows)
    assert torch.allclose(normalizer.std[1], 1e-3 * rows.std(dim=0).max())
    constant = Normalizer(3)
    constant.fit(torch.ones(9, 3))
    assert torch.isfinite(constant(torch.ones(9, 3))).all()


def test_each_network_owns_its_own_and_takes_it_along() -> None:
    one, other = Normalizer(3), Normalizer(3)
    one.fit(ROWS)
    assert torch.equal(other.mean, torch.zeros(3))
    other.load_state_dict(one.state_dict())
    assert torch.equal(other(ROWS), one(ROWS))
    assert not list(one.parameters())
