"""What is in a trace: how much, of whom, on what, what it lacks, and what its jobs show of its clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from placewise.formats.traces.clusters.property_evidence import Evidence, property_evidence
from placewise.model.traces.trace import UNKNOWN, Ints, Labels, Machine, Trace
from placewise.model.traces.trace_cleaning import Cleaned
from placewise.model.traces.trace_contents import lacking, said_by


@dataclass(frozen=True, slots=True)
class TraceFacts:
    """What is in a trace after cleaning.

    read : jobs before cleaning. users, groups, queues : how many have jobs.
    span_s : from the first submission to the last. start_unix_s : when that span began; None if not said.
    processors : of all machines; None if none is described. work : processor-seconds of all jobs whose runtime and size
    are known. load : that work as a share of what all processors can do in the span; None where it is not known.
    gpu_load : the same of GPUs. mean_wait_s : as recorded; None if no wait is.
    runtimes_s, limits_s, sizes : smallest, median, mean and largest, of the jobs that say; None if none does.
    too_large : jobs that no machine can hold: by its processors, or where it has nodes, by how many, and by the
    processors, memory and GPUs of one. lacking : what no job says. partly : what some jobs say, and how many.
    """

    trace: Trace
    cleaned: Cleaned
    users: int
    groups: int
    queues: int
    span_s: int
    start_unix_s: int | None
    processors: float | None
    work: float
    load: float | None
    gpu_load: float | None
    mean_wait_s: float | None
    runtimes_s: tuple[float, ...] | None
    limits_s: tuple[float, ...] | None
    sizes: tuple[float, ...] | None
    requiring: int
    too_large: int
    lacking: tuple[str, ...]
    partly: tuple[tuple[str, int], ...]
    evidence: tuple[Evidence, ...]


def trace_facts(cleaned: Cleaned) -> TraceFacts:
    """Return what is in a trace after cleaning."""
    trace = cleaned.trace
    jobs = len(trace)
    parts = trace.processor_parts
    # What a job was given is what it used; what it asked for is the best guess where nobody says.
    size = np.where(trace.processors > 0, trace.processors, trace.requested_processors)
    runtime = np.maximum(trace.runtime_s, 0).astype(np.float64)
    work = float((runtime * np.maximum(size, 0)).sum()) / parts
    span = int(trace.submit_s[-1] - trace.submit_s[0]) if jobs else 0
    processors = sum(machine.processors for machine in trace.machines) / parts if trace.machines else None
    gpus = sum(machine.gpus_per_node * (machine.nodes or 0) for machine in trace.machines)
    gpu_work = float((runtime * np.maximum(trace.gpus_milli, 0)).sum()) / 1000
    counts = said_by(trace)
    waits = None if trace.waited_s is None else trace.waited_s[trace.waited_s != UNKNOWN]
    return TraceFacts(
        trace=trace,
        cleaned=cleaned,
        users=_distinct(trace.user),
        groups=_distinct(trace.group),
        queues=_distinct(trace.queue),
        span_s=span,
        start_unix_s=None if trace.start_unix_s is None or not jobs else trace.start_unix_s + int(trace.submit_s[0]),
        processors=processors,
        work=work,
        load=work / (processors * span) if processors and span else None,
        gpu_load=gpu_work / (gpus * span) if gpus and span else None,
        mean_wait_s=float(waits.mean()) if waits is not None and len(waits) else None,
        runtimes_s=_spread(trace.runtime_s),
        limits_s=_spread(trace.requested_s),
        sizes=_spread(size, parts),
        requiring=counts["requirements"],
        too_large=_too_large(trace),
        lacking=lacking(trace),
        partly=tuple((what, count) for what, count in counts.items() if 0 < count < jobs),
        evidence=property_evidence(trace),
    )


def trace_document(facts: TraceFacts) -> dict[str, Any]:
    """Return the facts as a JSON document."""
    cleaned, trace = facts.cleaned, facts.trace
    return {
        "source": trace.source,
        "jobs": len(trace),
        "cleaning": {
            "filter": cleaned.cleaning,
            "jobs_before": cleaned.jobs,
            "dropped": dict(cleaned.dropped),
            "asked_set_to_given": cleaned.given_instead,
            "runtimes_cut_at_limit": cleaned.cut,
        },
        "left_out_at_reading": dict(trace.left_out),
        "users": facts.users,
        "groups": facts.groups,
        "queues": facts.queues,
        "span_s": facts.span_s,
        "start_unix_s": facts.start_unix_s,
        "submits_are_starts": trace.submits_are_starts,
        "processors": facts.processors,
        "processor_seconds": facts.work,
        "load": facts.load,
        "gpu_load": facts.gpu_load,
        "mean_wait_s": facts.mean_wait_s,
        **{
            name: None if spread is None else dict(zip(("min", "median", "mean", "max"), spread, strict=True))
            for name, spread in (
                ("runtime_s", facts.runtimes_s),
                ("limit_s", facts.limits_s),
                ("job_processors", facts.sizes),
            )
        },
        "jobs_with_requirements": facts.requiring,
        "jobs_too_large_for_any_machine": facts.too_large,
        "lacking": list(facts.lacking),
        "said_by_some_jobs": dict(facts.partly),
        "machines": [_machine(machine, trace.processor_parts) for machine in trace.machines],
        "evidence": [_evidence(one, trace.machines) for one in facts.evidence],
        "notes": list(trace.notes),
    }


def _too_large(trace: Trace) -> int:
    if not trace.machines:
        return 0
    size = np.where(trace.requested_processors > 0, trace.requested_processors, trace.processors)
    nodes = np.maximum(trace.nodes, 1)
    fits = np.zeros(len(trace), dtype=bool)
    for machine in trace.machines:
        held = size <= machine.processors
        for asked, most in (
            (trace.nodes, machine.nodes),
            (-(-size // nodes), None if machine.nodes is None else machine.cores_per_node),
            (-(-trace.memory_bytes // nodes), machine.memory_bytes_per_node),
            (-(-trace.gpus_milli // nodes), None if machine.nodes is None else 1000 * machine.gpus_per_node),
        ):
            if most is not None:
                held &= asked <= most
        fits |= held
    return int((~fits).sum())


def _machine(machine: Machine, parts: int) -> dict[str, Any]:
    return {
        "name": machine.name,
        "processors": machine.processors / parts,
        "nodes": machine.nodes,
        "processors_per_node": None if machine.cores_per_node is None else machine.cores_per_node / parts,
        "memory_bytes_per_node": machine.memory_bytes_per_node,
        "gpus_per_node": machine.gpus_per_node,
        "gpu_model": machine.gpu_model,
        "node_numbers": list(machine.numbers),
    }


def _evidence(one: Evidence, machines: tuple[Machine, ...]) -> dict[str, Any]:
    return {
        "subsystem": one.subsystem,
        "field": one.field,
        "name": one.name,
        "jobs_asking": one.asked,
        "users_asking": one.users,
        "jobs_refusing": one.refused,
        "on": {
            machine.name: {"asking": ran, "refusing": against, "chance_of_none": chance, "has": has}
            for machine, ran, against, chance, has in zip(
                machines, one.ran, one.ran_refusing, one.chance, one.has, strict=True
            )
        },
    }


def _distinct(labels: Labels) -> int:
    return len(np.unique(labels.codes[labels.codes != UNKNOWN]))


def _spread(column: Ints, parts: int = 1) -> tuple[float, ...] | None:
    said = column[column > 0]
    if not len(said):
        return None
    return tuple(float(value) / parts for value in (said.min(), np.median(said), said.mean(), said.max()))
