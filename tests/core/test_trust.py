"""Programs of the user: nothing runs unasked; what ran is known; what failed is one line."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from core.errors import InputError, SettingsError
from core.settings import Settings
from core.trust import Trust, absolute, digest, parse_reference

MARKS = """from pathlib import Path
Path({mark!r}).write_text('ran')
def rule(*given):
    {body}
"""


def program(folder: Path, body: str = "return given") -> str:
    """A file that leaves a mark when it is imported; the reference of its function."""
    path = folder / "mine.py"
    path.write_text(MARKS.format(mark=str(folder / "mark"), body=body))
    return f"{path}:rule"


def test_without_trust_nothing_is_imported_and_the_line_names_program_and_flag(
    tmp_path: Path,
) -> None:
    reference = program(tmp_path)
    with pytest.raises(InputError) as refused:
        Trust().load("updater", reference)
    assert reference in str(refused.value)
    assert "add --trust-code" in str(refused.value)
    assert not (tmp_path / "mark").exists()


def test_what_ran_is_known_by_the_digest_of_its_source(tmp_path: Path) -> None:
    reference = program(tmp_path)
    found = Trust(given=True).load("updater", reference)
    source = (tmp_path / "mine.py").read_bytes()
    assert found(1, 2) == (1, 2)
    assert (tmp_path / "mark").exists()
    assert found.code.sha256 == hashlib.sha256(source).hexdigest() == digest(reference)


def test_a_process_reads_a_program_once(tmp_path: Path) -> None:
    trust, reference = Trust(given=True), program(tmp_path)
    first = trust.load("updater", reference)
    program(tmp_path, "return None")
    assert trust.load("updater", reference) is first
    assert digest(reference) != first.code.sha256


def test_a_program_moved_to_the_current_folder_is_found_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert Trust(given=True).load("updater", "/elsewhere/mine.py:rule")(3) == (3,)


def test_a_function_of_an_installed_module_is_found() -> None:
    assert Trust(given=True).load("policy", "json:dumps")([1]) == json.dumps([1])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise ValueError('no\\n luck')", "mine.py:rule, line 4: ValueError: no luck"),
        ("import sys; sys.exit(3)", "mine.py:rule, line 4: SystemExit: 3"),
        (
            "raise ValueError(object())",
            "mine.py:rule, line 4: ValueError: <object object at 0x..>",
        ),
    ],
)
def test_what_a_program_raises_is_one_line_with_file_line_and_error(
    tmp_path: Path, body: str, said: str
) -> None:
    found = Trust(given=True).load("updater", program(tmp_path, body))
    with pytest.raises(InputError) as refused:
        found()
    assert refused.value.fact == said
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("base", ["BaseException", "SyntaxError", "SystemExit"])
def test_an_error_that_fails_to_tell_itself_is_one_line_too(tmp_path: Path, base: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        f"class Odd({base}):\n"
        "    msg = property(lambda self: 1 / 0)\n"
        "    def __str__(self): raise ValueError\n"
        "def rule(): raise Odd\n"
    )
    found = Trust(given=True).load("updater", f"{path}:rule")
    with pytest.raises(InputError) as refused:
        found()
    assert refused.value.fact == "mine.py:rule, line 4: Odd"


def test_the_line_is_that_of_the_module_and_not_of_a_package_it_uses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "own_rules.py").write_text("import numpy\ndef rule():\n    numpy.flaot\n")
    (tmp_path / "own_package").mkdir()
    (tmp_path / "own_package" / "__init__.py").write_text("def rule():\n    1 / 0\n")
    (tmp_path / "own_broken.py").write_text("\nimport numpy\nnumpy.flaot\n")
    trust = Trust(given=True)
    for reference, said in (
        ("own_rules:rule", "own_rules:rule, line 3: AttributeError"),
        ("own_package:rule", "own_package:rule, line 2: ZeroDivisionError"),
        ("own_broken:rule", "own_broken:rule, line 3: AttributeError"),
    ):
        with pytest.raises(InputError) as refused:
            trust.load("updater", reference)()
        assert refused.value.fact.startswith(said)


def test_a_module_that_fails_as_its_names_are_asked_for_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def __getattr__(name):\n    return 1 / 0\n")
    with pytest.raises(InputError, match="line 2: ZeroDivisionError"):
        Trust(given=True).load("updater", f"{tmp_path}/mine.py:rule")


def test_ctrl_c_in_a_program_is_ctrl_c(tmp_path: Path) -> None:
    found = Trust(given=True).load("updater", program(tmp_path, "raise KeyboardInterrupt"))
    with pytest.raises(KeyboardInterrupt):
        found()


def test_what_a_program_prints_stays_out_of_stdout(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Trust(given=True).load("updater", program(tmp_path, "print('hello')"))()
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "hello\n")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def rule(:\n", "line 1: SyntaxError"),
        ("1 / 0\n", "line 1: ZeroDivisionError"),
        ("rules = 1\n", "has no function rule"),
        ("#" * (2**20 + 1), "is over 1 MiB"),
        (None, "is not there"),
    ],
)
def test_a_file_that_is_no_program_is_refused_in_one_line(
    tmp_path: Path, source: str | None, said: str
) -> None:
    path = tmp_path / "mine.py"
    if source is not None:
        path.write_text(source)
    with pytest.raises(InputError, match=said) as refused:
        Trust(given=True).load("updater", f"{path}:rule")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "text", ["mine", "mine.py:", ":rule", "a b:rule", "x\n.py:rule", "é:r"]
)
def test_what_names_no_function_is_no_setting(text: str) -> None:
    with pytest.raises(SettingsError):
        Settings(updater=text)


def test_a_reference_is_made_to_hold_in_every_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert absolute("mine.py:rule") == f"{tmp_path.as_posix()}/mine.py:rule"
    assert absolute("package.module:rule") == "package.module:rule"
    assert parse_reference("/a/b/mine.py:Rule.new").short == "mine.py:Rule.new"
