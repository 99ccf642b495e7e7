"""What every test shares: no screen, no network, no user's folder, one thread, shapes checked.

The environment is set before anything imports torch, Qt, MuJoCo or Minari; engines that tests
start as processes of their own inherit it. pyproject.toml has the warnings that are tolerated.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from jaxtyping import install_import_hook

from tests import type_checks

_folder = Path(tempfile.mkdtemp(prefix="psiscope-tests-"))
atexit.register(shutil.rmtree, _folder, ignore_errors=True)


def _own_folder(name: str) -> str:
    folder = _folder / name
    folder.mkdir(mode=0o700)
    return str(folder)


os.environ |= {
    "HF_HUB_OFFLINE": "1",
    "MINARI_DATASETS_PATH": _own_folder("minari"),
    "MKL_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
    "PYQTGRAPH_QT_LIB": "PyQt6",
    "QT_QPA_PLATFORM": "offscreen",
    "XDG_CONFIG_HOME": _own_folder("config"),
    "XDG_DATA_HOME": _own_folder("data"),
    "XDG_RUNTIME_DIR": _own_folder("runtime"),
}
os.environ.setdefault("MUJOCO_GL", "egl")

settings.register_profile(
    "psiscope", derandomize=True, database=None, deadline=None, max_examples=50
)
settings.load_profile("psiscope")

# Off only to measure what the checks cost: shapes and types are part of what is tested.
if os.environ.get("PSISCOPE_TEST_SHAPES", "1") == "1":
    install_import_hook("core", f"{type_checks.__name__}.check")
