import os
from pathlib import Path

import numpy as np
import pytest

from placewise.errors import InputError
from placewise.formats.fleets.cluster_features import read_features
from placewise.formats.jobs.jobspec_lists import read_jobspecs
from placewise.formats.profiles.profile_file import profile_json, shipped_profile
from placewise.matching.bits.kernels_numpy import NumpyKernels
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import Subsystem, SubsystemVertex
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.predicates import Equals, InNumericRange
from placewise.model.requirements.requirement import Condition, Requirement, version_requirement
from placewise.model.studies.version_profile import VersionPool
from placewise.study.demands.demands import demands_of
from placewise.study.sources import draw
from placewise.synthesis import draw_fleet, draw_jobs, fit

REAL = Path(os.environ.get("PLACEWISE_DATA", "../shared/data")) / "reliabuild"


def package(name, **properties):
    return Subsystem(name, (SubsystemVertex(tuple(properties.items())),))


def fleet(*offers):
    return Fleet(
        tuple(
            Cluster(f"c{i}", subsystems=tuple(package(name, version=text) for name, text in offer.items()))
            for i, offer in enumerate(offers)
        )
    )


def workload(*jobs):
    """One job for each (root package, version, requirements)."""
    packages, versions, rows = zip(*jobs, strict=True)
    return Workload.from_rows(
        [str(i) for i in range(len(jobs))], rows, {"package": list(packages), "package_version": list(versions)}
    )


A1, A2, B = version_requirement("a", "1", "1"), version_requirement("a", "2", None), version_requirement("b", "1", "2")


def test_a_small_profile_is_what_one_counts_by_hand():
    jobs = workload(
        ("a", "1.1", [A1, B]), ("a", "2.1", [A2, B]), ("a", None, [B]), ("a", "1.1", [B, A1]), ("z", "3", [])
    )
    profile = fit(fleet({"a": "1"}, {"a": "2", "c": "7"}), jobs)
    assert profile.jobs.requirements == (A1, A2, B)
    assert profile.fleet.pools == (
        VersionPool(("a",), (("1",), ("2",))),
        VersionPool(("b",), ((None,),)),
        VersionPool(("c",), ((None,), ("7",))),
    )
    a, z = profile.jobs.roots
    assert (a.name, a.weight, z.name, z.weight) == ("a", 4, "z", 1)
    assert [(stack.weight, stack.needs) for stack in a.stacks] == [
        (3, (((0, 2), (1, 1)), ((2, 1),))),
        (1, (((2, 1),),)),
    ]
    assert [(releases.own, releases.versions) for releases in a.releases] == [(0, (("1.1", 2),)), (1, (("2.1", 1),))]
    assert [(stack.weight, stack.needs) for stack in z.stacks] == [(1, ())]
    assert [(releases.own, releases.versions) for releases in z.releases] == [(None, (("3", 1),))]


def test_requirements_that_no_job_has_are_left_out():
    jobs = workload(("a", None, [A1]), ("a", None, [B]))
    assert fit(fleet({"a": "1"}), jobs.select(np.array([1]))).jobs.requirements == (B,)


def test_workloads_without_package_versions_are_fitted():
    jobs = Workload.from_rows(["x"], [[A1]], {"package": ["a"]})
    profile = fit(fleet({"a": "1"}), jobs)
    assert profile.jobs.roots[0].releases == ()
    assert draw_jobs(profile, 2, 0).columns["package_version"] == [None, None]


@pytest.mark.parametrize(
    ("subsystem", "problem"),
    [
        (Subsystem("a", ()), "one vertex with a version"),
        (Subsystem("a", (SubsystemVertex((("version", "1"),)),) * 2), "one vertex with a version"),
        (package("a", memory=3), "one vertex with a version"),
        (package("a", version=1.1), "one vertex with a version"),
        (package("a", version="no version!"), "not a version"),
    ],
)
def test_fleets_of_other_kinds_are_refused(subsystem, problem):
    with pytest.raises(InputError, match=problem):
        fit(Fleet((Cluster("c", subsystems=(subsystem,)),)), workload(("a", "1", [A1])))


@pytest.mark.parametrize(
    "requirement",
    [
        Requirement("a"),
        Requirement("a", (Condition("version", Equals("1")),)),
        Requirement("a", (Condition("memory", InNumericRange(1, 2)),)),
        Requirement("a", (*A1.conditions, Condition("type", Equals("a")))),
        Requirement("a", (Condition("other", A1.conditions[0].predicate),)),
    ],
)
def test_requirements_other_than_version_ranges_are_refused(requirement):
    with pytest.raises(InputError, match="is not one range of versions"):
        fit(fleet({"a": "1"}), workload(("a", "1", [requirement])))


@pytest.mark.parametrize(
    ("jobs", "problem"),
    [
        (Workload.from_rows(["x"], [[A1]]), "does not say its package;"),
        (workload(("a", "1", [A1]), (None, "1", [A1])), "job '1': the job does not say its package"),
        (workload(("a", 1.1, [A1])), "the package_version of a job is not text"),
        (workload(("a", "1", [A1, A2])), "asks for one package twice"),
        (Workload.from_rows([], []), "nothing to fit"),
    ],
)
def test_jobs_of_other_kinds_are_refused(jobs, problem):
    with pytest.raises(InputError, match=problem):
        fit(fleet({"a": "1"}), jobs)


def test_an_empty_fleet_is_refused():
    with pytest.raises(InputError, match="nothing to fit"):
        fit(Fleet(()), workload(("a", "1", [A1])))


def test_a_large_draw_fits_the_profile_that_it_was_drawn_from():
    profile, jobs = shipped_profile("reliabuild"), 200_000
    again = fit(draw_fleet(profile, 400, 5, "periodic"), draw_jobs(profile, jobs, 5))
    assert again.fleet.pools == profile.fleet.pools

    def shares(fitted):
        total = sum(root.weight for root in fitted.jobs.roots)
        names = [str(requirement) for requirement in fitted.jobs.requirements]
        return {
            (root.name, *(names[need[0][0]].split(":")[0] for need in stack.needs)): stack.weight / total
            for root in fitted.jobs.roots
            for stack in root.stacks
        }

    drawn, expected = shares(again), shares(profile)
    assert drawn.keys() <= expected.keys()
    for key, share in expected.items():
        # Six standard deviations: one draw of 418 stacks at a fixed seed must not be a matter of luck.
        assert abs(drawn.get(key, 0) - share) < 6 * (share / jobs) ** 0.5


def test_the_shipped_profile_is_the_fit_of_the_public_data():
    if not REAL.is_dir():
        pytest.skip(f"the public data is not at {REAL}")
    fitted = fit(read_features(REAL / "cluster-features.json"), read_jobspecs(REAL / "jobspecs"))
    assert fitted == shipped_profile("reliabuild")


def _met(requirement, values):
    return all(one.field in values and one.predicate.holds(values[one.field]) for one in requirement.conditions)


def test_the_embedded_default_resembles_the_public_data():
    """Mean requirements a job, and score without metadata: within 15 %; the ceiling is that of independent fleets."""
    profile = shipped_profile("reliabuild")
    clusters, jobs = draw_fleet(profile, 100, 0), draw_jobs(profile, 10_000, 0)
    properties = [{s.name: s.vertices[0].properties for s in cluster.subsystems} for cluster in clusters.clusters]
    holds = np.array([[_met(r, dict(offer.get(r.subsystem, ()))) for offer in properties] for r in jobs.requirements])
    distinct = jobs.profiles()
    needed = jobs.requirement_counts[distinct.first] > 0
    rows = [holds[jobs.row(job)] for job in distinct.first[needed].tolist()]
    weights = distinct.counts[needed]
    assert np.average([len(row) for row in rows], weights=weights) == pytest.approx(21.6057, rel=0.15)
    assert np.average([row.mean() for row in rows], weights=weights) == pytest.approx(0.79319, rel=0.15)


def test_independent_fleets_have_a_mean_ceiling_between_35_and_38_percent():
    study = draw(shipped_profile("reliabuild"), 100, 10_000, 0)
    fleets = demands_of(study, NumpyKernels()).redrawn()
    drawn = (fleets.asked(100, seed) for seed in range(200))
    ceilings = [asked.weights @ asked.truth.chances.best / asked.weights.sum() for asked in drawn]
    assert 0.35 < np.mean(ceilings) < 0.38
    # The ceiling of the published fleet, which is none of them, is reached by few.
    assert 0.01 < np.mean(np.array(ceilings) >= 0.43137) < 0.09


@pytest.mark.slow
def test_the_shipped_profile_names_no_job_of_the_data():
    if not REAL.is_dir():
        pytest.skip(f"the public data is not at {REAL}")
    words = set(profile_json(shipped_profile("reliabuild")).split('"'))
    assert words.isdisjoint(read_jobspecs(REAL / "jobspecs").names)
