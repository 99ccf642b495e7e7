"""Programs that users bring: what they are called, whether they may run, what ran.

A program is named `FILE.py:FUNCTION` or `MODULE:FUNCTION`. It runs with all rights of the user,
so it runs only where the user said so (`--trust-code`); what ran is known by its digest.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from core.errors import InputError

LONGEST_REFERENCE = 1024
LARGEST_SOURCE = 2**20
"""Bytes of one source file."""
LONGEST_LINE = 300
"""Letters of what is said of a program that failed."""
FLAG = "--trust-code"

_FUNCTION = r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"
_REFERENCE = re.compile(
    rf"(?P<source>[^\x00-\x1f\x7f:][^\x00-\x1f\x7f]*):(?P<function>{_FUNCTION})"
)
_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}")


class ProgramError(InputError):
    """A program that a user brought failed, or gave what cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A function in a file or in a module."""

    source: str
    """Path of a file that ends in .py, or a dotted module."""
    function: str

    @property
    def is_file(self) -> bool:
        """Whether the source is a path."""
        return self.source.endswith(".py")

    @property
    def short(self) -> str:
        """Without the folder."""
        return f"{Path(self.source).name if self.is_file else self.source}:{self.function}"

    def __str__(self) -> str:
        return f"{self.source}:{self.function}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedCode:
    """What ran, as a trace records it."""

    kind: str
    """updater, policy, critic or world_model."""
    reference: str
    """As it was named: a function, or a file inside the checkpoint."""
    sha256: str
    """Of the source file, hexadecimal."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Program:
    """A function of the user, loaded."""

    code: TrustedCode
    function: Callable[..., Any]

    def __call__(self, *arguments: Any) -> Any:
        """Call it. Raises ProgramError naming file, line and error, whatever it raises."""
        with guarded(parse_reference(self.code.reference)):
            return self.function(*arguments)


class Trust:
    """Whether programs may run in this process, and those that do, each read once."""

    def __init__(self, *, given: bool = False) -> None:
        self.given = given
        self._programs: dict[str, Program] = {}

    def load(self, kind: str, text: str) -> Program:
        """The function of that name. InputError where it may not run or cannot be found."""
        if text not in self._programs:
            reference = parse_reference(text)
            self.ask(kind, text)
            self._programs[text] = _load(kind, reference)
        return self._programs[text]

    def ask(self, kind: str, name: str) -> None:
        """Raise InputError where programs may not run."""
        if not self.given:
            what = "update rule" if kind == "updater" else kind.replace("_", " ")
            raise InputError(
                f"the {what} {name} is a program, it would run with all your rights",
                f"add {FLAG} if you trust it",
            )


UNTRUSTED = Trust()
"""Nothing may run."""


def parse_reference(text: str) -> Reference:
    """Read `FILE.py:FUNCTION` or `MODULE:FUNCTION`; nothing is looked for. InputError."""
    found = _REFERENCE.fullmatch(text) if len(text) <= LONGEST_REFERENCE else None
    source = found["source"] if found else ""
    if found is None or not (source.endswith(".py") or _MODULE.fullmatch(source)):
        raise InputError(
            f"{text!r:.80} names no function", "write FILE.py:FUNCTION or MODULE:FUNCTION"
        )
    return Reference(source=source, function=found["function"])


def absolute(text: str) -> str:
    """The reference with the whole path of its file, so that it holds in every folder."""
    reference = parse_reference(text)
    if not reference.is_file:
        return str(reference)
    path = Path(reference.source).expanduser().absolute()
    return f"{path.as_posix()}:{reference.function}"


def code_json(codes: tuple[TrustedCode, ...]) -> str:
    """A canonical JSON list."""
    return json.dumps([asdict(code) for code in codes], sort_keys=True, separators=(",", ":"))


def digest(text: str) -> str:
    """SHA-256 of the source file as it is now; empty where it is not here.

    Runs nothing but, for a module of a package, the package.
    """
    reference = parse_reference(text)
    try:
        return hashlib.sha256(_read(_find(reference), reference)).hexdigest()
    except InputError:
        return ""


@contextlib.contextmanager
def guarded(reference: Reference) -> Iterator[None]:
    """What a program raises becomes one line; what it prints goes to stderr.

    The engine speaks on stdout, and so does `--json`.
    """
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    except (InputError, KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # noqa: BLE001 - a program may raise anything
        raise ProgramError(_line(reference, error), "mend the file, then start again") from None


def _line(reference: Reference, error: BaseException) -> str:
    """File, line and error; no memory address, which differs from run to run."""
    if isinstance(error, SyntaxError) and error.filename == reference.source:
        line = error.lineno
    else:
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame.lineno for frame in frames if _is_of(reference, frame.filename)]
        line = own[-1] if own else None
    words = " ".join(_text(error).split())
    said = f"{type(error).__name__}: {_ADDRESS.sub('0x..', words)}".removesuffix(": ")
    place = "" if line is None else f", line {line}"
    return f"{reference.short}{place}: {said}"[:LONGEST_LINE]


def _text(error: BaseException) -> str:
    try:
        return str(error.msg if isinstance(error, SyntaxError) else error)
    except Exception:  # noqa: BLE001 - an error of the program's own may fail to tell itself
        return ""


def _is_of(reference: Reference, filename: str) -> bool:
    if reference.is_file:
        return filename == reference.source
    module = reference.source.replace(".", "/")
    return f"/{Path(filename).as_posix()}".endswith((f"/{module}.py", f"/{module}/__init__.py"))


def _load(kind: str, reference: Reference) -> Program:
    path = _find(reference)
    source = _read(path, reference)
    sha256 = hashlib.sha256(source).hexdigest()
    if reference.is_file:
        # Frames are told by the file that the reference names, wherever the code was found.
        module = _module_of(source, reference.source, f"psiscope_code_{sha256[:16]}", reference)
    else:
        with guarded(reference):
            module = importlib.import_module(reference.source)
    function: Any = module
    # A module may make its names as they are asked for.
    with guarded(reference):
        for name in reference.function.split("."):
            function = getattr(function, name, None)
    if not callable(function):
        raise InputError(
            f"{reference.source} has no function {reference.function}", "name one that it has"
        )
    code = TrustedCode(kind=kind, reference=str(reference), sha256=sha256)
    return Program(code=code, function=function)


class _Source(importlib.abc.InspectLoader):
    """Executes exactly the bytes whose digest was taken."""

    def __init__(self, source: bytes, filename: str) -> None:
        self._source, self._filename = source, filename

    def get_source(self, fullname: str) -> str:
        return importlib.util.decode_source(self._source)

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self._source, self._filename)


def _module_of(source: bytes, filename: str, name: str, reference: Reference) -> ModuleType:
    loader = _Source(source, filename)
    spec = importlib.machinery.ModuleSpec(name, loader, origin=filename)
    module = importlib.util.module_from_spec(spec)
    module.__file__ = filename
    # Dataclasses of the file look themselves up there.
    sys.modules[name] = module
    try:
        with guarded(reference):
            loader.exec_module(module)
    except InputError:
        del sys.modules[name]
        raise
    return module


def _find(reference: Reference) -> Path:
    """The source file: where the reference says, else by its name in the current folder."""
    if reference.is_file:
        path = Path(reference.source).expanduser()
        here = Path(path.name)
        return here if not path.is_file() and here.is_file() else path
    with guarded(reference):
        spec = importlib.util.find_spec(reference.source)
    if spec is None or not spec.origin or not spec.origin.endswith(".py"):
        raise InputError(
            f"there is no module {reference.source} of Python source",
            "install it, or name its file",
        )
    return Path(spec.origin)


def _read(path: Path, reference: Reference) -> bytes:
    try:
        if not path.is_file():
            raise InputError(f"{reference.source} is not there", "give the path of the file")
        with path.open("rb") as file:
            source = file.read(LARGEST_SOURCE + 1)
    except OSError as error:
        raise InputError(f"{path} cannot be read", str(error.strerror)) from error
    if len(source) > LARGEST_SOURCE:
        raise InputError(f"{path} is over {LARGEST_SOURCE >> 20} MiB", "give Python source")
    return source
