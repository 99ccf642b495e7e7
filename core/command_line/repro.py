"""`repro`: one moment of a trace as a folder that makes it again."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.command_line.output import progress, say, say_json
from core.command_line.parser import add_command
from core.command_line.window import WindowCommands

if TYPE_CHECKING:
    from core.repro.write import Written

_LARGEST = 2**62


def add_parser(commands: Any) -> None:
    """Describe the command."""
    parser = add_command(
        commands,
        "repro",
        execute,
        help="write one moment as a folder that a test and `replay --verify` make again",
        example="python main.py repro t.trace --at 0,0,40,1 --output fall\n"
        "  python -m pytest fall",
    )
    parser.add_argument("trace", type=Path, metavar="TRACE")
    parser.add_argument(
        "--at",
        type=address,
        required=True,
        metavar="BRANCH,EPISODE,T,K",
        help="environment step T and gradient update K, in an episode of a branch",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="a new folder; default: repro-TASK-bBRANCH-eEPISODE-tT-kK here",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def address(text: str) -> tuple[int, ...]:
    """A converter for branch,episode,t,k."""
    words = text.split(",")
    numbers = [int(word) if _is_count(word) else -1 for word in words]
    if len(numbers) != 4 or min(numbers) < 0:
        raise argparse.ArgumentTypeError(
            f"{text!r:.80} is not an address BRANCH,EPISODE,T,K of whole numbers, as 0,0,40,1"
        )
    return tuple(numbers)


def execute(arguments: argparse.Namespace, _window: WindowCommands) -> int:
    """Write the folder and say what is in it."""
    from core.traces.origin import check_own
    from core.traces.reader import TraceReader
    from core.traces.task import task_of

    with TraceReader(arguments.trace) as reader:
        check_own(reader.started())
        task = task_of(reader.started()).name
    branch, episode, t, k = arguments.at
    # After the trace was found sound: this imports torch.
    from core.repro.write import write_repro

    output = arguments.output or Path(f"repro-{task}-b{branch}-e{episode}-t{t}-k{k}")
    with progress(1, "records") as bar:

        def note(done: int, of: int) -> None:
            bar.total = of
            bar.update(done - bar.n)

        written = write_repro(arguments.trace, arguments.at, output, note)
    if arguments.json:
        say_json(_values(written))
    else:
        say(_text(written))
    return 0


def _values(written: Written) -> dict[str, Any]:
    document = written.document
    return {
        "folder": str(written.folder),
        "task": document.task,
        "branch": document.branch,
        "episode": document.episode,
        "t": document.t,
        "k": document.k,
        "checkpoint": document.path[-1].checkpoint.name,
        "checkpoint_digest": document.path[-1].checkpoint.digest,
        "records": document.records,
        "bytes": written.size,
    }


def _text(written: Written) -> str:
    """The same for people."""
    document, folder = written.document, written.folder
    return (
        f"{folder}: {document.task}, branch {document.branch}, episode {document.episode}, "
        f"t = {document.t}, k = {document.k}; {document.records} records, "
        f"{written.size / 1e6:.1f} MB\n"
        f"make it again: python -m pytest {folder}"
    )


def _is_count(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) < 20 and int(word) < _LARGEST
