"""Rules of Snakemake as jobs: as the Slurm plugin asks sbatch for them."""

import pytest

from placewise.errors import InputError
from placewise.formats.given import Given
from placewise.formats.jobs.imports.slurm_script import import_slurm_script
from placewise.formats.jobs.imports.snakemake_rule import job_of_rule


def script(tmp_path, *options):
    lines = "".join(f"#SBATCH {one}\n" for one in options)
    return import_slurm_script(Given(tmp_path / "rule.sh", f"#!/bin/sh\n{lines}".encode()))[0].job


@pytest.mark.parametrize(
    ("threads", "resources", "options"),
    [
        (1, {}, ["--ntasks=1"]),
        (8, {"mem_mb": 4000, "runtime": 90}, ["--ntasks=1 --cpus-per-task=8 --mem=4000M --time=90"]),
        (2, {"cpus_per_task": 6, "mem_mb_per_cpu": 10}, ["-n 1 -c 6", "--mem-per-cpu=10M"]),
        (4, {"gpu": 2, "gpu_model": "a100"}, ["--gpus=a100:2 -c 4 -n 1"]),
        (4, {"gpu_model": "a100"}, ["--gpus=a100:1 -c 4 -n 1"]),
        (1, {"gpu": 2, "cpus_per_gpu": 8}, ["--gpus=2 --cpus-per-gpu=8 -n 1"]),
        (1, {"gres": "gpu:a100:2", "constraint": "ib,icx"}, ["--gres=gpu:a100:2 -n 1 -C ib,icx"]),
        (1, {"tasks": 64, "mpi": "srun", "nodes": 2}, ["-n 64 -N 2"]),
        (2, {"tasks_per_node": 16, "nodes": 2}, ["-N 2 --ntasks-per-node=16 -c 2"]),
        (1, {"slurm_partition": "gpu", "slurm_account": "ai", "gpu": 0}, ["-n 1 -p gpu -A ai"]),
    ],
    ids=str,
)
def test_a_rule_is_the_job_of_its_options(threads, resources, options, tmp_path):
    assert job_of_rule("rule", threads, resources).job == script(tmp_path, *options)


def test_what_decides_nothing_and_what_is_not_understood_is_said():
    found = job_of_rule("rule", 1, {"tmpdir": "/tmp", "licence": 1}).left_out
    assert [place for place, why in found if "not understood" in why] == ["resource licence"]
    assert [place for place, why in found if "decides nothing" in why] == ["resource tmpdir"]


@pytest.mark.parametrize(
    "resources",
    [{"mem_mb": True}, {"mem_mb": "much"}, {"nodes": -1}, {"runtime": "soon"}, {"gres": "gpu:x:y"}],
    ids=str,
)
def test_what_cannot_be_asked_for_is_refused_with_its_name(resources):
    with pytest.raises(InputError):
        job_of_rule("rule", 1, resources)
