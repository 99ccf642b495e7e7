"""Errors for people: what happened, what to do, the facts as attributes.

PsiscopeError
+-- InputError           a user's mistake or a foreign file: one line, exit code 2
|   +-- SettingsError    a setting is out of range or contradicts another
|   +-- DataError        a data set cannot be used
|   +-- CheckpointError  a checkpoint is missing, broken, foreign or oversized
|   +-- TraceError       a trace is missing, broken or foreign
|   +-- ..               of one place each: UsageError, ExpressionError, ProgramError
+-- CheckFailed          a check was carried out and did not hold: exit code 1
+-- Interrupted          Ctrl+C during a training (core.pretraining.loop): exit code 130
"""

from __future__ import annotations

LONGEST = 600
"""Characters of a fact, and of a remedy."""


class PsiscopeError(Exception):
    """Base of all errors raised on purpose. ``str(error)`` is one line: fact, then remedy.

    Both may quote a stranger's file: they are cut to LONGEST characters, and what no terminal
    should be sent is escaped.
    """

    def __init__(self, fact: str, remedy: str = "") -> None:
        self.fact, self.remedy = _one_line(fact), _one_line(remedy)
        super().__init__(f"{self.fact}: {self.remedy}" if self.remedy else self.fact)


def _one_line(text: str) -> str:
    line = escaped(" ".join(text[: 2 * LONGEST].split()))
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


def escaped(text: str, *, keep: str = "") -> str:
    """The same with what no terminal should be sent escaped (\\x1b); `keep` is let through."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text
    )


class InputError(PsiscopeError):
    """Input from outside cannot be used. The command line prints it and exits with 2."""


class SettingsError(InputError):
    """A setting is out of range or contradicts another."""


class DataError(InputError):
    """A data set is missing, empty, foreign or of another shape."""


class CheckpointError(InputError):
    """A checkpoint is missing, broken, foreign or oversized."""


class TraceError(InputError):
    """A trace is missing, broken or foreign."""


class CheckFailed(PsiscopeError):
    """A check ran and did not hold. The command line prints it and exits with 1."""
