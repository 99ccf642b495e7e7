"""The mutants' runner tells killed from surviving, and a useless patch from both."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutants.run import MutantError, apply, find_mutants, read_mutant, run_all

PATCH = """{header}
--- a/core/double.py
+++ b/core/double.py
@@ -1,2 +1,2 @@
 def double(x):
-    {old}
+    {new}
"""
HEADER = "# breaks: doubling\n# tests: tests/test_double.py"
FOLDER = Path(__file__).parent


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with one function and its test."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    for name in ("core", "tests", "patches"):
        (tmp_path / name).mkdir()
    (tmp_path / "core" / "double.py").write_text("def double(x):\n    return 2 * x\n")
    (tmp_path / "tests" / "test_double.py").write_text(
        "from core.double import double\n\ndef test_double():\n    assert double(3) == 6\n"
    )
    (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\npythonpath = ["."]\n')
    return tmp_path


def patch(
    project: Path, name: str, *, new: str, old: str = "return 2 * x", header: str = HEADER
) -> None:
    text = PATCH.format(header=header, old=old, new=new)
    (project / "patches" / f"{name}.patch").write_text(text)


def test_a_mutant_that_the_tests_notice_is_killed(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    patch(project, "sign", new="return -2 * x")
    assert run_all(project, project / "patches", [])
    printed = capsys.readouterr().out
    assert "tests/test_double.py::test_double" in printed
    assert printed.endswith("1 killed, 0 not killed\n")


def test_a_mutant_that_nobody_notices_fails_the_run_and_the_next_starts_from_the_original(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    patch(project, "a-order", new="return x * 2")
    patch(project, "b-sign", new="return -2 * x")
    assert not run_all(project, project / "patches", [])
    printed = capsys.readouterr().out
    assert "SURVIVED: doubling" in printed
    assert printed.endswith("1 killed, 1 not killed\n")


def test_a_patch_that_no_longer_applies_fails_the_run(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    patch(project, "old", old="return x + x", new="return x")
    assert not run_all(project, project / "patches", [])
    assert "does not apply" in capsys.readouterr().out


def test_a_mutant_that_cannot_even_be_imported_is_of_no_use(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    patch(project, "syntax", new="return (")
    assert not run_all(project, project / "patches", [])
    assert "the tests could not run" in capsys.readouterr().out


def test_tests_that_fail_without_a_mutant_prove_nothing(project: Path) -> None:
    patch(project, "sign", new="return -2 * x")
    (project / "tests" / "test_double.py").write_text("def test_double():\n    assert False\n")
    with pytest.raises(MutantError, match="fail without any mutant"):
        run_all(project, project / "patches", [])


def test_a_folder_without_a_matching_patch_is_refused(project: Path) -> None:
    patch(project, "sign", new="return -2 * x")
    with pytest.raises(MutantError, match="no patch"):
        run_all(project, project / "patches", ["discount"])


@pytest.mark.parametrize("header", ["", "# breaks: doubling", "# tests: tests/test_double.py"])
def test_a_patch_says_what_it_breaks_and_who_should_notice(project: Path, header: str) -> None:
    patch(project, "silent", new="return x", header=header)
    with pytest.raises(MutantError, match="has no line"):
        read_mutant(project / "patches" / "silent.patch")


@pytest.mark.parametrize("mutant", find_mutants(FOLDER, []), ids=lambda mutant: mutant.name)
def test_every_patch_applies_and_names_tests_that_exist(mutant) -> None:
    root = FOLDER.parents[1]
    assert apply(mutant.path, root, "--check") == ""
    missing = [test for test in mutant.tests if not (root / test.split("::")[0]).is_file()]
    assert missing == []
