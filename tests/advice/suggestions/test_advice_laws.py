"""Each suggestion is true when applied, and none that gains matches alone comes first."""

from dataclasses import replace
from math import fsum, inf

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from near_strategies import SUBSYSTEMS, fleets, workloads
from random_replays import fleet_of_pools, random_case, random_settings, trace_of

from placewise.advice.job_costs import job_cost
from placewise.advice.suggestions.advise import advise
from placewise.advice.suggestions.applying import described_fleet, repriced_fleet
from placewise.advice.suggestions.cases import case_of_jobs
from placewise.advice.suggestions.over_time import Timed
from placewise.errors import InputError
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import match
from placewise.model.advice.changes import FactDescribed, PriceMoved
from placewise.model.fleets.cluster import Fleet
from placewise.model.fleets.resources import ResourceGraph, Vertex
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.jobs.job import Job, ResourceGroup, ResourceRequest
from placewise.model.traces.replay import ReplaySettings
from placewise.replays.inputs.sites import processor_price
from placewise.replays.replaying import cleaned_for, truth_of
from placewise.replays.run import replay
from placewise.study.timed.paired import paired
from placewise.worth.near_misses.suggestions import Relaxation, changed_fleet

CORES = ResourceGraph((Vertex("0", "cluster"), Vertex("1", "core", 0, 8)))
SHAPES = ((), (ResourceRequest("core", 2),), (ResourceRequest("core", 4),))


@st.composite
def incomplete(draw, fleet):
    """The fleet with prices, cores, and some of its subsystems not described, or not all of their fields."""
    said = {
        (cluster.name, name): draw(st.sampled_from([False, "vertices", True]))
        for cluster in fleet.clusters
        for name in SUBSYSTEMS
        if draw(st.booleans())
    }
    clusters = []
    for cluster in fleet.clusters:
        price = draw(st.sampled_from([None, 0.04, 0.05, 0.07, 1.0]))
        shaped = len(cluster.graph.vertices) == 1
        state = () if price is None else (("cost_per_processor_hour", price),)
        clusters.append(replace(cluster, graph=CORES if shaped else cluster.graph, state=state))
    return Fleet(tuple(clusters), replace(fleet.vocabulary, complete=said))


@st.composite
def cases(draw):
    fleet = draw(fleets().flatmap(incomplete))
    workload, shape = draw(workloads()), draw(st.sampled_from(SHAPES))
    jobs = [
        Job(
            f"job{number}",
            (ResourceGroup(shape if number % 2 else (), workload.job(number).requirements),),
            attributes=(("duration", 3600.0 * (1 + number % 3)),),
        )
        for number in range(len(workload))
    ]
    return fleet, jobs


def made(fleet, jobs, change):
    """The fleet and the jobs after a change, by the functions that are public beside advice."""
    if isinstance(change, Relaxation):
        instead = () if change.relaxed is None else (change.relaxed,)

        def asks(group):
            return tuple(
                part for one in group.requirements for part in (instead if one == change.requirement else (one,))
            )

        relaxed = [
            replace(job, groups=tuple(replace(group, requirements=asks(group)) for group in job.groups)) for job in jobs
        ]
        return fleet, relaxed
    if isinstance(change, FactDescribed):
        return described_fleet(fleet, change), jobs
    if isinstance(change, PriceMoved):
        return repriced_fleet(fleet, change), jobs
    return changed_fleet(fleet, change), jobs


def fared(fleet, jobs, as_they_are):
    """Of each job, one after the other: whether it matches, how likely it succeeds, and what it pays."""
    index = FleetIndex(fleet)
    rows = []
    for job, needs in zip(jobs, as_they_are, strict=True):
        there = match(index, job).positions
        good = set(match(index, needs).positions)
        costs = [one.cost for one in job_cost(fleet, there, job).clusters if one.cost is not None]
        rows.append(
            (bool(there), sum(p in good for p in there) / len(there) if there else 0.0, min(costs, default=inf))
        )
    return rows


def advised(fleet, jobs, top=50):
    try:
        return advise(case_of_jobs(fleet, jobs), top=top)
    except InputError:
        assume(False)


@given(cases())
def test_each_suggestion_is_true_when_applied(case):
    fleet, jobs = case
    found = advised(fleet, jobs)
    before = fared(fleet, jobs, jobs)
    assert found.now.matches == sum(row[0] for row in before)
    assert found.now.success == pytest.approx(fsum(row[1] for row in before))
    for suggestion in found.suggestions:
        for one in {suggestion.least, suggestion.most}:
            there, asked = made(fleet, jobs, one.change)
            after = fared(there, asked, jobs)
            both = list(zip(before, after, strict=True))
            assert one.gains.matches == sum(b[0] - a[0] for a, b in both)
            assert one.gains.success == pytest.approx(fsum(b[1] - a[1] for a, b in both))
            less = [a[2] - b[2] for a, b in both if a[2] < inf and b[2] < inf]
            assert (one.gains.cost is None) == (not less)
            if less:
                assert one.gains.cost.amount == pytest.approx(fsum(less))
            assert one.gains.waiting_h is None
            assert one.gains.wasted_h is None


@given(cases())
def test_the_best_gains_come_first_and_matches_alone_last(case):
    found = advised(*case)
    useful = [one.gains_something for one in found.suggestions]
    assert useful == sorted(useful, reverse=True)
    sure = [one.least.gains.success for one in found.suggestions if one.gains_something]
    assert sure == pytest.approx(sorted(sure, reverse=True))
    for one in found.suggestions:
        assert one.least.gained <= one.most.gained
        if not one.gains_something:
            assert one.most.gains.matches > 0
            assert one.most.gains.success == pytest.approx(0)
    fewer = advised(*case, top=2)
    assert fewer.suggestions == found.suggestions[:2]


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_clusters_changes_nothing(case, random):
    fleet, jobs = case
    # In the words that they are read in: kinds that nobody says follow from what is first offered.
    fleet = replace(fleet, vocabulary=FleetIndex(fleet).vocabulary)
    clusters = list(fleet.clusters)
    random.shuffle(clusters)
    found, other = advised(fleet, jobs), advised(replace(fleet, clusters=tuple(clusters)), jobs)
    assert other.now.matches == found.now.matches
    shown = [[(one.least.change, one.most.change) for one in each.suggestions] for each in (found, other)]
    assert shown[0] == shown[1]


@given(cases())
def test_where_every_job_succeeds_and_pays_nothing_there_is_nothing_to_suggest(case):
    fleet, jobs = case
    bare = tuple(replace(cluster, state=()) for cluster in fleet.clusters)
    asking_nothing = [Job(job.name, (ResourceGroup(),)) for job in jobs]
    found = advise(case_of_jobs(Fleet(bare, fleet.vocabulary), asking_nothing))
    assert found.suggestions == ()
    assert found.now.success == found.now.jobs == len(jobs)


def replayed(trace, seen, fleet, chosen, truth):
    """Of each job: whether it started, succeeded, how long it waited, what failed of it, and what it paid."""
    schedule = replay(seen, fleet, chosen, truth=truth, engine="plain")
    prices = [processor_price(cluster) for cluster in fleet.clusters]
    rows = [[False, False, 0, 0, 0.0] for _ in range(len(trace))]
    attempts = zip(
        *(
            getattr(schedule, name).tolist()
            for name in ("job", "submit_s", "start_s", "end_s", "cluster", "processors")
        ),
        schedule.failed.tolist(),
        strict=True,
    )
    for job, submit, start, end, cluster, processors, failed in attempts:
        if start < 0:
            continue
        row = rows[job]
        row[0], row[1] = True, not failed
        row[2] += start - submit
        row[3] += (end - start) * processors * failed
        row[4] += (end - start) * processors / 3600 * prices[cluster]
    return rows


@pytest.mark.parametrize("place", ["cheapest", "earliest-start"])
@pytest.mark.parametrize("seed", range(12))
def test_each_suggestion_of_a_trace_is_true_when_it_is_replayed(seed, place):
    drawn = random_case(seed, jobs=40, clusters=3)
    trace = drawn.trace
    if not len(trace):
        pytest.skip("no jobs were drawn")
    # Nobody has b for certain any more; what one cluster has is not described.
    stripped = [replace(one, subsystems=one.subsystems[:1]) for one in drawn.fleet.clusters]
    known = {"a": frozenset(("type", "version")), "b": frozenset(("type", "version"))}
    words = Vocabulary(known=known, complete={(stripped[1].name, ""): False})
    fleet = Fleet(tuple(stripped), words)
    chosen = random_settings(seed, "easy", "limit", place, fleet)
    found = advise(Timed(cleaned_for(trace, "none", fleet), fleet, chosen, resamples=0), top=50)
    before = replayed(trace, trace, fleet, chosen, None)
    assert found.now.success == sum(row[1] for row in before)
    assert found.now.waiting_h == pytest.approx(sum(row[2] for row in before) / 3600)
    for suggestion in found.suggestions:
        for one in {suggestion.least, suggestion.most}:
            there, truth, seen = fleet, None, trace
            if isinstance(one.change, Relaxation):
                truth, instead = truth_of(trace, fleet), one.change.relaxed
                asks = [
                    tuple(instead if part == one.change.requirement else part for part in ask) for ask in trace.asks
                ]
                asks = [tuple(part for part in ask if part is not None) for ask in asks]
                seen = replace(trace, asks=tuple(asks))
            else:
                there, _ = made(fleet, [], one.change)
            both = list(zip(before, replayed(trace, seen, there, chosen, truth), strict=True))
            gains = one.gains
            assert gains.success == sum(b[1] - a[1] for a, b in both)
            assert gains.matches == sum(b[0] - a[0] for a, b in both)
            started = [(a, b) for a, b in both if a[0] and b[0]]
            assert gains.waiting_h.amount == pytest.approx(sum(a[2] - b[2] for a, b in started) / 3600)
            assert gains.wasted_h.amount == pytest.approx(sum(a[3] - b[3] for a, b in both) / 3600)
            if started:
                assert gains.cost.amount == pytest.approx(fsum(a[4] - b[4] for a, b in started))
    sure = [one.gains_something for one in found.suggestions]
    assert sure == sorted(sure, reverse=True)


def test_of_a_trace_more_comes_out_than_of_jobs_that_match():
    kinds = set()
    for seed in range(12):
        drawn = random_case(seed, jobs=40, clusters=3)
        if len(drawn.trace):
            chosen = ReplaySettings(place="cheapest", seed=seed)
            case = Timed(cleaned_for(drawn.trace, "none", drawn.fleet), drawn.fleet, chosen, resamples=0)
            kinds |= {type(one.change) for one in advise(case).suggestions}
    assert PriceMoved in kinds
    assert len(kinds) > 1


def test_hours_and_their_interval_are_those_of_paired_replays():
    draw, day = np.random.default_rng(0), 86400
    submit = np.sort(draw.integers(0, 42 * day, 120))
    runtime = draw.integers(1, day, 120)
    fleet = fleet_of_pools([4, 4], prices=[1, 2])
    trace = trace_of(submit, runtime, runtime, draw.integers(2, 5, 120))
    case = Timed(cleaned_for(trace, "none", fleet), fleet, ReplaySettings(policy="fcfs", place="first"), resamples=200)
    before = case.standing()
    after = replace(case, settings=replace(case.settings, place="earliest-start")).standing()
    gains = case.gains(before, after)
    pair = paired(("first", "earliest start"), before.fates, after.fates, resamples=200)
    wait = next(one for one in pair.means if one.quantity == "wait_s")
    assert pair.jobs == 120
    assert gains.waiting_h.amount == pytest.approx(wait.difference * pair.jobs / 3600)
    assert gains.waiting_h.amount > 0
    ends = wait.interval.low, wait.interval.high
    assert (gains.waiting_h.interval.low, gains.waiting_h.interval.high) == pytest.approx(
        tuple(end * pair.jobs / 3600 for end in ends)
    )
