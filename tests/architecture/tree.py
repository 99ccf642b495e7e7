"""The source of core and app, read once, for the rules beside this file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One file."""

    name: str
    """Dotted, as imported."""
    path: Path
    """Relative to the checkout."""
    text: str
    tree: ast.Module


@cache
def modules() -> tuple[Module, ...]:
    """All modules of core and app, sorted by name."""
    found = []
    for package in ("app", "core"):
        for path in sorted((ROOT / package).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            relative = path.relative_to(ROOT)
            parts = relative.with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found.append(Module(name=name, path=relative, text=text, tree=ast.parse(text)))
    return tuple(found)


def dotted(node: ast.expr) -> str:
    """`torch.no_grad` for that expression; empty for anything but names and attributes."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = dotted(node.value)
        return f"{owner}.{node.attr}" if owner else ""
    return ""


def names_used(module: Module) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every name, attribute and import of a module."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Name | ast.Attribute):
            yield node.lineno, dotted(node)


def names_given(module: Module) -> Iterator[tuple[int, str]]:
    """(line, name) of every public function, class, argument and field of a module."""
    yield from _given(module.tree.body)


def _given(body: list[ast.stmt]) -> Iterator[tuple[int, str]]:
    for node in body:
        if isinstance(node, ast.AnnAssign):
            yield node.lineno, dotted(node.target)
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if node.name.startswith("_") and node.name != "__init__":
            continue
        yield node.lineno, node.name
        if isinstance(node, ast.ClassDef):
            yield from _given(node.body)
        else:
            given = [arg for arg in ast.walk(node.args) if isinstance(arg, ast.arg)]
            yield from ((arg.lineno, arg.arg) for arg in given)
