"""One seed -> named generators. Noise is a pure function of (seed, episode, t, purpose)."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

TRAINING_SEEDS = range(10_000, 10_010)
"""Reset seeds that the curves of a training are measured on: no seeds to judge its end by."""


def generator(seed: int, purpose: str, *address: int) -> np.random.Generator:
    """The generator of that purpose at that address. No running state, no salted hash.

    seed, address: whole numbers >= 0. The same arguments give the same draws for ever
    (Philox over a SeedSequence), for branches, after a jump and in every process.
    """
    # Not above: the command line asks for TRAINING_SEEDS where no package is installed.
    import numpy as np

    entropy = (seed, zlib.crc32(purpose.encode()), *address)
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(entropy)))
