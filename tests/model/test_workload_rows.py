import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.model.jobs.workload import Workload, first_conflict
from placewise.model.requirements.requirement import Requirement

# Two of one subsystem, and numbers that do not follow the names.
REQUIREMENTS = tuple(map(Requirement, ["zlib", "gcc", "cmake", "gcc", "arch"]))

rows_of_numbers = st.lists(st.lists(st.integers(0, len(REQUIREMENTS) - 1), max_size=7), max_size=6)


def flat(names, rows):
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    ids = np.array([i for row in rows for i in row], dtype=np.int32)
    return Workload.from_flat(tuple(names), REQUIREMENTS, lengths, ids, {})


@given(rows_of_numbers)
def test_rows_come_by_subsystem_then_number_each_requirement_once(rows):
    names = tuple(str(job) for job in range(len(rows)))
    expected = [sorted(set(row), key=lambda i: (REQUIREMENTS[i].subsystem, i)) for row in rows]
    for workload in (flat(names, rows), flat(names, expected), Workload.from_ids(names, REQUIREMENTS, rows, {})):
        assert [workload.row(job).tolist() for job in range(len(workload))] == expected
        assert workload.offsets.tolist() == np.cumsum([0, *map(len, expected)]).tolist()


def test_a_workload_may_have_no_jobs_and_no_requirements():
    assert len(Workload.from_ids((), (), [], {})) == 0
    assert Workload.from_ids(("a",), (), [[]], {}).requirement_counts.tolist() == [0]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.lists(st.integers(0, 2), max_size=2)), max_size=7))
def test_a_conflict_is_the_first_job_that_differs_from_the_first_of_its_name(jobs):
    names, rows = [name for name, _ in jobs], [row for _, row in jobs]
    first = {name: names.index(name) for name in names}
    expected = [(first[n], job) for job, n in enumerate(names) if set(rows[first[n]]) != set(rows[job])]
    assert first_conflict(flat(names, rows)) == (expected[0] if expected else None)
    if expected:
        with pytest.raises(InputError, match=f"jobs {expected[0][0] + 1} and {expected[0][1] + 1}"):
            Workload.from_ids(tuple(names), REQUIREMENTS, rows, {})
