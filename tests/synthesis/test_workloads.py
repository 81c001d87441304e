from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from profile_strategies import profiles

from placewise.errors import InputError
from placewise.formats.profiles.profile_file import shipped_profile
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.requirement import version_requirement
from placewise.model.studies.profile import Profile
from placewise.model.studies.version_profile import Releases, RootPackage, Stack, VersionFleet, VersionJobs, VersionPool
from placewise.synthesis import draw_jobs, workloads

sizes, seeds = st.integers(1, 40), st.integers(0, 2**70)


def values(workload):
    return (
        workload.names,
        workload.requirements,
        workload.offsets.tobytes(),
        workload.ids.tobytes(),
        {name: tuple(column) for name, column in workload.columns.items()},
    )


@given(profiles, sizes, seeds)
def test_a_seed_gives_the_same_bytes(profile, jobs, seed):
    assert values(draw_jobs(profile, jobs, seed)) == values(draw_jobs(profile, jobs, seed))


@given(profiles, sizes, seeds)
def test_every_job_is_one_of_the_profile(profile, jobs, seed):
    workload = draw_jobs(profile, jobs, seed)
    assert len(workload) == jobs == len(set(workload.names))
    roots = {root.name: root for root in profile.jobs.roots}
    for job in range(jobs):
        root = roots[workload.columns["package"][job]]
        row = [workload.requirements[i] for i in workload.row(job)]
        stacks = [
            {
                profile.jobs.requirements[need[0][0]].subsystem: {profile.jobs.requirements[p] for p, _ in need}
                for need in stack.needs
            }
            for stack in root.stacks
        ]
        assert any(
            [r.subsystem for r in row] == sorted(stack) and all(r in stack[r.subsystem] for r in row)
            for stack in stacks
        )
        own = next((r for r in row if r.subsystem == root.name), None)
        said = {
            version
            for releases in root.releases
            if own == (None if releases.own is None else profile.jobs.requirements[releases.own])
            for version, _ in releases.versions
        }
        assert workload.columns["package_version"][job] in (said or {None})


@given(profiles, sizes, seeds)
def test_a_draw_is_in_the_canonical_order_of_workloads(profile, jobs, seed):
    drawn = draw_jobs(profile, jobs, seed)
    built = Workload.from_ids(
        drawn.names, drawn.requirements, [drawn.row(j).tolist() for j in range(jobs)], drawn.columns
    )
    assert np.array_equal(drawn.ids, built.ids)
    assert np.array_equal(drawn.offsets, built.offsets)
    assert set(drawn.ids.tolist()) == set(range(len(drawn.requirements)))


@given(profiles, seeds)
def test_blocks_leave_no_seams(profile, seed):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workloads, "_BLOCK", 7)
        drawn = draw_jobs(profile, 40, seed)
    # Stacks are drawn before blocks, ranges within them in order of jobs: the same numbers either way.
    assert values(drawn) == values(draw_jobs(profile, 40, seed))


def test_seeds_make_a_difference():
    profile = shipped_profile("reliabuild")
    drawn = [values(draw_jobs(profile, 500, seed))[2:4] for seed in range(4)]
    assert len(set(drawn)) == 4


def test_shares_are_those_of_the_weights():
    ranges = [
        version_requirement("a", None, "1"),
        version_requirement("a", "2", None),
        version_requirement("b", "1", "2"),
    ]
    pools = tuple(VersionPool((name,), (("1",),)) for name in "ab")
    always_b, maybe_a = Stack(1, (((2, 1),),)), Stack(3, (((0, 1), (1, 4)),))
    releases = (Releases(0, (("1", 1),)), Releases(1, (("2", 1), ("3", 1))))
    roots = (RootPackage("a", (always_b, maybe_a), releases), RootPackage("c", (Stack(6, ()),)))
    workload = draw_jobs(Profile(VersionFleet(pools), VersionJobs(tuple(ranges), roots)), 200_000, 3)
    rows = [tuple(str(workload.requirements[i]) for i in workload.row(j)) for j in range(len(workload))]
    counted = Counter(zip(workload.columns["package"], rows, workload.columns["package_version"], strict=True))
    shares = {
        ("a", (str(ranges[2]),), None): 0.1,
        ("a", (str(ranges[0]),), "1"): 0.06,
        ("a", (str(ranges[1]),), "2"): 0.12,
        ("a", (str(ranges[1]),), "3"): 0.12,
        ("c", (), None): 0.6,
    }
    assert counted.keys() == shares.keys()
    for key, share in shares.items():
        # Five standard deviations of a binomial share.
        assert abs(counted[key] / 200_000 - share) < 5 * (share * (1 - share) / 200_000) ** 0.5


@pytest.mark.parametrize("jobs", [0, -1, 1.0, True, "3"])
def test_a_workload_has_at_least_one_job(jobs):
    with pytest.raises(InputError, match="the number of jobs is not usable"):
        draw_jobs(shipped_profile("reliabuild"), jobs, 0)


@pytest.mark.parametrize("jobs", [10**15, 10**30])
def test_more_jobs_than_fit_into_memory_are_refused(jobs):
    with pytest.raises(InputError, match="do not fit into memory"):
        draw_jobs(shipped_profile("reliabuild"), jobs, 0)


def test_a_negative_seed_is_refused():
    with pytest.raises(InputError, match="the seed is not usable"):
        draw_jobs(shipped_profile("reliabuild"), 1, -1)
