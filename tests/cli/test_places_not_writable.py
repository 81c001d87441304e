"""A place that cannot be written to: one error that names it, and everything as it was."""

from __future__ import annotations

import contextlib
import os
import resource

import pytest

from placewise.service.store.database import Database

WRITING = {
    "generate": "generate --clusters 3 --jobs 9 --out {out}",
    "generate streamed": "generate --streamed --clusters 3 --jobs 9 --out {out}",
    "profile": "profile {small} --out {out}/p.json",
    "simulate": "simulate {small} --experiments none,all --orders 0 --fleets 0 --no-plots --json --out {out}",
    "pareto": "pareto {small} --out {out}",
    "near-miss": "near-miss {small} --out {out}/n.json",
    "explain": "explain {folder}/job.yaml --fleet {folder}/nodes.txt --html {out}/e.html",
    "diff": "diff {small} {small} --html {out}/d.html",
    "check": "check {folder}/expectations.yaml --fleet {small} --out {out}/c.xml",
    "check update": "check --update {out}/expectations.yaml --fleet {small}",
    "import": "import slurm {folder}/nodes.txt --out {out}/fleet",
    "import jobs": "import jobs {folder}/batch.sh --out {out}/jobs",
    "export": "export snakemake {folder}/nodes.txt --out {out}/x.yaml",
    "trace": "trace {folder}/a.swf --out {out}/t.parquet",
    "trace swf": "trace {folder}/a.swf --out {out}/t.swf.gz",
    "replay": "replay {folder}/a.swf --no-plots --out {out}",
    "place": "place {folder}/s/workload.parquet --fleet {folder}/s --select first --out {out}/p.parquet",
    "backup": "database backup {out}/copy.db --database {folder}/p.db",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("given")
    (folder / "job.yaml").write_text("version: 1\nresources: [{type: node, count: 1}]\n")
    (folder / "expectations.yaml").write_text("jobs: [{job: job.yaml, matches: some}]\n")
    (folder / "nodes.txt").write_text("NodeName=n1 CPUTot=4 RealMemory=1000 State=IDLE Partitions=p\n")
    (folder / "batch.sh").write_text("#!/bin/bash\n#SBATCH --nodes=2\nsrun x\n")
    (folder / "a.swf").write_text("; MaxProcs: 4\n1 0 5 60 1 -1 -1 1 90 -1 1 1 1 1 1 -1 -1 -1\n")
    Database.open(str(folder / "p.db")).close()
    return folder


def listing(folder):
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


@contextlib.contextmanager
def full_disk(most_bytes):
    """Let no file of this process grow beyond a size, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextlib.contextmanager
def read_only(folder):
    folder.chmod(0o555)
    try:
        yield
    finally:
        folder.chmod(0o755)


READ_ONLY = pytest.param("read only", marks=pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere"))


@pytest.mark.parametrize("how", ["full", READ_ONLY])
@pytest.mark.parametrize("command", WRITING)
def test_one_error_names_the_place_and_nothing_is_left(placewise, small, folder, tmp_path, command, how):
    if command == "place" and not (folder / "s").exists():
        placewise("generate", "--streamed", "--jobs", 20, "--clusters", 3, "--out", folder / "s")
    home = tmp_path / "home"
    out = home / "new" / "out"
    if command == "check update":
        out = home
    home.mkdir()
    for name in ("expectations.yaml", "job.yaml"):
        (home / name).write_bytes((folder / name).read_bytes())
    before = listing(home)
    words = WRITING[command].format(out=out, small=small, folder=folder).split()
    # SQLite keeps 32 KiB beside a database that it only reads.
    with full_disk(1 << 15 if command == "backup" else 0) if how == "full" else read_only(home):
        done = placewise(*words)
    assert (done.code, done.out) == (2, ""), done.err
    assert len(done.err.strip().splitlines()) == 1
    assert done.err.startswith(f"placewise: {out}"), done.err
    assert "cannot be written: " in done.err
    assert ".parts" not in done.err
    assert listing(home) == before
