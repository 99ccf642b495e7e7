"""An update rule of the user's own, on the tiny world: debugged like the built-in one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from core.adaptation.ascent import Adaptation
from core.adaptation.noise import imagination_noise
from core.adaptation.updater import UpdateAddress, refusal
from core.checkpoints.checkpoint import load
from core.session.replay import first_difference
from core.session.shelf import Shelf
from core.settings import Settings
from core.traces.trace import GradientUpdate, Proposal
from core.traces.verify import check_integrity
from core.trust import Program, Trust, TrustedCode
from tests.course import Course
from tests.runnable_checkpoint import write_runnable
from tests.tiny_world import TINY, use_tiny_world
from tests.worlds import S, small_networks

SIGN = """
def rule(policy, objective, address):
    psi = objective.psi
    after = psi + 1e-3 * objective.gradient(psi).sign()
    draw = float(address.generator().standard_normal())
    gain = objective.mean(after) - objective.mean(psi)
    return after, {"gain": gain, "draw": draw, "k": address.k, "name": "sign"}
"""


@pytest.fixture
def patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        use_tiny_world(patch)
        patch.setattr("core.session.shelf.load", load)
        yield patch


def course(folder: Path, source: str = SIGN, **settings: object) -> Course:
    (folder / "mine.py").write_text(source)
    chosen = TINY.replace(updater=f"{folder / 'mine.py'}:rule", **settings)
    checkpoint = load(write_runnable(folder / "tiny"), Trust(given=True))
    run = Course(folder / "t.trace", checkpoint, chosen)
    run.shelf.trust = checkpoint.trust
    return run


def verify(run: Course) -> None:
    assert check_integrity(run.reader) is None
    difference = first_difference(run.reader, Shelf(trust=Trust(given=True)), 0.0)
    assert difference is None, difference


@pytest.mark.usefixtures("patch")
def test_the_rule_moves_the_weights_and_its_record_is_in_the_trace(tmp_path: Path) -> None:
    run = course(tmp_path, trust_radius=None)
    run.go_to(Proposal, t=1)
    updates = [r for r in run.made() if isinstance(r, GradientUpdate)]
    facts = json.loads(updates[0].updater_record)
    assert facts["name"] == "sign"
    assert facts["gain"] == pytest.approx(updates[1].objective - updates[0].objective, abs=1e-6)
    assert updates[2].last
    assert updates[2].updater_record == ""
    weights = sum(p.numel() for p in run.session.checkpoint.policy.parameters())
    assert 0 < updates[1].drift <= 1e-3 * weights**0.5 + 1e-6
    verify(run)


@pytest.mark.usefixtures("patch")
def test_reject_redo_accept_and_fork_go_as_with_the_built_in_rule_and_replay(
    tmp_path: Path,
) -> None:
    run = course(tmp_path)
    run.go_to(Proposal, t=1)
    assert run.tell("reject").accepted
    assert run.tell("redo", settings={"ascent_steps": 3}).accepted
    run.go_to(Proposal, t=2)
    assert run.tell("fork", at=(0, 0, 1, 1), settings={"updater": ""}).accepted
    run.go_to(Proposal, t=2)
    applied = run.tell("edit", settings={"updater": f"{tmp_path / 'mine.py'}:rule"})
    assert applied.accepted
    assert "sha256" in applied.effect
    run.go(12)
    verify(run)


@pytest.mark.usefixtures("patch")
def test_the_trust_region_still_holds(tmp_path: Path) -> None:
    run = course(tmp_path, SIGN.replace("1e-3", "1.0"), trust_radius=0.01)
    proposal = run.go_to(Proposal, t=0)
    assert isinstance(proposal, Proposal)
    assert proposal.trust_factor < 1
    assert proposal.action_change <= 0.01 + 1e-6


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ("psi * float('nan'), {}", "weights that are not finite"),
        ("psi[1:], {}", "returned weights of float32"),
        ("psi.double(), {}", "returned weights of float64"),
        ("psi", "returned Tensor"),
        ("list(psi), {}", "returned list for weights"),
        ("psi, None", "is no dict"),
        ("psi, {'a': [1]}", "a in the record of mine.py:rule is list"),
        ("psi, {3: 1.0}", "has the key 3"),
        ("psi, {'a': 'x' * 201}", "a text of up to 200"),
        ("psi, {'refused': 1}", "has the key 'refused'"),
        ("psi / 0 / [], {}", "line 4: TypeError"),
        ("objective.mean(psi[1:]), {}", "ValueError: weights of shape"),
    ],
)
@pytest.mark.usefixtures("patch")
def test_what_a_rule_may_not_return_falls_back_in_one_line_and_replays(
    tmp_path: Path, returned: str, said: str
) -> None:
    head = "\ndef rule(policy, objective, address):\n    psi = objective.psi\n"
    source = f"{head}    return {returned}\n"
    run = course(tmp_path, source)
    proposal = run.go_to(Proposal, t=1)
    assert isinstance(proposal, Proposal)
    assert said in proposal.fallback
    assert "\n" not in proposal.fallback
    assert (proposal.action == proposal.frozen_action).all()
    refused = [r for r in run.made() if isinstance(r, GradientUpdate)]
    assert not refused[0].finite
    assert refusal(refused[0].updater_record) == proposal.fallback
    verify(run)


def test_the_objective_of_a_rule_is_that_of_the_ascent_and_the_copy_is_thrown_away() -> None:
    policy, critic, model, _ = small_networks()
    policy.requires_grad_(False)
    subject = Adaptation(pretrained=policy, model=model, critic=critic, discount=0.99)
    seen = {}

    def rule(copied, objective, address):  # type: ignore[no-untyped-def]
        psi = objective.psi
        moved = psi + 1e-3
        seen["moved"] = objective(moved)
        seen["far"] = objective.gradient(moved)
        seen["near"] = objective.gradient(psi)
        seen["action"] = objective.action(psi)
        seen["address"] = address
        for weight in copied.parameters():
            weight.data.zero_()
        return moved, {}

    code = TrustedCode(kind="updater", reference="mine.py:rule", sha256="")
    subject.updater = Program(code=code, function=rule)
    settings = Settings(ascent_steps=1, trust_radius=None)
    noise = imagination_noise(settings, S, seed=3, episode=0, t=0)
    here = UpdateAddress(seed=3, episode=2, t=5)
    first, last = subject.updates(torch.full((1, S), 0.3), noise, settings, address=here)
    assert torch.equal(last.psi, first.psi + 1e-3)
    assert torch.allclose(seen["moved"], last.objectives)
    assert torch.equal(seen["near"], first.gradient)
    assert torch.equal(seen["action"], first.action[0])
    assert not torch.equal(seen["near"], seen["far"])
    assert seen["address"] == UpdateAddress(seed=3, episode=2, t=5, k=0)
