"""What commands print fits: 100 columns in a file or pipe, the terminal's width on a terminal; nothing is cut off."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from rich.cells import cell_len
from running_scheduler import REGISTRATION, serving

from placewise.formats.fleets.imports.import_settings import ImportSettings
from placewise.formats.fleets.imports.into_folder import write_import
from placewise.formats.fleets.imports.kinds import import_given
from placewise.formats.fleets.jgf.clusters import write_cluster
from placewise.formats.given import read_given
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.resources import ResourceGraph, Vertex, package_subsystem
from placewise.report.terminal.wrapping import PIPED_WIDTH

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
ANSWERS = (0, 3, 4)
OF_TEXT_CUT_OFF = re.compile(r"…|\.\.\.")

QUICK = {
    "match": "match --require boost@1.66:1.79 --fleet {small}",
    "match of several": "match {jobs}/a.yaml {jobs}/b.yaml --fleet {small}",
    "explain": "explain --require 'boost@1.66:1.79 and cmake@3.15:' --fleet {small}",
    "explain with a queue": "explain --require gpu{{model=a100}} --processors 128 --limit 2h --fleet {site} "
    "--queue {examples}/squeue.txt",
    "match of nodes": "match --require gpu{{model=a100}} --fleet {site} --nodes",
    "scores": "match {jobs}/a.yaml --fleet {small} --scores",
    "diff": "diff {comparing}/before.json {comparing}/after.json --jobs {comparing}/jobs.yaml",
    "advise of a history": "advise {history} --fleet {examples}/advising --place cheapest",
    "advise of jobs": "advise {small}",
    "near-miss": "near-miss {small} --top 3",
    "trace": "trace {history} --zone UTC",
    "replay": "replay {history} --zone UTC --fleet {site}",
    "replay side by side": "replay {history} --zone UTC --fleet {site} --scenarios {jobs}/policies.toml",
    "vocabulary": "vocabulary",
    "vocabulary of a fleet": "vocabulary {site}",
    "schema": "schema",
    "export": "export snakemake {site}",
    "place": "place {drawn}/workload.parquet --fleet {drawn} --prices {drawn}/prices.json --out {out}",
    "doctor": "doctor",
    "import": "import slurm {jobs}/nodes.txt {jobs}/partitions.txt --name ours --out {out}",
}
# Words alone, whose width is that of the stream and not of rich's console.
WORDS = {
    "check": "check {jobs}/expectations.yaml --fleet {small}",
    "generate": "generate --clusters 3 --jobs 5 --out {out}",
    "profile": "profile {small} --out {out}",
    "database check": "database check --database {database}",
    "database backup": "database backup {out} --database {database}",
    "database restore": "database restore {database} --database {out}",
}
# One after the other, on one scheduler; {waits} is the job that was submitted last.
SERVICE = (
    "register {ours}",
    "status",
    "submit {jobs}/a.yaml --cluster {cluster}",
    "agent --cluster {cluster} --exec true --once",
    "database export-outcomes {out}.parquet --database {served} --force",
    "submit {jobs}/a.yaml {jobs}/b.yaml",
    "submit {jobs}/b.yaml",
    "submit {jobs}/a.yaml --unknown yes --select cheapest --cluster {cluster}",
    "status {waits}",
    "status --jobs 5",
    "receive --cluster {cluster} --most 2",
    "cancel {waits} --reason 'the input of this job was not the one that it should have been, so it can wait'",
    "status {waits}",
    "status --jobs 9",
    "rotate {cluster}",
    "update {cluster} --remove-subsystem boost",
    "status",
    "delete {cluster} --yes",
    "delete another-cluster --yes",
)
SLOW = {
    "value": "value {small} --top 5",
    "minimal": "minimal {small} --target 0.9",
    "pareto": "pareto {small}",
    "sensitivity": "sensitivity {small} --out {out}",
    "outcomes": "outcomes {examples}/outcomes.csv",
    "simulate": "simulate {small} --no-plots --out {out}",
    "simulate records": "simulate --dataset spack-build --jobs 500 --no-plots --out {out}",
    "fit": "fit {builds} --out {out}",
    "bench": "bench --quick",
    "compare": "compare {results} {results}",
}
JOB = """version: 1
name: {name}
resources:
  default:
    requires:
    - {{name: boost, field: version, min: "{least}"}}
task: {{command: [./solver]}}
attributes: {{user: {{package: "a-package-with-quite-a-long-name", package_version: "1.2"}}}}
"""


EXPECTATIONS = """
jobs:
- job: a.yaml
  matches: [a-cluster-with-quite-a-long-name, another-cluster-with-quite-a-long-name, a-third-cluster]
- job: b.yaml
  matches: [cluster-000, cluster-001, cluster-002, cluster-003, cluster-004, cluster-005, cluster-006]
"""


@pytest.fixture(scope="module")
def places(small, tmp_path_factory):
    """Where the words in braces lead."""
    folder = tmp_path_factory.mktemp("widths")
    jobs = folder / "jobs"
    jobs.mkdir()
    (jobs / "a.yaml").write_text(JOB.format(name="a-job-with-quite-a-long-name-of-its-own", least="1.66"))
    (jobs / "b.yaml").write_text(JOB.format(name="b", least="99"))
    (jobs / "expectations.yaml").write_text(EXPECTATIONS)
    (jobs / "policies.toml").write_text('policies = ["easy", "fcfs"]\n')
    for what in ("node", "partition"):
        said = subprocess.run([EXAMPLES / "scontrol", "show", what], capture_output=True, check=True)
        (jobs / f"{what}s.txt").write_bytes(said.stdout)
    files = [read_given(jobs / name) for name in ("nodes.txt", "partitions.txt")]
    pytest.importorskip("sqlalchemy", reason="the extra service is not installed")
    from placewise.service.store.database import Database  # noqa: PLC0415, the extra may be absent

    Database.open(f"sqlite:///{folder / 'jobs.db'}").close()
    write_import(import_given("slurm", files, ImportSettings("ours")), "slurm", folder / "site")
    return {
        "small": small,
        "site": folder / "site",
        "jobs": jobs,
        "examples": EXAMPLES,
        "comparing": EXAMPLES / "comparing",
        "history": EXAMPLES / "history.txt",
        "database": folder / "jobs.db",
    }


def too_wide(printed, width):
    """The lines that are too wide, but for a name alone, which stays whole."""
    return [line for line in printed.splitlines() if cell_len(line) > width and " " in line.strip(" ")]


def check(placewise, monkeypatch, command, columns, places):
    if columns:
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("COLUMNS", str(columns))
    done = placewise(*shlex.split(command.format_map(places)))
    assert done.code in ANSWERS, (command, done.err)
    assert done.out.strip() or done.err.strip() or command.startswith("agent"), command
    for written, width in ((done.out, columns or PIPED_WIDTH), (done.err, PIPED_WIDTH)):
        shown = ANSI.sub("", written)
        assert columns or shown == written, command
        assert not too_wide(shown, width), command
        assert not OF_TEXT_CUT_OFF.search(shown), command
    return ANSI.sub("", done.out)


@pytest.mark.parametrize("columns", [None, 60, 80])
@pytest.mark.parametrize("name", QUICK)
def test_what_commands_print_fits(placewise, monkeypatch, places, tmp_path, name, columns):
    drawn = tmp_path / "drawn"
    if name == "place":
        placewise("generate", "--streamed", "--jobs", 20, "--clusters", 3, "--out", drawn)
    check(placewise, monkeypatch, QUICK[name], columns, places | {"out": tmp_path / "out", "drawn": drawn})


@pytest.mark.parametrize(("columns", "left_out"), [(None, ()), (80, ("blame", "fails alone"))])
def test_values_are_a_table_at_any_usual_width(placewise, monkeypatch, places, columns, left_out):
    command = "value {small} --top 3 --resamples 20 --fleets 2 --hold-out none"
    printed = check(placewise, monkeypatch, command, columns, places)
    values = json.loads(placewise(*shlex.split(command.format_map(places)), "--json").out)["subsystems"]
    for one in values[:3]:
        assert re.search(rf"^{re.escape(one['name'])} +{100 * one['value']:.4g}0* %", printed, re.MULTILINE), printed
    for name in ("blame", "fails alone"):
        assert (f"\n{name}: " in printed) == (name not in left_out)
    assert ("left out, as the terminal is narrow: blame and fails alone (--json has all)" in printed) == bool(left_out)
    assert all({"blame", "sole"} <= one.keys() for one in values)


@pytest.mark.parametrize("name", WORDS)
def test_what_commands_say_fits(placewise, monkeypatch, places, tmp_path, name):
    check(placewise, monkeypatch, WORDS[name], None, places | {"out": tmp_path / "out"})


def test_what_commands_of_the_service_print_fits(placewise, monkeypatch, places, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    cluster = "a-cluster-with-quite-a-long-name-of-its-own"
    for name in (cluster, "another-cluster"):
        packages = (package_subsystem("boost", "1.70"), package_subsystem("zlib", "1.2.13"))
        state = (("cost_per_node_hour", 2.5), ("nodes_free", 12_345))
        graph = ResourceGraph((Vertex("0", "cluster"), Vertex("1", "node", 0), Vertex("2", "core", 1, 4)))
        write_cluster(Cluster(name, graph, packages, state), tmp_path / "ours" / name)
    with serving(tmp_path) as (address, database):
        monkeypatch.setenv("PLACEWISE_SERVER", address)
        known = places | {"ours": tmp_path / "ours", "cluster": cluster, "served": database, "out": tmp_path / "out"}
        for columns in (None, 60, 80):
            for command in SERVICE:
                with monkeypatch.context() as patched:
                    # Each time: an agent forgets it.
                    patched.setenv("PLACEWISE_REGISTRATION_SECRET", REGISTRATION)
                    # The words of `database` are as wide as the stream, as those of WORDS are.
                    wide = None if command.startswith("database") else columns
                    printed = check(placewise, patched, command, wide, known)
                if command.startswith("submit") and (job := printed.split(" ")[0]).isdecimal():
                    known["waits"] = job


def check_slow(placewise, monkeypatch, places, tmp_path, name, columns):
    places |= {"out": tmp_path / "out", "results": tmp_path / "results", "builds": tmp_path / "builds"}
    if name == "compare":
        placewise("simulate", places["small"], "--no-plots", "--out", places["results"])
    if name == "fit":
        placewise("generate", "--dataset", "spack-build", "--jobs", 3000, "--out", places["builds"])
    check(placewise, monkeypatch, SLOW[name], columns, places)


@pytest.mark.slow
@pytest.mark.parametrize("columns", [None, 80])
@pytest.mark.parametrize("name", SLOW)
def test_what_long_commands_print_fits(placewise, monkeypatch, places, tmp_path, name, columns):
    check_slow(placewise, monkeypatch, places, tmp_path, name, columns)


@pytest.mark.long
@pytest.mark.parametrize("name", SLOW)
def test_what_long_commands_print_fits_narrow_terminals(placewise, monkeypatch, places, tmp_path, name):
    check_slow(placewise, monkeypatch, places, tmp_path, name, 60)
