"""Each suggestion, applied, gains exactly what it says; and none that gains more is left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from near_strategies import fleets, workloads
from studies import SHIPPED

from placewise.errors import InputError
from placewise.formats.profiles.profile_file import shipped_profile
from placewise.matching.bits import bitset
from placewise.matching.bits.kernels_numpy import NumpyKernels
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import match_rows, match_workload
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import package_subsystem
from placewise.model.jobs.records import Records
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.requirement import Requirement, version_requirement
from placewise.model.requirements.requirement import tests_of as leaves
from placewise.model.studies.settings import Settings
from placewise.model.studies.study import Comparison, Question
from placewise.outcomes.success import success_on
from placewise.study.demands.demands import demands_of
from placewise.study.demands.record_questions import answers, as_workload
from placewise.study.near_misses import near_misses_of
from placewise.study.sources import draw, read_study
from placewise.worth.near_misses.search import near_misses
from placewise.worth.near_misses.suggestions import (
    FleetChange,
    Relaxation,
    WiderStep,
    changed_fleet,
    relaxed_workload,
)


def matched(fleet, workload):
    return match_workload(FleetIndex(fleet), workload).any(axis=1)


def gained_and_lost(fleet, workload, *, after_fleet=None, after_jobs=None):
    before = matched(fleet, workload)
    after = matched(after_fleet or fleet, after_jobs or workload)
    return int((after & ~before).sum()), int((before & ~after).sum())


def check(fleet, workload, found, most=None):
    for one in found.relaxations[:most]:
        assert gained_and_lost(fleet, workload, after_jobs=relaxed_workload(workload, one)) == (one.gained, 0)
        for step in one.steps:
            shorter = replace(one, steps=(step,))
            assert gained_and_lost(fleet, workload, after_jobs=relaxed_workload(workload, shorter))[0] == step.gained
    for one in found.changes[:most]:
        assert gained_and_lost(fleet, workload, after_fleet=changed_fleet(fleet, one)) == (one.gained, one.lost)


@given(fleets(), workloads())
@settings(max_examples=settings.default.max_examples * 2)
def test_every_suggestion_gains_and_loses_exactly_what_it_says(fleet, workload):
    found = near_misses(FleetIndex(fleet), workload, top=50)
    assert found.jobs == len(workload)
    assert found.unmatched == int((~matched(fleet, workload)).sum())
    check(fleet, workload, found)
    gains = [one.gained for one in found.relaxations]
    assert gains == sorted(gains, reverse=True)
    nets = [one.net for one in found.changes]
    assert nets == sorted(nets, reverse=True)
    assert all(number >= 1 for number in (*gains, *nets))


@given(fleets(), workloads(mixed=False))
def test_no_offered_value_of_a_single_vertex_nets_more(fleet, workload):
    index = FleetIndex(fleet)
    best = {(one.cluster, one.subsystem): one.net for one in near_misses(index, workload, top=999).changes}
    for cluster in fleet.clusters:
        there = {one.name: one.vertices for one in cluster.subsystems}
        for name in ("arch", "gcc", "zlib"):
            vertices = there.get(name)
            if vertices is not None and len(vertices) != 1:
                assert (cluster.name, name) not in best
                continue
            offered = [properties for properties, _ in index.offered(name)]
            for properties in offered:
                before = vertices[0].properties if vertices else None
                change = FleetChange(cluster.name, name, before, properties, 0, 0)
                gained, lost = gained_and_lost(fleet, workload, after_fleet=changed_fleet(fleet, change))
                assert gained - lost <= best.get((cluster.name, name), 0)


@given(fleets(), workloads())
def test_a_requirement_whose_absence_gains_jobs_is_listed(fleet, workload):
    listed = {one.requirement for one in near_misses(FleetIndex(fleet), workload, top=999).relaxations}
    for requirement in workload.requirements:
        without = Relaxation(requirement, 0, 0, 0, (WiderStep(None, 0, 0.0),))
        gained, _ = gained_and_lost(fleet, workload, after_jobs=relaxed_workload(workload, without))
        assert (gained > 0) == (requirement in listed)


@given(fleets(), workloads())
def test_what_an_expression_is_about_is_not_changed(fleet, workload):
    expressions = [one for one in workload.requirements if not isinstance(one, Requirement)]
    about = {test.subsystem for one in expressions for test in leaves(one)}
    changes = near_misses(FleetIndex(fleet), workload, top=999).changes
    assert about.isdisjoint(one.subsystem for one in changes)


@given(fleets(), workloads(), st.integers(1, 5), st.integers(1, 4))
def test_fewer_suggestions_are_the_first_of_more(fleet, workload, top, least):
    index = FleetIndex(fleet)
    every, some = near_misses(index, workload, top=999), near_misses(index, workload, top=top, least=least)
    assert some.relaxations == tuple(one for one in every.relaxations if one.gained >= least)[:top]
    assert some.changes == tuple(one for one in every.changes if one.net >= least)[:top]


@given(fleets(), workloads())
def test_the_fewest_failing_requirements_by_hand(fleet, workload):
    index = FleetIndex(fleet)
    found = near_misses(index, workload)
    large = bitset.from_number(index.hosting_alone(workload.shape), len(fleet))
    failing = []
    for job in np.flatnonzero(~matched(fleet, workload)).tolist():
        able = [
            bitset.unpack(index.clusters_of(index.meeting(r).yes), len(fleet)) for r in workload.job(job).requirements
        ]
        counts = [sum(not meets[c] for meets in able) for c in np.flatnonzero(large).tolist()]
        failing.append(min(counts, default=-1))
    assert found.too_large == failing.count(-1)
    assert dict(found.fewest) == {number: failing.count(number) for number in set(failing) - {-1}}


def zlib_fleet():
    return Fleet(
        tuple(
            Cluster(name, subsystems=(package_subsystem("zlib", zlib), package_subsystem("cmake", cmake)))
            for name, zlib, cmake in (("east", "1.2.8", "3.20"), ("west", "1.2.5", "3.1"))
        )
    )


def zlib_jobs():
    new, old = version_requirement("zlib", "1.2.11", None), version_requirement("zlib", "1.2.5", "1.2.5")
    cmake = version_requirement("cmake", "3.15", None)
    return Workload.from_rows(list("abcdef"), [(new, cmake), (new, cmake), (new,), (new,), (old,), (cmake,)])


def test_the_example_in_words():
    found = near_misses(FleetIndex(zlib_fleet()), zlib_jobs())
    (relaxation,) = found.relaxations
    assert [(str(step.relaxed), step.gained) for step in relaxation.steps] == [("zlib@1.2.8:", 4)]
    assert (relaxation.jobs, relaxation.gained, relaxation.clusters_per_job) == (4, 4, 1.0)
    first, second = found.changes
    assert (first.cluster, dict(first.after)["version"], first.gained, first.lost) == ("east", "1.2.11", 4, 0)
    # What needs exactly 1.2.5 has only west to go to.
    assert (second.cluster, second.gained, second.lost, second.net) == ("west", 2, 1, 1)
    assert found.fewest == ((1, 4),)


def test_bad_input_is_one_error():
    index, jobs = FleetIndex(zlib_fleet()), zlib_jobs()
    with pytest.raises(InputError, match="no clusters"):
        near_misses(FleetIndex(Fleet(())), jobs)
    with pytest.raises(InputError, match="no jobs"):
        near_misses(index, jobs.select(np.zeros(0, dtype=np.int64)))
    for wrong in ({"top": 0}, {"least": 0}):
        with pytest.raises(InputError, match="not usable"):
            near_misses(index, jobs, **wrong)
    unknown = Workload.from_rows(["a"], [(version_requirement("zlip", "1", None),)])
    with pytest.raises(InputError, match="zlip"):
        near_misses(index, unknown)
    other = Relaxation(version_requirement("gcc", "1", None), 1, 1, 1.0, (WiderStep(None, 1, 1.0),))
    with pytest.raises(InputError, match="gcc"):
        relaxed_workload(jobs, other)
    change = FleetChange("north", "zlib", None, (), 1, 0)
    with pytest.raises(InputError, match="north"):
        changed_fleet(zlib_fleet(), change)
    with pytest.raises(InputError, match="zlib"):
        changed_fleet(zlib_fleet(), replace(change, cluster="east"))
    with pytest.raises(InputError, match="is another"):
        changed_fleet(zlib_fleet(), FleetChange("east", "gcc", (("version", "1"),), (), 1, 0))


@pytest.fixture(scope="module")
def builds():
    return draw(shipped_profile("spack-build"), 15, 600, 4)


NAMED = {question.name: question for question in SHIPPED.questions}


def places(index, records, forms):
    found = [answers(index, records, NAMED.get(form, form)) for form in forms]
    rows = [one.table[one.ids] for one in found]
    return np.bitwise_and.reduce([np.broadcast_to(index.everything, (len(records), index.words)), *rows], axis=0)


def test_builds_as_jobs_match_what_the_forms_say(builds):
    index = FleetIndex(builds.fleet)
    study = SHIPPED
    both = Question("both", "memory", (Comparison("value", at_least="memory_max_bytes", at_most="memory_mean_bytes"),))
    most = Question("most", "memory", (Comparison("value", at_most="memory_max_bytes", at_most_factor=9.0),))
    for level in (*(level.metadata for level in study.levels), (both,), (most,)):
        asked = as_workload(index, builds.jobs, [NAMED.get(form, form) for form in level])
        assert (match_workload(index, asked) == places(index, builds.jobs, level)).all()


@pytest.mark.parametrize("scoring", ["corrected", "published"])
def test_success_of_builds_is_that_of_running_again(builds, scoring):
    found = near_misses_of(replace(builds, settings=Settings(scoring=scoring)), top=5)
    index, study = FleetIndex(builds.fleet), SHIPPED
    asked = as_workload(index, builds.jobs, [NAMED[name] for name in study.everything])
    forms = [rule.published or rule.question if scoring == "published" else rule.question for rule in study.rules]

    def success(fleet, jobs):
        index = FleetIndex(fleet)
        matches = match_workload(index, jobs)
        good = bitset.size_of(matches & places(index, builds.jobs, forms))
        size = bitset.size_of(matches)
        return good / np.maximum(size, 1)

    chance = success(builds.fleet, asked)
    applied = [(one, (builds.fleet, relaxed_workload(asked, one))) for one in found.relaxations]
    applied += [(one, (changed_fleet(builds.fleet, one), asked)) for one in found.changes]
    assert found.relaxations
    assert found.changes
    for one, inputs in applied:
        now = success(*inputs)
        assert one.success.net == pytest.approx((now - chance).sum())
        assert one.success.gained == pytest.approx(np.maximum(now - chance, 0).sum())
        assert one.success.lost == pytest.approx(np.maximum(chance - now, 0).sum())
    check(builds.fleet, asked, found)


@given(st.integers(0, 5))
@settings(max_examples=6)
def test_fleet_changes_hold_for_the_builds_themselves(seed):
    # The bounds are not moved to what the old fleet offers, but taken anew on the changed one.
    drawn = draw(shipped_profile("spack-build"), 8, 150, seed)
    found = near_misses_of(drawn, top=10)
    told = drawn.everything
    before = places(FleetIndex(drawn.fleet), drawn.jobs, told).any(axis=1)
    for one in found.changes:
        after = places(FleetIndex(changed_fleet(drawn.fleet, one)), drawn.jobs, told).any(axis=1)
        assert (int((after & ~before).sum()), int((before & ~after).sum())) == (one.gained, one.lost)


@pytest.mark.slow
@pytest.mark.parametrize("dataset", ["reliabuild", "spack-build"])
def test_the_first_suggestions_on_the_public_data(public_data, dataset):
    inputs = read_study(public_data / dataset)
    jobs = inputs.jobs
    found = near_misses_of(inputs)
    if isinstance(jobs, Records):
        jobs = as_workload(FleetIndex(inputs.fleet), jobs, [NAMED[name] for name in inputs.everything])
        assert (found.jobs, found.unmatched) == (31_622, 11_435)
    else:
        assert (found.jobs, found.unmatched) == (10_506, 5_974)
    assert (len(found.relaxations), len(found.changes)) == (20, 20)
    check(inputs.fleet, jobs, found, 5)


def test_the_first_suggestions_for_the_public_builds_gain_just_what_they_say(public_data, public_cache):
    study = read_study(public_data / "spack-build", cache=public_cache)
    found = near_misses_of(study, top=5)
    index = FleetIndex(study.fleet)
    asked, judging = demands_of(study, NumpyKernels()).as_workloads(index)

    def expected(fleet, jobs):
        there = FleetIndex(fleet)
        return success_on(match_rows(there, jobs), judging.on(there), judging.kind).share

    before = expected(study.fleet, asked)
    for some in (found.relaxations, found.changes):
        assert [one.success.net for one in some] == sorted((one.success.net for one in some), reverse=True)
        assert some[0].success.net > 0
        for one in some:
            relaxed = isinstance(one, Relaxation)
            fleet = study.fleet if relaxed else changed_fleet(study.fleet, one)
            more = expected(fleet, relaxed_workload(asked, one) if relaxed else asked) - before
            assert one.success.gained == pytest.approx(np.maximum(more, 0).sum(), abs=1e-6)
            assert one.success.lost == pytest.approx(np.maximum(-more, 0).sum(), abs=1e-6)
    assert found.matches_only > 0
