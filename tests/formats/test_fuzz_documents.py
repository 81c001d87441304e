"""A short run of what .ci/fuzz_documents does at length."""

import pytest
from fuzzing_documents import fuzz

from placewise.errors import InputError
from placewise.formats.jobs.jobspec import parse_jobspec

HUGE = 10**400


@pytest.mark.parametrize("seed", [1, 2])
def test_documents_of_strangers_are_read_or_refused_in_time(seed):
    found = fuzz(60, seed, most=2500)
    assert not found.failures, found.failures[0]
    assert all(found.read.values())


def test_numbers_that_no_float_holds_are_read_or_refused():
    task = {"resources": {"gpu": {"range": [{"field": "memory", "min": HUGE}]}}}
    assert parse_jobspec({"version": 1, "task": task}, "job").requirements
    with pytest.raises(InputError, match="not a duration"):
        document = {"version": 1, "resources": [{"type": "node", "count": 1}]}
        parse_jobspec(document | {"attributes": {"system": {"duration": float("inf")}}}, "job")
    parse_jobspec(document | {"attributes": {"system": {"duration": HUGE}}}, "job")
