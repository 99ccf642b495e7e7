"""See that the tests notice: apply each patch beside this file to a copy; its tests must fail.

    .venv/bin/python tests/mutants/run.py [NAME ...]     all, or those whose name holds NAME

A patch is a unified diff; before it stand lines such as

    # breaks: the discount is dropped from the rewards
    # tests: tests/core/test_objective.py tests/core/test_constant_world.py::test_name

Exit codes: 0 every mutant was killed, 1 one survived or a patch is of no use, 2 bad usage.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 600.0
"""Seconds a mutant may take; one that hangs is noticed too."""
_LEFT_OUT = {"docs", "runs", "data", "scratch"}
"""Folders of the checkout that no test reads; those whose name begins with a dot too."""


class MutantError(Exception):
    """A patch is of no use, or the tests fail without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One patch."""

    path: Path
    breaks: str
    tests: tuple[str, ...]

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.path.stem


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the tests said of one mutant."""

    mutant: Mutant
    killed: bool
    said: str
    """The test that noticed, or why the patch is of no use."""
    seconds: float


def read_mutant(path: Path) -> Mutant:
    """Read a patch's header. Raises MutantError where it lacks what it breaks or its tests."""
    header: dict[str, list[str]] = {"breaks": [], "tests": []}
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        key, _, text = line.lstrip("# ").partition(":")
        if key in header:
            header[key] += text.split()
    for key, words in header.items():
        if not words:
            raise MutantError(f"{path.name} has no line '# {key}: ...' before the diff")
    return Mutant(path=path, breaks=" ".join(header["breaks"]), tests=tuple(header["tests"]))


def find_mutants(folder: Path, names: list[str]) -> list[Mutant]:
    """The patches of a folder, sorted, whose name holds one of `names` (all if none)."""
    paths = sorted(folder.glob("*.patch"))
    return [read_mutant(p) for p in paths if not names or any(name in p.stem for name in names)]


def apply(patch: Path, tree: Path, *options: str) -> str:
    """Apply a patch to a tree, exactly. Returns why it does not apply, else nothing."""
    # A tree inside a repository would make git skip files it does not track.
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(tree.parent)}
    done = subprocess.run(
        ["git", "apply", *options, str(patch)],
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr.strip().splitlines()[0] if done.returncode else ""


def run_tests(tree: Path, tests: tuple[str, ...]) -> tuple[int, str]:
    """pytest's exit code on these tests, and the first that failed (else its last line)."""
    # No bytecode: a mutant made within the same second would be mistaken for the original.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    try:
        done = subprocess.run(
            command,
            cwd=tree,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired:
        return 1, "the tests hang"
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    failed = [line.split(" - ")[0] for line in lines if line.startswith(("FAILED ", "ERROR "))]
    return done.returncode, failed[0].split()[1] if failed else "".join(lines[-1:])


def _left_out(folder: str, names: list[str]) -> list[str]:
    top = (Path(folder) / "pyproject.toml").exists()
    return [
        name
        for name in names
        if name == "__pycache__" or (top and (name.startswith(".") or name in _LEFT_OUT))
    ]


def judge(mutant: Mutant, tree: Path) -> Verdict:
    """Apply, test, and take the patch back."""
    begun = time.monotonic()
    reason = apply(mutant.path, tree)
    if reason:
        return Verdict(
            mutant=mutant, killed=False, said=f"does not apply: {reason}", seconds=0.0
        )
    try:
        code, said = run_tests(tree, mutant.tests)
    finally:
        apply(mutant.path, tree, "-R")
    if code not in {0, 1}:
        said = f"the tests could not run: {said}"
    elif code == 0:
        said = f"SURVIVED: {mutant.breaks}"
    return Verdict(mutant=mutant, killed=code == 1, said=said, seconds=time.monotonic() - begun)


def run_all(root: Path, folder: Path, names: list[str]) -> bool:
    """Judge all patches of `folder` on a copy of `root`; prints a table. True: all killed."""
    mutants = find_mutants(folder, names)
    if not mutants:
        raise MutantError(f"no patch in {folder} matches")
    with tempfile.TemporaryDirectory(prefix="psiscope-mutants-") as temporary:
        tree = Path(temporary) / "tree"
        shutil.copytree(root, tree, ignore=_left_out)
        tests = tuple(sorted({test for mutant in mutants for test in mutant.tests}))
        code, said = run_tests(tree, tests)
        if code:
            raise MutantError(f"the tests fail without any mutant: {said}")
        width = max(len(mutant.name) for mutant in mutants)
        verdicts = []
        for mutant in mutants:
            verdict = judge(mutant, tree)
            verdicts.append(verdict)
            mark = "killed  " if verdict.killed else "NOT KILLED"
            _say(f"{mutant.name:<{width}}  {mark}  {verdict.seconds:5.1f} s  {verdict.said}")
    killed = sum(verdict.killed for verdict in verdicts)
    _say(f"{killed} killed, {len(verdicts) - killed} not killed")
    return killed == len(verdicts)


def main(names: list[str]) -> int:
    """The command line."""
    if any(name.startswith("-") for name in names):
        _say(str(__doc__))
        return 2
    try:
        return 0 if run_all(ROOT, Path(__file__).parent, names) else 1
    except MutantError as error:
        _say(f"mutants: {error}")
        return 1


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
