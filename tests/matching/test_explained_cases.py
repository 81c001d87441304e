"""Jobs that went to the wrong place, or nowhere, somewhere: what matches, and the line that says why not."""

from __future__ import annotations

import json

import pytest

from placewise.errors import InputError
from placewise.formats.fleets.cluster_texts import parse_cluster
from placewise.formats.jobs.jobspec import parse_jobspec
from placewise.matching.causes import causes
from placewise.matching.causes.cause import (
    ABSENT,
    FEW,
    FIELD,
    INCOMPARABLE,
    NODE,
    PRESENT,
    UNDESCRIBED,
    UNSEEN,
    VALUE,
    VERTEX,
)
from placewise.matching.causes.relaxing import relaxations
from placewise.matching.causes.why_not import why_not
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import match
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Subsystem, SubsystemVertex, Vertex
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.jobs.job import Job, ResourceGroup, ResourceRequest
from placewise.model.requirements.predicates import Contains, Equals, Within
from placewise.model.requirements.requirement import Condition, Requirement, any_of, negated, version_requirement


def cluster(name, **subsystems):
    """A cluster without nodes; each subsystem a list of vertices, as mappings of fields to values."""
    return Cluster(
        name,
        subsystems=tuple(
            Subsystem(key, tuple(SubsystemVertex(tuple(one.items())) for one in vertices))
            for key, vertices in subsystems.items()
        ),
    )


def one_each(subsystem, values, field="version"):
    """A cluster for each value, called c0, c1, ..."""
    return [cluster(f"c{number}", **{subsystem: [{field: value}]}) for number, value in enumerate(values)]


def asking(subsystem, **fields):
    """What one vertex must be: of a text a field that equals it, else a predicate."""
    conditions = (Condition(name, Equals(one) if isinstance(one, str) else one) for name, one in sorted(fields.items()))
    return Requirement(subsystem, tuple(conditions))


def job(*requirements, shape=()):
    return Job("j", (ResourceGroup(shape, requirements),))


def index(clusters, **vocabulary):
    return FleetIndex(Fleet(tuple(clusters), Vocabulary(**vocabulary)))


def lines(answer):
    return [str(cause) for blocked in answer.blocked for there in blocked.causes for cause in there.causes]


def kinds(answer):
    return {cause.kind for blocked in answer.blocked for there in blocked.causes for cause in there.causes}


def explained(fleet, *requirements, matches=(), kind=None, words=()):
    """Ask, and check what matches and that one line names all these words; return all lines."""
    wanted = job(*requirements)
    assert match(fleet, wanted).names == tuple(matches)
    answer = why_not(fleet, wanted)
    assert answer.matched == tuple(matches)
    found = lines(answer)
    if kind is not None:
        assert kinds(answer) == {kind}
    assert not words or any(all(word in line for word in words) for line in found), found
    relaxations(fleet, wanted)
    return found


def test_1_a_compiler_is_one_thing():
    fleet = index(
        [cluster("a", compiler=[{"name": "gcc", "version": "9.4.0"}, {"name": "clang", "version": "15.0.4"}])]
    )
    wanted = asking("compiler", name="gcc", version=Within("12"))
    (line,) = explained(fleet, wanted, kind=VERTEX, words=["compiler", "gcc 9.4.0", "clang 15.0.4", "gcc", "12"])
    assert line.startswith("no one compiler ")
    written = version_requirement("compiler", "12", None).conditions[0]
    (line,) = explained(fleet, Requirement("compiler", (Condition("name", Equals("gcc")), written)))
    assert line == "no one compiler is gcc and at least 12: there are gcc 9.4.0 and clang 15.0.4"


def test_2_a_gpu_is_one_thing():
    fleet = index([cluster("a", gpu=[{"memory": 80}, {"capability": 8.0, "memory": 16}])])
    wanted = asking("gpu", capability=Within(8.0), memory=Within(40))
    (line,) = explained(fleet, wanted, kind=VERTEX, words=["gpu", "memory 80", "capability 8", "memory 16", "40"])
    assert "\n" not in line


def test_3_memory_in_other_units():
    fleet = index(one_each("memory", ["512Mi"], "value"))
    explained(fleet, asking("memory", value=Within("1Gi")), kind=VALUE, words=["memory", "512Mi", "1Gi"])


def test_4_a_unit_that_stands_beside_and_one_that_nobody_said():
    beside = index([cluster("a", memory=[{"value": 65536, "unit": "MB"}])])
    explained(beside, asking("memory", value=Within("16 GB")), matches=["a"])
    words = ["memory", "65536 MB", "128 GB"]
    explained(beside, asking("memory", value=Within("128 GB")), kind=VALUE, words=words)
    unsaid = index([cluster("a", memory=[{"value": 65536}]), cluster("b", memory=[{"value": "32 GB"}])])
    wanted = asking("memory", value=Within("16 GB"))
    (line,) = explained(unsaid, wanted, matches=["b"], kind=INCOMPARABLE, words=["memory", "65536", "16 GB", "unit"])
    assert "small" not in line
    answer = why_not(unsaid, job(wanted))
    assert [one.cluster for one in answer.incomparable] == ["a"]
    assert "65536" in answer.incomparable[0].problem
    assert "16 GB" in answer.incomparable[0].problem


def test_5_a_float_where_a_version_is_offered_is_refused():
    fleet = index(one_each("libc", ["2.5"], "release"))
    for ask in (match, why_not, relaxations):
        with pytest.raises(InputError, match=r"libc.*release.*2\.17"):
            ask(fleet, job(asking("libc", release=Within(2.17))))


@pytest.mark.parametrize(
    "offered", ["1.3.0-RC1", "1.3.0-Beta", "1.3.0-rc.1+build", "1.3.0-dev", "1.3.0-SNAPSHOT", "1.3.0a1"]
)
def test_6_what_comes_before_a_release_is_not_it(offered):
    fleet = index(one_each("app", [offered]))
    explained(fleet, version_requirement("app", "1.3.0", None), kind=VALUE, words=["app", offered, "1.3.0:"])


def test_7_a_tilde_comes_before_everything():
    fleet = index(one_each("docker", ["1.5.0~git20150128"]))
    wanted = version_requirement("docker", "1.5.0", None)
    explained(fleet, wanted, kind=VALUE, words=["docker", "1.5.0~git20150128", "1.5.0:"])


def test_8_versions_of_commits():
    fleet = index(one_each("openmpi", ["git.main=develop", "git.v5.0.x=5.0.1", "abc123=3.2"]))
    older = version_requirement("openmpi", None, "4.1")
    explained(fleet, older, matches=["c2"], kind=VALUE, words=["openmpi", "git.main=develop", ":4.1"])
    explained(fleet, version_requirement("openmpi", "5.0", None), matches=["c0", "c1"], words=["abc123=3.2", "5.0:"])
    explained(fleet, version_requirement("openmpi", "3", None), matches=["c0", "c1", "c2"])


def test_9_targets_are_in_archspecs_order():
    fleet = index(one_each("arch", ["zen2", "cascadelake", "nehalem"], "target"))
    wanted = asking("arch", target=Within("x86_64_v3"))
    explained(fleet, wanted, matches=["c0", "c1"], kind=VALUE, words=["arch", "nehalem", "x86_64_v3"])
    (way,) = [way for one in relaxations(fleet, job(wanted)).sets for way in one.ways]
    assert [str(step.relaxed) for step in way.steps] == ["arch{target>=x86_64_v2}"]


def test_10_other_names_of_an_architecture():
    fleet = index([*one_each("arch", ["amd64"], "arch"), cluster("other", arch=[{"arch": "ppc64le"}])])
    words = ["arch", "ppc64le", "x86_64"]
    explained(fleet, asking("arch", arch="x86_64"), matches=["c0"], kind=VALUE, words=words)


def test_12_sets_contain():
    fleet = index(one_each("cpu", [("avx2", "avx512f"), ("avx2",)], "features"))
    wanted = asking("cpu", features=Contains(("avx512f",)))
    explained(fleet, wanted, matches=["c0"], kind=VALUE, words=["cpu", "[avx2]", "avx512f"])


def test_13_a_field_that_nobody_has_is_refused_with_the_nearest_name():
    fleet = index(one_each("gcc", ["12", "12"]))
    with pytest.raises(InputError, match="verson.*version"):
        why_not(fleet, job(asking("gcc", verson="12")))


def test_14_ranges_written_as_texts():
    fleet = index(one_each("python", ["3.9", "3.11"]))
    for text in ("3.8:3.10", ">=3.8,<3.11"):
        explained(fleet, asking("python", version=text), matches=["c0"], kind=VALUE, words=["python", "3.11", text])


def test_15_either_branch_of_an_or_is_enough():
    driver = [
        cluster("new", gpu=[{"brand": "B", "driver": "525.60.13"}]),
        cluster("branded", gpu=[{"brand": "A", "driver": "450.80"}]),
        cluster("neither", gpu=[{"brand": "B", "driver": "450.80"}]),
    ]
    wanted = asking("gpu", driver=Within("525")) | asking("gpu", brand="A", driver=Within("450.80"))
    found = explained(index(driver), wanted, matches=["new", "branded"], words=["gpu", "450.80", "525"])
    assert any("brand B" in line and "asked A" in line for line in found)


def test_16_any_of_three():
    offered = [("mpich", "3.4"), ("mvapich", "2.3"), ("impi", "2021"), ("other", "1")]
    fleet = index([cluster(name, mpi=[{"name": name, "version": version}]) for name, version in offered])
    wanted = any_of(asking("mpi", name=name) for name in ("mpich", "mvapich", "impi"))
    found = explained(fleet, wanted, matches=["mpich", "mvapich", "impi"], kind=VALUE, words=["mpi", "other", "mpich"])
    assert len(found) == 3


def test_17_not_that_host():
    fleet = index([cluster(name, host=[{"name": name}]) for name in "abc"])
    (line,) = explained(fleet, negated(asking("host", name="b")), matches=["a", "c"], kind=PRESENT)
    assert line == "there is a host b"


def test_18_what_was_registered_once_fits_nowhere_now():
    before = index([cluster("a", fpga=[{"name": "x"}]), cluster("b")])
    explained(before.changed({"a": cluster("a")}), Requirement("fpga"), kind=ABSENT, words=["fpga"])


def test_19_units_convert():
    fleet = index(one_each("memory", ["2 GiB"], "value"))
    explained(fleet, asking("memory", value=Within("2 GB")), matches=["c0"])


def test_21_builds_of_releases_are_releases():
    explained(
        index(one_each("openjdk", ["1.8.0_362-b09"])), version_requirement("openjdk", "1.8.0", None), matches=["c0"]
    )
    explained(
        index(one_each("lustre", ["2.15.0.2_rc2_cray"])), version_requirement("lustre", "2.15", None), matches=["c0"]
    )


def test_22_a_device_is_one_thing():
    fleet = index([cluster("a", pci=[{"vendor": "A", "class": "X"}, {"vendor": "B", "class": "Y"}])])
    wanted = asking("pci", **{"class": "Y", "vendor": "A"})
    explained(fleet, wanted, kind=VERTEX, words=["pci", "vendor A", "class X", "vendor B", "class Y"])


def test_a_cause_is_named_for_what_is_missing_or_not_described():
    clusters = [
        cluster("lacks", cmake=[{"version": "3.10"}]),
        cluster("bare", gcc=[{}]),
        cluster("none"),
        cluster("told", cmake=[{"version": "3.20"}]),
    ]
    fleet = index(clusters, complete={("none", "cmake"): False})
    wanted = version_requirement("cmake", "3.15", None)
    assert match(fleet, job(wanted)).unknown == ("none",)
    answer = why_not(fleet, job(wanted))
    assert answer.matched == ("told",)
    (one,) = answer.unknown
    assert one.cluster == "none"
    assert [(fact.kind, str(fact)) for fact in one.facts] == [
        (UNDESCRIBED, "cmake is not described completely there, asked cmake@3.15:")
    ]
    assert kinds(answer) == {VALUE, ABSENT, UNDESCRIBED}
    (line,) = lines(
        why_not(index([cluster("bare", gcc=[{}]), *one_each("gcc", ["1"])]), job(asking("gcc", version="1")))
    )
    assert line == "gcc there has no version, asked 1"
    assert kinds(
        why_not(
            index([cluster("bare", gcc=[{}])], known={"gcc": frozenset({"version"})}), job(asking("gcc", version="1"))
        )
    ) == {FIELD}


def two_nodes(first, second):
    graph = ResourceGraph((Vertex("0", "cluster"), Vertex("1", "node", 0), Vertex("2", "node", 0), Vertex("3", "x", 0)))
    found = {}
    for at, names in ((1, first), (2, second)):
        for name in names:
            found.setdefault(name, []).append(at)
    return Cluster("c", graph, tuple(Subsystem(name, (SubsystemVertex((), tuple(at)),)) for name, at in found.items()))


def test_what_is_met_apart_says_on_how_many_nodes():
    fleet = FleetIndex(Fleet((two_nodes(["gcc", "cuda"], ["mpi", "cuda"]),)))
    gcc, mpi, cuda = map(Requirement, ("gcc", "mpi", "cuda"))
    (there,) = why_not(fleet, job(gcc, mpi)).apart
    assert [str(cause) for cause in there.causes] == ["not together on one node: gcc on 1 of 2 and mpi on 1 of 2 nodes"]
    assert kinds(why_not(fleet, job(gcc & mpi))) == {NODE}
    nodes = (ResourceRequest("node", 2),)
    (there,) = why_not(fleet, job(gcc, cuda, shape=nodes)).apart
    (cause,) = there.causes
    assert (cause.kind, str(cause)) == (FEW, "too few: 1 of 2 nodes meets cuda and gcc")
    # Of a `not` what matched, of what is inside it too.
    assert lines(why_not(fleet, job(~cuda))) == ["there is a cuda"]
    assert lines(why_not(fleet, job(~(cuda & ~Requirement("gcc")) & ~mpi & gcc & cuda))) == []


def test_what_no_node_sees_is_told():
    graph = two_nodes([], []).graph
    fleet = FleetIndex(Fleet((Cluster("c", graph, (Subsystem("disk", (SubsystemVertex((), (3,)),)),)),)))
    assert kinds(why_not(fleet, job(Requirement("disk")))) == {UNSEEN}


def test_equal_clusters_are_looked_at_once(monkeypatch):
    looked = []
    kept = causes.Causes.at
    monkeypatch.setattr(
        causes.Causes, "at", lambda self, cluster, *rest: (looked.append(cluster), kept(self, cluster, *rest))[1]
    )
    fleet = index([cluster(f"c{number}", zlib=[{"version": f"1.{number % 3}"}]) for number in range(300)])
    answer = why_not(fleet, job(version_requirement("zlib", "2", None)))
    assert len(looked) == 3
    assert [len(there.clusters) for there in answer.blocked[0].causes] == [100, 100, 100]


def test_a_fact_written_as_a_type_meets_what_asks_for_its_field():
    node = json.dumps({"graph": {"nodes": {"0": {"metadata": {"type": "node"}}}}})
    edges = [{"source": "0", "target": "f", "relation": "contains"}]
    fact = {"graph": {"nodes": {"f": {"metadata": {"type": "cpu.target=amd64"}}}, "edges": edges}}
    index = FleetIndex(Fleet((parse_cluster("a", node, {"io.archspec": json.dumps(fact)}),)))
    for target, found in (("amd64", ("a",)), ("x86_64", ("a",)), ("zen2", ()), (">=x86_64", ("a",))):
        entry = {"type": "io", "archspec": {"cpu.target": target}}
        job = parse_jobspec({"version": 1, "resources": {"a": {"requires": [entry]}}}, "j")
        assert match(index, job).names == found
