"""What sites allow: limits of partitions and states of nodes decide where a job can run, and are named."""

import random

import numpy as np
import pytest

from placewise.errors import InputError
from placewise.formats.jobs.jobspec import parse_jobspec
from placewise.matching.bits import bitset
from placewise.matching.causes.relaxing import relaxations
from placewise.matching.causes.why_not import why_not
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.limits.site_limits import described_in, with_limits
from placewise.matching.match import match
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Subsystem, SubsystemVertex, Vertex
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.jobs.job import Job, ResourceGroup, ResourceRequest
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.requirement import Requirement
from placewise.scheduler import Scheduler
from placewise.selection.policies import first


def cluster(name, nodes=4, **subsystems):
    """A cluster of nodes 1, 2, ...; each subsystem a list of (where it is attached, fields)."""
    graph = ResourceGraph((Vertex("0", "cluster"), *(Vertex(str(n + 1), "node", 0) for n in range(nodes))))
    return Cluster(
        name,
        graph,
        tuple(
            Subsystem(kind, tuple(SubsystemVertex(tuple(fields.items()), where) for where, fields in vertices))
            for kind, vertices in subsystems.items()
        ),
    )


def partitions(*fields, where=(0,)):
    return [(where, one) for one in fields]


def job(nodes=1, **attributes):
    shape = (ResourceRequest("node", nodes),) if nodes else ()
    return Job("j", (ResourceGroup(shape),), attributes=tuple(attributes.items()))


def matched(clusters, asked, **vocabulary):
    index = FleetIndex(Fleet(tuple(clusters), Vocabulary(**vocabulary)))
    return match(index, with_limits(asked, index.vocabulary))


def lines(clusters, asked):
    """The lines that say why clusters do not match, by cluster."""
    index = FleetIndex(Fleet(tuple(clusters)))
    why = why_not(index, with_limits(asked, index.vocabulary))
    found = {}
    for there in (*(there for one in why.blocked for there in one.causes), *why.apart):
        for name in there.clusters:
            found.setdefault(name, []).extend(map(str, there.causes))
    return found


def test_a_job_of_7_days_does_not_run_in_a_partition_of_30_minutes():
    fleet = [cluster("a", partition=partitions({"name": "debug", "time_limit": "30m"}))]
    assert not matched(fleet, job(duration=7 * 86400))
    assert lines(fleet, job(duration=7 * 86400)) == {
        "a": ["partition debug allows 30 minutes, the job asks for 7 days"]
    }
    assert matched(fleet, job(duration=1800)).names == ("a",)
    assert matched(fleet, job(duration="30 min")).names == ("a",)


@pytest.mark.parametrize(
    "limit", [604800, "604800", "7-00:00:00", "7-00", "P7D", "PT168H", "168:00:00", "7d", "1w", "unlimited", "INFINITE"]
)
def test_limits_of_time_read_as_sites_write_them(limit):
    fleet = [cluster("a", partition=partitions({"name": "long", "time_limit": limit}))]
    assert matched(fleet, job(duration="7d"))
    assert bool(matched(fleet, job(duration="7d1s"))) == (limit in ("unlimited", "INFINITE"))


def test_a_duration_of_0_and_a_partition_without_a_limit_limit_nothing():
    assert matched([cluster("a", partition=partitions({"name": "x", "time_limit": 1}))], job(duration=0))
    assert matched([cluster("a", partition=partitions({"name": "x"}))], job(duration="99w"))


def test_a_limit_that_is_no_time_is_neither_yes_nor_no():
    found = matched([cluster("a", partition=partitions({"name": "x", "time_limit": "a while"}))], job(duration=1))
    assert (found.names, [one.cluster for one in found.incomparable]) == ((), ["a"])


def test_a_cluster_that_describes_no_partitions_has_no_limits():
    fleet = [cluster("a", partition=partitions({"name": "debug", "time_limit": "30m"})), cluster("b")]
    assert matched(fleet, job(duration="7d", queue="debug", account="me")).names == ("b",)
    assert matched([cluster("b")], job(duration="7d")).names == ("b",)
    incomplete = {("", ""): False}
    assert matched(fleet, job(duration="7d"), complete=incomplete).names == ("b",)


def test_only_the_partition_named_counts():
    fleet = [cluster("a", partition=partitions({"name": "debug", "time_limit": "30m"}, {"name": "batch"}))]
    assert matched(fleet, job(duration="7d")).names == ("a",)
    assert matched(fleet, job(duration="7d", partition="batch")).names == ("a",)
    assert matched(fleet, job(duration="7d", queue="debug,batch")).names == ("a",)
    assert not matched(fleet, job(duration="7d", queue="debug"))
    assert lines(fleet, job(queue="gpu")) == {"a": ["no partition there has gpu; there are debug and batch"]}
    with pytest.raises(InputError, match="two attributes of one meaning differ"):
        matched(fleet, job(queue="debug", partition="batch"))


def test_one_partition_must_allow_all_together():
    fleet = [
        cluster("a", partition=partitions({"name": "x", "time_limit": 60}, {"name": "y", "accounts": ("us", "you")}))
    ]
    assert matched(fleet, job(duration=60, account="me")).names == ("a",)
    assert not matched(fleet, job(duration=61, account="me"))
    assert lines(fleet, job(duration=61, account="me")) == {
        "a": [
            "partition x allows 1 minute, the job asks for 61 seconds",
            "partition y is for the accounts [us, you], the job's is me",
        ]
    }


def test_the_nodes_of_a_job_are_all_in_one_partition():
    fleet = [cluster("a", partition=[((1, 2), {"name": "x"}), ((3, 4), {"name": "y"})])]
    assert matched(fleet, job(2)).names == ("a",)
    assert not matched(fleet, job(3))
    assert lines(fleet, job(3)) == {"a": ["too few: no one partition has enough nodes"]}
    index = FleetIndex(Fleet(tuple(fleet)))
    relaxed = relaxations(index, with_limits(job(3), index.vocabulary))
    assert [len(one.requirements) for one in relaxed.sets] == [1]
    wide = [cluster("a", partition=[((1, 2), {"name": "x"}), ((0,), {"name": "y"})])]
    assert matched(wide, job(4)).names == ("a",)


def test_nodes_in_no_partition_host_nothing_where_others_are_in_one():
    fleet = [cluster("a", partition=[((1,), {"name": "x"})])]
    assert (bool(matched(fleet, job(1))), bool(matched(fleet, job(2)))) == (True, False)


@pytest.mark.parametrize(
    ("state", "works"),
    [
        *[("up", True), ("idle*", True), ("ALLOCATED+PLANNED", True), ("down", False), ("drained", False)],
        *[("IDLE+DRAIN", False), ("down*", False), ("offline,job-exclusive", False)],
    ],
)
def test_nodes_that_are_down_or_drained_host_nothing(state, works):
    fleet = [cluster("a", 2, node=[((1,), {"state": state})])]
    assert bool(matched(fleet, job(2))) == works
    assert matched(fleet, job(1)).names == ("a",)


def test_states_are_named():
    fleet = [
        cluster("a", 1, node=[((1,), {"state": "drained"})]),
        cluster("b", partition=partitions({"name": "x", "state": "down"})),
        cluster("c", 1, node=[((1,), {"state": "odd"})]),
    ]
    assert lines(fleet, job()) | {"c": []} == {
        "a": ["the nodes that meet the rest are drained"],
        "b": ["partition x is down"],
        "c": [],
    }
    assert [one.cluster for one in matched(fleet, job()).incomparable] == ["c"]


def test_whole_nodes():
    fleet = [
        cluster("a", partition=partitions({"name": "x", "exclusive": True})),
        cluster("b", partition=partitions({"name": "x", "exclusive": False})),
        cluster("c", partition=partitions({"name": "x"})),
    ]
    assert matched(fleet, job(exclusive=True)).names == ("a", "c")
    assert matched(fleet, job(exclusive=False)).names == ("b", "c")
    assert matched(fleet, job()).names == ("a", "b", "c")
    with pytest.raises(InputError, match="exclusive"):
        matched(fleet, job(exclusive="perhaps"))


@pytest.mark.parametrize("denied", [("us", "me"), "us,me", "ALL", "me"])
def test_accounts_that_are_kept_out(denied):
    fleet = [cluster("a", partition=partitions({"name": "x", "denied_accounts": denied}))]
    assert matched(fleet, job())
    assert not matched(fleet, job(account="me"))
    assert bool(matched(fleet, job(bank="other"))) == (denied != "ALL")


@pytest.mark.parametrize("accounts", [("us", "me"), "us,me", "ALL", "me"])
def test_accounts(accounts):
    fleet = [cluster("a", partition=partitions({"name": "x", "accounts": accounts}))]
    assert matched(fleet, job(bank="me")).names == ("a",)
    assert bool(matched(fleet, job(bank="other"))) == (accounts == "ALL")


@pytest.mark.parametrize("duration", ["soon", -1, float("nan"), "1e400", "P1M", "-1h", True, "9" * 70])
def test_durations_that_are_none_are_refused_where_there_are_limits(duration):
    with pytest.raises(InputError, match="not a duration"):
        matched([cluster("a", partition=partitions({"name": "x", "time_limit": 1}))], job(duration=duration))


def test_what_is_not_described_of_an_incomplete_partition_is_unknown():
    fleet = [cluster("a", partition=partitions({"name": "x"})), cluster("b", partition=partitions({"name": "y"}))]
    asked = job(duration="7d")
    assert matched(fleet, asked, complete={("a", "partition"): False}).unknown == ("a",)
    assert matched(fleet, asked, complete={("a", "partition"): False}).names == ("b",)


def test_limits_twice_are_limits_once():
    index = FleetIndex(Fleet((cluster("a", partition=partitions({"name": "x"})),)))
    once = with_limits(job(duration=5), index.vocabulary)
    assert with_limits(once, index.vocabulary) == once != job(duration=5)


def test_the_scheduler_and_workloads_meet_the_same_limits():
    fleet = Fleet((cluster("a", partition=partitions({"name": "x", "time_limit": 60})), cluster("b")))
    durations = (60.0, 61.0, None)
    workload = Workload.from_rows(
        ("i", "j", "k"), [(), (), ()], {"duration": durations, "queue": ("x", None, "y")}, job(1).groups[0].shape
    )
    scheduler = Scheduler(fleet, first)
    rows = bitset.unpack(scheduler.match_all(workload), 2)
    assert np.array_equal(rows, [[True, True], [False, True], [False, True]])
    for number in range(3):
        assert [name for name, one in zip("ab", rows[number], strict=True) if one] == list(
            scheduler.match(workload.job(number)).names
        )
    assert scheduler.place(job(duration=61), draw=0.0).chosen == "b"
    assert described_in(fleet) == {"partition": {"name", "time_limit"}}


def test_requirements_on_partitions_are_still_what_they_say():
    index = FleetIndex(Fleet((cluster("a", partition=partitions({"name": "x"})), cluster("b"))))
    asked = Job("j", (ResourceGroup((), (Requirement.parse("partition{name=x}"),)),))
    assert match(index, with_limits(asked, index.vocabulary)).names == ("a",)


def test_an_index_that_changed_answers_as_one_compiled_anew():
    index = FleetIndex(Fleet((cluster("a"), cluster("b"))))
    assert with_limits(job(duration=61), index.vocabulary) == job(duration=61)
    limited = cluster("a", partition=partitions({"name": "x", "time_limit": 60}))
    changed = index.changed({"a": limited})
    asked = with_limits(job(duration=61), changed.vocabulary)
    assert match(changed, asked).names == ("b",)
    again = changed.changed({"a": cluster("a"), "b": cluster("b", 2, node=[((0,), {"state": "down"})])})
    assert match(again, with_limits(asked, again.vocabulary)).names == ("a",)


def test_a_job_runs_in_one_partition_as_one_cluster_a_partition_would_host_it():
    for seed in range(200):
        draw = random.Random(seed)
        nodes = draw.randint(1, 5)
        parts = [
            (
                tuple(sorted(draw.sample(range(1, nodes + 1), draw.randint(1, nodes)))),
                {"name": name, "time_limit": limit},
            )
            for name, limit in zip("xyz", draw.choices([60, 120, "unlimited"], k=draw.randint(1, 3)), strict=False)
        ]
        down = set(draw.sample(range(1, nodes + 1), draw.randint(0, nodes)))
        states = [((node,), {"state": "down"}) for node in sorted(down)]
        fleet = [cluster("a", nodes, partition=parts, **({"node": states} if states else {}))]
        for wanted in range(1, nodes + 1):
            expected = any(len(set(where) - down) >= wanted and fields["time_limit"] != 60 for where, fields in parts)
            assert bool(matched(fleet, job(wanted, duration=61))) == expected


def test_the_queue_of_a_flux_jobspec_is_a_partition():
    document = {
        "version": 1,
        "resources": [{"type": "slot", "count": 1, "label": "x", "with": [{"type": "node", "count": 1}]}],
        "tasks": [],
        "attributes": {"system": {"queue": "batch", "duration": 3600}},
    }
    fleet = [
        cluster("a", partition=partitions({"name": "batch"})),
        cluster("b", partition=partitions({"name": "debug"})),
        cluster("c", partition=partitions({"name": "batch", "time_limit": "30m"})),
        cluster("d"),
    ]
    assert matched(fleet, parse_jobspec(document, "j")).names == ("a", "d")


def test_many_groups_that_ask_alike_run_in_one_partition():
    halves = {"partition": [((1, 2), {"name": "p"}), ((3, 4), {"name": "q"})]}
    groups = tuple(ResourceGroup((ResourceRequest("node", 1),)) for _ in range(20))
    assert not matched([cluster("a", **halves)], Job("j", groups[:3]))
    assert matched([cluster("a", **halves)], Job("j", groups[:2]))
    large = {"partition": [(tuple(range(1, 21)), {"name": "p"}), ((21,), {"name": "q"})]}
    assert matched([cluster("a", 21, **large)], Job("j", groups))
    short = {"partition": [(tuple(range(1, 20)), {"name": "p"}), ((20, 21), {"name": "q"})]}
    assert not matched([cluster("a", 21, **short)], Job("j", groups))


def test_alternatives_and_what_stands_inside_a_shape_lie_in_one_partition():
    halves = {"partition": [((1, 2), {"name": "p"}), ((3, 4), {"name": "q"})]}

    def nodes(kind, count, model):
        wanted = Requirement.parse(f"model{{name={model}}}")
        return ResourceRequest(kind, 1, (ResourceRequest("node", count, requirements=(wanted,)),))

    spread = {**halves, "model": [((1, 3), {"name": "x"}), ((2, 4), {"name": "y"})]}
    apart = {**halves, "model": [((1, 2), {"name": "x"}), ((3, 4), {"name": "y"})]}
    for kind in ("slot", "xor_slot"):
        both = Job("j", (ResourceGroup((nodes(kind, 2, "x"),)),))
        assert not matched([cluster("a", **spread)], both)
        assert matched([cluster("a", **apart)], both)
    either = Job("j", (ResourceGroup((nodes("xor_slot", 2, "x"), nodes("xor_slot", 1, "y"))),))
    assert matched([cluster("a", **spread)], either)
