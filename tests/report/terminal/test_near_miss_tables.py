"""How near misses and relaxations are told."""

import io
import json

import pytest
from rich.console import Console

from placewise.matching.causes.relaxing import relaxations
from placewise.matching.causes.why_not import why_not
from placewise.matching.fleet.index import FleetIndex
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import package_subsystem
from placewise.model.jobs.job import Job, ResourceGroup
from placewise.model.requirements.predicates import Equals
from placewise.model.requirements.requirement import Condition, Requirement, version_requirement
from placewise.report.data.jobs.explanation import explanation_document
from placewise.report.data.jobs.near_misses import near_misses_document
from placewise.report.terminal.jobs.explanation import RANGES, print_explanation
from placewise.report.terminal.jobs.near_misses import print_near_misses
from placewise.report.words.jobs.near_misses import change_text
from placewise.worth.near_misses.suggestions import FleetChange, NearMisses, Relaxation, Success, WiderStep

ZLIB = version_requirement("zlib", "1.2.11", None)
WIDER = version_requirement("zlib", "1.2.8", None)
ARCH = Requirement("arch", (Condition("value", Equals("[red]:bug:")),))


def written(show, *, terminal=False, width=200):
    out = io.StringIO()
    system = "standard" if terminal else None
    console = Console(file=out, width=width, force_terminal=terminal, color_system=system, _environ={})
    show(console)
    return out.getvalue()


def found(success=None, relaxed=1):
    steps = (WiderStep(version_requirement("zlib", "1.2.9", None), 900, 2.0), WiderStep(WIDER, 1234, 2.5))
    relaxation = Relaxation(ZLIB, 4321, 1234, 1.25, steps, success)
    change = FleetChange("east", "zlib", (("version", "1.2.5"),), (("version", "1.2.11"),), 20, 3, success)
    return NearMisses(5000, 2000, ((0, 5), (1, 1495), (3, 500)), 0, (relaxation,) * relaxed, (change,))


def test_near_misses_in_a_table():
    lines = written(lambda console: print_near_misses(found(), console)).splitlines()
    assert lines[0] == "2,000 of 5,000 jobs match no cluster"
    assert [line.split() for line in lines[3:6]] == [
        ["0,", "but", "on", "different", "nodes", "5", "2,000"],
        ["1", "1,495", "1,995"],
        ["3", "500", "500"],
    ]
    (row,) = [line.split() for line in lines if line.startswith("zlib")]
    assert row == ["zlib@1.2.8:", "zlib@1.2.11:", "4,321", "1,234", "1.2"]
    (row,) = [line for line in lines if line.startswith("upgrade")]
    assert row.split()[-3:] == ["20", "3", "17"]
    assert RANGES in " ".join(line.strip() for line in lines)
    assert any("no success" in line for line in lines)


def test_success_is_told_where_it_is_known():
    judged = found(Success(12.5, 15.75))
    text = written(lambda console: print_near_misses(judged, console))
    assert text.count("12.5") == text.count("-3.2") == 2
    assert "no success" not in text
    assert near_misses_document(judged)["relaxations"][0]["success"] == {"gained": 12.5, "lost": 15.75, "net": -3.25}


def test_a_terminal_is_spared_many_rows_and_nothing_is_taken_for_codes():
    def show(terminal, one):
        return written(lambda console: print_near_misses(one, console), terminal=terminal)

    assert "and 10 more (--json lists all)" in show(True, found(relaxed=30))
    assert "more (--json" not in show(False, found(relaxed=30))
    odd = Relaxation(ARCH, 1, 1, 1.0, (WiderStep(None, 1, 1.0),))
    text = show(True, NearMisses(1, 1, (), 1, (odd,), ()))
    assert "[red]:bug:" in text
    assert "nothing" in text
    assert "no cluster is large enough" in text
    assert RANGES not in text


def test_the_document_holds_every_number_and_is_json():
    document = json.loads(json.dumps(near_misses_document(found())))
    assert document["total_jobs"] == 5000
    assert document["unmatched"] == 2000
    assert document["fewest_failing_requirements"][1] == {"requirements": 1, "jobs": 1495}
    assert document["relaxations"][0] == {
        "requirement": "zlib@1.2.11:",
        "subsystem": "zlib",
        "to": "zlib@1.2.8:",
        "jobs_with_requirement": 4321,
        "jobs_gained": 1234,
        "clusters_per_job_gained": 1.25,
        "success": None,
        "steps": [
            {"to": "zlib@1.2.9:", "jobs_gained": 900},
            {"to": "zlib@1.2.8:", "jobs_gained": 1234},
        ],
    }
    assert document["fleet_changes"][0] == {
        "cluster": "east",
        "subsystem": "zlib",
        "before": {"version": "1.2.5"},
        "after": {"version": "1.2.11"},
        "jobs_gained": 20,
        "jobs_lost": 3,
        "jobs_net": 17,
        "success": None,
    }


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ({"version": "1.2"}, {"version": "1.10"}, "upgrade zlib to version 1.10 on east (has 1.2)"),
        ({"version": "1.10"}, {"version": "1.2"}, "change zlib to version 1.2 on east (has 1.10)"),
        ({"version": "?"}, {"version": "1.2"}, "change zlib to version 1.2 on east (has ?)"),
        ({"n": "a", "version": "1"}, {"n": "b", "version": "2"}, "change zlib to n b, version 2 on east (has a, 1)"),
        ({}, {"value": 64.0}, "change zlib to value 64 on east (has no such value)"),
        (None, {"version": "1.2"}, "add zlib with version 1.2 to east"),
    ],
)
def test_changes_in_words(before, after, text):
    had = None if before is None else tuple(before.items())
    assert change_text(FleetChange("east", "zlib", had, tuple(after.items()), 1, 0)) == text


def explained(zlibs=("1.2.8", "1.2.5", "1.2.5"), cmake="3.20"):
    fleet = Fleet(
        tuple(
            Cluster(f"c{n}", subsystems=(package_subsystem("zlib", one), package_subsystem("cmake", cmake)))
            for n, one in enumerate(zlibs)
        )
    )
    index = FleetIndex(fleet)
    job = Job("j", (ResourceGroup((), (ZLIB, version_requirement("cmake", "3.21", None))),))
    return why_not(index, job), relaxations(index, job)


def test_explain_groups_causes_and_lists_relaxations():
    answer, relaxed = explained(cmake="3.22")
    lines = written(lambda console: print_explanation(answer, console, relaxed)).splitlines()
    assert any(line.split() == ["c0,", "c1,", "c2", "3", "of", "3", "zlib@1.2.11:"] for line in lines)
    assert "One requirement relaxed gains clusters" in lines
    (row,) = [line for line in lines if "1.2.5:" in line]
    assert row.split()[:4] == ["1", "zlib@1.2.5:", "zlib@1.2.11:", "3"]
    assert " ".join(line.strip() for line in lines[-2:]) == RANGES


def test_explain_says_how_many_have_to_be_relaxed_together():
    answer, relaxed = explained()
    text = written(lambda console: print_explanation(answer, console, relaxed))
    assert "No fewer than 2 requirements" in text
    document = explanation_document(answer, relaxed)
    assert document["relaxations"]["fewest_requirements"] == 2
    (one,) = document["relaxations"]["sets"]
    assert one["requirements"] == ["cmake@3.21:", "zlib@1.2.11:"]
    assert one["clusters_gained"] == ["c0", "c1", "c2"]
    assert one["widened"][1]["steps"][0] == {"to": "zlib@1.2.8:", "clusters_gained": ["c0"]}
    assert document["causes"] == [
        {
            "requirements": ["cmake@3.21:", "zlib@1.2.11:"],
            "met_on_different_nodes": False,
            "too_small": False,
            "clusters": ["c0", "c1", "c2"],
        }
    ]
    assert "causes" not in explanation_document(answer)


def test_a_terminal_is_shown_the_nearest_steps_and_the_farthest():
    answer, relaxed = explained(tuple(f"1.2.{n}" for n in range(9)), cmake="3.22")

    def steps(terminal):
        text = written(lambda console: print_explanation(answer, console, relaxed), terminal=terminal)
        return [n for n in range(9) if f"zlib@1.2.{n}: " in text]

    assert steps(True) == [0, 6, 7, 8]
    assert steps(False) == list(range(9))
