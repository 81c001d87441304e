"""Rules of Snakemake as jobs: what the Slurm executor plugin asks sbatch for, by the rule's threads and resources.

The names of resources are those of snakemake-executor-plugin-slurm 2, in its order of precedence.
"""

from __future__ import annotations

from collections.abc import Mapping

from placewise.errors import InputError
from placewise.formats.jobs.imports.draft import MEANINGLESS, UNKNOWN, Draft
from placewise.formats.jobs.imports.slurm_script import job_of_options
from placewise.model.jobs.imported_job import ImportedJob

_OPTIONS = {
    "slurm_partition": "partition",
    "slurm_account": "account",
    "runtime": "time",
    "constraint": "constraint",
    "nodes": "nodes",
    "tasks_per_node": "ntasks-per-node",
    "gres": "gres",
    "qos": "qos",
}
_OF_SNAKEMAKE = ("tmpdir", "disk_mb", "disk_mib", "mem_mib", "mem", "disk", "mpi", "threads")


def job_of_rule(name: str, threads: int = 1, resources: Mapping[str, int | str] | None = None) -> ImportedJob:
    """Return the job of a rule, by its threads and its resources as Snakemake has worked them out (mem_mb, runtime).

    Raises InputError naming a resource that cannot be used.

    >>> str(job_of_rule("align", 8, {"mem_mb": 1024}).job.groups[0].shape[0])
    '1 slot with 1073741824 B memory and 8 core'
    """
    given = {key: value for key, value in (resources or {}).items() if value not in (None, "")}
    for key, value in given.items():
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise InputError(
                "is neither a number nor a text", place=f"resource {key}", found=value, expected="a number or text"
            )
    said = {option: str(given[key]) for key, option in _OPTIONS.items() if key in given}
    gpus = _gpus(given)
    if gpus:
        said["gpus"] = gpus
    if "mem_mb_per_cpu" in given:
        said["mem-per-cpu"] = f"{given['mem_mb_per_cpu']}M"
    elif "mem_mb" in given:
        said["mem"] = f"{given['mem_mb']}M"
    has_gpu = bool(gpus) or "gpu" in said.get("gres", "")
    if has_gpu and "cpus_per_gpu" in given and "cpus_per_task" not in given:
        said["cpus-per-gpu"] = str(given["cpus_per_gpu"])
    else:
        said["cpus-per-task"] = str(given.get("cpus_per_task", threads))
    if "ntasks-per-node" not in said:
        said["ntasks"] = str(given.get("tasks", 1))
    draft = Draft(name, "Snakefile")
    known = (*_OPTIONS, "gpu", "gpu_model", "mem_mb", "mem_mb_per_cpu", "cpus_per_gpu", "cpus_per_task", "tasks")
    for key in given.keys() - set(known):
        draft.leave_out(f"resource {key}", MEANINGLESS if key in _OF_SNAKEMAKE else UNKNOWN)
    return job_of_options(draft, said, dict.fromkeys(said, f"rule {name}"))


def _gpus(given: Mapping[str, int | str]) -> str:
    """Return what --gpus is set to: a model counts once where no number is said."""
    model, count = given.get("gpu_model"), given.get("gpu")
    if model:
        return f"{model}:{count or 1}"
    return str(count) if count and str(count) != "0" else ""
