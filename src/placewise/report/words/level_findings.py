"""What the numbers say of levels of metadata, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from placewise.model.quantities import CEILING, FLEET
from placewise.model.results.results import Results
from placewise.model.studies.study import WITHOUT_REPLACEMENT
from placewise.report.data import levels
from placewise.report.data.levels import LevelRow
from placewise.report.words.cost_findings import cost_findings
from placewise.report.words.intervals import in_brackets
from placewise.report.words.names import level_rows, policy_word, reason_word, with_metadata_on
from placewise.report.words.numbers import amount, jobs, number, share, shown


def level_findings(results: Results) -> list[str]:
    """Return the findings on levels as sentences, each made only of numbers that the results have."""
    rows = level_rows(results)
    return [
        *_growing(results, rows),
        *_exact(rows),
        *ceiling_findings(results),
        *_reasons(rows),
        *_spread(rows),
        *_outside(rows),
        *cost_findings(results, rows),
        *_chosen(results, rows),
        *_full(rows),
        *_front(results, rows),
    ]


def choice_findings(results: Results) -> list[str]:
    """Return the findings that a table of the levels does not show: what compares two of them, or holds of all."""
    rows = level_rows(results)
    return [*_exact(rows), *_chosen(results, rows), *_full(rows), *_outside(rows), *cost_findings(results, rows)]


def _growing(results: Results, rows: Sequence[LevelRow]) -> Iterator[str]:
    steps = levels.growing(rows)
    if not steps or steps[0].level.score.success is None:
        return
    first = steps[0].level.score
    sentence = (
        f"Without metadata, the scheduler sends {share(first.success)} of {jobs(first.total_jobs)} to a cluster on "
        f"which they succeed{in_brackets(results, steps[0].level.name)}"
    )
    more = [
        f"{with_metadata_on(row.label)}, {share(row.level.score.success)}{in_brackets(results, row.level.name)}"
        for row in steps[1:]
    ]
    yield "; ".join([sentence, *more]) + "."


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


def ceiling_findings(results: Results) -> Iterator[str]:
    """Say what the best scheduler could do, and which level comes nearest where there are levels."""
    if results.ceiling is not None:
        yield (
            f"No scheduler can do better than the ceiling, {share(results.ceiling)}"
            f"{in_brackets(results, FLEET, CEILING)}: {_beyond(results)}."
        )
        best = levels.best_row(level_rows(results))
        if best is not None:
            near = f"{share(best.level.score.success)}{in_brackets(results, best.level.name)}"
            yield f"The level that comes nearest to the ceiling is {best.label}, with {near}."


def _beyond(results: Results) -> str:
    if results.truth is not None:
        return "it is the mean over jobs of the probability of success on the cluster that is best for each"
    return "for the other jobs the fleet has no cluster on which they succeed"


def _reasons(rows: Sequence[LevelRow]) -> Iterator[str]:
    row = next((row for row in rows if not row.level.metadata), None)
    if row is None or not row.level.reasons.together or not levels.assigned(row.level):
        return
    total, reasons = levels.assigned(row.level), row.level.reasons
    ordered = sorted(reasons.every.items(), key=lambda item: -item[1])
    parts = ", ".join(f"{reason_word(name)} {share(count / total, 3)}" for name, count in ordered if count > 0)
    several = sum(count for together, count in reasons.together.items() if len(together) > 1)
    yield (
        f"Without metadata, {share(levels.failing(row.level) / total)} of jobs fail, for reasons that may hold "
        f"together: {parts}; {share(several / total, 3)} fail for more than one."
    )


def _spread(rows: Sequence[LevelRow]) -> Iterator[str]:
    pair = levels.exact_beside_at_least(rows) or ()
    parts = []
    for row in (*(row for row in rows if not row.level.metadata), *pair):
        used, most = row.level.score.clusters_used, levels.clusters_taking(row.level, 0.9)
        if used is not None and most is not None:
            parts.append(
                f"{with_metadata_on(row.label)}, {number(used, 3)} of {row.level.score.clusters:,} clusters are used "
                f"and {most:,} take 90 % of the jobs assigned"
            )
    if parts:
        yield f"How many clusters share the work depends on the metadata: {'; '.join(parts)}."


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


def _front(results: Results, rows: Sequence[LevelRow]) -> Iterator[str]:
    reference = levels.reference_of(results)
    points = levels.cost_points(rows, reference)
    front = sorted((points[i] for i in levels.non_dominated([point[:2] for point in points])), key=lambda p: p[0])
    if not front or reference is None:
        return
    parts = "; ".join(f"{row.label} ({number(cost, 3)}, {share(success, 3)})" for cost, success, row in front)
    which = "one level is on the Pareto front" if len(front) == 1 else f"{len(front)} levels are on the Pareto front"
    yield f"By additional cost of a job (price units, {shown(reference)}) and success, {which}: {parts}."
