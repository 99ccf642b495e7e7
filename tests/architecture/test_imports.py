"""What is light stays light: importing the window or the contract code brings in no torch."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.architecture.tree import ROOT, modules

HEAVY = ("torch", "gymnasium", "minari", "h5py", "scipy")
QT = ("PyQt6", "pyqtgraph")
_TELL = """
import importlib, json, sys
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
print(json.dumps([name for name in json.loads(sys.argv[2]) if name in sys.modules]))
"""


def brought_in(names: list[str], wanted: tuple[str, ...]) -> list[str]:
    """Which of `wanted` a new interpreter holds after importing the modules `names`."""
    done = subprocess.run(
        [sys.executable, "-c", _TELL, json.dumps(names), json.dumps(wanted)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    found: list[str] = json.loads(done.stdout)
    return found


def names_under(package: str) -> list[str]:
    return [module.name for module in modules() if module.name.split(".")[0] == package]


def test_the_whole_window_is_imported_without_torch() -> None:
    assert brought_in(names_under("app"), HEAVY) == []


def test_the_whole_engine_is_imported_without_qt() -> None:
    assert brought_in(names_under("core"), QT) == []


@pytest.mark.parametrize(
    "package", ["core.errors", "core.settings", "core.commands", "core.tasks", "core.traces"]
)
def test_the_contract_code_needs_neither_torch_nor_qt(package: str) -> None:
    names = [m.name for m in modules() if m.name == package or m.name.startswith(f"{package}.")]
    assert names
    assert brought_in(names, (*HEAVY, *QT)) == []


def test_the_command_line_answers_help_without_torch_or_qt() -> None:
    assert brought_in(["core.command_line.dispatch"], ("torch", *QT)) == []


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()",
         "--no-logo", "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
