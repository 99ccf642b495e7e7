"""What an error says is one printable line of bounded length, whatever it quotes."""

from __future__ import annotations

import pytest

from core.command_line.output import say, warn
from core.errors import LONGEST, CheckFailed, InputError, PsiscopeError, SettingsError
from core.settings import Settings


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        ("two\nlines  and\ttabs", "two lines and tabs"),
        ("\x1b[2J\x07 \u202e \ud800 \x00", r"\x1b[2J\x07 \u202e \ud800 \x00"),
        ("Käfer, 雪, π, a–b", "Käfer, 雪, π, a–b"),
        ("x" * 10**6, "x" * LONGEST + "…"),
        ("x" * LONGEST, "x" * LONGEST),
        ("\x1b" * 10**6, r"\x1b" * (LONGEST // 4) + "…"),
        ("", ""),
    ],
)
@pytest.mark.parametrize("kind", [PsiscopeError, InputError, CheckFailed])
def test_fact_and_remedy_are_one_printable_line(
    kind: type[PsiscopeError], fact: str, said: str
) -> None:
    error = kind(fact, fact)
    assert (error.fact, error.remedy) == (said, said)
    assert str(error) == (f"{said}: {said}" if said else "")
    assert str(error).isprintable()


def test_what_is_printed_moves_no_terminal_but_has_its_lines(
    capsys: pytest.CaptureFixture[str],
) -> None:
    say("a\nb\x1b[2J\ud800 ±")
    warn("a\nb\x1b[2J")
    printed = capsys.readouterr()
    assert printed.out == "a\nb\\x1b[2J\\ud800 ±\n"
    assert printed.err == "a b\\x1b[2J\n"


@pytest.mark.parametrize("value", ["a" * 10**5, [1] * 10**5, "\x1b[2J", 10**300, None])
def test_a_strange_setting_is_told_of_in_one_short_line(value: object) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings().replace(horizon=value)
    assert len(str(refused.value)) < 2 * LONGEST
    assert str(refused.value).isprintable()
