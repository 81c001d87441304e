"""Some of the questions of jobs, in an order of one's own."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from placewise.outcomes.questions import Questions

NAMES = ("a", "b", "c", "d")


@st.composite
def questions(draw):
    """Jobs that ask some of four questions, each with a row of its own in the table."""
    asked = draw(st.lists(st.sets(st.integers(0, 3)).map(sorted), min_size=1, max_size=6))
    ids = np.array([one for job in asked for one in job], dtype=np.int32)
    offsets = np.concatenate(([0], np.cumsum([len(job) for job in asked])))
    table = np.arange(4, dtype=np.uint64)[:, None]
    return asked, Questions(offsets, ids, table, np.arange(4, dtype=np.int32), NAMES, ())


@given(questions(), st.permutations(NAMES), st.integers(1, 4))
def test_each_job_keeps_its_questions_in_the_order_that_is_given(made, order, count):
    asked, whole = made
    wanted = tuple(order[:count])
    found = whole.only((*wanted, wanted[0]))
    assert found.names == wanted
    for job, numbers in enumerate(asked):
        ids = found.ids[found.offsets[job] : found.offsets[job + 1]]
        kept = {NAMES[number] for number in numbers}
        assert [NAMES[int(found.table[one, 0])] for one in ids] == [name for name in wanted if name in kept]
        assert [found.names[found.question[one]] for one in ids] == [name for name in wanted if name in kept]
