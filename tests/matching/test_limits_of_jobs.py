"""Limits that jobs are held against though they do not speak of them: nodes, cores, memory, names, taints."""

import random
from collections import Counter
from itertools import product

import pytest

from placewise.errors import InputError
from placewise.matching.bits import bitset
from placewise.matching.causes.relaxing import relaxations
from placewise.matching.causes.why_not import why_not
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.limits.node_demand import NodeDemand, Span, node_demand
from placewise.matching.limits.site_limits import with_limits
from placewise.matching.match import match
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Subsystem, SubsystemVertex, Vertex
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.jobs.job import Job, ResourceGroup, ResourceRequest
from placewise.model.jobs.toleration import Toleration, parse_tolerations
from placewise.model.jobs.workload import Workload
from placewise.scheduler import Scheduler
from placewise.selection.policies import first

R = ResourceRequest
GIB = 1 << 30


def cluster(nodes=8, cores=64, **subsystems):
    """One cluster, a, of nodes 1, 2, ...; each subsystem is a list of fields, or of (nodes, fields).

    cores : of every node, or of each.
    """
    of_node = [cores] * nodes if isinstance(cores, int) else cores
    vertices = [Vertex("0", "cluster")]
    vertices += [Vertex(str(n + 1), "node", 0) for n in range(nodes)]
    vertices += [Vertex(f"c{n + 1}", "core", n + 1, of_node[n]) for n in range(nodes)]
    vertices += [Vertex(f"m{n + 1}", "memory", n + 1, 256 * GIB, "B") for n in range(nodes)]
    found = []
    for kind, some in subsystems.items():
        placed = [one if isinstance(one, tuple) else ((0,), one) for one in some]
        found.append(Subsystem(kind, tuple(SubsystemVertex(tuple(f.items()), where) for where, f in placed)))
    return Cluster("a", ResourceGraph(tuple(vertices)), tuple(found))


def answers(there, job, **complete):
    """Yes, no or unknown, and the lines that say why."""
    said = {("a", name): flag for name, flag in complete.items()}
    index = FleetIndex(Fleet((there,), Vocabulary(complete=said)))
    asked = with_limits(job, index.vocabulary)
    found = match(index, asked)
    why = why_not(index, asked)
    lines = [str(one) for blocked in why.blocked for at in blocked.causes for one in at.causes]
    lines += [str(fact) for one in why.unknown for fact in one.facts]
    lines += [str(one) for at in why.apart for one in at.causes]
    answer = "yes" if found else "unknown" if found.unknown else "incomparable" if found.incomparable else "no"
    return answer, list(dict.fromkeys(lines))


def job(*shape, **attributes):
    return Job("j", (ResourceGroup(shape),), attributes=tuple(attributes.items()))


def nodes(count, cores=1, memory=0):
    inside = (R("core", cores), *([R("memory", memory, unit="B")] if memory else []))
    return R("node", count, inside)


def slots(count, cores=1):
    return R("slot", count, (R("core", cores),))


def memory_slots(count, gib):
    return R("slot", count, (R("core", 1), R("memory", gib * GIB, unit="B")))


LIMITED = [
    ({"max_nodes": 2}, job(nodes(2)), "yes", None),
    ({"max_nodes": 2}, job(nodes(4)), "no", "partition gpu allows at most 2 nodes; the job asks for 4"),
    ({"max_nodes": 1}, job(nodes(2)), "no", "partition gpu allows at most 1 node; the job asks for 2"),
    ({"max_nodes": 2}, job(slots(2)), "yes", None),
    ({"max_nodes": 2}, job(slots(3)), "yes", None),
    ({"max_nodes": 1}, job(R("core", 64)), "yes", None),
    ({"max_nodes": 1}, job(R("core", 65)), "no", "partition gpu allows at most 1 node; 65 cores need 2 of its nodes"),
    ({"max_nodes": 2}, job(slots(3, 33)), "no", "partition gpu allows at most 2 nodes; 3 slots need 3 of its nodes"),
    # What a job may have of a node counts as well.
    (
        {"max_nodes": 2, "max_cores_per_node": 32},
        job(R("core", 65)),
        "no",
        "partition gpu allows at most 2 nodes; 65 cores need 3 of its nodes",
    ),
    ({"max_nodes": 2, "max_cores_per_node": 32}, job(slots(8, 8)), "yes", None),
    ({"max_nodes": 2, "max_memory_per_node": 64 * GIB}, job(memory_slots(2, 64)), "yes", None),
    (
        {"max_nodes": 2, "max_memory_per_node": 64 * GIB},
        job(memory_slots(3, 64)),
        "no",
        "partition gpu allows at most 2 nodes; 3 slots need 3 of its nodes",
    ),
    (
        {"max_nodes": 2, "max_memory_per_node": "64 GiB"},
        job(memory_slots(3, 64)),
        "unknown",
        "partition gpu allows at most 2 nodes, and the job takes 1 to 3: ask for nodes to say how many",
    ),
    ({"min_nodes": 8}, job(slots(8)), "yes", None),
    (
        {"min_nodes": 9},
        job(slots(9)),
        "no",
        "partition gpu is for jobs of 9 nodes or more; 9 cores can be on 8 of its nodes at most",
    ),
    ({"min_nodes": 2, "max_nodes": 1}, job(slots(2)), "no", None),
    ({"max_nodes": 2}, job(nodes(1), slots(9)), "unknown", None),
    ({"max_nodes": 0}, job(slots(3)), "no", "partition gpu allows at most 0 nodes; the job asks for 1"),
    ({"min_nodes": 2}, job(nodes(2)), "yes", None),
    ({"min_nodes": 2}, job(slots(2)), "yes", None),
    ({"min_nodes": 2}, job(nodes(1, 8)), "no", "partition gpu is for jobs of 2 nodes or more; the job takes 1"),
    ({"max_cores_per_node": 28}, job(nodes(2, 28)), "yes", None),
    (
        {"max_cores_per_node": 28},
        job(nodes(2, 29)),
        "no",
        "partition gpu allows at most 28 cores of a node; the job asks for 29",
    ),
    (
        {"max_cores_per_node": 28},
        job(R("node", 1, (slots(4, 8),))),
        "no",
        "partition gpu allows at most 28 cores of a node; the job asks for 32",
    ),
    ({"max_memory_per_node": 64 * GIB}, job(nodes(1, 1, 64 * GIB)), "yes", None),
    ({"max_memory_per_node": "64 GiB"}, job(nodes(1, 1, 64 * GIB)), "yes", None),
    (
        {"max_memory_per_node": 64 * GIB},
        job(nodes(1, 1, 128 * GIB)),
        "no",
        "partition gpu allows 64 GiB of memory a node; the job asks for 128 GiB",
    ),
    ({"max_memory_per_core": 4 * GIB}, job(nodes(1, 4, 16 * GIB)), "yes", None),
    (
        {"max_memory_per_core": 4 * GIB},
        job(nodes(1, 4, 32 * GIB)),
        "unknown",
        "partition gpu allows 4 GiB of memory a core, and the job asks for 8 GiB a core: ask for more",
    ),
    ({"accounts": ("us",)}, job(nodes(1), account="us"), "yes", None),
    (
        {"accounts": ("us",)},
        job(nodes(1)),
        "unknown",
        "partition gpu is for the accounts [us], and the job names no account",
    ),
    ({"accounts": "ALL"}, job(nodes(1)), "yes", None),
    ({"denied_accounts": ("us",)}, job(nodes(1)), "yes", None),
    ({"qos": ("high",)}, job(nodes(1)), "unknown", "partition gpu is for the QOS [high], and the job names no QOS"),
    ({"qos": ("high",)}, job(nodes(1), qos="high"), "yes", None),
    ({"qos": ("high",)}, job(nodes(1), qos="low"), "no", "partition gpu is for the QOS [high], the job's is low"),
    ({"denied_qos": ("low",)}, job(nodes(1), qos="low"), "no", "partition gpu keeps out the QOS low"),
    ({"groups": ("staff",)}, job(nodes(1)), "unknown", None),
    ({"groups": ("staff",)}, job(nodes(1), group="staff"), "yes", None),
    ({"groups": ("staff",)}, job(nodes(1), group="x"), "no", "partition gpu is for the groups [staff], the job's is x"),
    ({"root_only": True}, job(nodes(1)), "no", "partition gpu is for root alone"),
    ({"reservation_only": True}, job(nodes(1)), "no", "partition gpu is for jobs with a reservation alone"),
    ({"reservation_only": True}, job(nodes(1), reservation="r"), "yes", None),
    ({"max_nodes": "two"}, job(nodes(1)), "incomparable", None),
]


@pytest.mark.parametrize(("limits", "asked", "expected", "line"), LIMITED)
def test_a_job_is_held_against_a_limit_and_the_limit_is_named(limits, asked, expected, line):
    answer, lines = answers(cluster(partition=[{"name": "gpu", **limits}]), asked)
    assert answer == expected
    if line is not None:
        assert lines == [line]
    # A job that asks for no shape takes no nodes, and what nobody says is no limit.
    assert answers(cluster(partition=[{"name": "gpu"}]), asked)[0] == "yes"


def test_one_of_the_partitions_must_allow_all_of_it():
    there = cluster(partition=[{"name": "x", "max_nodes": 2}, {"name": "y", "accounts": ("us",)}])
    assert answers(there, job(nodes(2)))[0] == "yes"
    assert answers(there, job(nodes(4)))[0] == "unknown"
    assert answers(there, job(nodes(4), account="us"))[0] == "yes"
    assert answers(there, job(nodes(4), account="me"))[0] == "no"


def test_what_a_partition_does_not_say_is_unknown_to_a_job_that_asks_for_it_and_to_no_other():
    there = cluster(partition=[{"name": "x", "state": "up"}, {"name": "z", "max_nodes": 1, "accounts": ("us",)}])
    assert answers(there, job(nodes(2)), partition="vertices")[0] == "yes"
    answer, lines = answers(there, job(nodes(2), queue="x", duration=60), partition="vertices")
    assert (answer, lines) == (
        "unknown",
        ["the time_limit of partition x is not described there, asked of 1 minute or more"],
    )
    # All partitions are known, be they described in full or not.
    assert answers(there, job(nodes(2), queue="y"), partition="vertices")[0] == "no"


def test_nodes_of_an_unknown_partition_do_not_make_a_certain_answer_together():
    there = cluster(4, partition=[((1, 2), {"name": "x", "time_limit": 99}), ((1, 2, 3), {"name": "y"})])
    for count, expected in ((2, "yes"), (3, "unknown"), (4, "no")):
        assert answers(there, job(nodes(count), duration=60), partition="vertices")[0] == expected


def test_limits_are_held_as_a_loop_over_partitions_holds_them():
    for seed in range(150):
        draw = random.Random(seed)
        parts = []
        for name in draw.sample("xyz", draw.randint(1, 3)):
            limits = {"max_nodes": draw.randint(1, 4), "min_nodes": draw.randint(1, 3), "max_cores_per_node": 8}
            parts.append({"name": name, **dict(draw.sample(sorted(limits.items()), draw.randint(0, 3)))})
        count, cores = draw.randint(1, 5), draw.choice([1, 8, 9])
        expected = any(
            part.get("min_nodes", 1) <= count <= part.get("max_nodes", 9) and cores <= part.get("max_cores_per_node", 9)
            for part in parts
        )
        assert answers(cluster(partition=parts), job(nodes(count, cores)))[0] == ("yes" if expected else "no")


def ways_to_lie(slots_wanted, rooms):
    """The numbers of nodes on which slots can lie, by trying all."""
    lying = product(*(range(min(room, slots_wanted) + 1) for room in rooms))
    return {sum(map(bool, some)) for some in lying if sum(some) == slots_wanted}


def test_slots_are_held_against_numbers_of_nodes_as_trying_all_has_it():
    seen = Counter()
    for seed in range(200):
        draw = random.Random(seed)
        cores = [draw.randint(1, 8) for _ in range(draw.randint(1, 5))]
        alike = draw.random() < 0.3
        cores = [cores[0]] * len(cores) if alike else cores
        count, each = draw.randint(1, 7), draw.randint(1, 4)
        parts, expected = [], False
        for name in draw.sample("xyz", draw.randint(1, 3)):
            limits = {"max_nodes": draw.randint(1, 4), "min_nodes": draw.randint(1, 3), "max_cores_per_node": 4}
            limits = dict(draw.sample(sorted(limits.items()), draw.randint(0, 3)))
            numbers = draw.sample(range(len(cores)), draw.randint(1, len(cores)))
            numbers = list(range(len(cores))) if alike else numbers
            parts.append((tuple(n + 1 for n in numbers), {"name": name, **limits}))
            at_most = limits.get("max_cores_per_node", 8) if limits.keys() & {"max_nodes", "min_nodes"} else 8
            ways = ways_to_lie(count, [min(cores[n], at_most) // each for n in numbers])
            expected |= any(limits.get("min_nodes", 1) <= way <= limits.get("max_nodes", 9) for way in ways)
        there = cluster(len(cores), cores, partition=parts)
        asked = job(slots(count, each) if draw.random() < 0.7 or each > 1 else R("core", count))
        answer, _ = answers(there, asked)
        assert answer == ("yes" if expected else "no"), seed
        seen[answer] += 1
    assert min(seen.values()) > 30


def test_how_many_nodes_are_taken_is_unknown_where_processors_are_in_none():
    pool = Cluster(
        "a",
        ResourceGraph((Vertex("0", "cluster"), Vertex("1", "core", 0, 64))),
        (Subsystem("partition", (SubsystemVertex((("name", "gpu"), ("max_nodes", 2)), (0,)),)),),
    )
    line = "partition gpu allows at most 2 nodes, and the job takes 1 to 3: ask for nodes to say how many"
    assert answers(pool, job(slots(3))) == ("unknown", [line])
    assert answers(pool, job(slots(2)))[0] == "yes"
    assert answers(pool, job(slots(65)))[0] == "no"


def test_to_leave_a_limit_of_nodes_out_is_named_as_what_would_help():
    index = FleetIndex(Fleet((cluster(partition=[{"name": "debug", "max_nodes": 1}]),)))
    found = relaxations(index, with_limits(job(R("core", 65)), index.vocabulary))
    assert found.fewest == 1
    assert [one.clusters for one in found.sets] == [("a",)]


def test_what_a_shape_takes():
    xor = (R("xor_slot", 2, (R("core", 4),)), R("xor_slot", 1, (nodes(3, 9),)))
    assert node_demand([(nodes(2, 3, GIB),)]) == NodeDemand(Span(2, 2), Span(3, 3), Span(GIB, GIB), -(-GIB // 3))
    assert node_demand([(R("rack", 2, (nodes(3),)),)]).nodes == Span(6, 6)
    assert node_demand([(slots(5),), (nodes(2),)]).nodes == Span(2, 7)
    assert node_demand([xor]).nodes == Span(1, 3)
    assert node_demand([xor]).cores == Span(4, 9)
    assert node_demand([(R("core", 7),)]).nodes == Span(1, 7)
    assert node_demand([()]) == NodeDemand()
    assert node_demand([(R("memory", 3, unit="GiB"), R("memory", 5))]).memory_bytes == Span(0, 3 * GIB)


TAINTS = [
    ("", "no", ["the nodes that meet the rest have the taint gpu=a:NoSchedule, which the job does not tolerate"]),
    ("gpu", "yes", None),
    ("gpu=a", "yes", None),
    ("gpu=b", "no", None),
    ("gpu:NoSchedule", "yes", None),
    ("gpu:NoExecute", "no", None),
    ("*", "yes", None),
    ("other, gpu=a:NoSchedule", "yes", None),
]


@pytest.mark.parametrize(("tolerated", "expected", "lines"), TAINTS)
def test_a_taint_that_a_job_does_not_tolerate_keeps_it_away(tolerated, expected, lines):
    there = cluster(2, taint=[{"key": "gpu", "value": "a", "effect": "NoSchedule"}])
    asked = job(nodes(1), **({"tolerations": tolerated} if tolerated else {}))
    answer, found = answers(there, asked)
    assert answer == expected
    assert lines is None or found == lines


def test_a_taint_keeps_jobs_from_its_own_nodes_and_a_preference_from_none():
    taints = [((1,), {"key": "a", "effect": "NoExecute"}), ((0,), {"key": "b", "effect": "PreferNoSchedule"})]
    assert answers(cluster(3, taint=taints), job(nodes(2)))[0] == "yes"
    assert answers(cluster(3, taint=taints), job(nodes(3)))[0] == "no"
    assert answers(cluster(3, taint=[{"key": "a", "effect": "Odd"}]), job(nodes(1)))[0] == "incomparable"


@pytest.mark.parametrize(
    ("attributes", "expected"), [({}, "unknown"), ({"duration": 60}, "yes"), ({"duration": 61}, "no")]
)
def test_a_taint_that_is_tolerated_for_a_time(attributes, expected):
    there = cluster(2, taint=[{"key": "spot", "effect": "NoExecute"}])
    answer, lines = answers(there, job(nodes(1), tolerations="spot for 60s", **attributes))
    assert answer == expected
    if expected == "unknown":
        line = "nodes have the taint spot:NoExecute, which the job tolerates for a time, and it has no duration"
        assert lines == [line]


def test_many_taints_are_asked_one_by_one():
    # Enough of them that vertices are put side by side by the value of one field.
    taints = [((n + 1,), {"key": "k", "value": str(n), "effect": "NoSchedule"}) for n in range(100)]
    there = cluster(100, taint=taints)
    assert answers(there, job(nodes(1)))[0] == "no"
    assert answers(there, job(nodes(1), tolerations="k=77"))[0] == "yes"
    assert answers(there, job(nodes(2), tolerations="k=77"))[0] == "no"
    assert answers(there, job(nodes(2), tolerations="k=77, k=0"))[0] == "yes"


@pytest.mark.parametrize("text", ["a b", "a:Odd", "=x", "*=x", "a for ever", "a=b=c", "a::b", "é"])
def test_tolerations_that_are_none_are_refused(text):
    with pytest.raises(InputError, match=r"toleration|effect|every key"):
        answers(cluster(1, taint=[{"key": "k", "effect": "NoSchedule"}]), job(nodes(1), tolerations=text))


def test_tolerations_read_as_they_are_written():
    every = [
        Toleration(key, value, effect, seconds)
        for key in ("", "x.org/a", "b_c-d")
        for value in (None, "", "v.1")
        for effect in ("", "NoSchedule", "NoExecute")
        for seconds in (None, 0, 300)
        if key or value is None
    ]
    assert parse_tolerations(", ".join(map(str, every))) == tuple(every)
    assert parse_tolerations(" , ") == ()


def test_workloads_are_held_against_the_limits_that_their_jobs_are():
    there = Fleet((cluster(partition=[{"name": "x", "max_nodes": 2, "qos": ("high",), "groups": ("7",)}]),))
    rows = [(count, qos, group) for count in (2, 3) for qos in ("high", "low", None) for group in (7, 8)]
    for count in (2, 3):
        some = [row for row in rows if row[0] == count]
        columns = {"qos": tuple(qos for _, qos, _ in some), "group": tuple(group for _, _, group in some)}
        names = tuple(f"j{number}" for number in range(len(some)))
        workload = Workload.from_rows(names, [()] * len(some), columns, (nodes(count),))
        scheduler = Scheduler(there, first)
        found = bitset.unpack(scheduler.match_all(workload), 1)[:, 0].tolist()
        assert found == [count == 2 and qos == "high" and group == 7 for _, qos, group in some]
        assert found == [bool(scheduler.match(workload.job(number))) for number in range(len(some))]
