"""Shapes as people write them, each as a document on the command line: what is promised of each is kept."""

from __future__ import annotations

import json

import pytest


class Graph:
    """A containment graph in the making."""

    def __init__(self, name):
        self.name, self.nodes, self.edges = name, {"0": {"metadata": {"type": "cluster"}}}, []

    def add(self, kind, parent="0", size=1, unit=""):
        at = str(len(self.nodes))
        self.nodes[at] = {"metadata": {"type": kind, "size": size, "unit": unit}}
        self.edges.append({"source": parent, "target": at, "relation": "contains"})
        return at

    def write(self, folder, **attached):
        place = folder / self.name
        place.mkdir(parents=True)
        graph = {"name": self.name, "graph": {"directed": True, "nodes": self.nodes, "edges": self.edges}}
        (place / "nodes.json").write_text(json.dumps(graph))
        for subsystem, vertices in attached.items():
            nodes = {f"{subsystem}{i}": {"metadata": values} for i, (_, values) in enumerate(vertices)}
            edges = [
                {"source": at, "target": vertex, "relation": "contains"}
                for vertex, (at, _) in zip(nodes, vertices, strict=True)
            ]
            document = {"graph": {"directed": True, "nodes": nodes, "edges": edges}}
            (place / f"{subsystem}-subsystem.json").write_text(json.dumps(document))


def of(kind, count=1, *contents, **more):
    return {"type": kind, "count": count, **({"with": list(contents)} if contents else {}), **more}


def slot(count, *contents):
    return of("slot", count, *contents, label="default")


def flux(*resources, **system):
    task = {"command": ["app"], "slot": "default", "count": {"per_slot": 1}}
    return {"version": 1, "resources": list(resources), "tasks": [task], "attributes": {"system": system}}


@pytest.fixture
def asked(placewise, tmp_path):
    """Ask where a job matches; with a fleet of one graph."""

    def ask(graph, job, *options, command="match", **attached):
        fleet = tmp_path / "fleet"
        if not fleet.exists():
            graph.write(fleet, **attached)
        (tmp_path / "job.json").write_text(json.dumps(job))
        return placewise(command, tmp_path / "job.json", "--fleet", fleet, *options)

    return ask


def test_two_a100_are_not_found_where_there_is_one(asked):
    graph = Graph("mixed")
    node = graph.add("node")
    gpus = graph.add("gpu", node, 4)
    offered = [(gpus, {"model": model}) for model in ("a100", "v100", "v100", "v100")]
    wanted = [{"name": "device", "field": "model", "match": "a100"}]
    for count, code in ((1, 0), (2, 3)):
        job = flux(slot(1, of("node", 1, of("gpu", count, requires=wanted))))
        assert asked(graph, job, device=offered).code == code


def test_two_slots_on_one_node(asked):
    # RFC 14, use case 2.4
    graph = Graph("one")
    graph.add("core", graph.add("node"), 16)
    assert asked(graph, flux(slot(10, of("core")), slot(1, of("core", 6)))).code == 0
    assert asked(graph, flux(slot(10, of("core")), slot(1, of("core", 7)))).code == 3


def test_a_node_and_a_disk_of_one_chassis(asked):
    graph = Graph("split")
    for kind in ("node", "ssd"):
        chassis = graph.add("chassis")
        for _ in range(2):
            graph.add(kind, chassis)
    assert asked(graph, flux(slot(1, of("node"), of("ssd")))).code == 3


def test_disks_of_a_chassis_in_units(asked):
    graph = Graph("rabbits")
    for _ in range(2):
        chassis = graph.add("chassis")
        for _ in range(16):
            graph.add("node", chassis)
        for _ in range(36):
            graph.add("ssd", chassis, 453, "GiB")
    for count, code in ((20, 0), (21, 3)):
        assert asked(graph, flux(slot(count, of("node"), of("ssd", 1501, unit="GiB")))).code == code


@pytest.mark.parametrize(("count", "least"), [("4,9,16,25", 4), ("2+", 2), ("2-32:2:*", 2)])
def test_the_least_that_fits_counts(asked, tmp_path, count, least):
    graph = Graph("few")
    for _ in range(least - 1):
        graph.add("node")
    assert asked(graph, flux(slot(1, of("node", count)))).code == 3
    graph.name = "enough"
    graph.add("node")
    graph.write(tmp_path / "fleet")
    assert asked(graph, flux(slot(1, of("node", count)))).out.split() == ["enough"]


@pytest.mark.parametrize(("storage", "code"), [(0, 3), (1, 0)])
def test_nodes_and_storage_nodes_side_by_side(asked, storage, code):
    graph = Graph("rack")
    graph.add("core", graph.add("node"), 4)
    for _ in range(storage):
        graph.add("core", graph.add("storage_node"), 4)
    graph.add("core", graph.add("storage_node") if storage else graph.add("node"), 1)
    job = flux(slot(1, of("node", 1, of("core", 4)), of("storage_node", 1, of("core", 4))))
    done = asked(graph, job)
    # Without storage nodes the type itself is unknown.
    assert done.code == (code if storage else 2)


def test_entries_of_a_published_experiment(asked):
    graph = Graph("aws")
    for _ in range(2):
        graph.add("core", graph.add("node"), 4)
    task = {"command": ["lmp"], "resources": "lammps", "replicas": 1}
    entries = [{"name": "archspec", "field": "cpu.target", "match": "amd64"}]
    job = {
        "version": 1,
        "resources": {"lammps": {**of("node", 2, of("core", 4)), "requires": entries}},
        "tasks": [task],
    }
    done = asked(graph, job, archspec=[("0", {"cpu.target": "x86_64"})])
    assert (done.code, done.out.split()) == (0, ["aws"])


def test_a_week_in_a_queue_of_half_an_hour(asked):
    graph = Graph("short")
    node = graph.add("node")
    offered = {"partition": [(node, {"name": "debug", "time_limit": "00:30:00"})]}
    assert asked(graph, flux(slot(1, of("node")), duration=1200), **offered).code == 0
    week = flux(slot(1, of("node")), duration=7 * 86400)
    assert asked(graph, week).code == 3
    said = asked(graph, week, command="explain")
    assert "time_limit" in said.out or "time limit" in said.out


@pytest.mark.parametrize("named", [False, True])
def test_resources_inline_in_a_task_are_refused_with_where_they_belong(asked, named):
    graph = Graph("one")
    graph.add("core", graph.add("node"), 4)
    job = {"version": 1, "tasks": [{"command": ["app"], "resources": of("node", 1, of("core", 2))}]}
    if named:
        job["resources"] = {"default": of("node")}
    done = asked(graph, job)
    assert (done.code, done.out) == (2, "")
    assert "tasks[0].resources" in done.err
    assert "top-level resources" in done.err


def test_attributes_of_a_vertex_are_refused_as_they_may_be_demands(asked):
    graph = Graph("one")
    graph.add("core", graph.add("node"), 4)
    done = asked(graph, flux(slot(1, of("node", 1, of("core"), attributes={"gpu": "a100"}))))
    assert (done.code, done.out) == (2, "")
    assert "resources[0].with[0]: 'attributes' is not understood" in done.err
