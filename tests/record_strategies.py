"""Strategies for records of every kind: any sizes, any dtypes, the nastiest numbers."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from core.traces.schema import Layout, layout
from core.traces.trace import RECORDS, Record
from core.traces.values import DTYPES

KINDS = [record_type.__name__ for record_type in RECORDS]
# Made before anything is drawn: the checks of types take random numbers, no strategy may.
LAYOUTS = {kind: layout(kind) for kind in KINDS}
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "bool": st.booleans(),
    "int": st.integers(-(2**63), 2**63 - 1) | st.sampled_from([-(2**63), 2**63 - 1, 0, -1]),
    "float": st.floats() | st.sampled_from([0.0, -0.0, 1.0, sys.float_info.max, 5e-324]),
    "str": st.text(st.characters(codec="utf-8"), max_size=20) | st.just("\0 \n é 漢"),
}


@st.composite
def any_record(draw: st.DrawFn, kinds: list[str] = KINDS) -> Record:
    """A record of one of the kinds; arrays agree in their letters, or are empty."""
    fields = LAYOUTS[draw(st.sampled_from(kinds))]
    values = {name: draw(SCALARS[kind]) for name, kind in fields.scalars.items()}
    return fields.record_type(**values, **draw(_arrays(fields)))


@st.composite
def _arrays(draw: st.DrawFn, fields: Layout) -> dict[str, np.ndarray[Any, Any]]:
    letters = {letter: draw(st.integers(0, 3)) for letter in "SAHMLPWRC"}
    arrays = {}
    for name, shape in fields.arrays.items():
        sizes = tuple(_size(letter, letters) for letter in shape)
        dtype = np.dtype(draw(st.sampled_from(DTYPES)))
        wanted = draw(st.just(sizes) | st.just((0,)))
        arrays[name] = draw(nps.arrays(dtype, wanted, fill=st.nothing()))
    return arrays


def _size(letter: str, letters: dict[str, int]) -> int:
    base, _, more = letter.partition("+")
    return int(base) if base.isdigit() else letters[base] + int(more or 0)
