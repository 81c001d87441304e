"""What the numbers say of levels of metadata, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from placewise.model.results import Results
from placewise.model.study import WITHOUT_REPLACEMENT
from placewise.report.cells import amount
from placewise.report.intervals import ceiling_in_brackets, in_brackets
from placewise.report.levels import (
    Row,
    assigned,
    best_row,
    clusters_taking,
    cost_each,
    exact_beside_at_least,
    failing,
    growing,
    level_rows,
    non_dominated,
    reference_of,
    references,
)
from placewise.report.wording import (
    ENOUGH_MEMORY,
    builds,
    is_chosen,
    number,
    policy_word,
    reason_word,
    share,
    shown,
    told_words,
)


def level_findings(results: Results) -> list[str]:
    """Return the findings on levels as sentences, each made only of numbers that the results have."""
    rows = level_rows(results)
    return [
        *_growing(results, rows),
        *_exact(rows),
        *_ceiling(results, rows),
        *_reasons(rows),
        *_spread(rows),
        *_outside(rows),
        *_chosen(results, rows),
        *_full(rows),
        *_front(results, rows),
    ]


def _growing(results: Results, rows: Sequence[Row]) -> Iterator[str]:
    steps = growing(rows)
    if not steps or steps[0].level.score.success is None:
        return
    nothing = steps[0].level.score
    sentence = (
        f"Told nothing of what builds need, the scheduler sends {share(nothing.success)} of "
        f"{builds(nothing.total_jobs)} to a cluster on which they succeed"
        f"{in_brackets(results, steps[0].level.name)}"
    )
    more = [
        f"told {row.label}, {share(row.level.score.success)}{in_brackets(results, row.level.name)}" for row in steps[1:]
    ]
    yield "; ".join([sentence, *more]) + "."


def _exact(rows: Sequence[Row]) -> Iterator[str]:
    pair = exact_beside_at_least(rows)
    if pair is None:
        return
    exact, least = (row.level.score for row in pair)
    if exact.success is None or least.success is None:
        return
    difference = least.success - exact.success
    verb = "costs" if difference >= 0 else "gains"
    sides = [
        f"told {row.label}, {share(row.level.score.success)} of all builds succeed, as "
        f"{share(row.level.score.unmatched / row.level.score.total_jobs)} ({row.level.score.unmatched:,}) match no "
        f"cluster and {share(row.level.score.success_of_matched.mean)} of the others succeed"
        for row in pair
    ]
    yield (
        f"Asking for the exact version of the compiler {verb} {number(100 * abs(difference), 4)} points of joint "
        f"success against asking for that version or a newer one: {'; '.join(sides)}."
    )


def _ceiling(results: Results, rows: Sequence[Row]) -> Iterator[str]:
    best = best_row(rows)
    if results.ceiling is None or best is None:
        return
    yield (
        f"No scheduler can do better than {share(results.ceiling)}{ceiling_in_brackets(results)}, the ceiling: only "
        "for that share of builds does the fleet have a cluster on which they succeed. The level that comes nearest is "
        f"{best.label}, with {share(best.level.score.success)}{in_brackets(results, best.level.name)}."
    )


def _reasons(rows: Sequence[Row]) -> Iterator[str]:
    row = next((row for row in rows if not row.level.metadata), None)
    if row is None or not row.level.reasons.together or not assigned(row.level):
        return
    total, reasons = assigned(row.level), row.level.reasons
    ordered = sorted(reasons.every.items(), key=lambda item: -item[1])
    parts = ", ".join(f"{reason_word(name)} {share(count / total, 3)}" for name, count in ordered if count > 0)
    several = sum(count for together, count in reasons.together.items() if len(together) > 1)
    yield (
        f"Told nothing, {share(failing(row.level) / total)} of builds fail, for reasons that may hold together: "
        f"{parts}; {share(several / total, 3)} fail for more than one."
    )


def _spread(rows: Sequence[Row]) -> Iterator[str]:
    pair = exact_beside_at_least(rows) or ()
    parts = []
    for row in (*(row for row in rows if not row.level.metadata), *pair):
        used, most = row.level.score.clusters_used, clusters_taking(row.level, 0.9)
        if used is not None and most is not None:
            parts.append(
                f"told {row.label}, {number(used, 3)} of {row.level.score.clusters:,} clusters are used and "
                f"{most:,} take 90 % of the builds assigned"
            )
    if parts:
        yield f"How many clusters share the work depends on what is told: {'; '.join(parts)}."


def _outside(rows: Sequence[Row]) -> Iterator[str]:
    """Say plainly how far runtimes and costs are extrapolated."""
    known = [row.level.outside_range for row in rows if row.level.outside_range is not None]
    if not known or not any(known):
        return
    first = next((row for row in rows if row.level.outside_range is not None), rows[0])
    sentence = (
        f"Caution: {share(first.level.outside_range, 3)} of builds (told {first.label}; {share(min(known), 3)} to "
        f"{share(max(known), 3)} over all levels) have their runtime predicted at a memory outside the range that the "
        "models of their package were fitted to"
    )
    enough = next((row.level.score for row in rows if row.level.metadata == (ENOUGH_MEMORY,)), None)
    fitting = None if enough is None else enough.matched_clusters.mean
    if enough is not None and fitting is not None and fitting > enough.clusters / 2:
        sentence += (
            f"; a build fits into the memory of {number(fitting, 3)} of {enough.clusters:,} clusters on average, as "
            "the clusters' memory lies above what the builds used"
        )
    yield f"{sentence}. Additional runtimes and costs are extrapolations, not measurements."


def _chosen(results: Results, rows: Sequence[Row]) -> Iterator[str]:
    """Set the level at which a policy chooses beside the one at which the same is told and any cluster may be given."""
    for row in (row for row in rows if is_chosen(row.level) and row.level.name != WITHOUT_REPLACEMENT):
        other = next((r for r in rows if r.level.metadata == row.level.metadata and not is_chosen(r.level)), None)
        if other is None or assigned(other.level) != assigned(row.level):
            continue
        parts = []
        for reference in references(results):
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
            among = "of" if policy.startswith("the ") else "among"
            yield (
                f"Told {told_words(row.level.metadata)}, {builds(assigned(row.level))} match. "
                f"Choosing {policy} {among} "
                "the clusters that match, rather than any by chance, takes their additional cost "
                f"{' and '.join(parts)}."
            )


def _full(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        if row.level.no_capacity:
            yield (
                f"With the nodes of clusters used up, {builds(row.level.no_capacity)} "
                f"({share(row.level.no_capacity / row.level.score.total_jobs)}) find every cluster that matches full, "
                f"and joint success is {share(row.level.score.success)}."
            )


def _front(results: Results, rows: Sequence[Row]) -> Iterator[str]:
    reference = reference_of(results)
    points = [
        (cost, row.level.score.success, row)
        for row in rows
        if reference is not None
        and (cost := cost_each(row.level.costs.get(reference))) is not None
        and row.level.score.success is not None
    ]
    front = sorted((points[i] for i in non_dominated([(cost, joint) for cost, joint, _ in points])), key=lambda p: p[0])
    if not front or reference is None:
        return
    parts = "; ".join(f"{row.label} ({number(cost, 3)}, {share(joint, 3)})" for cost, joint, row in front)
    which = "one level is beaten by none" if len(front) == 1 else f"{len(front)} levels are beaten by none"
    yield f"Of additional cost a build (price units, {shown(reference)}) against joint success, {which}: {parts}."
