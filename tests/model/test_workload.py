from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.model.jobs.job import Job, ResourceGroup, ResourceRequest
from placewise.model.jobs.workload import Workload, first_conflict
from placewise.model.requirements.requirement import Requirement

REQUIREMENTS = [Requirement(name) for name in ("zlib", "gcc", "cmake", "arch", "mpi")]
SHAPE = (ResourceRequest("node", 2),)

tables = st.lists(st.lists(st.sampled_from(REQUIREMENTS), max_size=6), max_size=8)
columns = {"package": lambda job: f"p{job}", "size": lambda job: job if job % 2 else None}


def workload_of(rows):
    names = [f"j{job}" for job in range(len(rows))]
    facts = {name: [make(job) for job in range(len(rows))] for name, make in columns.items()}
    return Workload.from_rows(names, rows, facts, SHAPE)


def expected_job(rows, job):
    facts = tuple((name, make(job)) for name, make in columns.items() if make(job) is not None)
    return Job(f"j{job}", (ResourceGroup(SHAPE, tuple(rows[job])),), attributes=facts)


@given(tables)
def test_every_job_comes_back_as_a_value(rows):
    workload = workload_of(rows)
    assert len(workload) == len(rows)
    assert [workload.job(job) for job in range(len(rows))] == [expected_job(rows, job) for job in range(len(rows))]
    assert workload.requirement_counts.tolist() == [len(set(row)) for row in rows]
    assert set(workload.requirements) == {r for row in rows for r in row}
    assert len(set(workload.requirements)) == len(workload.requirements)


@given(tables, st.data())
def test_selecting_jobs_is_selecting_rows(rows, data):
    picks = data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=9)) if rows else []
    chosen = workload_of(rows).select(np.array(picks, dtype=np.int64))
    assert [chosen.job(place) for place in range(len(chosen))] == [expected_job(rows, job) for job in picks]
    assert chosen.names == tuple(f"j{job}" for job in picks)
    assert chosen.shape == SHAPE


@given(tables)
def test_profiles_are_the_distinct_sets_of_requirements(rows):
    profiles = workload_of(rows).profiles()
    sets = [frozenset(row) for row in rows]
    first = [sets.index(wanted) for wanted in dict.fromkeys(sets)]
    assert profiles.first.tolist() == first
    assert [sets[first[p]] for p in profiles.of_job] == sets
    counted = Counter(sets)
    assert profiles.counts.tolist() == [counted[sets[job]] for job in first]


@given(tables, st.permutations(range(len(REQUIREMENTS))))
def test_the_numbers_of_requirements_do_not_matter(rows, order):
    numbered = tuple(REQUIREMENTS[i] for i in order)
    ids = [[numbered.index(r) for r in row] for row in rows]
    names = tuple(f"j{job}" for job in range(len(rows)))
    one, other = Workload.from_ids(names, numbered, ids, {}, SHAPE), workload_of(rows)
    assert one.profiles().of_job.tolist() == other.profiles().of_job.tolist()
    for job in range(len(rows)):
        wanted = [one.requirements[i].subsystem for i in one.row(job)]
        assert (
            wanted
            == [other.requirements[i].subsystem for i in other.row(job)]
            == sorted({r.subsystem for r in rows[job]})
        )


@given(st.lists(st.tuples(st.sampled_from("ab"), st.lists(st.sampled_from(REQUIREMENTS[:2]), max_size=3)), max_size=6))
def test_repeats_count_and_conflicts_are_refused(jobs):
    names, rows = [name for name, _ in jobs], [row for _, row in jobs]
    wanted = {}
    agree = all(wanted.setdefault(name, set(row)) == set(row) for name, row in jobs)
    if agree:
        workload = Workload.from_rows(names, rows)
        assert workload.names == tuple(names)
        assert first_conflict(workload) is None
    else:
        with pytest.raises(InputError, match="ask for different things"):
            Workload.from_rows(names, rows)


def test_arrays_and_columns_cannot_be_changed():
    workload = workload_of([REQUIREMENTS[:2], REQUIREMENTS[2:]])
    for array in (workload.offsets, workload.ids, workload.row(0), workload.select(np.array([1])).ids):
        assert not array.flags.writeable
    with pytest.raises(TypeError):
        workload.columns["new"] = []
    with pytest.raises(AttributeError):
        workload.names = ()


def test_columns_given_later_do_not_reach_in():
    given_columns = {"package": ["a"]}
    workload = Workload.from_rows(["j"], [[]], given_columns)
    given_columns["more"] = ["b"]
    assert set(workload.columns) == {"package"}


def test_lengths_that_disagree_are_refused():
    with pytest.raises(InputError, match="names and offsets disagree"):
        Workload.from_rows(["a", "b"], [[]])
    with pytest.raises(InputError, match="'package'"):
        Workload.from_rows(["a", "b"], [[], []], {"package": ["x"]})


def test_a_workload_of_no_jobs_has_no_profiles():
    workload = Workload.from_rows([], [])
    assert len(workload) == 0
    assert workload.profiles().first.tolist() == []
    assert len(workload.select(np.array([], dtype=np.int64))) == 0
