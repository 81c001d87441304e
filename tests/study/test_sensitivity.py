"""Other circumstances: no change is no change, and every change goes the way that it must."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import plain_experiments as plain
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from studies import KERNELS, run, study_of

from placewise.errors import InputError
from placewise.formats.profiles.profile_file import shipped_profile
from placewise.matching.bits import bitset
from placewise.matching.fleet.index import FleetIndex
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Vertex, package_subsystem
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.requirement import version_requirement
from placewise.model.studies.settings import Settings
from placewise.study.demands.range_widths import rows_of_width
from placewise.study.sources import draw
from placewise.study.vary import sensitivity as room
from placewise.study.vary.sensitivity import CLUSTERS, MISSING, RANGES, WRONG, sensitivity
from placewise.study.vary.wrong_metadata import NOT_SEEN, draw_missing, draw_wrong
from placewise.sweep.executors import runner
from placewise.sweep.runner import Runner

FEW = {CLUSTERS: (3, 12), RANGES: (0, 1), WRONG: (0.0, 0.3, 1.0), MISSING: (0.0, 0.3, 1.0)}


@pytest.fixture(scope="module")
def versions():
    return draw(shipped_profile("reliabuild"), 12, 50, 3)


@pytest.fixture(scope="module")
def builds():
    return draw(shipped_profile("spack-build"), 12, 300, 3)


def points(study, scoring="corrected", **options):
    study = replace(study, settings=replace(study.settings, scoring=scoring))
    found = sensitivity(study, KERNELS, draws=3, amounts=FEW, **options).points
    return {(one.setting, one.amount): one for one in found}


@settings(max_examples=settings.default.max_examples // 2)
@given(plain.fleets(), plain.workloads(), st.sampled_from(["corrected", "published"]))
def test_no_change_changes_nothing(fleet, workload, scoring):
    results = run(fleet, workload, Settings(orders=0, scoring=scoring), KERNELS).results
    found = points(study_of(fleet, workload), over=("ranges", "wrong", "missing"), scoring=scoring)
    for setting in (RANGES, WRONG, MISSING):
        same = found[setting, 0]
        assert (same.draws, same.low, same.high) == (1, same.everything, same.everything)
        assert same.nothing == pytest.approx(results.scores["none"].success, rel=1e-12)
        assert same.everything == pytest.approx(results.scores["all"].success, rel=1e-12)
        assert same.matched == pytest.approx(1 - results.scores["all"].unmatched / len(workload))
        assert same.ceiling == pytest.approx(results.ceiling)
    # With nothing known of any cluster, none meets what a job asks for.
    assert found[MISSING, 1.0].matched == found[MISSING, 1.0].everything == 0
    for setting in (WRONG, MISSING):
        for amount in FEW[setting]:
            assert found[setting, amount].ceiling == pytest.approx(results.ceiling)
            assert found[setting, amount].nothing == pytest.approx(results.scores["none"].success)


def test_no_change_of_builds(builds):
    results = run(builds.fleet, builds.jobs, Settings(orders=0, minimum_builds=20), KERNELS)
    scores = results.results.scores
    found = points(builds, over=("wrong", "missing"))
    for setting in (WRONG, MISSING):
        assert found[setting, 0].nothing == pytest.approx(scores["none"].success)
        every = scores["arch-compiler-compiler-version-memory"].success
        assert found[setting, 0].everything == pytest.approx(every)
        assert found[setting, 0.3].everything < every
    assert found[MISSING, 1.0].matched == 0


@settings(max_examples=settings.default.max_examples // 2)
@given(plain.fleets(), st.integers(0, 99), st.floats(0, 1), st.floats(0, 1))
def test_of_a_larger_share_more_is_missing_or_replaced(fleet, seed, one, other):
    index = FleetIndex(fleet)
    for draw_seen in (draw_missing, draw_wrong):
        less, more = (draw_seen(index, share, np.random.default_rng(seed)).sources for share in sorted((one, other)))
        for subsystem, column in less.items():
            own = np.arange(len(fleet))
            changed = (column != own) & (column != NOT_SEEN)
            if draw_seen is draw_wrong:
                assert (more[subsystem][changed] == column[changed]).all()
            else:
                assert not changed.any()
                assert ((column != NOT_SEEN) | (more[subsystem] == NOT_SEEN)).all()


@given(plain.fleets(), st.integers(0, 99), st.floats(0, 1))
def test_a_wrong_entry_is_that_of_another_cluster_that_has_one(fleet, seed, share):
    seen = draw_wrong(FleetIndex(fleet), share, np.random.default_rng(seed)).sources
    replaced = entries = 0
    for subsystem, column in seen.items():
        having = {i for i, cluster in enumerate(fleet.clusters) if subsystem in {s.name for s in cluster.subsystems}}
        assert {i for i in range(len(fleet)) if column[i] != NOT_SEEN} == having
        assert set(column[sorted(having)].tolist()) <= having
        replaced += sum(column[i] != i for i in having)
        entries += len(having)
    assert replaced <= round(share * entries)
    if min(len([c for c in fleet.clusters if any(s.name == name for s in c.subsystems)]) for name in seen) > 1:
        assert replaced == round(share * entries)


@given(plain.fleets(), plain.workloads())
def test_wider_ranges_admit_more(fleet, workload):
    index = FleetIndex(fleet)
    narrow, same, *wider = (rows_of_width(index, workload.requirements, steps) for steps in (-1, 0, 1, 2, 9))
    assert np.array_equal(same, index.table(workload.requirements))
    rows = [narrow, same, *wider]
    for less, more in pairwise(rows):
        assert not (less & ~more).any()
    # As far as a version is left.
    assert (narrow.any(axis=1) == same.any(axis=1)).all()


@pytest.mark.parametrize(
    ("minimum", "maximum", "steps", "admitted"),
    [
        ("2", "3", 0, "23"),
        ("2", "3", 1, "1234"),
        ("2", "3", 2, "12345"),
        ("1", "3", -1, "2"),
        ("2", "3", -1, "3"),
        ("3", "3", -1, "3"),
        ("2", None, 1, "12345"),
        (None, "2", -1, "1"),
        ("3.1", "3.2", 1, "34"),
        ("3.1", "3.2", -1, ""),
        ("0", "0.5", 2, "12"),
        ("7", "8", 1, "5"),
    ],
)
def test_the_ends_of_a_range_move_in_the_list_of_versions_on_offer(minimum, maximum, steps, admitted):
    fleet = Fleet(tuple(Cluster(f"c{v}", subsystems=(package_subsystem("p", v),)) for v in "53142"))
    row = rows_of_width(FleetIndex(fleet), [version_requirement("p", minimum, maximum)], steps)[0]
    found = {fleet.clusters[place].name[1] for place in np.flatnonzero(bitset.unpack(row, len(fleet)))}
    assert found == set(admitted)


def test_more_clusters_match_more_jobs(versions, builds):
    for inputs in (versions, builds):
        found = points(inputs, over=("clusters",))
        assert found[CLUSTERS, 3].ceiling < found[CLUSTERS, 12].ceiling
        assert found[CLUSTERS, 3].draws == 3
        assert found[CLUSTERS, 3].low <= found[CLUSTERS, 3].everything <= found[CLUSTERS, 3].high


def test_processes_and_kept_parts_change_nothing(versions, builds, tmp_path):
    for inputs in (versions, builds):
        here = points(inputs)
        with runner(2) as two:
            assert points(inputs, runner=two) == here
        assert points(inputs, runner=Runner(None, tmp_path)) == here
        assert points(inputs, runner=Runner(None, tmp_path)) == here


def test_a_finished_part_is_not_computed_again(versions, tmp_path, monkeypatch):
    first = points(versions, runner=Runner(None, tmp_path))
    monkeypatch.setattr(room.SensitivityTask, "__call__", lambda *_: pytest.fail("computed again"))
    assert points(versions, runner=Runner(None, tmp_path)) == first


def test_what_cannot_be_changed_is_left_out_and_refused_if_asked_for(builds, versions):
    found = sensitivity(builds, KERNELS, draws=1, amounts=FEW)
    assert {point.setting for point in found.points} == {CLUSTERS, WRONG, MISSING}
    assert found.left_out[0].startswith("ranges: what records ask for is not a range")
    with pytest.raises(InputError, match="not a range of versions"):
        sensitivity(builds, KERNELS, over=("missing", "ranges"))
    nodes = ResourceGraph((Vertex("0", "cluster"), *(Vertex(str(n), "node", parent=0, size=n) for n in (1, 2))))
    shaped = Fleet(tuple(Cluster(c.name, nodes, c.subsystems) for c in versions.fleet.clusters))
    inputs = study_of(shaped, versions.jobs)
    found = sensitivity(inputs, KERNELS, draws=1, amounts=FEW)
    assert {point.setting for point in found.points} == {RANGES, MISSING}
    for name, problem in (("clusters", "what nodes it has"), ("wrong", "nodes are alike")):
        with pytest.raises(InputError, match=problem):
            sensitivity(inputs, KERNELS, over=(name,))


def test_bad_settings(versions):
    with pytest.raises(InputError, match="no such setting"):
        sensitivity(versions, KERNELS, over=("weather",))
    with pytest.raises(InputError, match="--draws"):
        sensitivity(versions, KERNELS, draws=0)
    with pytest.raises(InputError, match="no clusters"):
        sensitivity(study_of(Fleet(()), versions.jobs), KERNELS)
    empty = Workload.from_rows(["j"], [[]])
    with pytest.raises(InputError, match="no job has a requirement"):
        sensitivity(study_of(versions.fleet, empty), KERNELS)
