"""The ensemble: doubt is disagreement between members, and nothing else."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from core.models.ensemble import DynamicsEnsemble
from tests.worlds import seeded

S, A, B, N = 4, 2, 3, 6
STATE = torch.randn(N, S, generator=seeded(1))
ACTION = torch.randn(N, A, generator=seeded(2))


def ensemble(*, equal: bool) -> DynamicsEnsemble:
    made = DynamicsEnsemble(S, A, members=B, width=8).requires_grad_(False)
    for weight in made.weights:
        weight.normal_(generator=seeded(weight.shape[1]))
        if equal:
            weight.copy_(weight[:1].expand_as(weight))
    return made


def test_equal_members_have_no_doubt() -> None:
    assert ensemble(equal=True)(STATE, ACTION).abs().max() < 1e-5
    assert (ensemble(equal=False)(STATE, ACTION) > 0.01).all()


def test_the_spread_is_the_std_over_members_and_the_root_mean_square_over_dimensions() -> None:
    made = ensemble(equal=False)
    changes = made.changes_of(STATE, ACTION)
    assert changes.shape == (B, N, S)
    by_hand = ((changes - changes.mean(0)) ** 2).sum(0) / (B - 1)
    assert torch.allclose(made(STATE, ACTION), by_hand.mean(-1).sqrt())


def test_members_that_differ_by_a_constant_have_that_spread() -> None:
    made = ensemble(equal=True)
    made.biases[-1].copy_(torch.tensor([-1.0, 0.0, 1.0])[:, None, None].expand(B, 1, S))
    assert made(STATE, ACTION).tolist() == pytest.approx([1.0] * N, rel=1e-4)


def test_each_member_may_be_given_rows_of_its_own() -> None:
    made = ensemble(equal=False)
    shared = made.changes_of(STATE, ACTION)
    own = made.changes_of(STATE.expand(B, N, S), ACTION.expand(B, N, A))
    assert torch.allclose(own, shared, atol=1e-6)


def test_the_skeleton_that_a_checkpoint_fills_is_made_without_the_compiler() -> None:
    """torch._dynamo takes seconds to import: at every start of an engine."""
    program = (
        "import sys, torch; from core.models.ensemble import DynamicsEnsemble;"
        "torch.device('meta').__enter__(); DynamicsEnsemble(4, 2);"
        "sys.exit('torch._dynamo' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=280)
