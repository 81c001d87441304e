import io
import json
import re

import pytest
from rich.console import Console

from placewise.matching.causes.cause import Blocked, NearMiss
from placewise.matching.causes.relaxing import relaxations
from placewise.matching.causes.why_not import WhyNot, why_not
from placewise.matching.fleet.index import FleetIndex
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import Subsystem, SubsystemVertex, package_subsystem
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.jobs.job import Job, ResourceGroup
from placewise.model.requirements.requirement import Requirement, version_requirement
from placewise.report.data.jobs.explanation import explanation_document
from placewise.report.terminal.jobs.explanation import print_explanation

GCC = version_requirement("gcc", "12", None)
LONG = [f"partition-of-the-{number}-machines-in-the-north-hall" for number in range(30)]


def answer(*, matched=(), blocked=(), near=(), scattered=(), small=(), unknown=(), job="solver"):
    return WhyNot(job, 40, matched, blocked, near, scattered, small, unknown)


def printed(explained, *, terminal=False, width=40, relaxed=None):
    out = io.StringIO()
    # The colours that a highlight would bring show in what is written.
    system = "standard" if terminal else None
    console = Console(file=out, width=width, force_terminal=terminal, color_system=system, _environ={})
    print_explanation(explained, console, relaxed)
    return out.getvalue()


@pytest.mark.parametrize("terminal", [False, True])
def test_names_are_printed_as_they_are(terminal):
    odd = ":smile:", "[red]x", "c:warning:12", "[/]"
    explained = answer(
        job=":bug:[b]7",
        matched=odd,
        near=tuple(NearMiss(name, GCC, f"version {name}") for name in odd),
        scattered=odd,
        small=odd,
        unknown=(":smile:",),
    )
    text = printed(explained, terminal=terminal, width=200)
    for name in odd:
        assert text.count(name) >= 5
    assert ":bug:[b]7" in text
    # Bold and italic alone: no digit of a name or a count is coloured.
    assert "\x1b[3" not in text.replace("\x1b[3m", "")
    assert ("\x1b[" in text) == terminal


def test_nothing_is_cut_or_broken_where_nobody_looks():
    names = tuple(LONG)
    explained = answer(
        matched=names,
        blocked=(Blocked(GCC, names, 3),),
        near=tuple(NearMiss(name, GCC, "version 9.4.0, version 10.2.0, version 11.1.0") for name in names),
        scattered=names,
        small=names,
    )
    lines = printed(explained).splitlines()
    for name in names:
        assert len([line for line in lines if name in line]) == 4
    assert not any("more" in line for line in lines)
    assert any(line.split() == ["gcc@12:", "30", "of", "40", "3"] for line in lines)
    assert "Clusters that fail by exactly one requirement" in lines


def test_a_terminal_is_spared_long_lists():
    explained = answer(matched=tuple(LONG), near=tuple(NearMiss(name, GCC, "version 9") for name in LONG))
    text = printed(explained, terminal=True, width=120)
    assert "and 22 more" in text
    assert "and 10 more (--json lists all)" in text
    assert text.count(LONG[0]) == 2
    assert LONG[29] not in text


def explained_fleet():
    long = [f"{number}-{'a-very-long-name-of-a-cluster' * 2}" for number in range(12)]
    clusters = [
        Cluster(
            name,
            subsystems=(
                package_subsystem("zlib", f"1.{number}"),
                Subsystem("compiler", (SubsystemVertex((("name", "gcc"), ("version", f"{number}.4.0"))),)),
            ),
        )
        for number, name in enumerate(long)
    ]
    clusters += [Cluster("undescribed"), Cluster("odd", subsystems=(package_subsystem("zlib", True),))]
    words = Vocabulary(complete={("undescribed", ""): False, ("odd", "compiler"): False})
    index = FleetIndex(Fleet(tuple(clusters), words))
    compiler = Requirement.parse("compiler{name=gcc, version=20:} or compiler{name=clang, version=15:17}")
    job = Job("j", (ResourceGroup((), (version_requirement("zlib", "3", None), compiler)),))
    return why_not(index, job), relaxations(index, job)


@pytest.mark.parametrize(
    ("terminal", "width", "most"), [(False, 40, 100), (False, 300, 100), (True, 60, 60), (True, 150, 150)]
)
def test_no_line_is_wider_than_it_may_be(terminal, width, most):
    answer, relaxed = explained_fleet()
    shown = re.sub(r"\x1b\[[0-9;]*m", "", printed(answer, terminal=terminal, width=width, relaxed=relaxed))
    lines = shown.splitlines()
    assert not [line for line in lines if len(line) > most and " " in line.strip()]


def test_causes_unknown_and_incomparable_clusters_are_lines():
    answer, relaxed = explained_fleet()
    lines = re.sub(r"\n {4,}", " ", printed(answer, relaxed=relaxed)).splitlines()
    assert any(line.startswith("  zlib has version 1.0, asked 3: (0-a-very") for line in lines)
    assert any(line.startswith("  compiler gcc has version 0.4.0, asked 20: (0-a-very") for line in lines)
    assert any(line.startswith("  zlib is not described completely there, asked zlib@3: (und") for line in lines)
    assert any(line.startswith("  odd: ") and "true" in line.lower() for line in lines)
    document = json.loads(json.dumps(explanation_document(answer, relaxed)))
    assert [one["cluster"] for one in document["unknown"]] == ["undescribed"]
    assert [one["cluster"] for one in document["incomparable"]] == ["odd"]
    (zlib,) = [one for one in document["failing_requirements"] if one["subsystem"] == "zlib"]
    found = [cause for there in zlib["causes"] for cause in there["causes"]]
    assert {"kind", "subsystem", "field", "asked", "offered", "line"} == found[0].keys()


def test_what_is_printed_can_be_pasted_back():
    answer, relaxed = explained_fleet()
    document = explanation_document(answer, relaxed)
    written = [one["requirement"] for one in document["failing_requirements"]]
    written += [
        step["to"]
        for one in document["relaxations"]["sets"]
        for way in one["widened"]
        for step in way["steps"]
        if step["to"] is not None
    ]
    assert written
    for text in written:
        assert str(Requirement.parse(text)) == text


def test_types_that_no_cluster_has_are_told():
    explained = answer(small=("a", "b"), unknown=("croe", "memory in MB"))
    text = printed(explained)
    assert "no cluster has a resource of type 'croe'\n" in text
    assert "no cluster has a resource of type 'memory in MB'\n" in text
    assert explanation_document(explained)["unknown_types"] == ["croe", "memory in MB"]
    assert "no cluster" not in printed(answer(small=("a", "b")))


def test_one_cause_of_several_branches_is_one_line_and_words_stay_whole():
    wanted = Requirement.parse("mpi{name=intel-oneapi-mpi, version=2021:} or mpi{name=mpich} or mpi{name=openmpi}")
    gcc = package_subsystem("gcc", "9.4")
    fleet = Fleet(tuple(Cluster(name, subsystems=(gcc,)) for name in ("a", "b")))
    fleet = Fleet(fleet.clusters, Vocabulary(known={"mpi": frozenset(("name", "version"))}))
    index = FleetIndex(fleet)
    job = Job("solver", (ResourceGroup((), (wanted, GCC)),))
    for terminal in (False, True):
        said = printed(why_not(index, job), terminal=terminal, width=80, relaxed=relaxations(index, job))
        assert said.count("no mpi there") == 1
        assert "mpi{name=intel-oneapi-mpi," in said
    narrow = printed(why_not(index, job), terminal=True, width=60, relaxed=relaxations(index, job))
    headings = next(line for line in narrow.splitlines() if "instead of" in line)
    assert "set" in headings.split("relaxed")[0]


def test_what_may_match_is_not_said_to_fail():
    clusters = (Cluster("a", subsystems=(package_subsystem("gcc", "9.4"),)), Cluster("b"))
    index = FleetIndex(Fleet(clusters, Vocabulary(complete={("", "gcc"): False})))
    job = Job("solver", (ResourceGroup((), (GCC,)),))
    said = printed(why_not(index, job), width=80)
    assert "2 of 2 clusters may match" in said
    assert "Requirements that fail" not in said
    assert "fail by exactly one" not in said
