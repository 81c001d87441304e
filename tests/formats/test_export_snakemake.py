"""What is exported to Snakemake's Slurm plugin: what the plugin may choose is what matches."""

import random
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from random_slurm_sites import fleet, rule, site, submitter, tainted, texts
from snakemake_rule_of_choice import may_choose, more_cores

import placewise as pw
from placewise.errors import InputError
from placewise.formats.fleets.exports.partition_limits import Submitter
from placewise.formats.fleets.exports.partitions import partitions_of
from placewise.formats.fleets.exports.snakemake import NO_FEATURES, NO_MODELS, snakemake_partitions, snakemake_text
from placewise.formats.jobs.imports.snakemake_rule import job_of_rule
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Subsystem, SubsystemVertex, Vertex
from placewise.model.fleets.vocabulary import Vocabulary


def exported(found, **asked):
    """The partitions of the file, by name; read back from its text."""
    partitions, _ = partitions_of(found, **asked)
    written, _ = snakemake_partitions(partitions)
    limits = yaml.safe_load(snakemake_text(written))["partitions"]
    assert limits == {one.partition.name: one.limits for one in written}
    return {one.partition.name: one for one in written}


def asked_of(who, threads, resources):
    """The job of a rule that somebody submits."""
    names = {"slurm_account": who.account, "qos": who.qos}
    job = job_of_rule("rule", threads, {**resources, **{key: name for key, name in names.items() if name}}).job
    return replace(job, attributes=(*job.attributes, *([("group", who.group)] if who.group else [])))


def holds(draw, folder, tally, *, uniform):
    """What the plugin may choose matches; what matches it may choose, where one kind of node covers the partition."""
    nodes, partitions = site(draw, uniform=uniform)
    shown, taints, who = texts(nodes, partitions, limits=draw.random() < 0.85), tainted(draw, nodes), submitter(draw)
    apart = fleet(shown, by_partition=True, folder=folder, taints=taints)
    found = exported(apart, submitter=who)
    _, left_out = partitions_of(apart, submitter=who)
    gone = {one.name for one in left_out if not (who.group and "nothing says" in one.why)}
    together = exported(fleet(shown, by_partition=False, folder=folder, taints=taints), submitter=who)
    assert {name: one.limits for name, one in together.items()} == {name: one.limits for name, one in found.items()}
    scheduler = pw.Scheduler(apart)
    for _ in range(12):
        threads, resources = rule(draw)
        match = scheduler.match(asked_of(who, threads, resources))
        matched, unclear = (
            {name.removeprefix("s-") for name in names}
            for names in (match.names, (*match.unknown, *(one.cluster for one in match.incomparable)))
        )
        able = {name for name, one in found.items() if may_choose(one.limits, threads, resources)}
        larger = {name for name, one in found.items() if more_cores(one.partition.limits, threads, resources)}
        assert able <= matched | (unclear & larger)
        whole = {
            name for name, one in found.items() if one.whole and ("nodes" not in resources or one.nodes == one.total)
        }
        assert not (matched & whole) - able
        assert "nodes" in resources or not matched & gone
        tally["rules"] += 1
        tally["chosen"] += bool(able)
        tally["none"] += not able
        tally["equal"] += able == matched & found.keys()
    assert all(one.whole for one in found.values()) or not uniform or any("v100:2" in one["gres"] for one in nodes)


@pytest.mark.parametrize("uniform", [True, False])
def test_what_the_plugin_may_choose_is_what_matches(uniform, tmp_path):
    draw, tally = random.Random(uniform), dict.fromkeys(("rules", "chosen", "none", "equal"), 0)
    for _ in range(60):
        holds(draw, tmp_path, tally, uniform=uniform)
    assert tally["chosen"] > 20
    assert tally["none"] > 20


@pytest.mark.long
@pytest.mark.parametrize("uniform", [True, False])
def test_of_a_thousand_sites_what_the_plugin_may_choose_is_what_matches(uniform, tmp_path):
    draw, tally = random.Random(f"long {uniform}"), dict.fromkeys(("rules", "chosen", "none", "equal"), 0)
    for _ in range(1000):
        holds(draw, tmp_path, tally, uniform=uniform)
    assert min(tally["chosen"], tally["none"]) > 500


def test_what_is_not_described_is_not_chosen_for():
    """An empty list would let the plugin choose for any feature and any model."""
    graph = ResourceGraph(
        (Vertex("0", "cluster"), Vertex("n", "node", 0), Vertex("c", "core", 1, 4), Vertex("g", "gpu", 1, 2))
    )
    partition = Subsystem("partition", (SubsystemVertex((("name", "gpu"), ("time_limit", 90))),))
    found = exported(Fleet((Cluster("s", graph, (partition,)),)))["gpu"].limits
    assert (found["max_gpu"], found["max_mem_mb"], found["max_runtime"]) == (2, 0, 1)
    assert found["available_gpu_models"] == [NO_MODELS]
    assert found["available_constraints"] == [NO_FEATURES]
    # The plugin splits at commas, so that no rule can ask for these.
    assert "," in NO_MODELS
    assert "," in NO_FEATURES
    assert not may_choose(found, 1, {"constraint": "ib"})
    assert not may_choose(found, 1, {"gpu": 1, "gpu_model": "a100"})
    assert may_choose(found, 1, {"gpu": 1})


def test_a_site_that_says_nothing_of_limits_takes_no_rule_with_a_runtime(tmp_path):
    nodes, partitions = site(random.Random(3), uniform=True)
    limited = exported(fleet(texts(nodes, partitions), by_partition=False, folder=tmp_path))
    found = exported(fleet(texts(nodes, partitions, limits=False), by_partition=False, folder=tmp_path))
    assert {one.limits["max_runtime"] for one in found.values()} == {0}
    assert {name: {**one.limits, "max_runtime": 0} for name, one in limited.items()} == {
        name: one.limits for name, one in found.items() if name in limited
    }


def small(name, *fields, nodes=1, **subsystems):
    vertices = [Vertex("0", "cluster")]
    for number in range(nodes):
        vertices += [Vertex(f"n{number}", "node", 0), Vertex(f"c{number}", "core", len(vertices), 4)]
    parts = {"partition": [SubsystemVertex(tuple(one.items())) for one in fields], **subsystems}
    return Cluster(
        name, ResourceGraph(tuple(vertices)), tuple(Subsystem(kind, tuple(some)) for kind, some in parts.items())
    )


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ([{"name": "p", "state": "DOWN"}], "takes no jobs"),
        ([{"name": "p", "state": "SINGING"}], "SINGING"),
        ([{"name": "p", "time_limit": "soon"}], "soon"),
        ([{"name": "p", "time_limit": 1}, {"name": "p", "time_limit": 2}], "several times"),
        ([{"name": "p", "accounts": ("ai",)}], "account physics"),
        ([{"name": "p", "denied_accounts": "physics,ai"}], "account physics"),
        ([{"name": "p", "qos": ("high", "low", "mid", "top")}], "qos: high, low, mid, ...; --qos NAME"),
        ([{"name": "p", "groups": "staff"}], "groups: staff; --group NAME"),
        ([{"name": "p", "root_only": True}], "root alone"),
        ([{"name": "p", "reservation_only": True}], "reservation"),
        ([{"name": "p", "root_only": "perhaps"}], "perhaps"),
        ([{"name": "p", "min_nodes": 2}], "2 nodes or more"),
        ([{"name": "p", "max_nodes": 0}], "no nodes"),
        ([{"name": "p", "max_nodes": "few"}], "max_nodes is not a number: few"),
        ([{"name": "p", "max_cores_per_node": 0}], "no cores"),
        ([{"name": "p", "max_memory_per_node": "3 s"}], "no size: 3 s"),
        ([{"name": "p", "max_memory_per_core": "1 GB"}], "not a number: 1 GB"),
    ],
    ids=str,
)
def test_a_partition_that_takes_no_jobs_is_left_out_with_the_reason(fields, why):
    fleet = Fleet((small("s", {"name": "good"}, *fields), small("bare")))
    partitions, left_out = partitions_of(fleet, submitter=Submitter("physics"))
    assert [one.name for one in partitions] == ["good"]
    assert [(one.cluster, one.name) for one in left_out] == [("s", "p"), ("bare", "")]
    assert why in left_out[0].why


def test_nodes_that_are_down_are_not_counted():
    down = SubsystemVertex((("state", "drained"),), (1,))
    partitions, _ = partitions_of(Fleet((small("s", {"name": "p"}, nodes=3, node=[down]),)))
    assert (len(partitions[0].nodes), partitions[0].not_in_use) == (2, 1)
    every = SubsystemVertex((("state", "down"),), (0,))
    partitions, left_out = partitions_of(Fleet((small("s", {"name": "p"}, nodes=3, node=[every]),)))
    assert not partitions
    assert "in use" in left_out[0].why


def test_nodes_with_a_taint_that_keeps_rules_away_are_not_counted():
    effects = ("NoSchedule", "NoExecute", "PreferNoSchedule", "Odd")
    taints = [SubsystemVertex((("key", "k"), ("effect", one)), (1 + 2 * at,)) for at, one in enumerate(effects)]
    partitions, _ = partitions_of(Fleet((small("s", {"name": "p"}, nodes=5, taint=taints),)))
    assert ([node.name for node in partitions[0].nodes], partitions[0].not_in_use) == (["n2", "n4"], 3)


def test_limits_of_a_partition_are_limits_of_its_nodes():
    fields = {"name": "p", "max_nodes": 2, "max_cores_per_node": 3, "max_memory_per_node": "1 KiB"}
    written = exported(Fleet((small("s", fields, nodes=5),)))["p"]
    assert (written.nodes, written.total, written.whole) == (5, 5, True)
    found = {name: written.limits[name] for name in ("max_nodes", "max_threads", "max_tasks", "max_mem_mb")}
    assert found == {"max_nodes": 2, "max_threads": 3, "max_tasks": 6, "max_mem_mb": 0}


def test_what_is_not_described_admits_no_name():
    """As in a match: who asks by a name is answered unknown where nobody said whom a partition is for."""
    fleet = Fleet((small("s", {"name": "p"}),), Vocabulary(complete={("s", "partition"): "vertices"}))
    assert exported(fleet)["p"].limits["max_runtime"] == 0
    for who in (Submitter("ai"), Submitter(qos="high"), Submitter(group="staff")):
        partitions, left_out = partitions_of(fleet, submitter=who)
        assert not partitions
        assert "nothing says" in left_out[0].why


def test_tasks_of_a_rule_are_never_sent_where_they_cannot_go():
    """Slurm packs tasks on as few nodes as allowed, of which a match says no more than that it may."""
    nodes, partitions = site(random.Random(7), uniform=True)
    for one in partitions.values():
        one |= {"state": "UP", "limits": {"MaxNodes": "1"}}
    shown = texts([{**one, "state": "IDLE"} for one in nodes], partitions)
    apart = fleet(shown, by_partition=True, folder=Path())
    scheduler, found = pw.Scheduler(apart), exported(apart)
    for tasks in range(1, 12):
        match = scheduler.match(job_of_rule("rule", 1, {"tasks": tasks}).job)
        able = {f"s-{name}" for name, one in found.items() if may_choose(one.limits, 1, {"tasks": tasks})}
        assert able <= {*match.names, *(match.unknown if tasks > 1 else ())}


def test_two_partitions_of_one_name_need_a_file_each():
    fleet = Fleet((small("a", {"name": "p"}), small("b", {"name": "p"})))
    with pytest.raises(InputError, match="--cluster"):
        partitions_of(fleet)
    assert partitions_of(fleet, clusters=["b"])[0][0].cluster == "b"
    with pytest.raises(InputError, match="no such cluster"):
        partitions_of(fleet, clusters=["c"])
    with pytest.raises(InputError, match="imported from Slurm"):
        partitions_of(Fleet((small("a"),), Vocabulary()))


@pytest.mark.parametrize("name", ["1", "on", "a: b", "~", "ü", "null"])
def test_names_are_read_back_as_they_are(name):
    assert list(exported(Fleet((small("s", {"name": name}),)))) == [name]


def test_a_name_that_steers_a_terminal_is_refused():
    with pytest.raises(InputError, match="control"):
        exported(Fleet((small("s", {"name": "a\x1b[2Jb"}),)))
