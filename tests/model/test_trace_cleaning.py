from __future__ import annotations

import numpy as np
import pytest

from placewise.errors import InputError
from placewise.formats.traces.read_trace import read_trace
from placewise.formats.traces.swf.reading import read_swf
from placewise.model.traces import trace_cleaning
from placewise.model.traces.trace_cleaning import clean

GOOD = (0, 60, 4, 4, 100)  # submit, run, given, asked, limit


def trace(*jobs, processors=64):
    rows = [
        f"{row} {submit} 0 {run} {given} -1 -1 {asked} {limit} -1 1 1 1 1 1 1 -1 -1"
        for row, (submit, run, given, asked, limit) in enumerate(jobs)
    ]
    return read_swf((f"; MaxProcs: {processors}\n" + "\n".join(rows)).encode(), "a.swf")


@pytest.mark.parametrize(
    ("job", "reason"),
    [
        ((-5, 60, 4, 4, 100), trace_cleaning.NEGATIVE_SUBMIT),
        ((0, 60, -1, -1, 100), trace_cleaning.NO_PROCESSORS),
        ((0, 60, 0, 0, 100), trace_cleaning.NO_PROCESSORS),
        ((0, 60, 4, 65, 100), trace_cleaning.TOO_LARGE),
        ((0, 60, 65, 4, 100), trace_cleaning.TOO_LARGE),
        ((0, 0, 4, 4, 100), trace_cleaning.NO_RUNTIME),
        ((0, -1, 4, 4, 100), trace_cleaning.NO_RUNTIME),
        ((0, 60, 4, 4, 0), trace_cleaning.NO_LIMIT),
        ((0, 60, 4, 4, -1), trace_cleaning.NO_LIMIT),
    ],
)
def test_strict_drops_what_cannot_be_replayed_and_says_why(job, reason):
    cleaned = clean(trace(GOOD, job, GOOD))
    assert cleaned.dropped == ((reason, 1),)
    assert (len(cleaned.trace), cleaned.jobs) == (2, 3)


def test_a_job_counts_for_one_reason():
    cleaned = clean(trace(GOOD, (-1, 0, 99, 99, 0)))
    assert sum(count for _, count in cleaned.dropped) == 1


def test_who_asked_for_nothing_asks_for_what_was_given():
    cleaned = clean(trace((0, 60, 4, -1, 100), (0, 60, 4, 0, 100), (0, 60, -1, 7, 100)))
    assert cleaned.trace.requested_processors.tolist() == [4, 4, 7]
    assert cleaned.given_instead == 2


def test_runtimes_are_cut_at_the_limit():
    cleaned = clean(trace((0, 100, 4, 4, 100), (0, 101, 4, 4, 100)))
    assert cleaned.trace.runtime_s.tolist() == [100, 100]
    assert cleaned.cut == 1


def test_a_trace_without_any_limit_keeps_its_jobs():
    cleaned = clean(trace((0, 60, 4, 4, -1), (0, 70, 4, 4, 0)))
    assert cleaned.trace.runtime_s.tolist() == [60, 70]
    assert (cleaned.dropped, cleaned.cut) == ((), 0)


def test_the_largest_cluster_is_that_of_the_trace_unless_it_is_named():
    jobs = (GOOD, (0, 60, 50, 50, 100))
    assert len(clean(trace(*jobs)).trace) == 2
    assert len(clean(trace(*jobs), largest=49).trace) == 1
    assert len(clean(trace(*jobs, processors=0)).trace) == 2


def test_none_changes_nothing():
    read = trace((-5, -1, -1, -1, -1), GOOD)
    cleaned = clean(read, "none")
    assert cleaned.trace is read
    assert (cleaned.jobs, cleaned.dropped) == (2, ())
    with pytest.raises(InputError):
        clean(read, "loose")


def test_nothing_left_is_a_value():
    assert len(clean(trace((0, 0, 4, 4, 100))).trace) == 0


def test_the_public_traces_keep_what_the_contract_says(public_data):
    kth = clean(read_trace(public_data / "traces" / "KTH-SP2-1996-2.swf.gz"))
    assert len(kth.trace) == 28_481
    assert sum(count for _, count in kth.dropped) == 8
    nasa = read_trace(public_data / "traces" / "NASA-iPSC-1993-3.1-cln.swf.gz")
    assert len(clean(nasa).trace) == np.count_nonzero(nasa.runtime_s > 0)
