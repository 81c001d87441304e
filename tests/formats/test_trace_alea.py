from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.notations.memory_sizes import memory_bytes
from placewise.formats.notations.pbs_request import parse_pbs_request
from placewise.formats.traces.clusters.node_numbers import numbered
from placewise.formats.traces.clusters.property_evidence import property_evidence
from placewise.formats.traces.clusters.trace_fleet import fleet_of_trace
from placewise.formats.traces.read_trace import read_trace
from placewise.matching.deciding import required_job
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import match
from placewise.model.requirements.requirement import Requirement, all_of

GIB = 1 << 30
MACHINES = "0\talpha\t2\t8\t1\t1048576\n1\tbeta\t3\t4\t1\t524288\n"


def line(number, request, nodes="{1}", *, processors=1, memory=GIB, submit=1_356_996_147, user=7):
    given = f"{number} {submit} 3 60 {processors} 1 1024 {processors} 100 {memory}"
    return f"{given} 1 {user} 1 1 -1 1 1 1 {nodes} q_1d {request}"


@pytest.fixture
def read(tmp_path):
    def reader(*lines, machines=MACHINES):
        (tmp_path / "a.swf.gz").write_bytes(gzip.compress(("\n".join(lines) + "\n").encode()))
        if machines is not None:
            (tmp_path / "a.machines").write_text(machines)
        return read_trace(tmp_path / "a.swf.gz")

    return reader


def said(text):
    return [str(one) for one in parse_pbs_request(text).requirements]


@pytest.mark.parametrize(
    ("request_text", "nodes", "processors", "requirements"),
    [
        ("1:ppn=64:x86_64:cl_zewura#excl", 1, 64, ["property{name=x86_64}", "property{name=cl_zewura}"]),
        ("8:ppn=8:x86_64:cl_zegox", 8, 64, ["property{name=x86_64}", "property{name=cl_zegox}"]),
        ("1", 1, 1, []),
        ("2:infiniband", 2, 2, ["property{name=infiniband}"]),
        ("1:ppn=1.5:brno", 1, 2, ["property{name=brno}"]),
        ("1:ppn=1+2:ppn=2", 3, 5, []),
        ("zewura19.cerit-sc.cz:ppn=12:brno", 1, 12, ["host{name=zewura19.cerit-sc.cz}", "property{name=brno}"]),
        ("1:^a17.x.cz:^a12.x.cz:ppn=24", 1, 24, ["not host{name=a17.x.cz}", "not host{name=a12.x.cz}"]),
        ("1:ppn=5:host=zewura10", 1, 5, ["host{name=zewura10}"]),
        ("1:ppn=1:^cl_zewura", 1, 1, ["not property{name=cl_zewura}"]),
        ("1:ppn=40:cl_a:cl_a:cl_a", 1, 40, ["property{name=cl_a}"]),
    ],
)
def test_requests_are_read(request_text, nodes, processors, requirements):
    request = parse_pbs_request(request_text)
    assert (request.nodes, request.processors, said(request_text)) == (nodes, processors, requirements)
    assert request.exclusive == request_text.endswith("#excl")


def test_memory_and_gpus_are_of_each_node():
    request = parse_pbs_request("2:ppn=4:mem=2gb:gpu=1+1:mem=512mb")
    assert (request.memory_bytes, request.gpus) == (2 * 2 * GIB + GIB // 2, 2)
    assert parse_pbs_request("2:ppn=4:pmem=1gb").memory_bytes == 8 * GIB
    assert parse_pbs_request("2").memory_bytes is None


def test_what_is_not_known_is_a_property_that_is_named(read):
    trace = read(line(0, "1:scratch=400gb"), line(1, "1:cl_a+1:cl_b"))
    assert len(trace.notes) == 2
    assert "scratch=400gb" in " ".join(trace.notes)


@pytest.mark.parametrize(
    "text",
    [
        *("", "0", "1:ppn=0", "1:ppn=x", "1:ppn=1e9", "1:", "1:ppn=4#what", "1:mem=2parsecs", "1:^", "1:a b", "1:^^a"),
        *("1+", "1:gpu=-1", "99999999999", "1:ppn=1" + "0" * 40, "1:\u202ea", "16777216+1", "+".join(["1"] * 10_001)),
    ],
)
def test_other_requests_are_refused(text):
    with pytest.raises(InputError):
        parse_pbs_request(text)


def test_an_error_of_a_long_request_is_short():
    for text in ("1:" + "a" * 90_000 + "!", "1:" + "a" * 9_000_000, "1#" + "b" * 90_000):
        with pytest.raises(InputError) as error:
            parse_pbs_request(text)
        assert len(str(error.value)) < 500


@given(st.text("1234567890:+#^=.ppnmemgbhost excl_\x00é", max_size=40))
def test_any_request_is_read_or_refused(text):
    try:
        request = parse_pbs_request(text)
    except InputError:
        return
    assert request.nodes >= 1
    assert request.processors >= 1


@pytest.mark.parametrize(
    ("text", "bare", "found"),
    [("2gb", "", 2 * GIB), ("1.5G", "", GIB + GIB // 2), ("7", "m", 7 << 20), ("10KiB", "", 10240)],
)
def test_amounts_of_memory_are_powers_of_1024(text, bare, found):
    assert memory_bytes(text, "x", bare=bare) == found


def test_a_request_beside_the_columns(read):
    trace = read(line(0, "2:ppn=4", "{1,1,1,1,2,2,2,2}", processors=8), line(1, "1:mem=2gb"), line(2, "1#excl"))
    assert trace.names.tolist() == [0, 1, 2]
    assert trace.nodes.tolist() == [2, 1, 1]
    # The column is of each node, and the request counts where it has one.
    assert trace.memory_bytes.tolist() == [2 * GIB, 2 * GIB, GIB]
    assert trace.exclusive.tolist() == [False, False, True]
    assert trace.ran_on == ((1, 2), (1,), (1,))
    assert (trace.queue.names, trace.start_unix_s, trace.submit_s.tolist()) == (("q_1d",), 1_356_996_147, [0, 0, 0])
    # These fields are 1 for every job.
    assert set(trace.after.tolist()) == set(trace.think_s.tolist()) == {-1}


def test_machines_are_beside_the_trace_or_named(read, tmp_path):
    names = [machine.name for machine in read(line(0, "1")).machines]
    assert names == ["alpha", "beta"]
    (tmp_path / "other").write_text("0 gamma 1 1 1 1024")
    named = read_trace(tmp_path / "a.swf.gz", machines=tmp_path / "other").machines
    assert [(one.name, one.memory_bytes_per_node, one.numbers) for one in named] == [("gamma", 1 << 20, (1,))]
    (tmp_path / "a.machines").unlink()
    assert read(line(0, "1"), machines=None).machines == ()


@pytest.mark.parametrize(
    "text", ["", "0 a 1 1 1", "0 a 0 1 1 1", "0 a x 1 1 1", "0 a 1 1 1 1\n1 a 1 1 1 1", "0 a 1 9999999999999999 1 1"]
)
def test_bad_machines_are_refused(read, text):
    with pytest.raises(InputError):
        read(line(0, "1"), machines=text)


@pytest.mark.parametrize(
    "bad",
    [
        line(1, "1", "{1,x}"),
        line(1, "1", "1,2"),
        line(1, "1:ppn=no"),
        line(1, "1") + " 1",
        line(1, "1", "{99999999999}"),
    ],
)
def test_a_bad_line_is_named(read, bad):
    with pytest.raises(InputError) as error:
        read(line(0, "1"), bad)
    assert error.value.place.startswith("line 2")


def test_a_node_is_of_the_cluster_that_jobs_there_asked_for_by_name(read):
    trace = read(
        line(0, "1:cl_alpha", "{1}"), line(1, "1:cl_alpha", "{2}"), line(2, "1:cl_beta", "{7,8}"), line(3, "1", "{3,6}")
    )
    # Nodes on which no such job ran are of the nearest.
    assert [machine.numbers for machine in trace.machines] == [(1, 2, 3), (6, 7, 8)]
    assert numbered(trace) == trace.machines
    assert [machine.numbers for machine in read(line(0, "1")).machines] == [(), ()]


def test_one_job_that_ran_shows_that_a_cluster_has_what_it_asked_for(read):
    free = [line(row, "1", "{1}" if row % 2 else "{7}") for row in range(20)]
    asking = [line(20 + row, "1:cl_alpha:ib", "{1}", user=row % 2) for row in range(10)]
    alone = [line(40 + row, "1:own", "{1}") for row in range(10)]
    trace = read(
        *free, *asking, *alone, line(30, "1:cl_beta:^ib", "{7}"), line(31, "1:rare", "{7}"), line(32, "1:rare", "{1,7}")
    )
    found = {one.name: one for one in property_evidence(trace)}
    assert (found["ib"].asked, found["ib"].ran, found["ib"].refused, found["ib"].ran_refusing) == (
        10,
        (10, 0),
        1,
        (0, 1),
    )
    # Half of the free jobs ran on each, so that ten of ten miss one by chance once in 1024.
    assert found["ib"].chance == (0.5**10, 0.5**10)
    assert found["ib"].has == (True, False)
    # One user's jobs are no evidence against another place.
    assert (found["own"].users, found["own"].ran, found["own"].has) == (1, (10, 0), (True, None))
    assert (found["cl_beta"].ran, found["cl_beta"].has) == ((0, 1), (None, True))
    # A job on both counts at both.
    assert (found["rare"].asked, found["rare"].ran, found["rare"].on_all) == (2, (1, 2), True)


def test_the_fleet_has_what_jobs_showed(read):
    trace = read(
        line(0, "1:cl_alpha:ib", "{1}"),
        line(1, "1:cl_beta", "{7}"),
        line(2, "1:b7.site", "{7}"),
        line(3, "1:^nobody", "{7}"),
    )
    fleet = fleet_of_trace(trace)
    index = FleetIndex(fleet)

    def names(text):
        return match(index, required_job([Requirement.parse(text)])).names

    assert names("property{name=ib}") == ("alpha",)
    assert names("not property{name=ib}") == ("beta",)
    assert names("host{name=b7.site}") == ("beta",)
    sizes = [[(vertex.type, vertex.size) for vertex in cluster.graph.vertices[1:4]] for cluster in fleet.clusters]
    assert sizes == [[("node", 1), ("core", cores), ("memory", memory)] for cores, memory in ((8, GIB), (4, GIB // 2))]
    assert [len(cluster.graph.vertices) for cluster in fleet.clusters] == [1 + 3 * 2, 1 + 3 * 3]


def test_without_machines_there_is_no_fleet(read):
    with pytest.raises(InputError):
        fleet_of_trace(read(line(0, "1"), machines=None))


def test_every_job_of_the_public_trace_fits_where_it_ran(public_data):
    trace = read_trace(public_data / "traces" / "wagap-2013.swf.gz")
    assert len(trace) == 17_900
    asking = int((trace.ask > 0).sum())
    assert 7_250 < asking < 7_350
    evidence = property_evidence(trace)
    fleet = fleet_of_trace(trace, evidence)
    index = FleetIndex(fleet)
    owner = {number: machine.name for machine in trace.machines for number in machine.numbers}
    ran = {}
    for ask, nodes in zip(trace.ask.tolist(), trace.ran_on, strict=True):
        clusters = {owner[node] for node in nodes}
        if len(clusters) == 1:
            ran.setdefault(ask, set()).update(clusters)
    assert set(ran) == set(range(len(trace.asks)))
    for ask, clusters in ran.items():
        if trace.asks[ask]:
            assert clusters <= set(match(index, required_job([all_of(trace.asks[ask])])).names), trace.asks[ask]
    both = {one.name for one in evidence if one.subsystem == "property" and one.on_all}
    assert both == {"nfs4", "x86_64", "brno"}
    names = [machine.name for machine in trace.machines]
    lacking = {(one.name, name) for one in evidence for name, has in zip(names, one.has, strict=True) if has is False}
    assert lacking == {("cl_zewura", "zegox"), ("cl_zegox", "zewura")}
