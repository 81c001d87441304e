"""`placewise export snakemake`: the file of partitions, what is said beside it, and bad input."""

import json
from pathlib import Path

import pytest
import yaml

from placewise.formats.fleets.imports.import_settings import ImportSettings
from placewise.formats.fleets.imports.into_folder import write_import
from placewise.formats.fleets.imports.kinds import import_files

NODES = """NodeName=cpu1 CoresPerSocket=8 CPUTot=8 AvailableFeatures=ib Gres=(null)
   RealMemory=1000 Sockets=1 State=IDLE ThreadsPerCore=1 Partitions=batch

NodeName=gpu1 CoresPerSocket=8 CPUTot=8 AvailableFeatures=milan Gres=gpu:a100:4
   RealMemory=4000 Sockets=1 State=IDLE+DRAIN ThreadsPerCore=1 Partitions=batch,gpu

NodeName=gpu2 CoresPerSocket=8 CPUTot=8 AvailableFeatures=milan Gres=gpu:a100:4
   RealMemory=4000 Sockets=1 State=IDLE ThreadsPerCore=1 Partitions=batch,gpu

"""
PARTITIONS = """PartitionName=batch
   AllowAccounts=ALL MaxTime=01:00:00 Nodes=cpu1,gpu[1-2] State=UP

PartitionName=gpu
   AllowAccounts=ai MaxTime=UNLIMITED Nodes=gpu[1-2] State=UP

"""


@pytest.fixture
def fleet(tmp_path):
    for name, text in (("nodes.txt", NODES), ("partitions.txt", PARTITIONS)):
        (tmp_path / name).write_text(text)
    imported = import_files("slurm", [tmp_path / "nodes.txt", tmp_path / "partitions.txt"], ImportSettings("ours"))
    write_import(imported, "slurm", tmp_path / "fleet")
    return tmp_path / "fleet"


@pytest.fixture
def run(placewise):
    return lambda *words: placewise("export", *words)


def test_the_file_is_printed_and_what_it_cannot_say_is_said(run, fleet):
    ended = run("snakemake", fleet, "--account", "ai")
    assert ended.code == 0
    limits = yaml.safe_load(ended.out)["partitions"]
    assert (limits["batch"]["max_runtime"], limits["batch"]["max_gpu"]) == (60, 4)
    assert "max_runtime" not in limits["gpu"]
    said = ended.err
    assert "its nodes differ, and the limits are those of 1 of 2" in said
    assert "1 node is not counted" in said


def test_a_partition_that_lists_names_is_left_out_until_one_is_given(run, fleet):
    ended = run("snakemake", fleet)
    assert list(yaml.safe_load(ended.out)["partitions"]) == ["batch"]
    assert "gpu: not in the file, since it lists its accounts: ai; --account NAME" in " ".join(ended.err.split())
    assert "does not admit the account physics" in run("snakemake", fleet, "--account", "physics").err


def test_a_limit_of_memory_a_core_is_said(run, fleet, tmp_path):
    (tmp_path / "partitions.txt").write_text(PARTITIONS.replace("MaxTime=01", "MaxMemPerCPU=100 MaxTime=01"))
    imported = import_files("slurm", [tmp_path / "nodes.txt", tmp_path / "partitions.txt"], ImportSettings("ours"))
    write_import(imported, "slurm", tmp_path / "fleet")
    ended = run("snakemake", fleet)
    assert yaml.safe_load(ended.out)["partitions"]["batch"]["max_mem_mb_per_cpu"] == 100
    assert "batch: a rule whose mem_mb is more than 100 a thread" in ended.err


def test_the_file_is_written_whole_and_not_over_another(run, fleet, tmp_path):
    out = tmp_path / "partitions.yaml"
    ended = run("snakemake", fleet, "--out", out, "--account", "physics")
    assert (ended.code, ended.out) == (0, "")
    assert list(yaml.safe_load(out.read_text())["partitions"]) == ["batch"]
    before = out.read_bytes()
    refused = run("snakemake", fleet, "--out", out)
    assert refused.code == 2
    assert "already exists" in refused.err
    assert out.read_bytes() == before
    assert run("snakemake", fleet, "--out", out, "--force", "--account", "ai").code == 0
    assert out.read_bytes() != before


def test_json_holds_the_account(run, fleet):
    document = json.loads(run("snakemake", fleet, "--json", "--account", "physics").out)
    assert [one["name"] for one in document["partitions"]] == ["batch"]
    assert document["left_out"][0]["partition"] == "gpu"
    assert document["out"] is None


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("nextflow", "FLEET"), "nextflow"),
        (("snakemake", "FLEET", "--cluster", "other"), "no such cluster"),
        (("snakemake", "nowhere"), "does not exist"),
        (("snakemake", "FLEET", "--out", ""), "no name"),
    ],
    ids=str,
)
def test_bad_input_is_refused_by_name(run, words, problem, fleet, tmp_path):
    there = sorted(Path(tmp_path).rglob("*"))
    ended = run(*[fleet if one == "FLEET" else one for one in words])
    assert ended.code == 2
    assert problem in ended.err
    assert sorted(Path(tmp_path).rglob("*")) == there
