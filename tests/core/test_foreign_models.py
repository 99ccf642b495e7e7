"""Policies, critics and world models of the user's: imported, refused with the reason."""

from __future__ import annotations

import json
import struct
import time
import zipfile
from pathlib import Path

import pytest

from core.checkpoints.catalogue import find_checkpoint, read_manifest
from core.checkpoints.checkpoint import load
from core.checkpoints.import_sources import Sources
from core.checkpoints.importing import import_checkpoint
from core.checkpoints.manifest import Manifest
from core.errors import InputError
from core.models.foreign import ForeignPolicy
from core.settings import Settings
from core.tasks import find_task
from core.trust import UNTRUSTED, Trust
from tests.own_code import write_programs
from tests.runnable_checkpoint import write_runnable

HOPPER = find_task("hopper")
FILES = Path(__file__).parent / "foreign_models"
HEAD = """import torch
from torch import nn
class Two(nn.Module):
    def __init__(self, body):
        super().__init__()
        self.inside, self.idle, self.body = nn.Linear(11, 3), nn.Linear(1, 1), body
        self.idle.requires_grad_(False)
        nn.init.constant_(self.inside.weight, 0.1)
        nn.init.constant_(self.inside.bias, 0.1)
    def forward(self, s):
        return self.body(self.inside, s)
"""
RESIZED = (
    "lambda task, n=iter((2, 3)): nn.Sequential(nn.Linear(11, 3), nn.Tanh(),"
    " *(nn.Linear(3, 3) for _ in range(next(n))), nn.Tanh())"
)
DRAWN = """lambda task: Drawn()
AT = torch.rand(())
class Drawn:
    next_state = staticmethod(lambda s, a, noise: s + a.sum(1, keepdim=True))
    reward = staticmethod(lambda s, a, following: s[:, 0])
    alive = staticmethod(lambda s: torch.sigmoid(s[:, 0] - AT))
"""
CRITIC = "lambda task: lambda s, a, f=nn.Linear(14, 1): f(torch.cat([s, a], 1))[:, 0]"


def bring(
    folder: Path, *, trust: Trust | None = None, base: bool = True, **sources: str
) -> Manifest:
    """Import into folder/mine, what is missing from a small checkpoint."""
    named = str(write_runnable(folder / "small")) if base else None
    return import_checkpoint(
        HOPPER,
        Sources(**sources),
        base=named,
        output=folder / "mine",
        trust=Trust(given=True) if trust is None else trust,
    )


def test_a_checkpoint_of_functions_loads_where_trusted_and_says_what_ran(
    tmp_path: Path,
) -> None:
    write_programs(tmp_path)
    roles = {
        role: f"{tmp_path}/models.py:{role}" for role in ("policy", "critic", "world_model")
    }
    bring(tmp_path, base=False, **roles)
    with pytest.raises(InputError, match="add --trust-code"):
        load(tmp_path / "mine")
    checkpoint = load(tmp_path / "mine", Trust(given=True))
    assert {code.kind: code.reference for code in checkpoint.programs} == roles
    assert checkpoint.dynamics is checkpoint.ensemble is checkpoint.reward is None
    assert list(checkpoint.policy.layers()) == ["0", "2"]
    assert not any(weight.requires_grad for weight in checkpoint.policy.parameters())
    model = checkpoint.world_model(Settings(survival="off"))
    state = checkpoint.policy.module[0].weight.new_zeros(2, 11)
    assert model.alive(state).tolist() == [1, 1]
    smooth = checkpoint.world_model(Settings(survival="smooth"))
    assert max(smooth.alive(state).tolist()) < 1e-3


def test_a_function_that_changed_since_is_refused(tmp_path: Path) -> None:
    write_programs(tmp_path)
    bring(tmp_path, critic=f"{tmp_path}/models.py:critic")
    (tmp_path / "models.py").write_text("critic = print")
    with pytest.raises(InputError, match="another program than when it was imported"):
        load(tmp_path / "mine", Trust(given=True))


def test_without_trust_nothing_is_imported_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "evil.py").write_text(f"open({str(tmp_path / 'mark')!r}, 'w')")
    for source in (f"{tmp_path}/evil.py:policy", str(FILES / "dynamic.pt2")):
        with pytest.raises(InputError, match="add --trust-code"):
            bring(tmp_path, trust=UNTRUSTED, policy=source)
    assert not (tmp_path / "mark").exists()
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("3 * torch.ones(len(s), 3) * f(s)", "actions up to"),
        ("torch.tanh(f(s))[:, :2]", r"gives \(1, 2\) for 1 states"),
        ("torch.tanh(f(s)).double()", "gives torch.float64"),
        ("torch.tanh(f(s)).detach()", "not differentiable in its weights"),
        ("torch.tanh(f(s)) * float('nan')", "not finite"),
        ("torch.tanh(f(s.view(4, 11)))", "does not take a batch of 1"),
        ("torch.tanh(f(s))", "has no part in the action"),
        ("'hello'", "gives str"),
    ],
)
def test_a_policy_that_cannot_be_adapted_is_refused_with_the_reason(
    tmp_path: Path, body: str, said: str
) -> None:
    (tmp_path / "p.py").write_text(
        f"{HEAD}\ndef policy(task):\n    return Two(lambda f, s: {body})"
    )
    with pytest.raises(InputError, match=said) as refused:
        bring(tmp_path, policy=f"{tmp_path}/p.py:policy")
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize(
    ("role", "source", "said"),
    [
        ("policy", "lambda task: 3", "gives a int: return a torch.nn.Module"),
        ("policy", "lambda task: nn.Sequential(nn.Linear(11, 3), nn.Tanh())", "other weights"),
        ("policy", RESIZED, "other weights"),
        ("policy", "lambda task: nn.Tanh()", "has no weights"),
        ("critic", CRITIC, "gives other values each time: load its weights from a file"),
        ("critic", "lambda task: lambda s, a: s[:, :1]", r"gives \(1, 1\)"),
        ("critic", "lambda task: lambda s, a: s[:, 0]", "not differentiable in the action"),
        ("world_model", "lambda task: nn.Tanh()", "next_state, reward and alive"),
        ("world_model", DRAWN, "gives other values each time"),
    ],
)
def test_what_is_not_the_part_it_should_be_is_refused(
    tmp_path: Path, role: str, source: str, said: str
) -> None:
    (tmp_path / "p.py").write_text(f"{HEAD}\nmake = {source}")
    with pytest.raises(InputError, match=said):
        bring(tmp_path, **{role: f"{tmp_path}/p.py:make"})


def test_what_is_missing_is_named_with_its_flag(tmp_path: Path) -> None:
    write_programs(tmp_path)
    with pytest.raises(InputError, match="there is no critic: give --critic"):
        bring(tmp_path, base=False, policy=f"{tmp_path}/models.py:policy")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_file_of_torch_export_becomes_the_policy_and_a_static_one_is_refused(
    tmp_path: Path,
) -> None:
    bring(tmp_path, policy=str(FILES / "dynamic.pt2"))
    checkpoint = load(tmp_path / "mine", Trust(given=True))
    assert isinstance(checkpoint.policy, ForeignPolicy)
    assert list(checkpoint.policy.layers()) == ["net.0", "net.2"]
    with pytest.raises(InputError, match=r"takes a batch of 4 alone.*dynamic batch"):
        bring(tmp_path, policy=str(FILES / "static.pt2"))


def changed(target: Path, entry: str, content: bytes) -> None:
    """dynamic.pt2 with one entry replaced or added."""
    with zipfile.ZipFile(FILES / "dynamic.pt2") as old, zipfile.ZipFile(target, "w") as new:
        kept = {e.filename: old.read(e) for e in old.infolist()} | {entry: content}
        for name, value in kept.items():
            new.writestr(name, value)


def hostile(folder: Path) -> dict[str, Path]:
    """Files that claim to be programs, by what is said of them."""
    target = {name: folder / f"{name}.pt2" for name in "abcdfg"}
    target["a"].write_bytes(b"PK\x03\x04 nothing")
    with zipfile.ZipFile(target["b"], "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("p/models/model.json", b" " * (70 * 2**20))
    content = bytearray((FILES / "dynamic.pt2").read_bytes())
    at = content.rfind(b"PK\x01\x02")
    content[at + 20 : at + 28] = struct.pack("<II", 2**32 - 2, 2**32 - 2)
    target["c"].write_bytes(content)
    with zipfile.ZipFile(target["d"], "w") as empty:
        empty.writestr("p/readme", b"hello")
    config = json.dumps({"config": {"w": {"use_pickle": True}}}).encode()
    changed(target["f"], "p/data/weights/model_weights_config.json", config)
    changed(target["g"], "p/data/constants/custom_obj_0", b"\x80\x04.")
    return {
        "is not a zip archive": target["a"],
        "is packed": target["b"],
        "claims more than 64 MiB": target["c"],
        "is no program of torch.export": target["d"],
        "holds pickled objects": target["f"],
        "more than a graph and tensors": target["g"],
    }


def test_a_hostile_file_is_refused_in_one_line_before_anything_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.export.load", lambda *_: pytest.fail("it was loaded"))
    for said, path in hostile(tmp_path).items():
        began = time.process_time()
        with pytest.raises(InputError, match=said) as refused:
            bring(tmp_path, policy=str(path))
        assert "\n" not in str(refused.value)
        assert time.process_time() - began < 2


def test_what_is_told_of_the_data_stays_with_the_world_model(tmp_path: Path) -> None:
    (tmp_path / "p.py").write_text(
        "import torch\nfrom torch import nn\ndef policy(task):\n    torch.manual_seed(0)\n"
        "    return nn.Sequential(nn.Linear(29, 8), nn.Tanh())\n"
    )
    old = read_manifest(find_checkpoint("antmaze-umaze"))
    found = import_checkpoint(
        find_task("antmaze-umaze"),
        Sources(policy=f"{tmp_path}/p.py:policy"),
        base="antmaze-umaze",
        output=tmp_path / "mine",
        trust=Trust(given=True),
    )
    assert old.data_density
    assert (found.dataset, found.data_density) == (old.dataset, old.data_density)
