import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from profile_strategies import profiles

from placewise.errors import InputError
from placewise.formats.profiles.profile_file import shipped_profile
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.resources import Subsystem, SubsystemVertex
from placewise.model.studies.version_profile import VersionPool
from placewise.synthesis import draw_fleet
from placewise.synthesis.fleets import draw_picks

sizes, seeds = st.integers(1, 30), st.integers(0, 2**70)


def versions(cluster):
    return {s.name: dict(s.vertices[0].properties)["version"] for s in cluster.subsystems}


@given(profiles, sizes, seeds)
def test_a_periodic_fleet_takes_the_picks_of_a_pool_in_one_order_again_and_again(profile, clusters, seed):
    offered = [versions(cluster) for cluster in draw_fleet(profile, clusters, seed, "periodic").clusters]
    for pool in profile.fleet.pools:
        taken = [tuple(map(offer.get, pool.dependencies)) for offer in offered]
        size = len(pool.picks)
        assert Counter(taken[:size]) <= Counter(pool.picks)
        assert taken[size:] == taken[: max(0, clusters - size)]


@given(profiles, sizes, seeds)
def test_an_independent_fleet_takes_versions_of_the_pools(profile, clusters, seed):
    for cluster in draw_fleet(profile, clusters, seed).clusters:
        offer = versions(cluster)
        for pool in profile.fleet.pools:
            for at, package in enumerate(pool.dependencies):
                assert offer.get(package) in {pick[at] for pick in pool.picks}


def test_clusters_and_packages_of_an_independent_fleet_are_drawn_apart():
    # 26 packages of the public fleet alternate between two versions; here each is drawn for each cluster.
    pool = next(one for one in shipped_profile("reliabuild").fleet.pools if len(one.picks) == 2)
    clusters = 4000
    picks = draw_picks([VersionPool(pool.dependencies[:2], [pick[:2] for pick in pool.picks])], clusters, 3)[0]
    for column in picks:
        # Of 4,000 draws of two a share of 1/2 has a standard deviation of 0.8 points, and so has staying the same.
        assert abs((column == 0).mean() - 0.5) < 0.04
        assert abs((column[1:] == column[:-1]).mean() - 0.5) < 0.04
    assert abs((picks[0] == picks[1]).mean() - 0.5) < 0.04


def period(column):
    """Return after how many clusters a column repeats, from the first cluster on, or from its second round on."""
    clusters = len(column)
    for size in range(1, clusters // 3 + 1):
        if column[2 * size :] == column[size:-size]:
            return size
    return next((size for size in range(1, clusters) if column[size:] == column[:-size]), clusters)


def test_periodic_fleets_have_the_periods_of_the_published_one(public_data):
    published = json.loads((public_data / "reliabuild" / "cluster-features.json").read_text())
    drawn = draw_fleet(shipped_profile("reliabuild"), 100, 5, "periodic")
    offered = [versions(cluster) for cluster in drawn.clusters]
    for package in offered[0]:
        column = [cluster.get(package) for cluster in published.values()]
        assert period([offer[package] for offer in offered]) == period(column), package


def test_a_fleet_is_drawn_in_a_way_that_there_is():
    with pytest.raises(InputError, match="no such way"):
        draw_fleet(shipped_profile("reliabuild"), 3, 0, "random")
    with pytest.raises(InputError, match="no periodic fleets"):
        draw_fleet(shipped_profile("spack-build"), 3, 0, "periodic")


@given(profiles, sizes, seeds)
def test_a_seed_gives_one_fleet(profile, clusters, seed):
    assert draw_fleet(profile, clusters, seed) == draw_fleet(profile, clusters, seed)


@given(profiles, sizes)
def test_clusters_have_names_in_order_and_equal_subsystems_are_shared(profile, clusters):
    fleet = draw_fleet(profile, clusters, 0)
    assert len(fleet) == clusters
    assert list(fleet.names) == sorted(fleet.names)
    subsystems = [s for cluster in fleet.clusters for s in cluster.subsystems]
    # One value a pick: a version that stands in two picks may be two values.
    assert len({id(s) for s in subsystems}) <= sum(len(p.picks) * len(p.dependencies) for p in profile.fleet.pools)


def test_a_cluster_is_as_read_from_cluster_features():
    fleet = draw_fleet(shipped_profile("reliabuild"), 3, 0)
    offer = versions(fleet.clusters[0])
    assert fleet.clusters[0] == Cluster(
        "cluster-000",
        subsystems=tuple(
            Subsystem(name, (SubsystemVertex((("type", "package"), ("version", text)), (0,)),))
            for name, text in offer.items()
        ),
    )
    assert len(offer) == 219


def test_seeds_and_sizes_make_a_difference():
    profile = shipped_profile("reliabuild")
    drawn = [draw_fleet(profile, 100, seed) for seed in range(4)]
    assert all(one != other for i, one in enumerate(drawn) for other in drawn[:i])
    assert len({frozenset(versions(cluster).items()) for cluster in drawn[0].clusters}) == 100


def test_names_grow_with_the_fleet():
    assert draw_fleet(shipped_profile("reliabuild"), 1001, 0).names[::1000] == ("cluster-0000", "cluster-1000")


@pytest.mark.parametrize("clusters", [0, -1, 1.0, True, "3"])
def test_a_fleet_has_at_least_one_cluster(clusters):
    with pytest.raises(InputError, match="the number of clusters is not usable"):
        draw_fleet(shipped_profile("reliabuild"), clusters, 0)


def test_a_negative_seed_is_refused():
    with pytest.raises(InputError, match="the seed is not usable"):
        draw_fleet(shipped_profile("reliabuild"), 1, -1)
