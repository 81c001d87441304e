"""Bad input gets one line that names file and place, exit code 2, and nothing half-written."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from running_scheduler import until


@pytest.fixture
def experiment(small, tmp_path):
    folder = tmp_path / "experiment"
    shutil.copytree(small, folder)
    return folder


def listing(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(done, *said):
    assert done.code == 2
    assert done.out == ""
    assert "Traceback" not in done.err
    assert len(done.err.strip().splitlines()) == 1
    for text in said:
        assert text in done.err, done.err


def edit_features(folder, change):
    path = folder / "cluster-features.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def first_jobs(folder):
    return folder / "jobspecs" / "jobspecs-0.yaml"


ENTRY = "- name: x\n  package: p\n  resources: {zlib: {min: %s, max: %s}}\n"


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda f: first_jobs(f).write_text("- name: [oops\n"), ("jobspecs-0.yaml", "line")),
        (lambda f: first_jobs(f).write_text(""), ("jobspecs-0.yaml", "empty")),
        (lambda f: first_jobs(f).write_bytes(b"\xff\xfe\x00"), ("jobspecs-0.yaml", "UTF-8")),
        (lambda f: first_jobs(f).write_text("- package: p\n  resources: {}\n"), ("jobspecs-0.yaml", "name")),
        (lambda f: first_jobs(f).write_text("[" * 100_000), ("jobspecs-0.yaml", "deep")),
        (lambda f: first_jobs(f).write_text(ENTRY % ("1.10", "'2'")), ("jobspecs-0.yaml", "'x'", "zlib", "quoted")),
        (lambda f: first_jobs(f).write_text(ENTRY % ("'3'", "'2'")), ("jobspecs-0.yaml", "'x'", "zlib", "exceeds")),
        (
            lambda f: first_jobs(f).write_text(ENTRY.replace("zlib", "zlip") % ("'1'", "'2'")),
            ("jobspecs-0.yaml", "'x'", "zlip"),
        ),
        (
            lambda f: first_jobs(f).write_text(ENTRY % ("'1'", "'2'") + ENTRY % ("'1'", "'3'")),
            ("jobspecs-0.yaml", "'x'"),
        ),
        (lambda f: first_jobs(f).write_text("[]"), ("no jobs",)),
        (lambda f: shutil.rmtree(f / "jobspecs"), ("jobspecs",)),
        (lambda f: (f / "cluster-features.json").unlink(), ("cluster-features.json",)),
        (lambda f: (f / "cluster-features.json").write_text(""), ("cluster-features.json", "empty")),
        (lambda f: (f / "cluster-features.json").write_text("{}"), ("cluster-features.json", "cluster")),
        (lambda f: (f / "cluster-features.json").write_text('{"a": {"zlib": '), ("cluster-features.json", "line 1")),
        (lambda f: edit_features(f, lambda d: d["cluster-003"].update(zlib=1.1)), ("cluster-003", "zlib", "quoted")),
        (lambda f: edit_features(f, lambda d: d.update({"cluster-003": 5})), ("cluster-003", "mapping")),
    ],
)
def test_a_spoilt_experiment_folder(placewise, experiment, tmp_path, spoil, said):
    spoil(experiment)
    out = tmp_path / "out"
    refused(placewise("simulate", experiment, "--out", out), *said)
    assert not out.exists()


def test_equal_repeats_count_and_a_cluster_may_lack_a_subsystem(placewise, experiment, tmp_path):
    first_jobs(experiment).write_text(ENTRY % ("'1'", "'2'") * 2)
    edit_features(experiment, lambda d: d["cluster-000"].pop("zlib"))
    done = placewise("simulate", experiment, "--out", tmp_path / "out", "--no-plots", "--json")
    scores = json.loads(done.out)["scores"]
    assert scores["all"]["total_jobs"]["value"] == 2
    assert scores["all"]["matched_clusters_per_job"]["mean"] == 11


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["simulate", "{tmp}/nothing"], ["nothing", "does not exist"]),
        (["simulate", "{tmp}"], ["cluster-features.json"]),
        (["simulate", "{small}/cluster-features.json"], ["is a file"]),
        (["simulate", "{small}", "--experiments", "none,half"], ["half"]),
        (["simulate", "{small}", "--scoring", "kind"], ["kind", "corrected"]),
        (["simulate", "{small}", "--policy", "rando"], ["rando", "random"]),
        (["simulate", "{small}", "--order", "{tmp}/none.txt"], ["none.txt"]),
        (["simulate", "{small}", "--kernels", "gpu"], ["gpu", "numpy"]),
        (["plot", "{tmp}"], ["scores.json"]),
        (["plot", "{tmp}/nothing"], ["nothing"]),
        (["match", "{tmp}/no.yaml", "--fleet", "{small}"], ["no.yaml"]),
        (["match", "{small}/cluster-features.json", "--fleet", "{tmp}"], ["holds no clusters"]),
        (["generate", "--out", "{small}/cluster-features.json/x"], ["cluster-features.json"]),
        (["generate", "--out", "{tmp}/x", "--profile", "{small}/cluster-features.json"], ["cluster-features.json"]),
        (["profile", "{tmp}", "-o", "{tmp}/p.json"], ["cluster-features.json"]),
    ],
)
def test_bad_arguments(placewise, small, tmp_path, arguments, said):
    before = listing(small)
    target = tmp_path / "empty"
    target.mkdir()
    arguments = [argument.format(tmp=target, small=small) for argument in arguments]
    if arguments[0] == "simulate":
        arguments += ["--out", str(tmp_path / "out")]
    refused(placewise(*arguments), *said)
    assert listing(small) == before
    assert list(target.iterdir()) == []
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("arguments", [["simulate", "--jobs", "0"], ["generate"], ["fly"], ["simulate", "--seed", "x"]])
def test_bad_usage(placewise, arguments):
    done = placewise(*arguments)
    assert done.code == 2
    assert "Traceback" not in done.err


def test_a_jobspec_on_an_unknown_subsystem(placewise, small, tmp_path):
    jobspec = tmp_path / "job.yaml"
    jobspec.write_text("version: 1\ntask: {command: [x], resources: {zlip: {match: [{field: version, match: '1'}]}}}\n")
    refused(placewise("match", jobspec, "--fleet", small), "job.yaml", "zlip", "zlib")
    refused(placewise("explain", jobspec, "--fleet", small), "job.yaml", "zlip")


def test_an_output_that_cannot_be_written(placewise, small, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("mine")
    refused(placewise("simulate", small, "--out", blocked), "file")
    refused(placewise("simulate", small, "--out", blocked / "below"), "below")
    assert blocked.read_text() == "mine"


def test_a_failing_run_leaves_earlier_results_as_they_were(placewise, experiment, tmp_path):
    out = tmp_path / "out"
    placewise("simulate", experiment, "--out", out, "--no-plots")
    before = listing(out)
    first_jobs(experiment).write_text("- name: [oops\n")
    refused(placewise("simulate", experiment, "--out", out, "--no-plots"), "jobspecs-0.yaml")
    assert listing(out) == before


def test_a_broken_cache_is_rebuilt_with_a_warning(placewise, small, tmp_path, caplog):
    first = placewise("simulate", small, "--out", tmp_path / "a", "--no-plots", "--json")
    entries = list((tmp_path / "cache").iterdir())
    assert entries
    for entry in entries:
        entry.write_bytes(entry.read_bytes()[:100])
    second = placewise("simulate", small, "--out", tmp_path / "b", "--no-plots", "--json")
    assert second.code == 0
    assert json.loads(second.out)["scores"] == json.loads(first.out)["scores"]
    assert "cache" in caplog.text or "cache" in second.err


def test_results_that_are_not_results(placewise, tmp_path):
    for text in ("", "[]", '{"none": 5}', '{"none": {}}', '{"none": {"total_jobs": {"value": "many"}}}', "nonsense"):
        (tmp_path / "scores.json").write_text(text)
        refused(placewise("plot", tmp_path, "--out", tmp_path / "out"), "scores.json")
        assert not (tmp_path / "out").exists()


# Simulates for ten minutes, and says when it has begun.
ENDLESS = """
import os, time
import placewise.study.run
from placewise.cli import main

placewise.study.run.run_study = lambda *args, **kwargs: (open(os.environ["BEGUN"], "w").close(), time.sleep(600))
main()
"""


def test_an_interrupt_leaves_earlier_results_intact(placewise, small, tmp_path):
    command = ["simulate", str(small), "--out", str(tmp_path / "out"), "--no-plots"]
    assert placewise(*command).code == 0
    before, begun = listing(tmp_path / "out"), tmp_path / "begun"
    environment = os.environ | {"BEGUN": str(begun)}
    with subprocess.Popen(
        [sys.executable, "-c", ENDLESS, *command],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            until(begun.exists)
            assert list((tmp_path / "out").glob(".unfinished-*"))
            running.send_signal(signal.SIGINT)
            _, err = running.communicate(timeout=120)
        finally:
            running.kill()
    assert running.returncode not in (0, None)
    assert "Traceback" not in err
    assert listing(tmp_path / "out") == before


def test_termination_leaves_earlier_results_intact_and_nothing_unfinished(placewise, small, tmp_path):
    arguments = ["simulate", str(small), "--out", str(tmp_path / "out")]
    assert placewise(*arguments, "--no-plots").code == 0
    before = listing(tmp_path / "out")
    command = [sys.executable, "-m", "placewise", *arguments, "--orders", "100000"]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        until(lambda: list((tmp_path / "out").glob(".unfinished-*")))
        running.terminate()
        _, err = running.communicate(timeout=120)
    finally:
        running.kill()
    assert running.returncode == 128 + signal.SIGTERM
    assert "Traceback" not in err
    assert listing(tmp_path / "out") == before
    assert not list((tmp_path / "out").glob(".unfinished-*"))


def test_a_termination_that_is_lost_in_a_library_is_repeated(small, tmp_path):
    lost = """
import os, signal, time
import placewise.study.run
from placewise.cli import main

def run(*args, **kwargs):
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(10)
    except SystemExit:
        pass
    time.sleep(600)

placewise.study.run.run_study = run
main()
"""
    out = tmp_path / "out"
    command = [sys.executable, "-c", lost, "simulate", str(small), "--out", str(out), "--no-plots"]
    done = subprocess.run(command, env=os.environ | {"PLACEWISE_CACHE": str(tmp_path)}, timeout=120, check=False)
    assert done.returncode == 128 + signal.SIGTERM
    assert not out.exists()


def test_what_is_removed_on_leaving_has_its_time(small, tmp_path):
    slow = """
import shutil, time

removed = shutil.rmtree
shutil.rmtree = lambda *args, **kwargs: (time.sleep(3), removed(*args, **kwargs))
"""
    out = tmp_path / "out"
    command = [sys.executable, "-c", slow + ENDLESS, "simulate", str(small), "--out", str(out), "--no-plots"]
    begun = tmp_path / "begun"
    running = subprocess.Popen(command, env=os.environ | {"PLACEWISE_CACHE": str(tmp_path), "BEGUN": str(begun)})
    try:
        until(begun.exists)
        assert list(out.glob(".unfinished-*"))
        running.terminate()
        assert running.wait(timeout=60) == 128 + signal.SIGTERM
    finally:
        running.kill()
    assert not out.exists()


def without_reader(*arguments, errors_too=False, **environment):
    """Run the command line with a standard output that nobody reads, and perhaps such a standard error."""
    read, write = os.pipe()
    os.close(read)
    try:
        return subprocess.run(
            [sys.executable, "-m", "placewise", *map(str, arguments)],
            env=os.environ | environment,
            stdout=write,
            stderr=write if errors_too else subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(write)


NOBODY_READS = 128 + signal.SIGPIPE


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [["simulate", "{small}", "--json"], ["simulate", "{small}"], ["--help"]])
def test_output_that_nobody_takes_is_no_traceback(small, tmp_path, arguments):
    arguments = [argument.format(small=small) for argument in arguments]
    if arguments[0] == "simulate":
        arguments += ["--out", str(tmp_path / "out"), "--no-plots"]
    environment = {"PLACEWISE_CACHE": str(tmp_path / "cache"), "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "placewise", *arguments]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command, env=os.environ | environment, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    done = without_reader(*arguments, **environment)
    assert done.returncode == NOBODY_READS
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize("arguments", [["--version"], ["schema"], ["match", "nowhere.yaml"], ["match", "--no-such"]])
def test_a_command_that_nobody_reads_ends_as_sigpipe_ends_one(arguments):
    done = without_reader(*arguments, errors_too=True)
    assert done.returncode == NOBODY_READS


def test_a_run_that_nobody_hears_leaves_nothing_half_written(placewise, small, tmp_path, monkeypatch):
    def unheard(*_, **__):
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr("placewise.study.run.run_study", unheard)
    done = placewise("simulate", small, "--out", tmp_path / "out", "--no-plots")
    assert (done.code, done.out, done.err) == (NOBODY_READS, "", "")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (["replay", "{trace}", "--fail-after", "2"], "--fail-after: is not a share"),
        (["replay", "{trace}", "--fail-after=-0.5", "--retries", "2"], "--fail-after: is not a share"),
        (["replay", "{trace}", "--fail-after", "nan"], "--fail-after"),
        (["replay", "{trace}", "--queue-policy", "best"], "--queue-policy: no such queue policy"),
        (["replay", "{trace}", "--policy", "best"], "--policy: no such queue policy"),
        (["replay", "{trace}", "--queue-policy", "easy,here=best"], "--queue-policy: no such queue policy"),
        (["replay", "{trace}", "--queue-policy", "easy,sjf"], "--queue-policy: several"),
        (["replay", "{trace}", "--queue-policy", "here=sjf"], "--queue-policy: no cluster"),
        (["replay", "{trace}", "--place=best"], "--place: no such policy"),
        (["replay", "{trace}", "--estimates", "best"], "--estimates: "),
        (["replay", "{trace}", "--hold", "best"], "--hold: "),
        (["replay", "{trace}", "--engine", "best"], "--engine: "),
        (["replay", "{trace}", "--clean", "best"], "--clean: "),
        (["replay", "{trace}", "--trace-format", "best"], "--trace-format: "),
        (["replay", "{trace}", "--metadata", "best"], "--metadata: "),
        (["simulate", "{small}", "--scoring", "best"], "--scoring: "),
        (["simulate", "{small}", "--experiments", "none,best"], "--experiments: "),
        (["simulate", "{small}", "--metadata", "zlib, best"], "--metadata: "),
        (["simulate", "{small}", "--unknown", "best"], "--unknown: "),
        (["simulate", "{small}", "--policy", "best"], "--policy: no such policy"),
        (["simulate", "{small}", "--unit", "best"], "--unit: "),
        (["simulate", "{small}", "--hold-out", "best"], "--hold-out: "),
        (["simulate", "{small}", "--fleet-model", "best"], "--fleet-model: "),
        (["simulate", "--dataset", "best"], "--dataset: "),
        (["generate", "--dataset", "best"], "--dataset: "),
        (["value", "{small}", "--method", "best"], "--method: "),
        (["minimal", "{small}", "--target", "3"], "--target is not a share"),
        (["sensitivity", "{small}", "--over", "best"], "--over: "),
    ],
)
def test_a_wrong_value_names_its_option_as_it_was_typed(placewise, small, tmp_path, arguments, option):
    (tmp_path / "a.swf").write_text("; MaxProcs: 4\n1 0 5 60 1 -1 -1 1 90 -1 1 1 1 1 1 -1 -1 -1\n")
    out = ["--out", tmp_path / "out"] if arguments[0] in ("simulate", "generate") else []
    done = placewise(*(one.format(small=small, trace=tmp_path / "a.swf") for one in arguments), *out)
    refused(done)
    assert done.err.startswith(f"placewise: {option}"), done.err


@pytest.mark.parametrize(
    "options", [["--orders", "10000000000000"], ["--workers", "100000"], ["--jobs", "1" * 30], ["--seed", "9" * 40]]
)
def test_numbers_out_of_range(placewise, small, tmp_path, options):
    done = placewise("simulate", small, "--out", tmp_path / "out", *options)
    assert done.code == 2
    assert options[0] in done.err
    assert "Traceback" not in done.err
