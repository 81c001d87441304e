"""Whatever a request asks for, the work of its answer is bounded: counted in steps and looks, not by a clock."""

import json
import runpy
from pathlib import Path

import pytest

from placewise.errors import InputError
from placewise.formats.jobs.jobspec import jobspec_text
from placewise.kinds.vertex_test import VertexTest
from placewise.matching.causes import causes as causes_module
from placewise.matching.causes.why_not import why_not
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.limits.site_limits import with_limits
from placewise.matching.match import match
from placewise.matching.shapes.forest import Forest
from placewise.matching.shapes.work import STEPS, STEPS_OF_A_CLUSTER, Work

WORST = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "worst_requests.py"))
KINDS = dict(WORST["kinds"]())
CLUSTERS = 2


@pytest.fixture(scope="module")
def index():
    return FleetIndex(WORST["fleet"](CLUSTERS, 100))


@pytest.fixture
def counted(monkeypatch):
    """Steps by budget, vertices asked, and trees marked."""
    counts = {"steps": 0, "asked": 0, "trees": 0}

    def counting(of, name, key, weight=lambda *_: 1):
        before = getattr(of, name)

        def counts_too(self, *given):
            counts[key] += weight(*given)
            return before(self, *given)

        monkeypatch.setattr(of, name, counts_too)

    counting(Work, "step", "steps", lambda steps=1: steps)
    counting(VertexTest, "ask", "asked")
    counting(Forest, "root", "trees")
    return counts


def job_of(index, document):
    return with_limits(jobspec_text(json.dumps(document), "job", None), index.vocabulary)


@pytest.mark.parametrize("kind", KINDS)
def test_a_match_takes_no_more_than_the_budget_of_one_job(index, counted, kind):
    document = KINDS[kind]
    assert len(json.dumps(document)) <= WORST["MOST_BYTES"]
    try:
        job = job_of(index, document)
        counted.update(dict.fromkeys(counted, 0))
        match(WORST["_forgetful"](index), job)
    except InputError:
        pass
    # Counting place by place, and a first look at the shape alone, have budgets of their own.
    budget = STEPS + STEPS_OF_A_CLUSTER * CLUSTERS
    assert counted["steps"] <= 3 * budget
    assert counted["trees"] <= budget
    assert counted["asked"] <= 60_000 + 2 * index.rows


def test_groups_of_unlike_nodes_are_answered(index):
    shapes = [WORST["_unlike"](7 * at, 1) for at in range(2)]
    wanted = [[{"name": "tag", "field": "number", "min": at}] for at in range(2)]
    job = job_of(index, WORST["_groups"](shapes, wanted))
    assert len(match(index, job).names) == CLUSTERS


def test_what_a_job_requires_is_refused_before_it_is_asked_of_very_many_vertices(index, counted):
    entries = [{"package": {"name": f"p{at % 100}", "version": f"{at}:"}, "as": f"a{at}"} for at in range(2000)]
    job = job_of(index, {"version": 1, "resources": {"a": {"requires": entries}}})
    counted.update(dict.fromkeys(counted, 0))
    with pytest.raises(InputError, match="requires too much"):
        match(index, job)
    assert not counted["asked"]


def test_causes_are_looked_for_within_a_budget(index, monkeypatch):
    entries = [{"package": {"name": f"p{at}", "version": "99:"}, "as": f"a{at}"} for at in range(100)]
    job = job_of(index, {"version": 1, "resources": {"a": {"requires": entries}}})
    assert all(one.causes for one in why_not(index, job).blocked) is False
    assert len(why_not(index, job).blocked) == 100
    monkeypatch.setattr(causes_module, "LOOKS", 1_000_000)
    assert all(one.causes for one in why_not(index, job).blocked)


def groups_of_most_nodes(index, groups, nodes):
    shapes = [WORST["_unlike"](7 * at, nodes // groups) for at in range(groups)]
    wanted = [[{"name": "tag", "field": "number", "min": at, "max": 80 + at}] for at in range(groups)]
    return job_of(index, WORST["_groups"](shapes, wanted))


@pytest.mark.parametrize("groups", [3, 8, 16])
def test_unlike_groups_of_most_nodes_are_decided(groups):
    index = FleetIndex(WORST["fleet"](3, 300))
    job = groups_of_most_nodes(index, groups, 250)
    oracle = FleetIndex(WORST["fleet"](1, 300))
    assert bool(match(index, job)) == bool(match(oracle, groups_of_most_nodes(oracle, groups, 250)))


def test_clusters_that_are_alike_take_little_more_work_than_one(counted):
    steps = []
    for clusters in (1, 4):
        index = FleetIndex(WORST["fleet"](clusters, 200))
        job = groups_of_most_nodes(index, 4, 160)
        counted["steps"] = 0
        match(WORST["_forgetful"](index), job)
        steps.append(counted["steps"])
    assert steps[1] < 2 * steps[0]


def test_what_is_matched_is_explained_even_if_its_causes_take_too_much_work(index, monkeypatch):
    job = groups_of_most_nodes(index, 2, 90)
    expected = match(index, job).names
    monkeypatch.setattr(Work, "besides", classmethod(lambda cls, *_: cls(0)))
    why = why_not(WORST["_forgetful"](index), job)
    assert why.matched == expected
    assert not why.near_misses
    assert set(why.scattered) == set(index.names) - set(expected) - {one for b in why.blocked for one in b.clusters}
    assert all("too few" in str(cause) or "not together" in str(cause) for there in why.apart for cause in there.causes)
