from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from profile_strategies import profiles

from placewise.errors import InputError
from placewise.formats.profiles.profile_file import shipped_profile
from placewise.model.cluster import Cluster
from placewise.model.resources import Subsystem, SubsystemVertex
from placewise.synthesis import draw_fleet

sizes, seeds = st.integers(1, 30), st.integers(0, 2**70)


def versions(cluster):
    return {s.name: dict(s.vertices[0].properties)["version"] for s in cluster.subsystems}


@given(profiles, sizes, seeds)
def test_each_round_uses_up_the_pool(profile, clusters, seed):
    offered = [versions(cluster) for cluster in draw_fleet(profile, clusters, seed).clusters]
    for pool in profile.fleet.pools:
        taken = [tuple(map(offer.get, pool.dependencies)) for offer in offered]
        size = len(pool.picks)
        for start in range(0, clusters, size):
            one_round = Counter(taken[start : start + size])
            if start + size <= clusters:
                assert one_round == Counter(pool.picks)
            else:
                assert one_round <= Counter(pool.picks)


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
