"""What the numbers say, in sentences."""

from __future__ import annotations

from placewise.model.quantities import MACRO
from placewise.model.results import Results
from placewise.model.study import SINGLE, folder_name
from placewise.report.intervals import brackets_explained, ceiling_in_brackets, in_brackets
from placewise.report.level_findings import level_findings
from placewise.report.statistics import interval_over_orders
from placewise.report.wording import counted, jobs, orders_word, share
from placewise.report.worth_findings import worth_findings


def findings(results: Results) -> list[str]:
    """Return the findings as sentences, each made only of numbers that the results have."""
    if results.levels:
        said = [*level_findings(results), *filter(None, [_orders(results)])]
        return [*said, *brackets_explained(results), *worth_findings(results)]
    sentences = (
        _told_nothing(results),
        _told_everything(results),
        _ceiling(results),
        _single(results),
        _orders(results),
    )
    said = [sentence for sentence in sentences if sentence is not None]
    return [*said, *brackets_explained(results), *worth_findings(results)]


def _told_nothing(results: Results) -> str | None:
    score = results.scores.get("none")
    if score is None or score.success_of_matched.mean is None:
        return None
    return (
        f"Told nothing of what jobs need, the scheduler sends {share(score.success_of_matched.mean)} of "
        f"{jobs(score.total_jobs)} to a cluster on which they succeed{in_brackets(results, 'none')}."
    )


def _told_everything(results: Results) -> str | None:
    score = results.scores.get("all")
    if score is None or not score.total_jobs:
        return None
    lost = (
        f"{share(score.unmatched / score.total_jobs)} ({score.unmatched:,} of {score.total_jobs:,}) no longer match "
        "any cluster at all"
    )
    if score.success_of_matched.mean is None:
        return f"Told everything, {lost}."
    matched = score.total_jobs - score.unmatched
    return (
        f"Told everything, {share(score.success_of_matched.mean)} of the {jobs(matched)} that still match a cluster "
        f"succeed, but {lost}; over all jobs {share(score.success)} "
        f"succeed{in_brackets(results, 'all')}."
    )


def _ceiling(results: Results) -> str | None:
    if results.ceiling is None:
        return None
    return (
        f"No scheduler can do better than {share(results.ceiling)}{ceiling_in_brackets(results)}, the ceiling: only "
        "for that share of jobs does the fleet have a cluster on which they succeed."
    )


def _single(results: Results) -> str | None:
    single = results.single
    if single is None or single.macro is None or single.baseline is None:
        return None
    return (
        f"A single subsystem told takes build success from {share(single.baseline)} (nothing told, same jobs) to "
        f"{share(single.macro)}, as a mean over {counted(single.subsystems, 'subsystem')}"
        f"{in_brackets(results, folder_name(SINGLE), MACRO)}."
    )


def _orders(results: Results) -> str | None:
    interval = interval_over_orders(results)
    if interval is None or interval.count < 2:
        return None
    ends = f"{share(interval.low)} and {share(interval.high)}"
    lie = f"and their range lies between {ends}" if interval.is_range else f"and the central 95 % lie between {ends}"
    return (
        "Told one subsystem after the other, the answer depends on their order: over "
        f"{interval.count:,} random orders the {orders_word(results)} of all matched submissions has a median of "
        f"{share(interval.median)}, {lie}."
    )
