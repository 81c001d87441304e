"""placewise replay: figures, folders, scenarios, and what is refused."""

from __future__ import annotations

import json
import random

import pytest

import placewise as pw

PUBLISHED = {
    ("easy", "limit"): (92.5765397336295, 15696.7981812436, 309231),
    ("easy-sjbf", "limit"): (69.4054005803035, 14764.0026684456, 372238),
    ("easy", "exact"): (71.7223851124418, 15187.6077033812, 356843),
    ("easy-sjbf", "exact"): (49.8477189313406, 14295.9468417542, 335193),
    ("fcfs", "limit"): (6814.973310176236, 362636.3352410379, 1125465),
}


@pytest.fixture
def trace(tmp_path):
    draw = random.Random(2)
    lines = ["; Computer: Our SP2", "; MaxProcs: 16"]
    submit = 0
    for job in range(1, 61):
        submit += draw.randrange(30_000)
        runtime = draw.randrange(1, 20_000)
        size = draw.choice([1, 2, 4, 16])
        lines.append(f"{job} {submit} -1 {runtime} {size} -1 -1 {size} {runtime + 60} -1 1 {job % 4} 1 -1 -1 -1 -1 -1")
    path = tmp_path / "a.swf"
    path.write_text("\n".join(lines) + "\n")
    return path


# The quick tests of the engines have all of them, too; through the command one is enough of a look.
ROWS = [row if row == ("easy", "limit") else pytest.param(*row, marks=pytest.mark.slow) for row in PUBLISHED]


@pytest.mark.parametrize(("policy", "estimates"), ROWS)
def test_the_published_figures_of_kth(placewise, public_data, policy, estimates):
    path = public_data / "traces" / "KTH-SP2-1996-2.swf.gz"
    done = placewise(
        "replay",
        path,
        "--clean",
        "strict",
        "--policy",
        policy,
        "--estimates",
        estimates,
        "--engine",
        "python",
        "--json",
    )
    waits = json.loads(done.out)["summary"]["waits"]
    assert waits["jobs"] == 28_481
    found = (waits["bounded_slowdown"]["mean"], waits["turnaround_s"]["mean"], waits["turnaround_s"]["max"])
    assert found == pytest.approx(PUBLISHED[policy, estimates], rel=1e-12)


def test_it_says_what_was_replayed_and_what_came_of_it(placewise, trace):
    done = placewise("replay", trace, "--engine", "python")
    assert done.code == 0
    assert "\n\n60 jobs of Our SP2 replayed.\n" in done.out
    assert "60 jobs started." in done.out
    assert "Queue policy easy; jobs are planned to run for their limits; jobs hold processors." in done.out


def test_a_folder_is_complete_and_the_same_each_time(placewise, trace, tmp_path):
    for name in ("one", "two"):
        done = placewise("replay", trace, "--engine", "python", "--out", tmp_path / name, "--json")
        assert json.loads(done.out)["summary"]["jobs"] == 60
    files = {path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file()}
    assert {str(file) for file in files} == {
        "summary.json",
        "jobs.parquet",
        "jobs.csv",
        "report.html",
        *(f"img/replay-{name}.{kind}" for name in ("schedule", "load", "waits") for kind in ("png", "svg")),
    }
    for file in files - {file for file in files if file.name == "report.html"}:  # which says how it was called
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_its_folder_is_replaced_and_nobody_elses(placewise, trace, tmp_path):
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    replay = ("replay", trace, "--engine", "python", "--no-plots", "--out")
    assert placewise(*replay, ours).code == 0
    assert placewise(*replay, ours).code == 0
    theirs.mkdir()
    (theirs / "summary.json").write_text("{}")
    done = placewise(*replay, theirs)
    assert (done.code, (theirs / "summary.json").read_text()) == (2, "{}")
    assert "summary.json" in done.err
    assert placewise(*replay, theirs, "--force").code == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--policy", "best"), "queue policy"),
        (("--policy", "easy,fcfs"), "several policies"),
        (("--policy", "easy,nowhere=fcfs"), "nowhere"),
        (("--estimates", "guess"), "estimate"),
        (("--clean", "gently"), "cleaning"),
        (("--hold", "breath"), "hold"),
        (("--place", "somewhere"), "somewhere"),
        (("--fail-after", "soon"), "--fail-after"),
        (("--fail-after", "1.5"), "--fail-after: is not a share"),
        (("--fail-after", "nan"), "--fail-after: is not a share"),
        (("--warm-up", "-3"), "--warm-up"),
        (("--cool-down", "unlimited"), "--cool-down"),
        (("--metadata", "nfs4"), "nfs4"),
        (("--metadata", "nfs4", "--without-metadata"), "--without-metadata"),
        (("--engine", "steam"), "engine"),
        (("--fleet", "nowhere"), "nowhere"),
        (("--scenarios", "nowhere.toml"), "nowhere.toml"),
        (("--hold", "nodes"), "nodes"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(placewise, trace, tmp_path, options, said):
    done = placewise("replay", trace, "--out", tmp_path / "out", *options)
    assert done.code == 2
    assert said in done.err
    assert done.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_trace_without_limits_needs_other_estimates(placewise, tmp_path):
    path = tmp_path / "a.swf"
    path.write_text("; MaxProcs: 4\n1 0 -1 60 4 -1 -1 4 -1 -1 1 1 1 -1 -1 -1 -1 -1\n")
    done = placewise("replay", path, "--engine", "python")
    assert (done.code, "exact" in done.err) == (2, True)
    assert placewise("replay", path, "--engine", "python", "--estimates", "exact").code == 0


def test_scenarios_and_folders_are_compared_job_by_job(placewise, trace, tmp_path):
    file = tmp_path / "s.toml"
    file.write_text('policies = ["easy", "fcfs"]\n[scenarios.exact]\nestimates = "exact"\n')
    done = placewise("replay", trace, "--engine", "python", "--scenarios", file, "--out", tmp_path / "s")
    assert done.code == 0
    assert "fcfs instead of easy: mean bounded slowdown" in done.out
    document = json.loads((tmp_path / "s" / "scenarios.json").read_text())
    assert [one["name"] for one in document["scenarios"]] == ["easy", "fcfs", "exact"]
    for name in ("scenarios", "differences"):
        assert (tmp_path / "s" / "img" / f"replay-{name}.png").is_file()
    for policy in ("easy", "fcfs"):
        placewise("replay", trace, "--engine", "python", "--no-plots", "--policy", policy, "--out", tmp_path / policy)
    found = json.loads(placewise("compare", tmp_path / "fcfs", tmp_path / "easy", "--json").out)
    by_scenario = {one["quantity"]: one["difference"] for one in document["comparisons"][0]["means"]}
    assert {one["quantity"]: one["difference"] for one in found["paired"]["means"]} == by_scenario
    assert found["unlike"] == [{"what": "settings.settings.policy", "first": "fcfs", "second": "easy"}]


def test_from_python_it_is_the_same(placewise, trace, tmp_path):
    done = placewise("replay", trace, "--engine", "python", "--policy", "sjf", "--json")
    found = pw.replay(pw.read_trace(trace), policy="sjf", engine="python")
    assert found.summary.waits.wait_s.mean == json.loads(done.out)["summary"]["waits"]["wait_s"]["mean"]
    assert len(found.to_arrow()) == 60
    assert "bounded slowdown" in found._repr_html_()
    found.save(tmp_path / "out", plots=False)
    assert pw.Replay.read(tmp_path / "out").summary == found.summary


def test_figures_can_be_drawn_later_and_are_the_same(placewise, trace, tmp_path):
    placewise("replay", trace, "--engine", "python", "--out", tmp_path / "at-once")
    placewise("replay", trace, "--engine", "python", "--out", tmp_path / "later", "--no-plots")
    assert placewise("plot", tmp_path / "later").code == 0
    for path in (tmp_path / "at-once" / "img").iterdir():
        assert path.read_bytes() == (tmp_path / "later" / "img" / path.name).read_bytes()


def test_a_trace_of_which_nothing_is_left_is_refused(placewise, tmp_path):
    path = tmp_path / "a.swf"
    path.write_text("; MaxProcs: 4\n1 0 -1 0 4 -1 -1 4 60 -1 1 1 1 -1 -1 -1 -1 -1\n")
    done = placewise("replay", path)
    assert done.code == 2
    assert "no job is left to replay" in done.err
    assert "the runtime is not positive" in done.err


def test_a_warm_up_that_leaves_no_job_is_what_the_answer_says(placewise, trace):
    done = placewise("replay", trace, "--warm-up", "999d")
    assert done.code == 0
    assert done.out.startswith("No job was submitted after the warm-up and before the cool-down")
    assert "None of the" not in done.out


def test_one_job_waits(placewise, tmp_path):
    (tmp_path / "one.swf").write_text("; MaxProcs: 8\n1 0 -1 10 8 -1 -1 8 20 -1 1 1 1 -1 1 -1 -1 -1\n")
    assert "1 job waits 0 s on average" in placewise("replay", tmp_path / "one.swf").out
