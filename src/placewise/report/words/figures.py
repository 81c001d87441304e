"""Titles, captions and texts for those who cannot see, of figures that are both pictures and charts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from placewise.model.results.held_out import HeldOut
from placewise.model.results.results import Results
from placewise.model.results.worth import Difference, Headline, LevelPoint, SensitivityPoint, Sufficiency
from placewise.model.scalar import counted
from placewise.report.data.statistics import FEWEST_FOR_CENTRAL
from placewise.report.data.studies import experiments, held_out, uncertainty
from placewise.report.data.studies.worth import front, ranking
from placewise.report.words.intervals import interval_kind, interval_over, interval_words
from placewise.report.words.names import (
    LIFT_ALONE,
    LOSS_IF_DROPPED,
    difference_text,
    figure_label,
    orders_word,
    setting_amount,
    setting_words,
    subsystems_label,
)
from placewise.report.words.numbers import distinct, jobs, share, shown
from placewise.report.words.studies.held_out import OVER_WORDS, RANKING_WORDS
from placewise.report.words.studies.worth import front_found, how_found, sufficiency_sentence
from placewise.report.words.studies.worth_findings import sensitivity_findings

_FIRST = 6

TRADE_OFF_LINES = {
    "matched success": "success of matched jobs",
    "matched": "matched jobs",
    "success": "success",
    "ceiling": "ceiling",
}
SENSITIVITY_LINES = {
    "everything": "success with all metadata",
    "nothing": "success without metadata",
    "matched": "matched jobs with all metadata",
    "ceiling": "ceiling",
}


class FigureWords(NamedTuple):
    """The words for a figure: its file name without ending, its title, what it shows, and its numbers in words."""

    name: str
    title: str
    caption: str
    alt: str


def trade_off_words(results: Results) -> FigureWords:
    """Return the words for success and matches by how many subsystems have metadata."""
    first, last = results.curve[0], results.curve[-1]
    alt = (
        f"Lines by number of subsystems with metadata, from {first.level} to {last.level}: success of matched jobs "
        f"from {share(first.success_of_matched, 3)} to {share(last.success_of_matched, 3)}, matched jobs from "
        f"{share(first.share_matched, 3)} to {share(last.share_matched, 3)}, success from {share(first.success, 3)} "
        f"to {share(last.success, 3)}; ceiling {share(results.ceiling, 3)}."
    )
    caption = (
        "With metadata on more subsystems, fewer jobs match a cluster, and those that match succeed more often. "
        "Success is the product of the two; it never exceeds the ceiling."
    )
    ends = experiments.ends_with_intervals(results)
    if ends:
        caption += f" Brackets in the picture: {interval_over(next(iter(ends.values())))}."
    return FigureWords("trade-off", "More metadata: better choices, fewer places to go", caption, alt)


def orders_words(results: Results, found: experiments.Orders) -> FigureWords:
    """Return the words for success of matched jobs over random orders."""
    interval, word = found.interval, orders_word(results)
    part = "range" if interval.is_range else "central 95 %"
    caption = (
        f"{word.capitalize()} of expanding over {counted(interval.count, 'random order')}, each over all (job, level) "
        f"submissions that matched a cluster; the shaded interval holds "
        f"{'all' if interval.is_range else 'the central 95 %'} of the orders."
    )
    if not results.exact:
        caption += " The order of the scores has one choice drawn for each submission instead."
    alt = (
        f"Histogram over {counted(interval.count, 'random order')}: median {share(interval.median, 3)}, {part} from "
        f"{share(interval.low, 3)} to {share(interval.high, 3)}; the order of the scores gives {share(found.main, 3)}."
    )
    return FigureWords("order-spread", "What the order of metadata changes", caption, alt)


def ranking_words(results: Results) -> FigureWords:
    """Return the words for the most valuable subsystems."""
    worth = results.worth
    assert worth is not None
    count, drawn = len(worth.subsystems), len(ranking(results))
    best = ", ".join(f"{shown(row.name, 40)} {share(row.value, 3)}" for row in worth.subsystems[:5])
    alt = (
        f"Bars of {counted(drawn, 'subsystem')} by Shapley value, the largest first: {best}; marks beside each for its "
        f"{LIFT_ALONE} and its {LOSS_IF_DROPPED}. The values sum to {share(worth.everything - worth.nothing, 3)} of "
        f"{jobs(worth.jobs)}."
    )
    top = f"The {drawn} most valuable of {count:,} subsystems; the table has all. " if count > drawn else ""
    over = next((row.interval.over for row in worth.subsystems if row.interval is not None), None)
    caption = (
        f"{top}Success of {jobs(worth.jobs)}: the Shapley value ({how_found(worth)}) divides what all metadata adds "
        f"among the subsystems. The {LIFT_ALONE} is what metadata on a subsystem adds alone; the {LOSS_IF_DROPPED} is "
        "what is lost without it alone."
        + ("" if over is None else f" Lines: 95 % intervals of the value over {shown(over)}.")
    )
    return FigureWords("value-ranking", "What metadata on each subsystem is worth", caption, alt)


def sufficiency_words(found: Sufficiency) -> FigureWords:
    """Return the words for success by how many subsystems have metadata, in greedy and in random order."""
    last = len(found.greedy) - 1
    half = next((i for i, value in enumerate(found.greedy) if value >= found.reached / 2), last)
    alt = (
        f"Lines of success by subsystems with metadata, from 0 to {last:,}: in greedy order it rises from "
        f"{share(float(found.greedy[0]), 3)} to {share(float(found.greedy[-1]), 3)}; half of "
        f"{share(found.reached, 3)} takes {counted(half, 'subsystem')}. {sufficiency_sentence(found)}"
    )
    caption = (
        "In greedy order, each step adds the subsystem that raises success most; its name is beside the step where "
        "there is room. Sets and orders are chosen and judged on the same jobs and fleet, so other jobs may need more. "
        f"The band shows 95 % of {counted(found.random_orders, 'random order')}, the dashed line their median. "
        "The diamond is the smallest set found for the target."
    )
    return FigureWords("sufficiency", "How few subsystems suffice", caption, alt)


def held_out_words(found: HeldOut) -> FigureWords:
    """Return the words for success by rank where it was not ranked."""
    size = held_out.chosen_size(found)
    table = held_out.by_ranking(found, size)
    parts = [
        f"{OVER_WORDS[over]} "
        + ", ".join(
            f"{RANKING_WORDS[name]} {share(what.mean, 3)}"
            for name, row in table.items()
            if (what := row.get(over)) is not None
        )
        for over in held_out.overs(found)
    ]
    caption = (
        "Each line ranks the subsystems on one part of the data. Its height is the success on another part with "
        "metadata on the first N of them, as a share of the ceiling there: the mean over splits. A line that is lower "
        "outside the first panel does not carry over."
    )
    alt = f"Lines by number of subsystems with metadata; with {size:,} of them: {'; '.join(parts)}."
    return FigureWords("held-out", "Do rankings hold on other data?", caption, alt)


def front_words(results: Results, drawn: Sequence[LevelPoint]) -> FigureWords:
    """Return the words for levels by cost, matches and success."""
    best, count = front(results), counted(len(results.front), "level")
    alt = f"Marks of {count}."
    if best:
        ends = [f"{subsystems_label(end.metadata)} ({share(end.success, 3)} success)" for end in (best[0], best[-1])]
        alt = f"Marks of {count}; {len(best):,} are on the Pareto front: from {' to '.join(dict.fromkeys(ends))}."
    some = f" Drawn are {len(drawn):,}, the most successful." if len(drawn) < len(results.front) else ""
    caption = (
        f"Each mark is a level. The {len(best):,} filled marks of {len(results.front):,} are Pareto-optimal: no other "
        "level found is as good in cost, success and waste and better in one of them. The "
        f"front is {front_found(results)}."
        f"{some}"
    )
    return FigureWords("pareto-levels", "What metadata costs, and what it gives", caption, alt)


def interval_labels(results: Results, known: Sequence[Headline | Difference]) -> list[str]:
    """Name figures or differences, each differently."""
    return distinct([figure_label(results, one.experiment, one.quantity, than_of(one)) for one in known], 80)


def headline_words(results: Results, known: Sequence[Headline]) -> FigureWords:
    """Return the words for figures with their intervals."""
    parts = [
        f"{label} {share(one.value)} ({interval_words(one.intervals[0])}, the {interval_over(one.intervals[0])})"
        for label, one in zip(interval_labels(results, known), known, strict=True)
    ]
    caption = f"{_held(known)} Each colour says what the interval is over."
    alt = f"Marks with intervals: {'; '.join(parts[:_FIRST])}."
    return FigureWords("headlines", "How sure the figures are", caption, alt)


def difference_words(results: Results, known: Sequence[Difference]) -> FigureWords:
    """Return the words for differences with their intervals."""
    parts = [
        f"{label} {difference_text(one.quantity, one.value)}"
        for label, one in zip(interval_labels(results, known), known, strict=True)
    ]
    caption = (
        f"{_held(known)} Both levels are computed on the same draws. An interval that leaves out 0 is a difference "
        "that is more than chance."
    )
    alt = f"Marks with intervals beside zero: {'; '.join(parts[:_FIRST])}."
    return FigureWords("differences", "What more metadata changes", caption, alt)


def than_of(one: Headline | Difference) -> str | None:
    """Return the experiment that another is compared with; None where it is not."""
    return one.than if isinstance(one, Difference) else None


def _held(known: Sequence[Headline | Difference]) -> str:
    kinds = dict.fromkeys(interval_kind(interval) for one in known for interval in one.intervals)
    return f"Lines: the {' or '.join(kinds)} of each figure." if kinds else ""


def fleet_labels(results: Results, columns: Sequence[uncertainty.FleetColumn]) -> list[str]:
    """Name what is drawn of every fleet, each differently."""
    return distinct([figure_label(results, column.experiment, column.quantity) for column in columns], 60)


def fleet_words(results: Results, columns: Sequence[uncertainty.FleetColumn]) -> FigureWords:
    """Return the words for success on fleets drawn anew."""
    count = counted(len(columns[0].values), "fleet")
    parts = "; ".join(
        f"{label} median {share(column.interval.median, 3)}"
        for label, column in zip(fleet_labels(results, columns), columns, strict=True)
    )
    caption = (
        f"Success on {count} drawn anew to resemble the study's fleet: a thin mark is one fleet, the line shows "
        f"{'all' if columns[0].interval.is_range else '95 %'} of them, and the dot is their median."
    )
    return FigureWords("fleet-spread", "Other fleets", caption, f"One mark for each of {count}, by metadata: {parts}.")


def sensitivity_words(results: Results) -> FigureWords:
    """Return the words for everything that was changed, in one picture."""
    caption = "Each panel changes one thing. The band is around success with all metadata."
    alt = " ".join(sensitivity_findings(results)) or "Lines by what is changed."
    return FigureWords("sensitivity", "Other circumstances", caption, alt)


def setting_figure_words(place: int, setting: str, points: Sequence[SensitivityPoint]) -> FigureWords:
    """Return the words for one thing that was changed, in a chart of its own."""
    word, _ = setting_words(setting)
    draws = max(point.draws for point in points)
    first, last = points[0], points[-1]
    alt = (
        f"Lines by {word}, from {setting_amount(setting, first.amount)} to {setting_amount(setting, last.amount)}: "
        f"success with all metadata from {share(first.everything, 3)} to {share(last.everything, 3)}, ceiling from "
        f"{share(first.ceiling, 3)} to {share(last.ceiling, 3)}."
    )
    band = f"the band holds {'the central 95 %' if draws >= FEWEST_FOR_CENTRAL else 'all'} of them with all metadata"
    caption = "One draw each." if draws == 1 else f"Means of up to {counted(draws, 'draw')} each; {band}."
    return FigureWords(f"sensitivity-{place + 1}", f"By {word}", caption, alt)
