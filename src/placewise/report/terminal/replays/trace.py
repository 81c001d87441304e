"""What is in a trace, on a terminal."""

from __future__ import annotations

from datetime import UTC, datetime

from rich.console import Console, JustifyMethod

from placewise.formats.traces.clusters.property_evidence import Evidence
from placewise.model.scalar import counted
from placewise.model.traces.trace import Machine
from placewise.report.data.replays.trace import TraceFacts
from placewise.report.terminal.tables import print_first_rows, print_line, print_table
from placewise.report.words.numbers import number, share

_HAS = {True: "has it", False: "lacks it", None: "unknown"}
_HOUR_S, _DAY_S = 3600, 86400
_GIB = 1 << 30


def print_trace(facts: TraceFacts, console: Console) -> None:
    """Print the facts, the machines, and the evidence of what each has."""
    trace, cleaned = facts.trace, facts.cleaned
    for line in (*_lines(facts), *trace.notes):
        print_line(line, console)
    left: JustifyMethod = "left"
    right: JustifyMethod = "right"
    for title, counts in (
        ("Rows left out when the trace was read", trace.left_out),
        ("Dropped by --clean strict", cleaned.dropped),
    ):
        if counts:
            rows = [(f"{count:,}", reason) for reason, count in counts]
            print_table(title, {"jobs" if counts is cleaned.dropped else "rows": right, "why": left}, rows, console)
    if facts.runtimes_s or facts.sizes:
        _print_spreads(facts, console)
    headings: dict[str, JustifyMethod] = {"machine": left}
    headings |= dict.fromkeys(("processors", "nodes", "processors per node", "GiB per node", "GPUs per node"), right)
    print_first_rows(
        "Machines",
        headings,
        [_machine(one, trace.processor_parts) for one in trace.machines],
        console,
    )
    if facts.evidence:
        _print_evidence(facts, console)


def _lines(facts: TraceFacts) -> list[str]:
    trace = facts.trace
    lines = [_jobs_line(facts), _span_line(facts)]
    if facts.load is not None:
        load = f"Load: {share(facts.load, 3)} of {number(facts.processors)} processors"
        if facts.gpu_load is not None:
            load += f"; {share(facts.gpu_load, 3)} of the GPUs"
        lines.append(f"{load}, between the first and the last submission.")
    if facts.mean_wait_s is not None:
        lines.append(f"Recorded mean wait: {number(facts.mean_wait_s, 6)} s.")
    if trace.submits_are_starts:
        lines.append("The header says that submission times are start times, so how long jobs waited is not known.")
    if facts.requiring:
        distinct = len(set(trace.ask.tolist()) - {0})
        lines.append(f"{counted(facts.requiring, 'job')} with requirements, in {distinct:,} different sets.")
    if facts.too_large:
        lines.append(f"Jobs that no machine can hold, by processors, nodes, memory or GPUs: {facts.too_large:,}.")
    if facts.lacking:
        lines.append(f"No job gives: {', '.join(facts.lacking)}.")
    if facts.partly:
        lines.append(f"Given by some jobs: {', '.join(f'{what} ({count:,})' for what, count in facts.partly)}.")
    return lines


def _jobs_line(facts: TraceFacts) -> str:
    cleaned = facts.cleaned
    parts = [counted(len(facts.trace), "job")]
    if cleaned.cleaning == "strict":
        parts[0] += f" of {cleaned.jobs:,} left by --clean strict"
        if cleaned.cut:
            parts.append(f"{counted(cleaned.cut, 'runtime')} cut at the limit")
        if cleaned.given_instead:
            parts.append(f"{counted(cleaned.given_instead, 'job')} that asked for no processors and were given some")
    return f"{facts.trace.source}: {'; '.join(parts)}."


def _span_line(facts: TraceFacts) -> str:
    counts = ((facts.users, "user"), (facts.groups, "group"), (facts.queues, "queue"))
    said = [counted(count, what) for count, what in counts if count]
    hours = facts.span_s < 2 * _DAY_S
    time = f"{facts.span_s / _HOUR_S:,.1f} hours" if hours else f"{facts.span_s / _DAY_S:,.1f} days"
    span = f"Submitted over {time}"
    if facts.start_unix_s is not None:
        span += f" from {datetime.fromtimestamp(facts.start_unix_s, UTC):%Y-%m-%d %H:%M} UTC"
    return f"{span}{'; ' + ', '.join(said) if said else ''}."


def _print_spreads(facts: TraceFacts, console: Console) -> None:
    right: JustifyMethod = "right"
    rows = [
        (what, *(number(value, 5) for value in spread))
        for what, spread in (
            ("runtime, s", facts.runtimes_s),
            ("limit, s", facts.limits_s),
            ("processors", facts.sizes),
        )
        if spread is not None
    ]
    headings: dict[str, JustifyMethod] = {"per job": "left"}
    headings |= dict.fromkeys(("least", "median", "mean", "most"), right)
    print_table("Jobs", headings, rows, console)


def _machine(machine: Machine, parts: int) -> tuple[str, ...]:
    each, memory = machine.cores_per_node, machine.memory_bytes_per_node
    gpus = f"{machine.gpus_per_node} {machine.gpu_model or ''}".strip() if machine.gpus_per_node else ""
    return (
        machine.name,
        number(machine.processors / parts),
        "" if machine.nodes is None else f"{machine.nodes:,}",
        "" if each is None else number(each / parts),
        "" if memory is None else number(memory / _GIB),
        gpus,
    )


def _print_evidence(facts: TraceFacts, console: Console) -> None:
    machines = facts.trace.machines
    headings: dict[str, JustifyMethod] = {"what": "left", "jobs asking": "right", "users": "right", "refusing": "right"}
    for machine in machines:
        headings[f"on {machine.name}"] = "left"
    print_first_rows(
        "What jobs show about the machines: how many asked for it and ran there",
        headings,
        [_evidence(one) for one in facts.evidence],
        console,
    )


def _evidence(one: Evidence) -> tuple[str, ...]:
    there = (f"{ran:,}: {_HAS[has]}" for ran, has in zip(one.ran, one.has, strict=True))
    return (f"{one.subsystem} {one.name}", f"{one.asked:,}", f"{one.users:,}", f"{one.refused:,}", *there)
