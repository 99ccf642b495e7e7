"""What of a map is in sight."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.state.map_frame import KEPT, MARGIN, MapFrame

WIDE = MapFrame(extent=(48.0, 36.0), size=(300.0, 150.0))


def spans(frame: MapFrame) -> tuple[float, float]:
    (left, right), (low, high) = frame.ranges
    return right - left, high - low


def test_a_whole_map_fits_and_both_axes_have_one_scale() -> None:
    width, height = spans(WIDE)
    assert height == pytest.approx(36.0 * (1 + 2 * MARGIN))
    assert width / 300 == pytest.approx(height / 150)
    assert WIDE.ranges[0][0] == -WIDE.ranges[0][1]


@given(
    st.floats(0.2, 5.0),
    st.floats(-24.0, 24.0),
    st.floats(-18.0, 18.0),
    st.floats(1.0, 30.0),
)
def test_a_zoom_leaves_the_place_under_the_mouse_where_it_is(
    factor: float, x: float, y: float, first: float
) -> None:
    frame = WIDE.zoomed(first, (1.0, 2.0))
    nearer = frame.zoomed(factor, (x, y))
    if nearer.whole:
        assert nearer.centre == (0.0, 0.0)
        return
    for place, before, after in zip((x, y), frame.ranges, nearer.ranges, strict=True):
        share = (place - before[0]) / (before[1] - before[0])
        assert (place - after[0]) / (after[1] - after[0]) == pytest.approx(share, abs=1e-6)


def test_nothing_is_smaller_than_the_whole_map_or_finer_than_millimetres() -> None:
    assert WIDE.zoomed(0.01, (3.0, 3.0)) == WIDE
    near = WIDE
    for _ in range(100):
        near = near.zoomed(2.0, (3.0, 3.0))
    assert near.scale == pytest.approx(0.002)
    assert near.fitted() == WIDE


def test_a_drag_moves_what_is_in_sight_but_never_off_the_map() -> None:
    near = WIDE.zoomed(4.0, (0.0, 0.0))
    assert near.moved(2.0, -1.0).centre == (2.0, -1.0)
    assert near.moved(1e6, -1e6).centre == (24.0, -18.0)
    assert WIDE.moved(2.0, 2.0) == WIDE, "all of it is in sight"


def test_a_body_in_sight_stays_in_sight_and_one_outside_is_let_go() -> None:
    near = WIDE.zoomed(8.0, (0.0, 0.0))
    inside, beyond = np.array([0.5, 0.2]), np.array([20.0, 12.0])
    followed = near.following(inside, beyond)
    assert followed.shows(beyond)
    (left, right), _ = followed.ranges
    assert (right - beyond[0]) / (right - left) == pytest.approx(KEPT)
    assert near.following(beyond, beyond + 0.1) == near
    assert near.following(inside, inside + 0.01) == near, "well inside nothing moves"
    assert near.following(inside, np.array([np.nan, 0.0])) == near
    assert WIDE.following(inside, beyond) == WIDE


def test_another_size_of_the_frame_keeps_its_middle() -> None:
    near = WIDE.zoomed(4.0, (0.0, 0.0)).moved(3.0, 2.0)
    assert near.resized(600.0, 300.0).centre == near.centre
    assert spans(WIDE.resized(100.0, 400.0))[0] == pytest.approx(48.0 * (1 + 2 * MARGIN))
    assert np.isfinite(WIDE.resized(0.0, 0.0).ranges).all()
