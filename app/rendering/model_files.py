"""Where Gymnasium keeps an environment's model, without the cost of importing Gymnasium."""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path

from core.tasks import Task

ANT, MAZES = "Ant-v5", "AntMaze_"
"""The body that walks through gymnasium-robotics' mazes, and how their ids begin."""
_ID = re.compile(r"(\w+)-v(\d+)")
_MODEL = re.compile(r"[\w.-]+\.xml")


def model_file(task: Task) -> Path:
    """The MuJoCo XML file of the task's body.

    Found by the source file of its environment where that is one of Gymnasium's own; else the
    environment is made and asked. FileNotFoundError where it does not say.
    """
    in_maze = task.environment_id.startswith(MAZES)
    return _of_gymnasium(ANT if in_maze else task.environment_id) or _asked(task)


def _of_gymnasium(environment_id: str) -> Path | None:
    """HalfCheetah-v5 lies in half_cheetah_v5.py, which names its file once."""
    package = importlib.util.find_spec("gymnasium")
    parts = _ID.fullmatch(environment_id)
    if package is None or package.origin is None or parts is None:
        return None
    folder = Path(package.origin).parent / "envs" / "mujoco"
    for source in folder.glob(f"*_v{parts[2]}.py"):
        name = source.stem.removesuffix(f"_v{parts[2]}").replace("_", "")
        if name == parts[1].lower():
            return _named_in(source, folder / "assets")
    return None


def _named_in(source: Path, assets: Path) -> Path | None:
    """The one model that a source file names in a text of its own; its docstrings are long."""
    texts = {
        node.value
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    found = [assets / text for text in texts if _MODEL.fullmatch(text)]
    return found[0] if len(found) == 1 and found[0].is_file() else None


def _asked(task: Task) -> Path:
    from core.envs.make import make

    environment = make(task)
    path = getattr(environment, "fullpath", None)
    environment.close()
    if path is None or not Path(path).is_file():
        raise FileNotFoundError(f"{task.environment_id} does not say which model it uses")
    return Path(path)
