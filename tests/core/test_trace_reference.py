from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from core.traces.reference import reference

ROOT = Path(__file__).parents[2]


def test_the_committed_reference_of_the_records_is_current() -> None:
    committed = (ROOT / "docs" / "record-reference.md").read_text()
    assert committed == reference(), (
        "python -m core.traces.reference > docs/record-reference.md"
    )


def test_reading_traces_imports_neither_torch_nor_qt_nor_mujoco() -> None:
    program = (
        "import sys, core.traces.archive, core.traces.verify, core.traces.reference;"
        "print({'torch', 'PyQt6', 'mujoco', 'gymnasium', 'scipy'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
