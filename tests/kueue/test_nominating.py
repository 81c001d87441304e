"""Workloads of Kueue are nominated for the clusters that match, once and in order; what Kueue applied stays."""

import random
import threading
from dataclasses import replace

import pytest

pytest.importorskip("kubernetes")

from fake_api_server import FakeApiServer
from kubernetes import client

import placewise as pw
from placewise.advice.choosing import in_order
from placewise.errors import InputError
from placewise.formats.jobs.imports.kueue_workload import job_of_workload
from placewise.kueue.manager_cluster import ManagerCluster
from placewise.kueue.nominating import Dispatcher, Nominated, NotNominated, Terms, Trouble
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Subsystem, SubsystemVertex, Vertex
from placewise.model.fleets.vocabulary import Vocabulary

# Of some versions of the library, beside newer ones of urllib3.
pytestmark = pytest.mark.filterwarnings("ignore:HTTPResponse.getheader:DeprecationWarning")

CHECK = {
    "spec": {"controllerName": "kueue.x-k8s.io/multikueue", "parameters": {"kind": "MultiKueueConfig", "name": "all"}}
}
RESERVED = [
    {"type": "QuotaReserved", "status": "True", "reason": "QuotaReserved", "message": "", "lastTransitionTime": "t"}
]
PENDING = [{"name": "mk", "state": "Pending", "message": "", "lastTransitionTime": "t"}]
STATUS = {"conditions": RESERVED, "admissionChecks": PENDING, "admission": {"clusterQueue": "q"}}
KEY = ("team", "job-a")


def cluster(name, cores, *labels, nodes=1):
    vertices = [Vertex("0", "cluster")]
    for number in range(nodes):
        vertices += [Vertex(f"n{number}", "node", 0), Vertex(f"c{number}", "core", 1 + 2 * number, cores)]
    places = tuple(range(1, len(vertices), 2))
    found = tuple(SubsystemVertex((("name", label), ("value", "yes")), places) for label in labels)
    return Cluster(name, ResourceGraph(tuple(vertices)), (Subsystem("property", found),) if found else ())


FLEET = Fleet(
    (
        cluster("small", 4, "ssd"),
        cluster("big", 64, "ssd", nodes=2),
        cluster("plain", 6),
        cluster("elsewhere", 64, "ssd"),
    ),
    Vocabulary(complete={("plain", "property"): False}),
)


def workload(name="job-a", cpu="8", count=1, **selector):
    pod = {"containers": [{"name": "c", "resources": {"requests": {"cpu": cpu}}}], "nodeSelector": selector}
    pod_set = {"name": "main", "count": count, "template": {"spec": pod}}
    return {"metadata": {"namespace": "team", "name": name, "uid": f"uid-{name}"}, "spec": {"podSets": [pod_set]}}


@pytest.fixture
def server():
    with FakeApiServer() as found:
        found.checks["mk"] = CHECK
        found.configs["all"] = {"spec": {"clusters": ["small", "big", "plain"]}}
        yield found


@pytest.fixture
def dispatching(server):
    """Makes a dispatcher, and a list of what it says."""

    def make(fleet=FLEET, manager="kueue-admission", **terms):
        notices = []
        api = client.ApiClient(client.Configuration(host=server.url))
        found = Dispatcher(ManagerCluster(api, manager), pw.Scheduler(fleet), Terms(**terms), notices.append)
        return found, notices

    return make


def nominated(server, key=KEY):
    return server.status(key).get("nominatedClusterNames")


def patches(server):
    return sum(method == "PATCH" for method, _ in server.requests)


def test_a_workload_is_nominated_for_what_matches_and_may_be_sent_to(server, dispatching):
    server.put(workload(ssd="yes"), STATUS)
    dispatcher, notices = dispatching()
    dispatcher.look("v1beta2")
    assert nominated(server) == ["big"]
    assert notices == [Nominated("team/job-a", ("big",))]


def test_what_kueue_applied_stays_and_kueue_can_take_the_nomination_away(server, dispatching):
    server.put(workload(), {**STATUS, "requeueState": {"count": 2}})
    server.apply(KEY, {"reclaimablePods": [{"name": "main", "count": 1}]}, "kueue-reclaimable-pods")
    before = server.status(KEY)
    dispatching()[0].look("v1beta2")
    after = server.status(KEY)
    assert after.pop("nominatedClusterNames") == ["big"]
    assert after == before
    # On admission, Kueue applies all that it keeps, and the nomination is not among it.
    server.apply(KEY, {**STATUS, "requeueState": {"count": 2}, "clusterName": "big"})
    assert nominated(server) is None
    assert server.status(KEY)["clusterName"] == "big"


def test_looking_again_changes_nothing(server, dispatching):
    server.put(workload(), STATUS)
    dispatcher, notices = dispatching()
    for _ in range(3):
        dispatcher.look("v1beta2")
    assert patches(server) == 1
    assert len(notices) == 1
    dispatching()[0].look("v1beta2")
    assert patches(server) == 1


@pytest.mark.parametrize(
    "status",
    [
        {**STATUS, "clusterName": "big"},
        {**STATUS, "conditions": []},
        {**STATUS, "conditions": [*RESERVED, {"type": "Finished", "status": "True"}]},
        {**STATUS, "conditions": [*RESERVED, {"type": "Evicted", "status": "True"}]},
        {**STATUS, "admissionChecks": [{"name": "mk", "state": "Ready"}]},
        {**STATUS, "admissionChecks": [{"name": "other", "state": "Pending"}]},
        {**STATUS, "admissionChecks": []},
        {},
    ],
    ids=["admitted", "no quota", "finished", "evicted", "check is ready", "another's check", "no check", "new"],
)
def test_nothing_is_nominated_for_a_workload_that_does_not_wait_for_it(status, server, dispatching):
    server.checks["other"] = {"spec": {"controllerName": "example.com/budget"}}
    server.put(workload(), status)
    dispatcher, notices = dispatching()
    dispatcher.look("v1beta2")
    assert patches(server) == 0
    assert not notices


def test_an_inactive_workload_and_one_about_to_go_are_left_alone(server, dispatching):
    paused, going = workload("paused"), workload("going")
    paused["spec"]["active"] = False
    going["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    server.put(paused, STATUS)
    server.put(going, STATUS)
    dispatching()[0].look("v1beta2")
    assert patches(server) == 0


def test_what_may_match_is_nominated_only_if_asked(server, dispatching):
    server.put(workload(cpu="5", ssd="yes"), STATUS)
    dispatching(unknown="yes")[0].look("v1beta2")
    assert nominated(server) == ["big", "plain"]


def test_where_nothing_matches_the_reason_is_said_once(server, dispatching):
    server.put(workload(cpu="500"), STATUS)
    dispatcher, notices = dispatching()
    dispatcher.look("v1beta2")
    dispatcher.look("v1beta2")
    assert patches(server) == 0
    assert [type(one) for one in notices] == [NotNominated]
    assert "fits on no cluster" in notices[0].why


def test_a_match_that_multikueue_may_not_use_is_said(server, dispatching):
    server.configs["all"] = {"spec": {"clusters": ["small"]}}
    server.put(workload(), STATUS)
    dispatcher, notices = dispatching()
    dispatcher.look("v1beta2")
    assert "big" in notices[0].why
    assert "small" in notices[0].why


def test_one_workload_that_cannot_be_read_stops_no_other(server, dispatching):
    broken = workload("broken")
    broken["spec"]["podSets"][0]["template"]["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "many"}}
    server.put(broken, STATUS)
    server.put({"metadata": {"namespace": "team", "name": "odd", "uid": 7}, "spec": {}}, STATUS)
    server.put(workload(), STATUS)
    dispatcher, notices = dispatching()
    dispatcher.look("v1beta2")
    assert nominated(server) == ["big"]
    assert [one.workload for one in notices if isinstance(one, NotNominated)] == ["team/broken", "team/odd"]


def test_a_nomination_stays_while_it_holds_and_goes_when_it_does_not(server, dispatching):
    server.put(workload(), STATUS)
    loaded = workload("running")
    server.put(loaded, {**STATUS, "clusterName": "big"})
    dispatching(most=1, policy="first")[0].look("v1beta2")
    assert nominated(server) == ["big"]
    # Another policy would choose otherwise, and is no reason to take the copies away.
    fleet = Fleet((cluster("small", 64), cluster("big", 64)))
    dispatching(fleet, most=1, policy="least-loaded")[0].look("v1beta2")
    assert nominated(server) == ["big"]
    shrunk = Fleet((cluster("small", 64), cluster("big", 4)))
    dispatching(shrunk, most=1)[0].look("v1beta2")
    assert nominated(server) == ["small"]
    none = Fleet((cluster("small", 4), cluster("big", 4)))
    dispatching(none)[0].look("v1beta2")
    assert nominated(server) is None
    assert server.status(KEY)["conditions"] == RESERVED


def test_least_loaded_counts_what_kueue_admitted(server, dispatching):
    fleet = Fleet((cluster("small", 64), cluster("big", 64)))
    server.put(workload("running"), {**STATUS, "clusterName": "small"})
    server.put(workload(), STATUS)
    dispatching(fleet, policy="least-loaded")[0].look("v1beta2")
    assert nominated(server) == ["big", "small"]


def test_a_workload_that_changed_meanwhile_is_left_to_the_next_look(server, dispatching):
    server.put(workload(), STATUS)
    dispatcher, notices = dispatching()
    old = dispatcher.cluster.list("v1beta2")
    server.apply(KEY, {**STATUS, "clusterName": "plain"})
    dispatcher.cluster.list = lambda _: old
    dispatcher.look("v1beta2")
    assert nominated(server) is None
    assert not notices


def test_a_field_manager_of_its_own_takes_nothing_from_kueue(server, dispatching):
    server.put(workload(), STATUS)
    dispatching(manager="placewise")[0].look("v1beta2")
    assert nominated(server) == ["big"]
    server.apply(KEY, {"nominatedClusterNames": ["small"]}, "another")
    assert server.status(KEY)["conditions"] == RESERVED


def test_what_was_applied_in_another_version_is_applied_again_in_that_one(server, dispatching):
    server.applied_version = "v1beta1"
    server.put(workload(), STATUS)
    dispatching()[0].look("v1beta2")
    assert nominated(server) == ["big"]
    assert server.status(KEY)["conditions"] == RESERVED
    assert [path.split("/")[3] for method, path in server.requests if method == "PATCH"] == ["v1beta1"]


def run(dispatcher):
    stop = threading.Event()
    thread = threading.Thread(target=dispatcher.run, args=(stop,), daemon=True)
    thread.start()
    return stop, thread


def wait_for(holds, seconds=60):
    done = threading.Event()
    for _ in range(int(seconds / 0.02)):
        if holds():
            return
        done.wait(0.02)
    raise AssertionError("did not come about in time")


def test_workloads_are_followed_through_lost_watches_and_failing_servers(server, dispatching, monkeypatch):
    monkeypatch.setattr("placewise.kueue.nominating._FIRST_WAIT_S", 0.05)
    server.failures = [503, 500]
    dispatcher, notices = dispatching()
    stop, thread = run(dispatcher)
    try:
        assert server.watching.wait(60)
        waits = [one.wait_s for one in notices if isinstance(one, Trouble)]
        assert waits == [0.05, 0.1]
        server.put(workload(), STATUS)
        wait_for(lambda: nominated(server) == ["big"])
        # A version that is too old to watch from: all is listed again.
        server.forget_versions()
        server.put(workload("job-b"), STATUS)
        wait_for(lambda: nominated(server, ("team", "job-b")) == ["big"])
        server.remove(KEY)
        server.put(workload(cpu="2"), STATUS)
        wait_for(lambda: nominated(server) == ["small", "big", "plain"])
    finally:
        stop.set()
        thread.join(60)
    assert not thread.is_alive()


@pytest.mark.parametrize("most", [0, 11])
def test_no_more_may_be_nominated_than_kueue_allows(most):
    with pytest.raises(InputError, match="at once"):
        Terms(most=most)


def tainted(name, *nodes, cores=64):
    """A cluster with a node for each list of taints, written key:effect."""
    found = cluster(name, cores, nodes=len(nodes))
    taints = tuple(
        SubsystemVertex((("key", key), ("value", ""), ("effect", effect)), (1 + 2 * at,))
        for at, some in enumerate(nodes)
        for key, _, effect in [one.partition(":") for one in some]
    )
    return replace(found, subsystems=(*found.subsystems, Subsystem("taint", taints)))


def tolerates(*keys):
    return [{"key": key, "operator": "Exists"} for key in keys]


def pods(*sets):
    """A workload with a pod set for each list of tolerated keys."""
    found = workload("job-a")
    (one,) = found["spec"]["podSets"]
    spec = one["template"]["spec"]
    found["spec"]["podSets"] = [
        {**one, "name": f"set{number}", "template": {"spec": {**spec, "tolerations": tolerates(*keys)}}}
        for number, keys in enumerate(sets)
    ]
    return found


TAINTED = Fleet(
    (
        tainted("small", ["gpu:NoSchedule"]),
        tainted("big", ["gpu:NoSchedule"], []),
        tainted("plain", [], ["gpu:PreferNoSchedule"]),
    )
)


@pytest.mark.parametrize(
    ("sets", "expected"),
    [
        ([[]], ["big", "plain"]),
        ([["gpu"]], ["small", "big", "plain"]),
        ([["gpu"], ["gpu", "other"]], ["small", "big", "plain"]),
        ([["other"]], ["big", "plain"]),
        # The leader goes beside the tainted nodes, and its workers on them.
        ([[], ["gpu"]], ["big", "plain"]),
    ],
    ids=str,
)
def test_pods_go_where_taints_are_tolerated_by_each_pod_set(sets, expected, server, dispatching):
    server.put(pods(*sets), STATUS)
    dispatcher, notices = dispatching(TAINTED, policy="first")
    dispatcher.look("v1beta2")
    assert nominated(server) == expected
    assert notices == [Nominated("team/job-a", tuple(expected))]


def test_the_tolerations_of_one_pod_set_are_not_those_of_another(dispatching):
    """A node a pod: one set tolerates the taint of its node, and the other may not follow it there."""
    fleet = Fleet((tainted("a", ["gpu:NoSchedule"], [], cores=8), tainted("b", *[["gpu:NoSchedule"]] * 2, cores=8)))
    assert pw.match(fleet, job_of_workload(pods([], ["gpu"])).job).names == ("a",)
    assert pw.match(fleet, job_of_workload(pods(["gpu"], ["gpu"])).job).names == ("a", "b")
    assert pw.match(fleet, job_of_workload(pods([], [])).job).names == ()
    # No cluster of this one has a taint.
    assert pw.match(FLEET, job_of_workload(pods([], ["gpu"])).job).names == ("big", "elsewhere")


def random_fleet(draw):
    names = draw.sample(["a", "b", "c", "d", "e"], draw.randint(1, 5))
    complete = {(name, "property"): draw.random() < 0.7 for name in names}
    labels = ("ssd", "ib", "gpu")
    clusters = [
        cluster(name, draw.choice((2, 8, 32)), *draw.sample(labels, draw.randint(0, 3)), nodes=draw.randint(1, 3))
        for name in names
    ]
    taints = [[draw.choice(("gpu", "own")) + ":NoSchedule"] * (draw.random() < 0.4) for _ in range(3)]
    clusters += [tainted(f"t{number}", *taints[: 1 + number], cores=16) for number in range(draw.randint(0, 3))]
    return Fleet(tuple(clusters), Vocabulary(complete=complete))


def random_workload(draw, number):
    found = workload(f"job-{number}", str(draw.choice((1, 4, 16, 64))), draw.randint(1, 3))
    selector = dict.fromkeys(draw.sample(("ssd", "ib", "gpu"), draw.choice((0, 0, 1, 2))), "yes")
    found["spec"]["podSets"][0]["template"]["spec"]["nodeSelector"] = selector
    if draw.random() < 0.3:
        found["spec"]["podSets"] += workload("x", str(draw.choice((1, 8))), draw.randint(1, 2))["spec"]["podSets"]
    for one in found["spec"]["podSets"]:
        one["template"]["spec"]["tolerations"] = tolerates(*draw.sample(("gpu", "own"), draw.choice((0, 0, 1, 2))))
    return found


def compare(draw, server, dispatching, fleets, workloads):
    """Nominate for random workloads on random fleets; return how many matched something."""
    some = 0
    for _ in range(fleets):
        fleet = random_fleet(draw)
        configured = draw.sample(fleet.names, draw.randint(1, len(fleet.names)))
        server.configs["all"] = {"spec": {"clusters": configured}}
        server.workloads, server.events = {}, []
        documents = [random_workload(draw, number) for number in range(workloads)]
        for document in documents:
            server.put(document, STATUS)
        policy = draw.choice(("first", "preferred,first", "least-loaded"))
        dispatching(fleet, policy=policy)[0].look("v1beta2")
        for document in documents:
            job = job_of_workload(document).job
            found = nominated(server, ("team", document["metadata"]["name"])) or []
            try:
                matched = [name for name in pw.match(fleet, job).names if name in configured]
            except InputError:  # no cluster of the fleet describes what it asks for
                assert not found
                continue
            assert sorted(found) == sorted(matched)
            order = in_order(pw.Scheduler(fleet), job, policy)
            assert found == [name for name in order if name in configured]
            chosen = pw.choose(fleet, job, policy)
            if set(configured) == set(fleet.names):
                assert found[:1] == ([chosen.cluster] if chosen else [])
            some += bool(found)
    return some


def test_what_is_nominated_is_what_matches(server, dispatching):
    assert 5 < compare(random.Random(4), server, dispatching, 4, 10) < 40


@pytest.mark.slow
def test_of_a_thousand_workloads_what_is_nominated_is_what_matches(server, dispatching):
    assert 200 < compare(random.Random(5), server, dispatching, 100, 10) < 1000
