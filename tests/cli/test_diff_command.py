"""`placewise diff`, and the pages of `diff` and `explain`."""

import json
import re

import pytest
from small_fleets import written_features, written_fleet, written_job

import placewise as pw
from placewise.model.fleets.fleet_changes import FactChange
from placewise.report.words.fleets.fleet_changes import fact_words

PERL = {"name": "perl", "field": "version", "min": "5.30"}


@pytest.fixture
def fleets(tmp_path):
    """A fleet before and after: one cluster gets an older perl, one is gone, one new, one renamed."""
    before = written_features(
        tmp_path / "before",
        a={"perl": "5.32", "cmake": "3.20"},
        b={"perl": "5.30"},
        c={"perl": "5.10"},
        same={"cmake": "3"},
    )
    after = written_features(
        tmp_path / "after",
        a={"perl": "5.20", "cmake": "3.20"},
        d={"perl": "5.36"},
        renamed={"perl": "5.10"},
        same={"cmake": "3"},
    )
    return before, after


def test_it_says_what_changed_and_who_loses_and_gains_and_why(placewise, fleets, tmp_path):
    job = written_job(tmp_path / "job.json", PERL)
    ran = placewise("diff", *fleets, "--jobs", job, "--json")
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    assert {one["cluster"]: one["what"] for one in found["fleet"]["clusters"]} == {
        "a": "changed", "b": "gone", "d": "added", "renamed": "renamed", "same": "unchanged",
    }  # fmt: skip
    (change,) = found["jobs"]["changed"]
    assert change["names"] == ["job"]
    assert [one["cluster"] for one in change["gained"]] == ["d"]
    lost = {one["cluster"]: one["causes"] for one in change["lost"]}
    assert set(lost) == {"a", "b"}
    assert lost["a"] == ["perl has version 5.20, asked 5.30:"]
    assert {one["cause"]: one["jobs"] for one in found["jobs"]["lost_by_cause"]}[lost["a"][0]] == 1
    printed = placewise("diff", *fleets, "--jobs", job).out
    assert "perl: version 5.32 -> 5.20" in printed
    assert "c -> renamed" in printed
    assert printed.startswith("1 of 1 job loses clusters and 1 gains some: ")
    assert "1 cluster is new, 1 is gone, 1 is renamed, 1 is changed and 1 is unchanged." in printed


def test_the_exit_code_says_it_only_where_it_is_asked_to(placewise, fleets, tmp_path):
    before, after = fleets
    assert placewise("diff", before, after).code == 0
    assert placewise("diff", before, after, "--exit-code").code == 3
    assert placewise("diff", before, before, "--exit-code").code == 0
    nobody = placewise("diff", before, before, "--jobs", written_job(tmp_path / "job.json", PERL))
    assert "None of 1 job gains or loses a cluster." in nobody.out


def test_a_package_that_is_gone_everywhere_is_lost_and_no_error(placewise, fleets, tmp_path):
    before, _ = fleets
    without = written_features(tmp_path / "without", a={"cmake": "3.20"})
    job = written_job(tmp_path / "job.json", PERL)
    (change,) = json.loads(placewise("diff", before, without, "--jobs", job, "--json").out)["jobs"]["changed"]
    assert {one["cluster"]: one["causes"] for one in change["lost"]} == {
        "a": ["no perl there"],
        "b": ["the cluster is not in the fleet"],
    }
    other = written_job(tmp_path / "other.json", {"name": "nothing-of-the-kind"})
    refused = placewise("diff", before, without, "--jobs", other)
    assert refused.code == 2
    assert "nothing-of-the-kind" in refused.err


def test_what_is_not_described_any_more_may_match(placewise, tmp_path):
    def fleet(name, *, complete):
        words = f"clusters: {{a: {{complete: {str(complete).lower()}}}}}"
        return written_fleet(
            tmp_path / name, vocabulary=words, a={"gcc": [{"version": "12"}]}, b={"perl": [{"version": "5"}]}
        )

    job = written_job(tmp_path / "job.json", {"name": "perl"})
    pair = fleet("before", complete=True), fleet("after", complete=False)
    found = json.loads(placewise("diff", *pair, "--jobs", job, "--json").out)
    (change,) = found["jobs"]["changed"]
    assert [one["cluster"] for one in change["may_match_now"]] == ["a"]
    assert not change["gained"]
    printed = placewise("diff", *pair, "--jobs", job).out
    assert "a?" in printed
    assert "all subsystems: now described in part" in printed


def answer(page):
    return " ".join(re.search(r'<p class="answer">([^<]*)', page.read_text())[1].split()).replace("&gt;", ">")


def test_the_page_begins_with_what_changed_for_whom(placewise, fleets, tmp_path):
    before, after = fleets
    jobs = tmp_path / "jobs"
    jobs.mkdir()
    for number, least in enumerate(("5.31", "5.31", "5.36", "5.40")):
        written_job(jobs / f"{number}.json", {**PERL, "min": least})
    page = tmp_path / "page.html"
    assert placewise("diff", before, after, "--jobs", jobs, "--html", page).code == 0
    assert answer(page) == "2 of 4 jobs lose clusters and 3 gain some: d (new) affects the most jobs, 3."
    assert placewise("diff", after, before, "--jobs", jobs, "--html", page, "--force").code == 0
    assert answer(page) == "3 of 4 jobs lose clusters and 2 gain some: d (gone) affects the most jobs, 3."
    job = written_job(tmp_path / "one.json", {**PERL, "min": "5.31"})
    older = written_features(tmp_path / "older", a={"perl": "5.20", "cmake": "3.20"})
    newer = written_features(tmp_path / "newer", a={"perl": "5.32", "cmake": "3.20"})
    assert placewise("diff", newer, older, "--jobs", job, "--html", page, "--force").code == 0
    assert answer(page) == "1 of 1 job loses clusters and none gains any: a (perl: version 5.32 -> 5.20) affects it."
    assert placewise("diff", newer, newer, "--jobs", job, "--html", page, "--force").code == 0
    assert answer(page) == "None of 1 job gains or loses a cluster."
    assert placewise("diff", newer, older, "--html", page, "--force").code == 0
    assert answer(page) == "1 cluster is changed; a (perl: version 5.32 -> 5.20) differs most."


@pytest.mark.parametrize("bad", [("nothing", "after"), ("before", "nothing"), ("before", "after", "--jobs", "nothing")])
def test_bad_input_is_one_line_and_writes_nothing(placewise, fleets, tmp_path, monkeypatch, bad):
    monkeypatch.chdir(tmp_path)
    ran = placewise("diff", *bad, "--html", tmp_path / "page.html")
    assert ran.code == 2
    assert ran.err.count("\n") == 1
    assert not (tmp_path / "page.html").exists()


def test_a_page_replaces_another_file_only_if_told_to(placewise, fleets, tmp_path):
    page = tmp_path / "page.html"
    page.write_text("mine")
    assert placewise("diff", *fleets, "--html", page).code == 2
    job = written_job(tmp_path / "job.json", PERL)
    assert placewise("explain", job, "--fleet", fleets[0], "--html", page).code == 2
    assert page.read_text() == "mine"
    ran = placewise("diff", *fleets, "--html", page, "--force")
    assert (ran.code, ran.err) == (0, f"written to {page}\n")
    assert "What changed" in page.read_text()
    ran = placewise("explain", job, "--fleet", fleets[0], "--html", page, "--force")
    assert ran.err == f"written to {page}\n"


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        (172800, 5400, "partition: time_limit 2 days -> 90 minutes"),
        (60, "unlimited", "partition: time_limit 1 minute -> unlimited"),
        (None, 60, "partition: time_limit nothing -> 1 minute"),
    ],
)
def test_limits_of_time_are_said_as_in_explain(before, after, line):
    fields = [() if one is None else (("time_limit", one),) for one in (before, after)]
    assert fact_words(FactChange("partition", *fields, None, None)) == line
    # Elsewhere the field is nobody's limit.
    assert "172800" in fact_words(FactChange("job", (("time_limit", 172800),), None, None, None))


def test_python_says_the_same(placewise, fleets, tmp_path):
    job = written_job(tmp_path / "job.json", PERL)
    before, after = map(pw.read_fleet, fleets)
    found = pw.diff(before, after, job)
    assert found
    assert not pw.diff(before, before, pw.read_job(job))
    assert found.lost["perl has version 5.20, asked 5.30:"] == ("job",)
    assert list(found.gained) == ["the cluster is not in the fleet"]
    assert pw.diff(before, after, [pw.read_job(job)]) == found
    assert "renamed" in found._repr_html_()
    assert str(found).startswith("1 of 1 job loses clusters")
    assert pw.diff(before, after, [job]) == found == pw.diff(before, after, str(job))
    with pytest.raises(TypeError, match="read_job"):
        pw.diff(before, after, [3])
    with pytest.raises(TypeError, match="read_fleet"):
        pw.diff("before", after)


def test_an_import_and_a_comparison_say_the_same(placewise, tmp_path):
    """What is different from the last import is what `diff` finds between the two."""

    def node(name, cores, feature):
        said = f"NodeName={name} CoresPerSocket={cores} Sockets=1 AvailableFeatures={feature}"
        return f"{said} State=IDLE RealMemory=1000\n\n"

    first, second = tmp_path / "first.txt", tmp_path / "second.txt"
    first.write_text(node("a", 4, "milan") + node("b", 4, "milan"))
    second.write_text(node("b", 8, "genoa") + node("c", 4, "milan"))
    for number, file in enumerate((first, second)):
        imported = placewise("import", "slurm", file, "--name", "ours", "--out", tmp_path / f"fleet{number}")
        assert imported.code == 0, imported.err
    again = ("import", "slurm", second, "--name", "ours", "--out", tmp_path / "fleet0")
    between = ("diff", tmp_path / "fleet0", tmp_path / "fleet1")
    compared, whole = placewise(*between).out, json.loads(placewise(*between, "--json").out)
    printed = placewise(*again).out
    lines = compared.splitlines()[1:]
    assert any("nodes: +1 (c), -1 (a), ~1 (b)" in line for line in lines)
    assert printed.endswith("\n".join(lines) + "\n")
    placewise("import", "slurm", first, "--name", "ours", "--out", tmp_path / "fleet0")
    changes = json.loads(placewise(*again, "--json").out)["changes"]
    assert [one.pop("not_taken_over") for one in changes] == [[]]
    assert changes == whole["fleet"]["clusters"]


def test_explain_writes_one_page_of_several_jobs_with_what_they_cost(placewise, tmp_path):
    fleet = written_fleet(tmp_path / "fleet", a={"perl": [{"version": "5.32"}]}, b={"perl": [{"version": "5.10"}]})
    (fleet / "a" / "state.json").write_text(json.dumps({"cost_per_node_hour": 1.5}))
    jobs = [written_job(tmp_path / f"{name}.json", PERL) for name in ("first", "second")]
    page = tmp_path / "where.html"
    ran = placewise("explain", *jobs, "--fleet", fleet, "--html", page, "--json")
    assert ran.code == 0, ran.err
    assert len(json.loads(ran.out)["jobs"]) == 2
    text = page.read_text()
    assert '<a href="#job-2">second</a>' in text
    assert "perl has version 5.10, asked 5.30:" in text
    assert "1.5 per node-hour" in text
    again = placewise("explain", *jobs, "--fleet", fleet, "--html", page, "--json", "--force")
    assert again.code == 0
    assert placewise("explain", "--require", "perl@5.30:", "--fleet", fleet, "--html", page, "--force").code == 0
    assert "Where can this job run?" in page.read_text()


def test_a_page_that_cannot_be_written_is_one_line(placewise, fleets, tmp_path):
    (tmp_path / "file").write_text("")
    for place in (tmp_path, tmp_path / "file" / "page.html"):
        ran = placewise("diff", *fleets, "--html", place)
        assert ran.code == 2
        assert ran.err.count("\n") == 1
