"""Every command, as a user calls it."""

from __future__ import annotations

import json
import subprocess
import sys

import pyarrow.parquet as pq
import pytest

FILES = {
    "scores.json",
    "scores.csv",
    "unmatched-summary.json",
    "unmatched-at-raw.json",
    "subsystem-assignments.json",
    "subsystem-scores.json",
    "jobspecs.json",
    "summary.json",
    "study.json",
    "outcomes.parquet",
    "minimal.json",
    "pareto.json",
    "uncertainty.json",
    "value.json",
}
VALUED = {"minimal.json", "pareto.json", "value.json"}
FIGURES = {
    "build-success",
    "marginal-score",
    "percent-matched",
    "count-unmatched",
    "trade-off",
    "order-spread",
    "fleet-spread",
    "pareto-levels",
    "sufficiency",
    "value-ranking",
}

BUILD = """\
version: 1
task:
  command: [build]
  resources:
    cmake: {range: [{field: version, min: "3.13", max: "3.16"}]}
"""


@pytest.mark.usefixtures("pixels")
def test_simulate_writes_the_results_folder(placewise, small, tmp_path):
    done = placewise("simulate", small, "--out", tmp_path / "out")
    assert done.code == 0
    assert "success of matched jobs" in done.out
    found = {path.name for path in (tmp_path / "out").iterdir()}
    assert found == FILES | {"img", "report.html", "scores.csv"}
    images = {path.name for path in (tmp_path / "out" / "img").iterdir()}
    assert images == {f"{name}.{kind}" for name in FIGURES for kind in ("png", "svg")}
    assert all(path.read_bytes() for path in (tmp_path / "out" / "img").iterdir())


def test_simulate_prints_json_and_nothing_else(placewise, small, tmp_path):
    done = placewise("simulate", small, "--out", tmp_path / "out", "--no-plots", "--json")
    document = json.loads(done.out)
    assert done.err == ""
    assert document["scores"] == json.loads((tmp_path / "out" / "scores.json").read_text())
    assert document["summary"] == json.loads((tmp_path / "out" / "summary.json").read_text())


def test_simulate_leaves_out_what_was_not_asked_for(placewise, small, tmp_path):
    done = placewise(
        "simulate", small, "--out", tmp_path, "--no-plots", "--json", "--experiments", "none,all", "--jobs", 7
    )
    scores = json.loads(done.out)["scores"]
    assert set(scores) == {"none", "all", "unmatched_at"}
    assert scores["none"]["total_jobs"]["value"] == 7
    assert not (tmp_path / "img").exists()


@pytest.mark.parametrize("drawn", [["--sample"], []], ids=["sample", "expectation"])
def test_the_same_seed_gives_the_same_bytes_from_cache_or_not(drawn, placewise, small, tmp_path):
    folders = []
    for name, options in (("one", []), ("two", []), ("three", ["--no-cache"]), ("four", ["--workers", "2"])):
        folders.append(tmp_path / name)
        placewise("simulate", small, "--out", folders[-1], "--no-plots", "--seed", 5, *drawn, *options)
    # Of one draw a job there is no game to divide.
    for file in FILES - {"study.json"} - (VALUED if drawn else set()):
        assert len({(folder / file).read_bytes() for folder in folders}) == 1, file
    studies = [json.loads((folder / "study.json").read_text()) for folder in folders]
    for study in studies:
        del study["command"]
    assert all(study == studies[0] for study in studies)


def test_another_seed_gives_other_samples(placewise, small, tmp_path):
    for seed in (1, 2):
        placewise("simulate", small, "--out", tmp_path / str(seed), "--no-plots", "--sample", "--seed", seed)
    one, two = (pq.read_table(tmp_path / str(seed) / "outcomes.parquet") for seed in (1, 2))
    assert not one.equals(two)


def test_outcomes_have_a_row_for_every_job_and_level(placewise, small, tmp_path):
    done = placewise("simulate", small, "--out", tmp_path, "--no-plots", "--json")
    scores = json.loads(done.out)["scores"]
    table = pq.read_table(tmp_path / "outcomes.parquet").to_pydict()
    for name in ("none", "single-subsystem", "expanded-subsystems", "all"):
        rows = [i for i, experiment in enumerate(table["experiment"]) if experiment == name]
        assert len(rows) == scores[name]["total_jobs"]["value"]
        matched = [i for i in rows if table["matched"][i]]
        mean = sum(table["success"][i] for i in matched) / len(matched)
        assert mean == pytest.approx(scores[name]["build_success"]["mean"])


def test_study_records_inputs_and_settings(placewise, small, tmp_path):
    placewise("simulate", small, "--out", tmp_path, "--no-plots", "--seed", 3, "--orders", 2)
    study = json.loads((tmp_path / "study.json").read_text())
    assert {entry["file"] for entry in study["inputs"]} == {
        path.relative_to(small).as_posix() for path in small.rglob("*") if path.is_file()
    }
    assert study["settings"]["seed"] == 3
    assert study["settings"]["scoring"] == "corrected"
    assert study["counts"]["clusters"] == 12
    assert "--seed 3" in study["command"]


def test_an_order_file(placewise, small, tmp_path):
    placewise("simulate", small, "--out", tmp_path / "a", "--no-plots", "--experiments", "expanding")
    names = json.loads((small / "cluster-features.json").read_text())["cluster-000"]
    backwards = tmp_path / "order.txt"
    backwards.write_text("# backwards\n" + "\n".join(sorted(names, reverse=True)) + "\n\n")
    placewise(
        "simulate", small, "--out", tmp_path / "b", "--no-plots", "--experiments", "expanding", "--order", backwards
    )
    a, b = ((tmp_path / name / "scores.json").read_text() for name in "ab")
    assert a != b
    as_json = tmp_path / "order.json"
    as_json.write_text(json.dumps(sorted(names)))
    placewise(
        "simulate", small, "--out", tmp_path / "c", "--no-plots", "--experiments", "expanding", "--order", as_json
    )
    assert (tmp_path / "c" / "scores.json").read_text() == a


def test_without_a_source_the_embedded_default_runs(placewise, tmp_path):
    done = placewise("simulate", "--out", tmp_path, "--no-plots", "--orders", 0, "--experiments", "none,all", "--json")
    scores = json.loads(done.out)["scores"]
    assert scores["none"]["total_clusters"]["value"] == 100
    assert 9_900 <= scores["none"]["total_jobs"]["value"] <= 10_000


def test_plot_draws_again_what_was_simulated(placewise, small, tmp_path):
    placewise("simulate", small, "--out", tmp_path / "run")
    done = placewise("plot", tmp_path / "run", "--out", tmp_path / "again")
    assert done.code == 0
    for name in FIGURES:
        one, two = ((tmp_path / folder / "img" / f"{name}.svg").read_bytes() for folder in ("run", "again"))
        assert one == two, name


def test_plot_reads_the_published_results(placewise, public_data, tmp_path):
    done = placewise("plot", public_data / "reliabuild" / "published", "--out", tmp_path, "--json")
    assert done.code == 0
    drawn = {path.stem for path in (tmp_path / "img").iterdir()}
    assert drawn == {"build-success", "marginal-score", "percent-matched", "count-unmatched"}
    assert json.loads(done.out)["scores"]["none"]["build_success"]["mean"] == pytest.approx(0.004993757802746567)


def test_our_results_have_every_file_and_key_of_the_published_ones(placewise, small, public_data, tmp_path):
    placewise("simulate", small, "--out", tmp_path, "--no-plots")
    published = public_data / "reliabuild" / "published"

    def missing(theirs, ours, place):
        if isinstance(theirs, dict) and isinstance(ours, dict):
            return [
                m
                for key in theirs
                for m in ([f"{place}/{key}"] if key not in ours else missing(theirs[key], ours[key], f"{place}/{key}"))
            ]
        if isinstance(theirs, list) and theirs and ours:
            return missing(theirs[0], ours[0], place)
        return []

    for path in published.glob("*.json"):
        assert (tmp_path / path.name).exists(), path.name
        if path.name in ("scores.json", "unmatched-summary.json"):
            ours = json.loads((tmp_path / path.name).read_text())
            assert missing(json.loads(path.read_text()), ours, path.name) == []


def test_match_lists_clusters_and_exits_3_for_none(placewise, small, tmp_path):
    jobspec = tmp_path / "job.yaml"
    jobspec.write_text(BUILD)
    found = placewise("match", jobspec, "--fleet", small)
    features = json.loads((small / "cluster-features.json").read_text())
    expected = [
        name for name, v in features.items() if (3, 13) <= tuple(map(int, v["cmake"].split(".")))[:2] <= (3, 16)
    ]
    assert 0 < len(expected) < 12
    assert found.code == 0
    assert found.out.split() == expected
    assert json.loads(placewise("match", jobspec, "--fleet", small, "--json").out)["clusters"] == expected
    jobspec.write_text(BUILD.replace("3.16", "3.13").replace("3.13", "3.13.99"))
    nowhere = placewise("match", jobspec, "--fleet", small)
    assert (nowhere.code, nowhere.out) == (3, "")
    assert "fits on none of 12 clusters" in nowhere.err


def test_explain_says_which_requirement_fails_where(placewise, small, tmp_path):
    jobspec = tmp_path / "job.yaml"
    jobspec.write_text(BUILD)
    matched = set(placewise("match", jobspec, "--fleet", small).out.split())
    answer = json.loads(placewise("explain", jobspec, "--fleet", small, "--json").out)
    assert set(answer["matched"]) == matched
    assert set(answer["failing_requirements"][0]["clusters"]) == {near["cluster"] for near in answer["fail_by_one"]}
    assert len(answer["fail_by_one"]) == 12 - len(matched)
    printed = placewise("explain", jobspec, "--fleet", small)
    assert "cmake@3.13:3.16" in printed.out
    assert f"matches {len(matched)} of 12 clusters" in printed.out
    jobspec.write_text(BUILD.replace("3.16", "3.13").replace("3.13", "3.13.99"))
    assert placewise("explain", jobspec, "--fleet", small).code == 3


NODES = """\
version: 1
resources:
- {type: node, count: 2, with: [{type: slot, count: 1, label: default, with: [{type: core, count: %d}]}]}
"""
ADIOS = "field: version, min: '1.11', max: '1.13'"
DIALECTS = {
    "flux": NODES + "tasks: [{command: [app], slot: default, count: {per_slot: 1}}]\n",
    "task-resources": NODES
    + "task: {command: [app], slot: default, count: {per_slot: 1}, resources: {adios: {range: [{%s}]}}}\n" % ADIOS,
    "nextgen": """\
version: 1
resources:
  app: {type: node, replicas: 2, requires: [{name: adios, %s}], with: [{type: core, count: %%d}]}
tasks: [{command: [app], resources: app}]
"""
    % ADIOS,
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_match_on_the_public_clusters_in_every_dialect(placewise, public_data, tmp_path, dialect):
    # The two clusters have four nodes with two cores each; adios is 1.12.0 on aliceblue and 1.10.0 on gray.
    jobspec = tmp_path / "job.yaml"
    for cores, fits in ((2, True), (3, False)):
        jobspec.write_text(DIALECTS[dialect].replace("%d", str(cores)))
        done = placewise("match", jobspec, "--fleet", public_data / "reliabuild" / "clusters")
        expected = ["cluster-aliceblue"] + (["cluster-gray"] if dialect == "flux" else [])
        assert done.out.split() == (expected if fits else [])
        assert done.code == (0 if fits else 3)


def test_generate_draws_what_simulate_reads(placewise, tmp_path):
    done = placewise("generate", "--clusters", 5, "--jobs", 30, "--seed", 9, "--out", tmp_path / "drawn")
    assert done.code == 0
    document = json.loads(
        placewise("simulate", tmp_path / "drawn", "--out", tmp_path / "out", "--no-plots", "--json").out
    )
    assert document["scores"]["none"]["total_clusters"]["value"] == 5


def test_profile_fits_what_generate_draws(placewise, small, tmp_path):
    assert placewise("profile", small, "-o", tmp_path / "p.json.gz").code == 0
    placewise(
        "generate", "--profile", tmp_path / "p.json.gz", "--clusters", 3, "--jobs", 5, "--out", tmp_path / "drawn"
    )
    drawn = json.loads((tmp_path / "drawn" / "cluster-features.json").read_text())
    seen = json.loads((small / "cluster-features.json").read_text())
    for versions in drawn.values():
        for package, version in versions.items():
            assert version in {cluster[package] for cluster in seen.values()}


def test_version_and_help(placewise):
    assert placewise("--version").out.strip() == "0.1.0"
    helped = placewise("--help")
    for command in ("simulate", "plot", "match", "explain", "generate", "profile", "bench"):
        assert command in helped.out


def test_help_loads_no_heavy_library():
    code = (
        "import sys; sys.argv = ['placewise', '--help']\n"
        "from placewise.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'matplotlib', 'pyarrow', 'yaml', 'numba', 'jinja2'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_simulate_from_the_cache_loads_no_library_that_it_does_not_use(placewise, small, tmp_path):
    asked = ["simulate", str(small), "--no-plots", "--fleets", "2", "--orders", "2", "--resamples", "20"]
    placewise(*asked, "--out", tmp_path / "first")
    code = (
        f"import sys; sys.argv = {['placewise', *asked, '--out', str(tmp_path / 'again')]}\n"
        "from placewise.cli import main\n"
        "try: main()\n"
        "except SystemExit as ended: assert not ended.code\n"
        "idle = {'matplotlib', 'yaml', 'highspy', 'asyncio', 'multiprocessing', 'pyarrow.compute', 'simpleeval'}\n"
        "idle &= set(sys.modules)\n"
        "sys.exit(f'loaded {idle}' if idle else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "again" / "value.json").read_bytes() == (tmp_path / "first" / "value.json").read_bytes()
