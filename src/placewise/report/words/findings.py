"""What the numbers say, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from placewise.model.quantities import MACRO
from placewise.model.results.results import Results
from placewise.model.studies.study import SINGLE, folder_name
from placewise.report.data.experiments import interval_over_orders, single_without_metadata
from placewise.report.words.evidence import evidence_findings
from placewise.report.words.intervals import brackets_explained, in_brackets
from placewise.report.words.level_findings import ceiling_findings, level_findings
from placewise.report.words.names import orders_word
from placewise.report.words.numbers import counted, jobs, share
from placewise.report.words.timed import timed_findings
from placewise.report.words.truth import truth_findings
from placewise.report.words.worth_findings import worth_findings


def findings(results: Results) -> list[str]:
    """Return the findings as sentences, each made only of numbers that the results have."""
    experiments = level_findings(results) if results.levels else list(_experiments(results))
    known = [] if results.evidence is None else evidence_findings(results.evidence)
    replayed = [] if results.timed is None else timed_findings(results.timed)
    return [
        *replayed,
        *known,
        *truth_findings(results),
        *experiments,
        *orders_findings(results),
        *brackets_explained(results),
        *worth_findings(results),
    ]


def _experiments(results: Results) -> Iterator[str]:
    none, everything = results.scores.get("none"), results.scores.get("all")
    if none is not None:
        # With no unmatched job the two are one; the prior work published the second alone.
        success = none.success_of_matched.mean if none.success is None and not none.unmatched else none.success
        if success is not None:
            yield (
                f"Without metadata, the scheduler sends {share(success)} of {jobs(none.total_jobs)} to a cluster on "
                f"which they succeed{in_brackets(results, 'none')}."
            )
    if everything is not None and everything.total_jobs:
        lost = (
            f"{share(everything.unmatched / everything.total_jobs)} ({everything.unmatched:,} of "
            f"{everything.total_jobs:,}) match no cluster"
        )
        if everything.success_of_matched.mean is None:
            yield f"With all metadata, {lost}."
        else:
            yield (
                f"With all metadata, {share(everything.success_of_matched.mean)} of the "
                f"{jobs(everything.total_jobs - everything.unmatched)} that match a cluster succeed, but {lost}; "
                f"success is {share(everything.success)}{in_brackets(results, 'all')}."
            )
    yield from ceiling_findings(results)
    yield from single_findings(results)


def single_findings(results: Results) -> Iterator[str]:
    """Say what metadata on single subsystems changes, over submissions and over subsystems."""
    single, score, nothing = results.single, results.scores.get(folder_name(SINGLE)), single_without_metadata(results)
    if score is not None and score.success is not None and nothing is not None:
        yield (
            f"Metadata on a single subsystem takes success from {share(nothing)} (without metadata, the same "
            f"{counted(score.total_jobs, 'submission')}, a job for each subsystem that it needs) to "
            f"{share(score.success)}{in_brackets(results, folder_name(SINGLE))}."
        )
    if single is not None and single.macro is not None and single.baseline is not None:
        yield (
            f"As a mean over {counted(single.subsystems, 'subsystem')}, metadata on a single one takes the success of "
            f"matched jobs from {share(single.baseline)} (without metadata, same jobs) to {share(single.macro)}"
            f"{in_brackets(results, folder_name(SINGLE), MACRO)}."
        )


def orders_findings(results: Results) -> Iterator[str]:
    """Say how far the answer depends on the order of metadata; nothing of a single order."""
    interval = interval_over_orders(results)
    if interval is None or interval.count < 2:
        return
    ends = f"{share(interval.low)} and {share(interval.high)}"
    lie = f"their range lies between {ends}" if interval.is_range else f"the central 95 % lie between {ends}"
    yield (
        "With metadata on one subsystem after the other, the answer depends on their order: over "
        f"{interval.count:,} random orders the {orders_word(results)} has a median of {share(interval.median)}, "
        f"and {lie}."
    )
