"""What costs rest on, and what failures use up, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from placewise.model.results.results import Results
from placewise.model.results.runtime_models import CHOICES, Choice, uses_memory
from placewise.report.data.records import models as numbers
from placewise.report.data.studies import levels
from placewise.report.data.studies.levels import LevelRow
from placewise.report.words.names import with_metadata_on
from placewise.report.words.numbers import number, share, shown


def cost_findings(results: Results, rows: Sequence[LevelRow]) -> Iterator[str]:
    """Say between what bounds costs lie, what they rest on, and what failures cost."""
    yield from _spread(results, rows)
    yield from _failures(rows)


def _spread(results: Results, rows: Sequence[LevelRow]) -> Iterator[str]:
    models, references = results.models, levels.references(results)
    row = next((row for row in rows if all(one.spread for one in row.level.costs.values()) and row.level.costs), None)
    if row is None or models is None:
        return
    parts = []
    for reference in references:
        spread = row.level.costs[reference].spread
        used, *_ = values = list(spread.values())
        parts.append(
            f"{number(used, 3)} ({number(min(values), 3)} to {number(max(values), 3)}) against {shown(reference)}"
        )
    names = list(row.level.costs[references[0]].spread)
    used_model: Choice = next(choice for choice in CHOICES if choice == names[0])
    errors = numbers.median_errors([card.validation for card in models.cards()])
    off = errors.get(used_model)
    memory = (
        "from memory, which is known only after a run"
        if uses_memory(used_model)
        else "without memory that is known only after a run"
    )
    yield (
        f"{with_metadata_on(row.label).capitalize()}, one job costs {' and '.join(parts)} in price units; in brackets, "
        f"least and most by the models that are not clearly worse ({', '.join(names)}): all predicted, not measured, "
        f"for {share(len(models) / (len(models) + len(models.too_few)), 3)} of packages, by {used_model}, {memory}"
        f"{'' if off is None else f', and off by {share(off, 3)} on builds not seen (median of packages)'}."
    )


def _failures(rows: Sequence[LevelRow]) -> Iterator[str]:
    known = [row for row in rows if row.level.used is not None and row.level.used.cost_of_failures > 0]
    parts = []
    best = levels.best_row(known)
    for row in (*known[:1], *([best] if best is not None and best is not known[0] else [])):
        used = row.level.used
        if used is None:
            continue
        each = (
            "" if used.cost_of_a_success is None else f", so that a success costs {number(used.cost_of_a_success, 3)}"
        )
        parts.append(
            f"{with_metadata_on(row.label)}, {number(used.cost_of_failures, 4)} price units for failures, "
            f"{share(used.share_of_failures, 3)} of all that is used{each}"
        )
    if parts:
        after = known[0].level.used.fail_after if known[0].level.used else 1.0
        how = "their whole" if after == 1 else f"{share(after, 3)} of their"
        yield f"Jobs that fail are taken to use {how} runtime (--fail-after): {'; '.join(parts)}."
