import math

from hypothesis import given
from hypothesis import strategies as st
from placewise.report.label_places import place_labels

AREA = (0.0, 0.0, 7.0, 4.0)
RADIUS = 0.06

marks = st.lists(st.tuples(st.floats(0, 7), st.floats(0, 4)), min_size=1, max_size=8)
boxes = st.tuples(st.floats(0, 6), st.floats(0, 3)).map(lambda corner: (*corner, corner[0] + 0.5, corner[1] + 0.3))


def overlap(a, b):
    return min(a[2], b[2]) - max(a[0], b[0]) > 1e-9 and min(a[3], b[3]) - max(a[1], b[1]) > 1e-9


@given(marks, st.lists(boxes, max_size=3), st.floats(0.3, 2.0))
def test_a_label_covers_no_mark_no_label_and_nothing_that_is_taken(where, taken, width):
    places = place_labels(where, [(width, 0.16)] * len(where), AREA, RADIUS, taken)
    found = [place.box for place in places if place is not None]
    dots = [(x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS) for x, y in where]
    for i, box in enumerate(found):
        assert box[0] >= 0
        assert box[1] >= 0
        assert box[2] <= 7
        assert box[3] <= 4
        assert box[2] - box[0] >= width
        for other in (*found[:i], *dots, *taken):
            assert not overlap(box, other)


@given(marks)
def test_a_leader_goes_from_its_mark_to_its_label(where):
    places = place_labels(where, [(1.0, 0.16)] * len(where), AREA, RADIUS)
    for mark, place in zip(where, places, strict=True):
        if place is not None:
            assert abs(math.dist(mark, place.start) - RADIUS) < 1e-9
            left, bottom, right, top = place.box
            assert left - 1e-9 <= place.end[0] <= right + 1e-9
            assert bottom - 1e-9 <= place.end[1] <= top + 1e-9


def test_a_mark_by_itself_has_its_label_close_to_the_right():
    (place,) = place_labels([(3.0, 2.0)], [(1.0, 0.16)], AREA, RADIUS)
    assert place.side == 1
    assert place.length < 0.1
    assert (place.box[1] + place.box[3]) / 2 == 2.0


def test_a_mark_at_the_right_edge_has_its_label_to_the_left():
    (place,) = place_labels([(7.0, 2.0)], [(1.0, 0.16)], AREA, RADIUS)
    assert place.side == -1


def test_leaders_avoid_each_other_where_they_can():
    where = [(6.9, 3.9 - 0.1 * i) for i in range(5)]
    places = place_labels(where, [(1.5, 0.16)] * 5, AREA, RADIUS)
    assert all(places)
    heights = [place.box[1] for place in places]
    assert len({round(height, 6) for height in heights}) == 5 or len({place.side for place in places}) > 1


def test_what_has_no_room_is_left_out():
    assert place_labels([(3.0, 2.0)], [(8.0, 0.16)], AREA, RADIUS) == [None]
