"""MuJoCo's warnings about a model's file: not for users, who did not write it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_compiler() -> Iterator[None]:
    """Without it each HalfCheetah prints a line and leaves MUJOCO_LOG.TXT in the user's folder.

    Warnings of a running simulation are not touched.
    """
    import mujoco

    mujoco.set_mju_user_warning(lambda _text: None)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="compiler attribute")
            yield
    finally:
        mujoco.set_mju_user_warning(None)
