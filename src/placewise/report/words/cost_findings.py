"""What costs rest on, and what failures use up, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from placewise.model.results import Results
from placewise.model.runtime_models import CHOICES, Choice, uses_memory
from placewise.report.data import levels
from placewise.report.data import models as numbers
from placewise.report.data.levels import LevelRow
from placewise.report.words.names import with_metadata_on
from placewise.report.words.numbers import number, share, shown

MEMORY = "Memory that is known only after a run is not used to predict before it."


def cost_findings(results: Results, rows: Sequence[LevelRow]) -> Iterator[str]:
    """Say between what bounds costs lie, what they rest on, and what failures cost."""
    yield from _spread(results, rows)
    yield from _failures(rows)


def _spread(results: Results, rows: Sequence[LevelRow]) -> Iterator[str]:
    models = results.models
    for reference in levels.references(results):
        row = next((row for row in rows if reference in row.level.costs and row.level.costs[reference].spread), None)
        if row is None or models is None:
            continue
        spread = row.level.costs[reference].spread
        used: Choice = next(model for model in CHOICES if model == next(iter(spread)))
        least, most = min(spread.values()), max(spread.values())
        packages = len(models) / (len(models) + len(models.too_few))
        sentence = (
            f"Costs are predicted, for {share(packages, 3)} of packages: against {shown(reference)}, one job "
            f"({with_metadata_on(row.label)}) costs {number(spread[used], 3)} price units more by {used}, and "
            f"{number(least, 3)} to {number(most, 3)} by the models that are not clearly worse ({', '.join(spread)})"
        )
        errors = numbers.median_errors([card.validation for card in models.cards()])
        off = errors.get(used, errors.get(numbers.MEAN))
        if off is not None:
            whose = "its" if used in errors else "the mean's"
            sentence += f"; {whose} runtimes are off by {share(off, 3)}, median of packages, on builds not seen"
        if uses_memory(used):
            yield f"{sentence}. It predicts from memory, which is known only after a run."
        else:
            yield f"{sentence}. {MEMORY}"


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
            f"{with_metadata_on(row.label)}, {number(used.cost_of_failures, 4)} price units, "
            f"{share(used.share_of_failures, 3)} of all that is used{each}"
        )
    if parts:
        after = known[0].level.used.fail_after if known[0].level.used else 1.0
        how = "all" if after == 1 else share(after, 3)
        yield f"Jobs that fail, if after {how} of their runtime, cost {'; '.join(parts)}."
