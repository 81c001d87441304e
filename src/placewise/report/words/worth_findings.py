"""What the numbers on worth, sufficiency and uncertainty say, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from placewise.model.quantities import CEILING, FLEET, SUCCESS
from placewise.model.results.results import Results
from placewise.model.results.worth import Difference, Interval, SubsystemWorth, Worth
from placewise.report.data import uncertainty
from placewise.report.data.worth import NOTHING, count_to, front
from placewise.report.words.held_out import held_out_sentences
from placewise.report.words.intervals import interval_over, interval_words
from placewise.report.words.names import (
    difference_text,
    experiment_phrase,
    quantity_word,
    setting_amount,
    setting_words,
    subsystems_label,
    with_metadata_on,
)
from placewise.report.words.numbers import counted, jobs, number, share, shown
from placewise.report.words.worth import cost_unit, front_found, sufficiency_sentence

_IN_SAMPLE = (
    "That is in sample: the set is judged by the jobs and the fleet that it was chosen on; placewise minimal, or "
    "placewise simulate with --hold-out root-package,profile,fleet, judges such sets by others."
)


def worth_findings(results: Results) -> list[str]:
    """Return the findings as sentences, each made only of numbers that the results have."""
    found = list(_worth(results.worth)) if results.worth is not None and results.worth.subsystems else []
    if results.sufficiency is not None:
        found.append(sufficiency_sentence(results.sufficiency))
        found += held_out_findings(results)
    return [*found, *_front(results), *difference_findings(results)[:1], *_fleets(results)]


def held_out_findings(results: Results) -> list[str]:
    """Say what the smallest set reaches on what it was not chosen on, or how to find that out."""
    if results.held_out is not None:
        return held_out_sentences(results.held_out)
    return [_IN_SAMPLE]


def _worth(worth: Worth) -> Iterator[str]:
    rows = worth.subsystems
    gain = worth.everything - worth.nothing
    best = rows[0]
    said = (
        f"Metadata on {shown(best.name)} is worth most of {counted(len(rows), 'subsystem')}: "
        f"{'' if worth.exact else 'about '}{share(best.value)} of {jobs(worth.jobs)} (its Shapley value"
        f"{_interval_of(best)})"
    )
    if gain > NOTHING:
        said += f", out of {share(gain)} that all metadata adds"
        half = count_to(worth, gain / 2)
        if half is not None and len(rows) > 1:
            said += f"; the {half} most valuable make up half of that" if half > 1 else "; it is half of that or more"
    yield f"{said}."
    yield from _elsewhere(best)
    alone = max(rows, key=lambda row: row.single_lift)
    last = max(rows, key=lambda row: row.drop_one_loss)
    if alone.name != best.name or last.name != best.name:
        yield (
            f"The three measures disagree: {shown(best.name)} has the largest Shapley value, {shown(alone.name)} adds "
            f"most alone ({share(alone.single_lift)}), and {shown(last.name)} is missed most where there is metadata "
            f"on all else ({share(last.drop_one_loss)})."
        )
    idle = sum(abs(row.value) <= NOTHING for row in rows)
    if idle and worth.exact:
        verb = "adds" if idle == 1 else "add"
        yield f"{counted(idle, 'subsystem')} of {len(rows):,} {verb} nothing, whatever other metadata there is."


def _elsewhere(best: SubsystemWorth) -> Iterator[str]:
    """Say by all intervals of a value whether it is more than nothing, and what its rank is on other fleets."""
    known = [each for each in (best.interval, best.over_fleets) if each is not None]
    unsure = [each for each in known if each.low <= 0]
    if unsure:
        sure = [f"by the {interval_over(each)}" for each in known if each not in unsure]
        not_by = " and ".join(f"by the {interval_over(each)}" for each in unsure)
        verdict = f"holds {sure[0]}, but not {not_by}" if sure else f"does not hold {not_by}"
        yield f"That it is worth anything {verdict}."
    if best.over_fleets is not None and best.ranks is not None:
        first, last = best.ranks
        rank = "the most on each" if last == 1 else f"and its rank is {first} to {last}"
        yield f"On {best.over_fleets.over} it is worth {interval_words(best.over_fleets)}, {rank}."


def _interval_of(best: SubsystemWorth) -> str:
    found = best.interval
    return "" if found is None else f"; {interval_words(found)}, the {interval_over(found)}"


def _front(results: Results) -> Iterator[str]:
    best = front(results)
    if best:
        top, unit = best[-1], cost_unit(results)
        cost = counted(int(top.cost), "subsystem") if unit == "subsystems" else f"a cost of {number(top.cost)}"
        yield (
            f"{len(best):,} of {counted(len(results.front), 'level')} of metadata are on the Pareto front of cost, "
            f"success and waste ({front_found(results)}); the most "
            f"successful of them, at {cost}, reaches a success of {share(top.success)} "
            f"{with_metadata_on(subsystems_label(top.metadata))}."
        )


def difference_findings(results: Results) -> list[str]:
    """Say of each difference how large it is, and by all of its intervals whether chance would make one."""
    found = []
    for one in (one for one in results.differences if one.intervals):
        word = quantity_word(one.quantity)
        what = f"{word}{',' * (',' in word)} {experiment_phrase(results, one.experiment)}"
        than = experiment_phrase(results, one.than)
        if not any((one.value, *(end for interval in one.intervals for end in (interval.low, interval.high)))):
            found.append(f"The {what} is the same as {than}, on every draw.")
            continue
        larger = "larger" if one.value >= 0 else "smaller"
        size = difference_text(one.quantity, abs(one.value))
        found.append(f"The {what} is {size} {larger} than {than}; compared draw by draw, {_tested(one)}.")
    return found


def _tested(one: Difference) -> str:
    """Say whether a difference is more than chance: by every one of its intervals, by some of them only, or by none.

    An interval that lies on the other side of 0 speaks against it as one that holds 0 does.
    """

    def parts(intervals: Sequence[Interval]) -> str:
        return " and ".join(
            f"the {interval_over(each)} ({difference_text(one.quantity, each.low)} to "
            f"{difference_text(one.quantity, each.high)})"
            for each in intervals
        )

    sure = [each for each in one.intervals if (each.low > 0 if one.value >= 0 else each.high < 0)]
    unsure = [each for each in one.intervals if each not in sure]
    if not unsure:
        return f"that is more than chance by {parts(sure)}"
    return (
        f"that holds by {parts(sure)}, but not by {parts(unsure)}"
        if sure
        else (f"chance may have made it by {parts(unsure)}")
    )


def _fleets(results: Results) -> Iterator[str]:
    columns = {(column.experiment, column.quantity): column.interval for column in uncertainty.fleet_columns(results)}
    ceiling, everything = columns.get((FLEET, CEILING)), columns.get(("all", SUCCESS))
    if ceiling is not None:
        said = (
            f"On {counted(ceiling.count, 'fleet')} drawn anew the ceiling has a median of {share(ceiling.median)}, and "
            f"{'all' if ceiling.is_range else 'the central 95 %'} lie between {share(ceiling.low)} and "
            f"{share(ceiling.high)}"
        )
        if everything is not None:
            said += f"; success with all metadata lies between {share(everything.low)} and {share(everything.high)}"
        yield f"{said}."


def sensitivity_findings(results: Results) -> list[str]:
    """Say from what to what success and ceiling go as one thing is changed."""
    found = []
    for setting, points in uncertainty.by_setting(results).items():
        if len(points) > 1:
            first, last = points[0], points[-1]
            word, unit = setting_words(setting)
            before, after = share(first.ceiling), share(last.ceiling)
            ceiling = f"stays at {after}" if before == after else f"goes from {before} to {after}"
            found.append(
                f"With {word} ({unit}) from {setting_amount(setting, first.amount)} to "
                f"{setting_amount(setting, last.amount)}, success with all metadata goes from "
                f"{share(first.everything)} to {share(last.everything)}, and the ceiling {ceiling}."
            )
    return found
