"""Architecture is a failing check, not a paragraph."""

from __future__ import annotations

import ast

import pytest

from tests.architecture.tree import ROOT, Module, dotted, modules, names_given, names_used

LONGEST_FILE = 300
EACH_MODULE = pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)

ALLOWED = {
    "torch.load": ("core.checkpoints",),
    "pickle": ("core.checkpoints",),
    "torch.manual_seed": (),
    "torch.seed": (),
    "numpy.random.seed": (),
    "np.random.seed": (),
    "random.seed": (),
    "torch.set_num_threads": ("core.device",),
    "torch.cuda.is_available": ("core.device",),
    "torch.jit": (),
}
"""What only some packages may use; each has one place or none."""

GRADIENT_STOPPERS = ("torch.no_grad", "torch.inference_mode", "torch.set_grad_enabled")
DIFFERENTIABLE = ("core.models", "core.adaptation.rollout", "core.adaptation.objective")
"""Where the caller's gradient must pass (architecture section 3)."""

VAGUE = {"utils", "util", "common", "misc", "helpers", "helper", "base", "stuff", "manager"}
AMBIGUOUS = {"step", "steps", "n_steps", "num_steps", "nsteps", "max_steps"}
"""Which of the four clocks?"""


def within(module: Module, packages: tuple[str, ...]) -> bool:
    return any(module.name == p or module.name.startswith(f"{p}.") for p in packages)


def places(module: Module, hits: list[tuple[int, str]]) -> list[str]:
    return [f"{module.path}:{line} {name}" for line, name in hits]


def lines_with_mode_false(module: Module) -> set[int]:
    """Lines of calls such as inference_mode(mode=False): they let gradients pass again."""
    return {
        node.lineno
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        for option in node.keywords
        if option.arg == "mode" and getattr(option.value, "value", None) is False
    }


@EACH_MODULE
def test_a_file_has_one_job_and_fewer_than_300_lines(module: Module) -> None:
    assert module.text.count("\n") < LONGEST_FILE


@EACH_MODULE
def test_a_module_says_what_it_is_about(module: Module) -> None:
    is_empty = not module.tree.body
    assert is_empty or ast.get_docstring(module.tree), f"{module.path} has no docstring"
    assert module.name.rpartition(".")[2] not in VAGUE


@EACH_MODULE
def test_what_has_one_place_is_used_there_alone(module: Module) -> None:
    hits = [
        (line, name)
        for line, name in names_used(module)
        for banned, packages in ALLOWED.items()
        if (name == banned or name.startswith(f"{banned}.")) and not within(module, packages)
    ]
    assert places(module, hits) == []


@EACH_MODULE
def test_gradients_belong_to_the_caller(module: Module) -> None:
    if within(module, DIFFERENTIABLE):
        letting_pass = lines_with_mode_false(module)
        hits = [
            (line, name)
            for line, name in names_used(module)
            if name in GRADIENT_STOPPERS and line not in letting_pass
        ]
        assert places(module, hits) == []


@EACH_MODULE
def test_every_public_name_says_which_clock_it_counts(module: Module) -> None:
    assert places(module, [hit for hit in names_given(module) if hit[1] in AMBIGUOUS]) == []


@EACH_MODULE
def test_every_dataclass_is_slotted_and_in_core_keyword_only(module: Module) -> None:
    wanted = {"slots", "kw_only"} if module.name.startswith("core") else {"slots"}
    loose = []
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.ClassDef):
            continue
        for decorator in node.decorator_list:
            call = decorator.func if isinstance(decorator, ast.Call) else decorator
            if dotted(call).rpartition(".")[2] != "dataclass":
                continue
            options = decorator.keywords if isinstance(decorator, ast.Call) else []
            given = {o.arg for o in options if getattr(o.value, "value", False) is True}
            if not wanted <= given:
                loose.append((node.lineno, node.name))
    assert places(module, loose) == []


@EACH_MODULE
def test_nothing_is_left_to_do(module: Module) -> None:
    for mark in ("TODO", "FIXME", "XXX"):
        assert mark not in module.text


def test_every_folder_of_code_is_a_package() -> None:
    folders = {(ROOT / module.path).parent for module in modules()}
    assert [folder for folder in folders if not (folder / "__init__.py").is_file()] == []
