"""Parse, run one command, and turn what went wrong into one line and an exit code.

0    done                       1    the check failed
2    bad usage or bad input     130  stopped with Ctrl+C; what was finished is kept
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from core.command_line import (
    benchmark,
    checkpoints,
    collect,
    compare,
    datasets,
    doctor,
    evaluate,
    gui,
    import_,
    replay,
    repro,
    run,
    search,
    sweep,
    train,
    tune,
)
from core.command_line.output import warn
from core.command_line.parser import PROGRAM, Parser, refuse_unknown
from core.command_line.window import WindowCommands
from core.errors import CheckFailed, InputError
from core.versions import PSISCOPE

_DESCRIPTION = """See a policy change its mind: a debugger for policies that adapt
while they act. Without a command: open the window on the default checkpoint, running."""
_COMMANDS = (
    gui,
    run,
    replay,
    search,
    compare,
    repro,
    evaluate,
    datasets,
    collect,
    train,
    tune,
    sweep,
    import_,
    checkpoints,
    benchmark,
    doctor,
)
_READER_GONE = 141
_OURS = ("core.", "app.")


def dispatch(words: Sequence[str], window: WindowCommands) -> int:
    """Run the command line `words`; returns the exit code."""
    name = f"psiscope {words[0]}" if words and not words[0].startswith("-") else "psiscope"
    try:
        code = _run(list(words) or ["gui"], window)
        sys.stdout.flush()
    except BrokenPipeError:
        # The interpreter flushes stdout once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _READER_GONE
    except KeyboardInterrupt as stopped:
        warn(f"{name}: {str(stopped) or 'stopped'}")
        return 130
    except CheckFailed as error:
        warn(f"{name}: {error}")
        return 1
    except (InputError, MemoryError, OSError, RuntimeError, ModuleNotFoundError) as error:
        line = _line(error)
        if not line:
            raise
        warn(f"{name}: {line}")
        return 2
    return code


def _run(words: list[str], window: WindowCommands) -> int:
    parser, by_name = _parsers()
    try:
        arguments, unknown = parser.parse_known_args(words)
        refuse_unknown(unknown, by_name.get(arguments.command, parser))
    except SystemExit as helped:
        return int(helped.code or 0)
    code: int = arguments.execute(arguments, window)
    return code


def _parsers() -> tuple[Parser, dict[str, Parser]]:
    parser = Parser(prog=PROGRAM, description=_DESCRIPTION)
    parser.add_argument("--version", action="version", version=f"psiscope {PSISCOPE}")
    added = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for module in _COMMANDS:
        module.add_parser(added)
    return parser, dict(added.choices)


def _line(error: BaseException) -> str:
    """One line for the person; empty where the mistake is ours and a traceback is due."""
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, ModuleNotFoundError) and not f"{error.name}.".startswith(_OURS):
        return f"{error.name} is not installed: make setup, then .venv/bin/{PROGRAM}"
    if isinstance(error, OSError) and error.strerror:
        where = f" ({error.filename})" if error.filename else ""
        return f"{error.strerror.lower()}{where}: mend that and repeat the command"
    if isinstance(error, MemoryError) or "can't allocate memory" in str(error):
        return "not enough memory: use fewer --particles, --horizon or --jobs"
    return ""
