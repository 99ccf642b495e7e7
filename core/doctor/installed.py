"""Python, packages, Debian libraries: what `make` sets up."""

from __future__ import annotations

import platform
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from core.doctor.check import Check
from core.doctor.probe import ROOT

SET_UP = "sh .ci/setup.sh run"
OLDEST_PYTHON = (3, 11)


def check_python(found: tuple[int, int] = sys.version_info[:2]) -> Check:
    """Python is new enough."""
    fact = f"Python {platform.python_version()} at {sys.executable}"
    if found < OLDEST_PYTHON:
        needed = ".".join(map(str, OLDEST_PYTHON))
        fact = f"Python {found[0]}.{found[1]} is older than {needed}"
        return Check(
            name="python",
            state="missing",
            fact=fact,
            remedy=f"make setup PYTHON=python{needed}",
        )
    return Check(name="python", state="ok", fact=fact)


def installed_version(package: str) -> str | None:
    """The version without its local part (2.13.0+cpu is 2.13.0); None where it is missing."""
    try:
        return version(package).split("+")[0]
    except PackageNotFoundError:
        return None


def check_packages(
    root: Path = ROOT, installed: Callable[[str], str | None] = installed_version
) -> Check:
    """The packages that pyproject.toml asks for are there, as constraints.txt pins them."""
    try:
        needed = _needed(root / "pyproject.toml")
        pins = _pins(root / "constraints.txt")
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        return Check(
            name="packages",
            state="missing",
            fact=f"the list of packages cannot be read ({error})",
            remedy="git checkout -- pyproject.toml constraints.txt",
        )
    found = {name: installed(name) for name in needed}
    missing = [name for name, have in found.items() if have is None]
    if missing:
        fact = f"not installed: {', '.join(missing)}"
        return Check(name="packages", state="missing", fact=fact, remedy=SET_UP)
    other = [
        f"{n} {found[n]}, not {pins[n]}" for n in needed if found[n] != pins.get(n, found[n])
    ]
    if other:
        fact = f"other versions than were tested: {'; '.join(other)}"
        return Check(name="packages", state="slow", fact=fact, remedy=SET_UP)
    return Check(name="packages", state="ok", fact=f"{len(needed)} packages as pinned")


def _needed(pyproject: Path) -> list[str]:
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    return [_plain(re.split(r"[^\w.-]", line)[0]) for line in project["dependencies"]]


def _pins(constraints: Path) -> dict[str, str]:
    lines = constraints.read_text(encoding="utf-8").split()
    pairs = (line.split("==") for line in lines if "==" in line)
    return {_plain(name): pinned for name, pinned in pairs}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def known_libraries() -> frozenset[str]:
    """The shared libraries the loader knows; empty where it cannot be asked."""
    try:
        listing = subprocess.run(
            ["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True, timeout=10
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return frozenset()
    return frozenset(line.split()[0] for line in listing.splitlines()[1:] if line.strip())


def check_libraries(root: Path = ROOT, known: frozenset[str] | None = None) -> Check:
    """The libraries of Qt and OpenGL are there (on Linux; elsewhere the wheels bring them)."""
    known = known_libraries() if known is None else known
    if not known:
        fact = "no dynamic loader to ask: libraries are taken to be there"
        return Check(name="libraries", state="ok", fact=fact)
    rows = [
        line.split()
        for line in (root / "assets" / "debian-packages.txt").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    missing = [row[1] for row in rows if row[0] == "run" and not _present(row[2], known)]
    if not missing:
        return Check(
            name="libraries", state="ok", fact="all libraries of Qt and OpenGL are there"
        )
    packages = " ".join(missing)
    return Check(
        name="libraries",
        state="missing",
        fact=f"not installed: {', '.join(missing)}",
        remedy=f"sudo apt-get install -y --no-install-recommends {packages}",
    )


def _present(sign: str, known: frozenset[str]) -> bool:
    if sign.startswith("/"):
        return any(Path("/").glob(sign.removeprefix("/")))
    return sign in known
