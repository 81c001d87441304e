"""What the numbers say beyond the answer that a report begins with, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from placewise.model.quantities import MACRO
from placewise.model.results.results import Results
from placewise.model.scalar import counted
from placewise.model.studies.study import SINGLE, folder_name
from placewise.report.data.studies.experiments import interval_over_orders, single_without_metadata
from placewise.report.words.intervals import in_brackets
from placewise.report.words.names import orders_word
from placewise.report.words.numbers import share


def single_findings(results: Results) -> Iterator[str]:
    """Say what metadata on single subsystems changes, over submissions and over subsystems."""
    single, score, nothing = results.single, results.scores.get(folder_name(SINGLE)), single_without_metadata(results)
    if score is not None and score.success is not None and nothing is not None:
        yield (
            f"In single, each job is submitted once for each subsystem that it needs, with metadata on that one: "
            f"{share(score.success)} of {counted(score.total_jobs, 'submission')} succeed"
            f"{in_brackets(results, folder_name(SINGLE), whole=True)}, against {share(nothing)} without metadata."
        )
    if single is not None and single.macro is not None and single.baseline is not None:
        yield (
            f"Averaged over {counted(single.subsystems, 'subsystem')}, each counted once, the success of matched jobs "
            f"is {share(single.macro)} with metadata on that subsystem"
            f"{in_brackets(results, folder_name(SINGLE), MACRO)}, against {share(single.baseline)} without metadata."
        )


def orders_findings(results: Results) -> Iterator[str]:
    """Say how far the answer depends on the order of metadata; nothing of a single order."""
    interval = interval_over_orders(results)
    if interval is None or interval.count < 2:
        return
    low, high = share(interval.low), share(interval.high)
    lie = f"ranges from {low} to {high}" if interval.is_range else f"lies between {low} and {high} in 95 % of them"
    yield (
        "Expanding depends on the order in which metadata is added: over "
        f"{interval.count:,} random orders, the {orders_word(results)} has a median of {share(interval.median)} "
        f"and {lie}."
    )
