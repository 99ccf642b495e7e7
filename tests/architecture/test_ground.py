"""The ground that everything stands on: pins, set-up, documents."""

from __future__ import annotations

import re
import subprocess
import tomllib
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.architecture.tree import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NEEDED = [Requirement(r) for r in PROJECT["dependencies"]]
NEEDED_TO_WORK = [Requirement(r) for r in PROJECT["optional-dependencies"]["dev"]]
PINS = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().split())
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
TARGETS = ["run", "test", "test-all", "check", "mutants", "screenshots", "doctor", "clean"]


@pytest.mark.parametrize("requirement", NEEDED + NEEDED_TO_WORK, ids=lambda r: r.name)
def test_every_package_is_pinned_to_a_version_it_may_have(requirement: Requirement) -> None:
    pins = {canonicalize_name(name): version for name, version in PINS.items()}
    assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)])


def test_pins_name_no_build_of_one_machine() -> None:
    assert [name for name, version in PINS.items() if Version(version).local] == []


def test_the_test_command_of_the_readme_is_what_the_build_machine_runs() -> None:
    commands = (ROOT / ".ci" / "run").read_text().splitlines()
    assert commands[-1] == "make test"
    assert "    make test" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("target", TARGETS)
def test_make_tells_what_it_can_make(target: str) -> None:
    listing = subprocess.run(
        ["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert f"make {target} " in listing


def test_a_set_up_for_an_unknown_purpose_is_refused_in_one_line() -> None:
    done = subprocess.run(
        ["sh", ".ci/setup.sh", "fly"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "set-up: use: sh .ci/setup.sh run|test\n"


def test_the_list_of_debian_packages_has_a_use_a_name_and_a_sign_in_each_row() -> None:
    lines = (ROOT / "assets" / "debian-packages.txt").read_text().splitlines()
    rows = [line.split() for line in lines if not line.startswith("#")]
    assert all(len(row) == 3 and row[0] in {"run", "test"} for row in rows)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_link_in_a_document_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_what_comes_along_with_a_package_is_pinned_too() -> None:
    """By constraints.txt, or to one version by the package that asks for it."""
    pinned = {canonicalize_name(name) for name in PINS}
    loose, asked, seen = set(), [*NEEDED, *NEEDED_TO_WORK], set()
    while asked:
        parent = asked.pop()
        key = (parent.name, frozenset(parent.extras))
        for line in () if key in seen else distribution(parent.name).requires or ():
            needs, extras = Requirement(line), {"", *parent.extras}
            if needs.marker and not any(needs.marker.evaluate({"extra": e}) for e in extras):
                continue
            asked.append(needs)
            exact = [s.operator for s in needs.specifier] == ["=="]
            if canonicalize_name(needs.name) not in pinned and not exact:
                loose.add(needs.name)
        seen.add(key)
    assert loose == set()
