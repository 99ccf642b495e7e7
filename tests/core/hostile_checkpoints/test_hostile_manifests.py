"""Manifests that are broken, foreign or hostile: refused in one line, fast."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.checkpoints.manifest import parse_manifest
from core.errors import CheckpointError
from tests.checkpoint_files import forge_manifest
from tests.core.hostile_checkpoints.refusals import refusal


def change(**values: Any) -> Callable[[dict[str, Any]], object]:
    """Overwrite keys of a manifest."""

    def overwrite(manifest: dict[str, Any]) -> None:
        manifest |= values

    return overwrite


MANIFESTS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "unknown task": (change(task="pong"), "there is no task 'pong'"),
    "wrong sizes": (change(state_size=17), "its state size is 17, hopper has 11"),
    "wrong actions": (change(action_size=6), "its action size is 6, hopper has 3"),
    "newer format": (change(format_version=2), "format version 2"),
    "older format": (change(format_version=0), "format version"),
    "unknown key": (change(surprise=1), "unknown key 'surprise'"),
    "missing key": (lambda v: v.pop("task"), "has no 'task'"),
    "wrong type": (change(state_size="11"), "state_size should be a whole number"),
    "true for a number": (change(state_size=True), "state_size should be a whole number"),
    "negative scale": (change(critic_reward_scale=-1.0), "critic_reward_scale"),
    "name with a path": (change(name="../up"), "name '../up'"),
    "network with a path": (change(networks={"../up": {"kind": "policy"}}), "network '../up'"),
    "networks without files": (change(networks={"policy": {"kind": "policy"}}), "differ"),
    "network without a kind": (change(networks={"policy": {}}), "has no kind"),
    "no networks": (change(networks={}), "no networks"),
    "unknown controller": (change(tuned={"best": {}}), "no controller 'best'"),
    "absurd tuned value": (change(tuned={"adaptive": {"delta": 1e9}}), "tuned step"),
    "a list": (lambda v: v.clear(), "has no 'name'"),
    "curve of texts": (change(curves={"loss": ["1"]}), "curves: loss should be a number"),
    "bad digest": (
        lambda v: v["files"]["policy.safetensors"].update(sha256="../x"),
        "digest of 'policy.safetensors'",
    ),
}


@pytest.mark.parametrize("case", sorted(MANIFESTS))
def test_a_manifest_that_cannot_be_true_is_refused(folder: Path, case: str) -> None:
    forge, expected = MANIFESTS[case]
    forge_manifest(folder, forge)
    line = refusal(folder)
    assert expected in line
    assert "checkpoint.json" in line


TEXTS: dict[str, bytes] = {
    "a key twice": b'{"name": "a", "name": "b"}',
    "a key twice, inside": b'{"tuned": {"adaptive": {}, "adaptive": {}}}',
    "deep lists": b"[" * 100_000 + b"]" * 100_000,
    "40 levels": b'{"evaluation": ' + b"[" * 40 + b"]" * 40 + b"}",
    "NaN": b'{"critic_reward_scale": NaN}',
    "infinity": b'{"critic_reward_scale": Infinity}',
    "overflow to infinity": b'{"critic_reward_scale": 1e999}',
    "a huge integer": b'{"state_size": ' + b"9" * 100_000 + b"}",
    "a lone surrogate": b'{"name": "\\ud800"}',
    "not UTF-8": b'{"name": "\xff"}',
    "cut off": b'{"name": "a"',
    "trailing": b"{} {}",
    "a list": b"[]",
    "a number": b"1",
    "nothing": b"",
    "over 4 MiB": b'{"name": "' + b"a" * 4 * 2**20 + b'"}',
    "300,000 lists": b'{"evaluation": [' + b"[]," * 300_000 + b"[]]}",
}


@pytest.mark.parametrize("case", sorted(TEXTS))
def test_hostile_json_is_refused_fast(folder: Path, case: str) -> None:
    (folder / "checkpoint.json").write_bytes(TEXTS[case])
    start = time.process_time()
    assert "checkpoint.json" in refusal(folder)
    assert time.process_time() - start < 4


@settings(max_examples=20)
@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists))
def test_any_value_in_any_place_is_read_or_refused(original: Path, value: object) -> None:
    values = json.loads((original / "checkpoint.json").read_text())
    for key in values:
        with contextlib.suppress(CheckpointError):
            parse_manifest(json.dumps(values | {key: value}).encode(), "forged")
