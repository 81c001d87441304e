import time
from collections import Counter

import numpy as np
import pytest
from build_profile_strategies import ARCHS, TOOLCHAINS, build_profiles
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.profiles.profile_file import shipped_profile
from placewise.model.fleets.build_cluster import build_cluster
from placewise.model.studies.build_profile import BuildFleet, BuildJobs, BuiltPackage, Platform, Share, price_quarter
from placewise.model.studies.profile import Profile
from placewise.synthesis import draw_fleet, draw_jobs

sizes, seeds = st.integers(1, 40), st.integers(0, 2**70)
SHIPPED = shipped_profile("spack-build")


def values(records):
    columns = [records.names, *records.columns.values()]
    return [column.tobytes() if isinstance(column, np.ndarray) else column for column in columns]


@given(build_profiles(), sizes, seeds)
def test_a_seed_gives_the_same_bytes(profile, size, seed):
    assert values(draw_jobs(profile, size, seed)) == values(draw_jobs(profile, size, seed))
    assert draw_fleet(profile, size, seed) == draw_fleet(profile, size, seed)


@given(build_profiles(), sizes, seeds)
def test_clusters_offer_what_was_seen_at_the_price_of_their_memory(profile, size, seed):
    fleet, offered = draw_fleet(profile, size, seed), profile.fleet
    assert len(fleet) == size
    toolchains = {(one.compiler, one.version) for one, _ in offered.toolchains}
    for cluster in fleet.clusters:
        state = dict(cluster.state)
        assert state["arch"] in dict(offered.archs)
        assert (state["compiler"], state["compiler_version"]) in toolchains
        assert type(state["memory"]) is int
        assert offered.memory_bytes[0] <= state["memory"] <= offered.memory_bytes[1]
        quarter = price_quarter(state["memory"], *offered.memory_bytes)
        assert state["cost_per_node_hour"] == offered.prices[quarter]


@given(build_profiles(), sizes, seeds)
def test_builds_ran_where_the_package_was_seen_and_took_what_it_took(profile, size, seed):
    records = draw_jobs(profile, size, seed)
    assert len(records) == size == len(set(records.names))
    packages = {package.name: package for package in profile.jobs.packages}
    most_bytes = max(profile.fleet.memory_bytes[1], 1)
    for build in range(size):
        package = packages[records.texts("packages")[build]]
        seen = {profile.jobs.platforms[share.platform] for share in package.shares}
        ran = (records.texts("arch")[build], records.texts("compiler")[build], records.texts("compiler_version")[build])
        assert ran in {(p.arch, p.toolchain.compiler, p.toolchain.version) for p in seen}
        mean, most = records.numbers("memory_mean_bytes")[build], records.numbers("memory_max_bytes")[build]
        least, duration = records.numbers("memory_min_bytes")[build], records.numbers("duration_s")[build]
        assert 0 <= least <= mean <= most <= most_bytes
        assert 1 <= mean == round(mean)
        fastest, slowest = package.quantiles[3][0], package.quantiles[3][-1]
        assert fastest * (1 - 1e-12) - 1e-6 <= duration <= slowest * (1 + 1e-12) + 1e-6


@given(build_profiles(), sizes, seeds)
def test_best_memory_is_that_of_the_fastest_build_drawn(profile, size, seed):
    records = draw_jobs(profile, size, seed)
    for package in set(records.texts("packages")):
        builds = [build for build, name in enumerate(records.texts("packages")) if name == package]
        fastest = min(builds, key=lambda build: records.numbers("duration_s")[build])
        assert set(records.numbers("best_memory_bytes")[builds]) == {records.numbers("memory_mean_bytes")[fastest]}


def test_seeds_and_sizes_make_a_difference():
    drawn = [values(draw_jobs(SHIPPED, 30, seed)) for seed in range(4)]
    fleets = [draw_fleet(SHIPPED, 30, seed) for seed in range(4)]
    for many in (drawn, fleets):
        assert all(one != other for place, one in enumerate(many) for other in many[:place])


def test_a_cluster_is_as_read_from_cluster_features():
    offered = BuildFleet(((ARCHS[0], 1.0),), ((TOOLCHAINS[0], 1.0),), (7, 7))
    profile = Profile(offered, SHIPPED.jobs)
    assert draw_fleet(profile, 1, 0).clusters == (
        build_cluster(
            "cluster-000",
            arch=ARCHS[0],
            compiler="gcc",
            compiler_version="9.10",
            memory_bytes=7,
            cost_per_node_hour=4.2,
        ),
    )


def test_clusters_are_as_common_as_seen_and_their_memory_even():
    fleet = draw_fleet(SHIPPED, 20_000, 1)
    states = [dict(cluster.state) for cluster in fleet.clusters]
    archs = Counter(state["arch"] for state in states)
    for arch, weight in SHIPPED.fleet.archs:
        assert archs[arch] / 20_000 == pytest.approx(weight / 100, abs=0.015)
    toolchains = Counter((state["compiler"], state["compiler_version"]) for state in states)
    for toolchain, weight in SHIPPED.fleet.toolchains:
        assert toolchains[toolchain.compiler, toolchain.version] / 20_000 == pytest.approx(weight / 100, abs=0.015)
    memory = np.sort([state["memory"] for state in states]) / SHIPPED.fleet.memory_bytes[1]
    assert np.abs(memory - np.linspace(0, 1, 20_000)).max() < 0.015
    prices = Counter(state["cost_per_node_hour"] for state in states)
    assert sorted(prices) == [0.8, 1.6, 3.2, 4.2]
    assert min(prices.values()) > 4_600


def test_quantiles_and_correlations_of_a_package_are_those_of_the_profile():
    platforms = tuple(Platform(arch, TOOLCHAINS[0]) for arch in ARCHS[:2])
    # Memory far enough apart for the least, mean and most never to cross.
    quantiles = ((1e6, 2e6, 8e6, 9e6), (1e7, 3e7, 4e7, 9e7), (0.0, 1e3, 3e3, 9e3), (10.0, 20.0, 60.0, 500.0))
    correlations = (0.8, 0.0, 0.5, 0.1, 0.4, -0.6)
    shares = (Share(0, 30.0, (0.4, 0.2, 0.0, 0.3)), Share(1, 60.0, (-0.2, -0.1, 0.0, -0.15)))
    package = BuiltPackage("zlib", shares, quantiles, correlations)
    profile = Profile(
        BuildFleet(((ARCHS[0], 1.0),), ((TOOLCHAINS[0], 1.0),), (1, 10**9)),
        BuildJobs(platforms, (0.0, 0.25, 0.75, 1.0), (package,)),
    )
    records = draw_jobs(profile, 60_000, 5)
    on_first = np.array([arch == ARCHS[0] for arch in records.texts("arch")])
    assert on_first.mean() == pytest.approx(1 / 3, abs=0.01)
    drawn = [
        records.numbers("memory_mean_bytes"),
        records.numbers("memory_max_bytes"),
        records.numbers("memory_min_bytes"),
        records.numbers("duration_s"),
    ]
    ranks = np.corrcoef([np.argsort(np.argsort(column, kind="stable"), kind="stable") for column in drawn])
    # What a normal correlation is as one of ranks.
    expected = 6 / np.pi * np.arcsin(np.array(correlations) / 2)
    assert ranks[np.triu_indices(4, 1)] == pytest.approx(expected, abs=0.02)
    for column, of in zip(drawn, quantiles, strict=True):
        assert np.mean(column <= of[1]) == pytest.approx(0.25, abs=0.02)
        assert np.mean(column <= of[2]) == pytest.approx(0.75, abs=0.02)
    # The first platform's builds are a shift of 0.4 + 0.2 apart in normal scores of mean memory.
    scores = np.searchsorted(np.sort(drawn[0]), drawn[0]) / len(records)
    assert scores[on_first].mean() - scores[~on_first].mean() == pytest.approx(0.6 / np.sqrt(4 * np.pi), abs=0.02)


def test_thirty_thousand_builds_take_a_moment():
    draw_jobs(SHIPPED, 100, 0)
    took = []
    for _ in range(3):
        start = time.perf_counter()
        draw_jobs(SHIPPED, 31_622, 0)
        took.append(time.perf_counter() - start)
    # 0.05 s when alone on the machine.
    assert min(took) < 0.6


@pytest.mark.parametrize("size", [0, -1, 1.0, True, "3", None])
def test_at_least_one_is_drawn(size):
    with pytest.raises(InputError, match="the number of clusters is not usable"):
        draw_fleet(SHIPPED, size, 0)
    with pytest.raises(InputError, match="the number of builds is not usable"):
        draw_jobs(SHIPPED, size, 0)


@pytest.mark.parametrize("draw", [draw_fleet, draw_jobs])
def test_what_no_memory_holds_is_refused(draw):
    for size in (10**17, 10**30):
        with pytest.raises(InputError, match="do not fit into memory"):
            draw(SHIPPED, size, 0)


@pytest.mark.parametrize("draw", [draw_fleet, draw_jobs])
def test_a_negative_seed_is_refused(draw):
    with pytest.raises(InputError, match="the seed is not usable"):
        draw(SHIPPED, 1, -1)
