from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_kernels import NAMES, laid_out, naive, problems

from placewise.errors import InputError
from placewise.matching.bits import bitset
from placewise.matching.bits.kernels import load_kernels
from placewise.matching.bits.rows import Rows
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import match
from placewise.matching.placing import Placing
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Subsystem, SubsystemVertex, Vertex
from placewise.model.jobs.job import Job, ResourceGroup
from placewise.model.requirements.requirement import version_requirement
from placewise.scheduler import Scheduler


def members(bits, size):
    return np.flatnonzero(bitset.unpack(bits, size)).tolist()


@pytest.mark.parametrize("name", NAMES)
@given(problem=problems())
def test_counts_and_lowest_members(name, problem):
    table, rows, size = problem
    everything = bitset.full(size)
    expected = [members(naive(table, row, everything), size) for row in rows]
    counts, firsts = load_kernels(name).count_and_first(table, laid_out(rows), everything)
    assert counts.tolist() == [len(found) for found in expected]
    assert firsts.tolist() == [found[0] if found else -1 for found in expected]
    assert counts.dtype == firsts.dtype == np.int64


@pytest.mark.parametrize("name", NAMES)
@given(st.lists(st.lists(st.integers(0, 3), max_size=4), max_size=40))
def test_equal_rows(name, rows):
    seen = {}
    of_row = [seen.setdefault(tuple(row), len(seen)) for row in rows]
    found = load_kernels(name).equal_rows(laid_out(rows))
    assert found.of_row.tolist() == of_row
    assert found.first.tolist() == [of_row.index(kind) for kind in range(len(seen))]


@pytest.mark.parametrize("name", NAMES)
def test_equal_rows_among_many_are_told_from_different_ones(name):
    random = np.random.default_rng(3)
    lengths = random.integers(0, 3, 20_000)
    rows = Rows.of(np.append(0, np.cumsum(lengths)), random.integers(0, 90, lengths.sum()))
    found = load_kernels(name).equal_rows(rows)
    content = [tuple(rows.ids[a:b].tolist()) for a, b in zip(rows.offsets[:-1], rows.offsets[1:], strict=True)]
    assert len(found.first) == len(set(content))
    assert [content[found.first[kind]] for kind in found.of_row.tolist()] == content


@given(problem=problems(), seed=st.integers(0, 99))
def test_the_member_of_every_rank(problem, seed):
    table, _, size = problem
    pairs = [(row, rank) for row in range(len(table)) for rank in range(len(members(table[row], size)))]
    np.random.default_rng(seed).shuffle(pairs)
    sets, ranks = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    expected = [members(table[row], size)[rank] for row, rank in pairs]
    assert bitset.member_of(table, sets, ranks).tolist() == expected
    assert bitset.first_of(table).tolist() == [next(iter(members(row, size)), -1) for row in table]


def _graph(nodes):
    return ResourceGraph((Vertex("0", "cluster"), *(Vertex(str(n), "node", 0) for n in range(1, nodes + 1))))


def _cluster(name, offers):
    """A cluster whose node i offers the packages and versions of `offers[i]`."""
    packages = sorted({package for node in offers for package in node})
    return Cluster(
        name,
        _graph(len(offers)),
        tuple(
            Subsystem(
                package,
                tuple(
                    SubsystemVertex((("version", node[package]),), (position,))
                    for position, node in enumerate(offers, 1)
                    if package in node
                ),
            )
            for package in packages
        ),
    )


WANTED = tuple(version_requirement(package, version, version) for package in ("a", "b") for version in ("1", "2"))
nodes = st.fixed_dictionaries({"a": st.sampled_from("12"), "b": st.sampled_from("12")})


@pytest.mark.parametrize("name", NAMES)
@given(
    fleet=st.lists(st.lists(nodes, min_size=1, max_size=3), min_size=1, max_size=6),
    rows=st.lists(st.lists(st.integers(0, 3), max_size=3, unique=True), min_size=1, max_size=12),
    data=st.data(),
)
def test_a_cluster_is_chosen_of_the_match_of_every_job(name, fleet, rows, data):
    """Clusters of several classes of nodes too: what stands on two nodes never adds up."""
    fleet = Fleet(tuple(_cluster(f"c{number}", offers) for number, offers in enumerate(fleet)))
    order = data.draw(st.permutations(range(len(fleet))))
    draws = data.draw(st.lists(st.floats(0, 1, exclude_max=True), min_size=len(rows), max_size=len(rows)))
    placing = pickle.loads(pickle.dumps(Placing.of(fleet, WANTED, np.array(order))))
    index, kernels = FleetIndex(fleet), load_kernels(name)
    matches = [match(index, Job("job", (ResourceGroup((), tuple(WANTED[i] for i in row)),))).positions for row in rows]
    counts, first = placing.first(laid_out(rows), kernels)
    assert counts.tolist() == [len(found) for found in matches]
    assert first.tolist() == [min(found, key=order.index) if found else -1 for found in matches]
    counts, drawn = placing.drawn(laid_out(rows), np.array(draws), kernels)
    assert counts.tolist() == [len(found) for found in matches]
    for cluster, found, draw in zip(drawn.tolist(), matches, draws, strict=True):
        ranked = sorted(found, key=order.index)
        assert cluster == (ranked[min(int(draw * len(found)), len(found) - 1)] if found else -1)


def test_no_jobs_are_placed_nowhere():
    placing = Placing.of(Fleet((_cluster("c", [{"a": "1"}]),)), WANTED[:2], np.arange(1))
    for found in placing.first(laid_out([]), load_kernels("numpy")):
        assert found.tolist() == []
    for found in placing.drawn(laid_out([]), np.empty(0), load_kernels("numpy")):
        assert found.tolist() == []


def test_a_requirement_that_no_cluster_understands_is_refused():
    with pytest.raises(InputError, match="no cluster of the fleet has a subsystem 'zlib'"):
        Placing.of(Fleet((_cluster("c", [{"a": "1"}]),)), (version_requirement("zlib", "1", None),), np.arange(1))


@given(problem=problems(), data=st.data())
def test_rows_are_selected_in_any_order_and_again(problem, data):
    _, rows, _ = problem
    chosen = data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=9)) if rows else []
    found = laid_out(rows).select(np.array(chosen, dtype=np.int64))
    assert [found.ids[a:b].tolist() for a, b in zip(found.offsets[:-1], found.offsets[1:], strict=True)] == [
        rows[row] for row in chosen
    ]


@pytest.mark.parametrize("name", NAMES)
def test_the_limits_of_sites_hold_as_in_a_match(name):
    graph = ResourceGraph((Vertex("0", "cluster"), Vertex("a", "node", 0), Vertex("b", "node", 0)))

    def cluster(called, partition, *states):
        offered = [Subsystem("zlib", (SubsystemVertex((("version", "1.2"),), (0,)),))]
        if partition:
            offered.append(Subsystem("partition", (SubsystemVertex((("state", partition),), (0,)),)))
        if states:
            vertices = [SubsystemVertex((("state", state),), (at,)) for at, state in enumerate(states, 1)]
            offered.append(Subsystem("node", tuple(vertices)))
        return Cluster(called, graph, tuple(offered))

    fleet = Fleet(
        (
            cluster("shut", "down"),
            cluster("drained", "", "drained", "down"),
            cluster("half", "up", "idle", "down"),
            cluster("free", ""),
        )
    )
    wanted = version_requirement("zlib", "1", "1.5")
    loops = load_kernels(name)
    placing = Placing.of(fleet, [wanted], np.arange(4))
    for requirements, row in (((wanted,), [0]), ((), [])):
        matched = Scheduler(fleet).match(Job("j", (ResourceGroup((), requirements),)))
        assert matched.names == ("half", "free")
        rows = Rows.of(np.array([0, len(row)]), np.array(row, dtype=np.int64))
        counts, firsts = placing.first(rows, loops)
        assert (counts.tolist(), firsts.tolist()) == ([2], [matched.positions[0]])
        counts, chosen = placing.drawn(rows, np.array([0.99]), loops)
        assert (counts.tolist(), chosen.tolist()) == ([2], [matched.positions[1]])
