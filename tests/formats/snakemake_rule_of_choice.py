"""Which partitions the Slurm executor plugin of Snakemake may choose for a rule: a plain account of what it does.

`.ci/snakemake` holds it against the plugin itself.
"""

import math

_LIMITS = {
    "mem_mb": "max_mem_mb",
    "mem_mb_per_cpu": "max_mem_mb_per_cpu",
    "runtime": "max_runtime",
    "nodes": "max_nodes",
    "tasks": "max_tasks",
    "tasks_per_node": "max_tasks_per_node",
}


def may_choose(limits, threads, resources):
    """Whether none of a partition's limits is exceeded by a rule."""
    asked = [(resources.get(name, 0), limits.get(limit, math.inf)) for name, limit in _LIMITS.items()]
    cpus = resources.get("cpus_per_task", threads)
    asked += [(threads, limits.get("max_threads", math.inf)), (cpus, limits.get("max_threads", math.inf))]
    asked += [(cpus, limits.get("max_cpus_per_task", math.inf))]
    count, model = _gpus(resources)
    asked.append((count, limits.get("max_gpu", 0)))
    models, features = limits.get("available_gpu_models"), limits.get("available_constraints")
    if count and model and models and model not in models:
        return False
    wanted = [one.strip() for one in resources.get("constraint", "").split(",") if one.strip()]
    if features and not set(wanted) <= set(features):
        return False
    return all(one <= most for one, most in asked)


def more_cores(limits, threads, resources):
    """Whether Slurm has to give a rule more cores than it asks for, which no limit of the file can say."""
    most = limits.memory_per_core_bytes
    return most is not None and resources.get("mem_mb", 0) << 20 > most * threads


def _gpus(resources):
    if resources.get("gpu"):
        return resources["gpu"], resources.get("gpu_model")
    parts = resources.get("gres", "").split(":")
    if parts[0] != "gpu":
        return 0, None
    return int(parts[-1]), parts[1] if len(parts) == 3 else None
