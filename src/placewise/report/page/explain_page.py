"""Where jobs fit, why not elsewhere, what to relax, what it costs and when it would start: one HTML file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from placewise.formats.writing import write_bytes
from placewise.matching.causes.by_cluster import lines_by_cluster
from placewise.matching.causes.relaxing import Relaxations
from placewise.matching.causes.why_not import WhyNot
from placewise.matching.deciding import REQUIRED
from placewise.model.advice.job_cost import ClusterCost, JobCost
from placewise.model.fleets.site_limit import SiteLimit
from placewise.model.jobs.job import Job
from placewise.model.requirements.requirement import Expression, tests_of
from placewise.model.scalar import counted, scalar_text
from placewise.model.traces.start_estimate import ClusterStart, StartEstimate
from placewise.report.page.diff_page import some_names
from placewise.report.page.filling import filled
from placewise.report.page.text_table import Column, TextTable, text_table
from placewise.report.words.glossary import EXPLANATIONS
from placewise.report.words.jobs.explanation import (
    MOST_NAMES,
    RANGES,
    asks_for_versions,
    fit_lines,
    relaxation_line,
    relaxation_rows,
    relaxation_title,
)
from placewise.report.words.jobs.job_cost import amount_words, cost_basis, cost_lines, money, price_words
from placewise.report.words.jobs.start_estimate import (
    ALONE,
    ALONE_MEANS,
    BOUND,
    BOUND_MEANS,
    by_start,
    moment_words,
    start_words,
)
from placewise.report.words.numbers import shown
from placewise.report.words.replays.replay import time_words

_MAY_FIT = "may fit"


@dataclass(frozen=True, slots=True)
class ExplainedJob:
    """All that a page says of one job. start : None where no queue is given."""

    job: Job
    answer: WhyNot
    relaxations: Relaxations
    cost: JobCost
    start: StartEstimate | None = None


@dataclass(frozen=True, slots=True)
class _Part:
    """One job on the page: what it asks for as (word, texts), sentences, tables."""

    name: str
    asks: list[tuple[str, list[str]]]
    lines: list[str]
    tables: list[TextTable]


def write_explain_page(jobs: Sequence[ExplainedJob], path: Path, *, fleet: str, command: str) -> None:
    """Write the page, whole or not at all. Raises InputError when it cannot be written."""
    write_bytes(path, render_explain_page(jobs, fleet=fleet, command=command).encode(errors="xmlcharrefreplace"))


def render_explain_page(jobs: Sequence[ExplainedJob], *, fleet: str, command: str) -> str:
    """Return the page as HTML without scripts or links to elsewhere; every text from outside is escaped."""
    parts = [
        _Part(shown(one.job.name), list(_asks(one.job)), list(_lines(one)), [t for t in _tables(one) if t is not None])
        for one in jobs
    ]
    whose = "these jobs" if len(parts) != 1 else "this job" if jobs[0].job.name == REQUIRED else parts[0].name
    return filled(
        "explain.html.j2",
        whose=whose,
        fleet=shown(fleet, 200),
        clusters=counted(jobs[0].answer.total, "cluster") if jobs else "",
        parts=parts,
        command=shown(command, 2000),
        glossary=EXPLANATIONS,
    )


def _asks(job: Job) -> Iterator[tuple[str, list[str]]]:
    shapes = [shown(str(request), 400) for group in job.groups for request in group.shape]
    if shapes:
        yield "resources", shapes
    limits = [one for one in job.requirements if any(isinstance(test, SiteLimit) for test in tests_of(one))]
    own = [shown(str(one), 400) for one in job.requirements if one not in limits]
    if own:
        yield "requirements", own
    if limits:
        yield "limits of sites", [_limit(one) for one in limits]
    if job.attributes:
        yield "attributes", [f"{shown(name)}: {shown(scalar_text(value), 200)}" for name, value in job.attributes]
    if not shapes and not own:
        yield "requirements", ["none"]


def _limit(one: Expression) -> str:
    """Write a limit; one that names nothing is about what the job does not speak of."""
    if isinstance(one, SiteLimit) and str(one) == one.subsystem:
        return f"a {one.subsystem} whose limits allow the job"
    return shown(str(one), 400)


def _lines(one: ExplainedJob) -> Iterator[str]:
    # Without prices and starts there is no table that names them all.
    most = MOST_NAMES if one.cost.clusters or one.start is not None else None
    yield from fit_lines(one.answer, most)
    yield from cost_lines(one.cost)
    if one.start is not None and (starts := sorted(one.start.clusters, key=by_start)):
        first = starts[0]
        if first.start_s is None:
            yield "Would never start: it asks for more processors than any cluster that it fits on has"
        else:
            when = (
                "now"
                if not first.wait_s
                else f"at {moment_words(first.start_s, one.start)}, after {time_words(first.wait_s)}"
            )
            which = "no later than that, whoever comes" if first.is_bound else ALONE
            yield f"Would start first on {shown(first.cluster)}: {when}, {which}"
    if line := relaxation_line(one.relaxations):
        yield line


def _tables(one: ExplainedJob) -> Iterator[TextTable | None]:
    yield _fits(one)
    yield _why_not(one.answer)
    yield _relaxed(one.relaxations)


def _fits(one: ExplainedJob) -> TextTable | None:
    columns = [Column("cluster")]
    notes: list[str] = []
    costs = {cost.cluster: cost for cost in one.cost.clusters}
    starts = {start.cluster: start for start in one.start.clusters} if one.start is not None else {}
    if costs:
        columns += [Column("price", number=True), Column("pays for", number=True), Column("cost", number=True)]
        notes.append(cost_basis(one.cost))
    if starts and one.start is not None:
        columns += [
            Column("start" if one.start.is_virtual else "start (UTC)"),
            Column("wait", number=True),
            Column("which is"),
            Column("queue"),
        ]
        notes.append(
            f"Starts are those of {counted(one.start.processors, 'processor')} with a limit of "
            f"{time_words(one.start.limit_s)}, submitted at {moment_words(one.start.now_s, one.start)}."
        )
        bound = {start.is_bound for start in starts.values() if start.start_s is not None}
        notes += [said for said, there in ((BOUND_MEANS, True), (ALONE_MEANS, False)) if there in bound]
        notes += [f"{shown(note, 300)}." for note in one.start.notes]
    matched = frozenset(one.answer.matched)
    names = dict.fromkeys((*costs, *one.cost.unpriced, *one.answer.matched))
    if starts:
        names = dict.fromkeys(sorted(names, key=lambda name: by_start(starts[name]) if name in starts else (True, 0)))
    rows: list[list[str | Sequence[str]]] = []
    for name in names:
        # Where what is unknown counts as yes, clusters are asked about that may fit.
        row: list[str | Sequence[str]] = [name if name in matched else (name, _MAY_FIT)]
        rows.append(
            [
                *row,
                *(_cost(costs.get(name)) if costs else ()),
                *(_start(starts.get(name), one.start) if one.start is not None and starts else ()),
            ]
        )
    return text_table("Where it fits", columns, rows, notes) if len(columns) > 1 else None


def _cost(found: ClusterCost | None) -> Sequence[str]:
    if found is None:
        return "", "", ""
    return price_words(found), amount_words(found), "" if found.cost is None else money(found.cost)


def _start(found: ClusterStart | None, of: StartEstimate) -> Sequence[str]:
    if found is None:
        return "", "", "", ""
    queue = f"{found.policy}: {found.running:,} running, {found.queued:,} waiting"
    if found.start_s is None or found.wait_s is None:
        return start_words(found, of), "", "", queue
    return start_words(found, of), time_words(found.wait_s), BOUND if found.is_bound else ALONE, queue


def _why_not(answer: WhyNot) -> TextTable | None:
    """Return the causes, equal ones together: clusters with the fewest first, which are the nearest to a match."""
    causes = lines_by_cluster(answer)
    # Where a job requires very much, causes are looked for on some clusters only.
    unsaid: dict[str, list[str]] = {}
    for blocked in answer.blocked:
        for name in blocked.clusters:
            if name not in causes:
                unsaid.setdefault(name, []).append(f"does not meet {blocked.requirement}")
    causes |= {name: tuple(lines) for name, lines in unsaid.items()}
    undecided = dict.fromkeys((one.cluster for one in answer.unknown), _MAY_FIT)
    undecided |= dict.fromkeys((one.cluster for one in answer.incomparable), "cannot be compared")
    together: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for name, lines in causes.items():
        together.setdefault((undecided.get(name, "no"), lines), []).append(name)
    ordered = sorted(together.items(), key=lambda item: (item[0][0] == "no", len(item[0][1]), -len(item[1]), item[1]))
    rows = ((some_names(sorted(names)), f"{len(names):,}", answered, lines) for (answered, lines), names in ordered)
    columns = (Column("clusters"), Column("how many", number=True), Column("fits"), Column("because"))
    notes = [f"No cluster has a resource of type {kind!r}." for kind in answer.unknown_types]
    title = "Why not elsewhere" if answer.matched else f"Why it fits nowhere{' for certain' if undecided else ''}"
    return text_table(title, columns, rows, notes)


def _relaxed(found: Relaxations) -> TextTable | None:
    columns = [Column("relaxed to"), Column("instead of"), Column("more clusters", number=True), Column("which")]
    rows: list[tuple[str, ...]] = [
        (one.to, one.instead_of, f"{len(one.clusters):,}", some_names(one.clusters), str(one.number))
        for one in relaxation_rows(found)
    ]
    if (found.fewest or 0) > 1:
        columns.append(Column("set", number=True))
    else:
        rows = [row[:-1] for row in rows]
    versions = any(asks_for_versions(requirement) for one in found.sets for requirement in one.requirements)
    notes = [f"{relaxation_title(found)}.", *([RANGES] if versions else [])]
    return text_table("What to relax", columns, rows, notes)
