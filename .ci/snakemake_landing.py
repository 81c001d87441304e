"""Where a real Snakemake sends the rules of docs/examples/snakemake, and what its Slurm plugin may choose at random.

    snakemake_landing.py FOLDER [--rules N]

The first part imports the small site of docs/examples, exports its partitions, and runs Snakemake with a stub of Slurm.
Each rule must land in a partition that matches what was asked of sbatch, and in the one that EXPECTED names. The second
holds N random rules on random sites against the plugin's own code: what it may choose must match, and be what the
tests' plain account of its rule (tests/formats/snakemake_rule_of_choice.py) says.
"""

# ruff: noqa: INP001, T201, S311, S603

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests/formats"))

from random_slurm_sites import fleet, rule, site, texts  # noqa: E402
from snakemake_executor_plugin_slurm.partitions import read_partition_file  # noqa: E402
from snakemake_rule_of_choice import may_choose, more_cores  # noqa: E402

import placewise as pw  # noqa: E402
from placewise.errors import InputError  # noqa: E402
from placewise.formats.fleets.exports.partition_limits import Submitter  # noqa: E402
from placewise.formats.fleets.exports.partitions import partitions_of  # noqa: E402
from placewise.formats.fleets.exports.snakemake import snakemake_partitions, snakemake_text  # noqa: E402
from placewise.formats.given import Given  # noqa: E402
from placewise.formats.jobs.imports.slurm_script import import_slurm_script  # noqa: E402
from placewise.formats.jobs.imports.snakemake_rule import job_of_rule  # noqa: E402

EXPECTED = {"align": "batch", "index": "batch", "train": "gpu", "merge": "gpu", "search": "batch"}
RULES: dict[str, tuple[int, dict[str, int | str]]] = {
    "align": (16, {"mem_mb": 64000, "runtime": 600}),
    "index": (4, {"mem_mb": 8000, "runtime": 60, "constraint": "icelake,ib"}),
    "train": (8, {"mem_mb": 64000, "runtime": 240, "gpu": 2, "gpu_model": "a100"}),
    "merge": (2, {"mem_mb": 400000, "runtime": 120}),
    "search": (32, {"mem_mb": 100000, "runtime": 300, "nodes": 3}),
}
_NOT_OF_THE_JOB = re.compile(r"--(job-name|output|comment|export|parsable|wrap|chdir|partition)\b|-[pDJo]$")

SBATCH = """#!/usr/bin/env python3
import json, os, subprocess, sys
folder = os.environ["STUB_FOLDER"]
taken = [name for name in os.listdir(folder) if name.endswith(".json")]
number = 1000 + len(taken)
with open(f"{folder}/{number}.json", "x") as file:
    json.dump(sys.argv[1:], file)
command = next((one[7:] for one in sys.argv if one.startswith("--wrap=")), None)
if command is None:
    command = sys.argv[sys.argv.index("--wrap") + 1]
mark = f"{folder}/{number}"
script = f"({command}) >{mark}.log 2>&1 && echo COMPLETED >{mark}.state || echo FAILED >{mark}.state"
environment = {**os.environ, "SLURM_JOB_ID": str(number), "SLURM_JOBID": str(number)}
subprocess.Popen(["sh", "-c", script], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                 stderr=subprocess.DEVNULL, start_new_session=True)
print(number)
"""
STATES = """#!/bin/sh
for file in "$STUB_FOLDER"/*.json; do
    number=$(basename "$file" .json)
    echo "$number|$(cat "$STUB_FOLDER/$number.state" 2>/dev/null || echo RUNNING)"
done
"""
SRUN = """#!/usr/bin/env python3
import os, sys
words = sys.argv[1:]
while words and words[0].startswith("-"):
    words = words[1 if "=" in words[0] or words[0] in ("-n1", "-N1", "--quiet") else 1:]
os.execvp(words[0], words)
"""
STUBS = {
    "sbatch": SBATCH,
    "sacct": STATES,
    "squeue": STATES,
    "srun": SRUN,
    "sinfo": "#!/bin/sh\necho 'batch*'\n",
    "sacctmgr": "#!/bin/sh\necho tester\n",
    "sshare": "#!/bin/sh\necho tester\n",
    "scancel": "#!/bin/sh\n",
}


def run_snakemake(folder: Path, partition_file: Path) -> dict[str, list[str]]:
    """Run the workflow; return by rule what sbatch was asked for."""
    stubs, jobs, work = folder / "bin", folder / "jobs", folder / "work"
    for one in (stubs, jobs, work):
        one.mkdir()
    for name, text in STUBS.items():
        (stubs / name).write_text(text)
        (stubs / name).chmod(0o755)
    place = f"{stubs}:{ROOT / 'docs/examples'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    subprocess.run(
        [
            *(sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "docs/examples/snakemake/Snakefile")),
            *("--executor", "slurm", "--jobs", "8", "--directory", str(work), "--latency-wait", "20"),
            *("--slurm-partition-config", str(partition_file), "--slurm-init-seconds-before-status-checks", "5"),
            *("--default-resources", "mem_mb=1000", "slurm_account=tester"),
        ],
        env={**os.environ, "PATH": place, "STUB_FOLDER": str(jobs)},
        check=True,
        timeout=600,
    )
    found = {}
    for path in sorted(jobs.glob("*.json")):
        words = json.loads(path.read_text())
        found[re.sub(r"^rule_", "", words[words.index("--comment") + 1]).partition("_wildcards")[0]] = words
    return found


def job_of_words(rule_name: str, words: list[str], folder: Path) -> tuple[pw.Job, str]:
    """Return the job that options for sbatch ask for, but for the partition; and the partition."""
    partition, kept, index = "", [], 0
    while index < len(words):
        word, following = words[index], words[index + 1] if index + 1 < len(words) else "-"
        alone = "=" in word or following.startswith("-")
        if word == "-p":
            partition = following
        elif word.startswith("-") and not _NOT_OF_THE_JOB.match(word):
            kept.append(word if alone else f"{word} {following}")
        index += 1 if alone else 2
    lines = "".join(f"#SBATCH {one}\n" for one in kept)
    given = Given(folder / f"{rule_name}.sh", f"#!/bin/sh\n{lines}".encode())
    return import_slurm_script(given)[0].job, partition


def check_landing(folder: Path) -> None:
    """Run the documents' example and compare."""
    shown = [
        subprocess.run([str(ROOT / "docs/examples/scontrol"), "show", what], capture_output=True, text=True, check=True)
        for what in ("node", "partition")
    ]
    apart = fleet([one.stdout for one in shown], by_partition=True, folder=folder)
    # One partition is for some accounts alone.
    written, left_out = snakemake_partitions(partitions_of(apart, submitter=Submitter("ai"))[0])
    assert not left_out
    partition_file = folder / "partitions.yaml"
    partition_file.write_text(snakemake_text(written))
    asked = run_snakemake(folder, partition_file)
    assert asked.keys() == RULES.keys(), sorted(asked)
    for name, words in asked.items():
        job, landed = job_of_words(name, words, folder)
        ours = job_of_rule(name, *RULES[name]).job
        assert (job.groups, dict(job.attributes).get("duration")) == (
            ours.groups,
            dict(ours.attributes).get("duration"),
        ), (job, ours)
        allowed = {one.partition.name for one in written if may_choose(one.limits, *RULES[name])}
        print(f"{name:8} may be sent to {', '.join(sorted(allowed)):12} and landed in {landed}")
        assert landed == EXPECTED[name]
        assert landed in allowed
        assert allowed <= matching(pw.Scheduler(apart), *RULES[name])[0]


def matching(scheduler: pw.Scheduler, threads: int, resources: dict[str, int | str]) -> tuple[set[str], set[str]]:
    """Return the partitions that match a rule of the account ai, and those that may; each is a cluster."""
    match = scheduler.match(job_of_rule("rule", threads, {**resources, "slurm_account": "ai"}).job)
    return {one.removeprefix("s-") for one in match.names}, {one.removeprefix("s-") for one in match.unknown}


def check_choices(folder: Path, rules: int) -> None:
    """Hold the plugin's own rule against match, and the tests' account of it against the plugin."""
    draw, tally = random.Random(0), {"rules": 0, "may go": 0}
    while tally["rules"] < rules:
        apart = fleet(texts(*site(draw, uniform=draw.random() < 0.5)), by_partition=True, folder=folder)
        try:
            written, _ = snakemake_partitions(partitions_of(apart, submitter=Submitter("ai"))[0])
        except InputError:
            continue
        if not written:
            continue
        path = folder / "random.yaml"
        path.write_text(snakemake_text(written))
        limits = {one.partition.name: one.limits for one in written}
        whole = {one.partition.name for one in written if one.whole and one.nodes == one.total}
        scheduler = pw.Scheduler(apart)
        plugin = {one.name: one for one in read_partition_file(path)}
        for _ in range(10):
            threads, resources = rule(draw)
            asked: Any = SimpleNamespace(threads=threads, resources=resources, name="rule")
            able = {name for name, one in plugin.items() if one.score_job_fit(asked) is not None}
            assert able == {name for name, one in limits.items() if may_choose(one, threads, resources)}
            matched, unknown = matching(scheduler, threads, resources)
            larger = {one.partition.name for one in written if more_cores(one.partition.limits, threads, resources)}
            assert able <= matched | (unknown & larger), (limits, threads, resources)
            assert not (matched & whole) - able, (limits, threads, resources)
            tally["rules"] += 1
            tally["may go"] += bool(able)
    print(f"{tally['rules']:,} random rules: what the plugin may choose matches; {tally['may go']:,} may go somewhere")


def main() -> None:
    """Check both."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--rules", type=int, default=10_000)
    asked = arguments.parse_args()
    asked.folder.mkdir(parents=True)
    check_choices(asked.folder, asked.rules)
    check_landing(asked.folder)


if __name__ == "__main__":
    main()
