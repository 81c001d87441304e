"""An app of Parsl's on the executor that is called like the cluster that matches."""

import parsl
from parsl.config import Config
from parsl.executors.threads import ThreadPoolExecutor

import placewise as pw


def solve(number):
    from threading import current_thread

    return number**2, current_thread().name


fleet = pw.read_fleet("our-fleet")
waiting = {"estimated_start_s": {"ours-batch": 900, "ours-gpu": 0}}
chosen = pw.choose(fleet, pw.Requirement.parse("gpu{model=a100}"), "earliest-start", numbers=waiting)
if not chosen:
    raise SystemExit(chosen.reason)

# Where there is a Slurm: HighThroughputExecutor(label=name, provider=SlurmProvider(partition=...)).
executors = [ThreadPoolExecutor(label=name, thread_name_prefix=name) for name in fleet.names]
with parsl.load(Config(executors=executors)):
    print(parsl.python_app(solve, executors=[chosen.cluster])(7).result())
