from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.report.drawn.labels import Box, apart, place_labels

AREA = Box(0.0, 0.0, 7.0, 4.0)
RADIUS = 0.06

marks = st.lists(st.tuples(st.floats(0, 7), st.floats(0, 4)), min_size=1, max_size=8)
boxes = st.tuples(st.floats(0, 6), st.floats(0, 3)).map(lambda corner: Box(*corner, corner[0] + 0.5, corner[1] + 0.3))


def overlap(a, b):
    return min(a[2], b[2]) - max(a[0], b[0]) > 1e-9 and min(a[3], b[3]) - max(a[1], b[1]) > 1e-9


@given(marks, st.lists(boxes, max_size=3), st.floats(0.3, 2.0))
def test_a_label_covers_no_mark_no_label_and_nothing_that_is_taken(where, taken, width):
    places = place_labels(where, [(width, 0.16)] * len(where), AREA, RADIUS, taken)
    found = [place for place in places if place is not None]
    dots = [(x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS) for x, y in where]
    for i, box in enumerate(found):
        assert box[0] >= 0
        assert box[1] >= 0
        assert box[2] <= 7
        assert box[3] <= 4
        assert box[2] - box[0] >= width
        for other in (*found[:i], *dots, *taken):
            assert not overlap(box, other)


def cross(one, other):
    """Whether two lines cross, by where they meet: another way than the one that is tested."""
    (a, b), (c, d) = np.array(one), np.array(other)
    matrix = np.stack([b - a, c - d], axis=1)
    if abs(np.linalg.det(matrix)) < 1e-9:
        return False
    along = np.linalg.solve(matrix, c - a)
    return bool((along > 1e-6).all() and (along < 1 - 1e-6).all())


@given(marks, st.floats(0.3, 2.0))
def test_a_leader_crosses_no_other_leader_and_no_label(where, width):
    places = place_labels(where, [(width, 0.16)] * len(where), AREA, RADIUS)
    found = [(mark, box) for mark, box in zip(where, places, strict=True) if box is not None]
    for i, (mark, box) in enumerate(found):
        leader = (mark, box.nearest(mark))
        for j, (other_mark, other) in enumerate(found):
            if i != j:
                assert not cross(leader, (other_mark, other.nearest(other_mark)))
                assert not any(cross(leader, line) for line in other.diagonals)


@given(marks, st.floats(0.3, 2.0))
def test_a_leader_crosses_no_other_mark(where, width):
    dots = [Box(x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS) for x, y in where]
    places = place_labels(where, [(width, 0.16)] * len(where), AREA, RADIUS)
    for mark, dot, box in zip(where, dots, places, strict=True):
        # Of marks that lie on each other no leader could leave without crossing one.
        for other in (other for other in dots if box is not None and not other.covers(dot)):
            assert not any(cross((mark, box.nearest(mark)), line) for line in other.diagonals)


@pytest.mark.parametrize(
    "where",
    [
        [(1.3, 3.3), (0.5, 3.6), (0.9, 4.0), (1.1, 3.5)],
        [(0.75, 4.0), (0.95, 4.0), (1.15, 4.0)],
        [(0.5, 3.8), (1.5, 3.5), (1.7, 3.4), (1.3, 3.9)],
    ],
)
def test_a_crowd_has_all_its_labels_without_a_crossing(where):
    places = place_labels(where, [(1.2, 0.3)] * len(where), AREA, RADIUS)
    assert all(places)
    for i, (mark, box) in enumerate(zip(where, places, strict=True)):
        leader = (mark, box.nearest(mark))
        for j, (other_mark, other) in enumerate(zip(where, places, strict=True)):
            x, y = other_mark
            dot = Box(x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS)
            crossed = (*other.diagonals, *dot.diagonals, (other_mark, other.nearest(other_mark)))
            assert i == j or not any(cross(leader, line) for line in crossed)


def test_a_leader_ends_where_its_label_is_nearest():
    box = Box(1.0, 1.0, 2.0, 1.5)
    assert box.nearest((0.0, 1.2)) == (1.0, 1.2)
    assert box.nearest((3.0, 2.0)) == (2.0, 1.5)
    assert box.nearest((1.5, 1.25)) == (1.5, 1.25)


def test_a_mark_by_itself_has_its_label_close_to_the_right():
    (box,) = place_labels([(3.0, 2.0)], [(1.0, 0.16)], AREA, RADIUS)
    assert 3.0 + RADIUS < box.left < 3.0 + RADIUS + 0.1
    assert (box.bottom + box.top) / 2 == 2.0


def test_a_mark_at_the_right_edge_has_its_label_to_the_left():
    (box,) = place_labels([(7.0, 2.0)], [(1.0, 0.16)], AREA, RADIUS)
    assert box.right < 7.0


def test_who_found_no_room_looks_for_it_first_the_next_time():
    # The first takes the only place that is wide enough for the second, though there is another for it.
    area = Box(0.0, 0.0, 2.2, 0.5)
    where, sizes = [(0.8, 0.25), (2.1, 0.25)], [(0.5, 0.16), (0.9, 0.16)]
    assert all(place_labels(where, sizes, area, RADIUS))


def test_what_has_no_room_is_left_out():
    assert place_labels([(3.0, 2.0)], [(8.0, 0.16)], AREA, RADIUS) == [None]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_labels_keep_their_order_and_never_overlap(wanted):
    wanted = sorted(wanted, reverse=True)
    places = apart(wanted, 0.12, -0.05, 1.05)
    for above, below in pairwise(places):
        assert above - below >= 0.12 - 1e-9
    assert places[0] <= 1.05 - 0.06 + 1e-9
    assert places[-1] >= -0.05 + 0.06 - 1e-9


def test_labels_with_room_are_where_they_are_wanted():
    assert apart([0.9, 0.5, 0.1], 0.1, 0, 1) == pytest.approx([0.9, 0.5, 0.1])
