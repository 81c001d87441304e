"""What the numbers say of levels of metadata, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from placewise.model.results.results import Results
from placewise.model.studies.study import WITHOUT_REPLACEMENT
from placewise.report.data.studies import levels
from placewise.report.data.studies.levels import LevelRow
from placewise.report.words.names import level_rows, policy_word, with_metadata_on
from placewise.report.words.numbers import amount, jobs, number, share, shown
from placewise.report.words.studies.cost_findings import cost_findings


def choice_findings(results: Results) -> list[str]:
    """Return the findings that a table of the levels does not show: what compares two of them, or holds of all."""
    return [*success_findings(results), *runtime_findings(results)]


def success_findings(results: Results) -> list[str]:
    """Return what two levels show beside each other, and what full clusters take from success."""
    rows = level_rows(results)
    return [*_exact(rows), *_full(rows)]


def runtime_findings(results: Results) -> list[str]:
    """Return how far runtimes and costs can be trusted, what choosing a cluster saves, and what failures use up."""
    rows = level_rows(results)
    return [*_outside(rows), *_chosen(results, rows), *cost_findings(results, rows)]


def _exact(rows: Sequence[LevelRow]) -> Iterator[str]:
    pair = levels.exact_beside_at_least(rows)
    if pair is None:
        return
    exact, least = (row.level.score for row in pair)
    if exact.success is None or least.success is None:
        return
    difference = least.success - exact.success
    sides = [
        f"{with_metadata_on(row.label)}, success is {share(row.level.score.success)}, as "
        f"{share(row.level.score.unmatched / row.level.score.total_jobs)} ({row.level.score.unmatched:,}) match no "
        f"cluster and {share(row.level.score.success_of_matched.mean)} of the others succeed"
        for row in pair
    ]
    yield (
        f"Asking for the exact version of the compiler {'costs' if difference >= 0 else 'gains'} "
        f"{number(100 * abs(difference), 4)} points of success against asking for that version or a newer one: "
        f"{'; '.join(sides)}."
    )


def _outside(rows: Sequence[LevelRow]) -> Iterator[str]:
    """Say plainly how far runtimes and costs are extrapolated."""
    known = [row for row in rows if row.level.outside_range is not None]
    parts = [row.level.outside_range or 0.0 for row in known]
    if not any(parts):
        return
    sentence = (
        f"Caution: {share(parts[0], 3)} of jobs ({with_metadata_on(known[0].label)}; {share(min(parts), 3)} to "
        f"{share(max(parts), 3)} over all levels) have their runtime predicted at a memory outside the range that the "
        "models of their package were fitted to"
    )
    enough = next((row.level.score for row in rows if row.level.metadata == (levels.ENOUGH_MEMORY,)), None)
    fitting = None if enough is None else enough.matched_clusters.mean
    if enough is not None and fitting is not None and fitting > enough.clusters / 2:
        sentence += (
            f"; a job fits into the memory of {number(fitting, 3)} of {enough.clusters:,} clusters on average, as "
            "the clusters' memory lies above what the jobs used"
        )
    yield f"{sentence}. Additional runtimes and costs are extrapolations, not measurements."


def _chosen(results: Results, rows: Sequence[LevelRow]) -> Iterator[str]:
    """Compare the level at which a policy chooses with the one with the same metadata at which chance does."""
    for row in (row for row in rows if levels.is_chosen(row.level) and row.level.name != WITHOUT_REPLACEMENT):
        other = levels.same_metadata_by_chance(rows, row)
        if other is None or levels.assigned(other.level) != levels.assigned(row.level):
            continue
        parts = []
        for reference in levels.references(results):
            before, after = other.level.costs.get(reference), row.level.costs.get(reference)
            if before is None or after is None or not before.cost > 0:
                continue
            change = after.cost / before.cost - 1
            parts.append(
                f"from {amount(before.cost)} to {amount(after.cost)} price units "
                f"({share(abs(change), 3)} {'less' if change <= 0 else 'more'}) against {shown(reference)}"
            )
        if parts:
            policy = policy_word(results)
            yield (
                f"{with_metadata_on(other.label).capitalize()}, {jobs(levels.assigned(row.level))} match. "
                f"Choosing {policy} {'of' if policy.startswith('the ') else 'among'} the clusters that match, rather "
                f"than any by chance, takes their additional cost {' and '.join(parts)}."
            )


def _full(rows: Sequence[LevelRow]) -> Iterator[str]:
    for row in rows:
        if row.level.no_capacity:
            yield (
                f"With the nodes of clusters used up, {jobs(row.level.no_capacity)} "
                f"({share(row.level.no_capacity / row.level.score.total_jobs)}) find every cluster that matches full, "
                f"and success is {share(row.level.score.success)}."
            )
