"""What the numbers on worth, sufficiency and uncertainty say, in sentences."""

from __future__ import annotations

from placewise.model.results import Results
from placewise.model.worth import SubsystemWorth, Worth
from placewise.report.statistics import central_interval
from placewise.report.wording import counted, jobs, number, share, shown, told_at
from placewise.report.worth_words import (
    cost_unit,
    difference_words,
    interval_words,
    level_words,
    quantity_word,
    setting_words,
    sufficiency_sentence,
    told_of,
)

# A value that is nothing but the rounding of sums.
_NOTHING = 1e-12


def worth_findings(results: Results) -> list[str]:
    """Return the findings as sentences, each made only of numbers that the results have."""
    sentences: list[str] = []
    if results.worth is not None and results.worth.subsystems:
        sentences += _worth(results.worth)
    if results.sufficiency is not None:
        sentences.append(sufficiency_sentence(results.sufficiency))
    return [*sentences, *_front(results), *difference_findings(results)[:1], *_fleets(results)]


def _worth(worth: Worth) -> list[str]:
    rows = worth.subsystems
    gain = worth.everything - worth.nothing
    best = rows[0]
    about = "" if worth.exact else "about "
    said = (
        f"Of {counted(len(rows), 'subsystem')} {shown(best.name)} is worth most, {about}{share(best.value)} of "
        f"{jobs(worth.jobs)} (its Shapley value{_sure(best)})"
    )
    if gain > _NOTHING:
        said += f", out of {share(gain)} that telling everything adds"
        half = _count_to(rows, gain / 2)
        if half is not None and len(rows) > 1:
            said += f"; the {half} most valuable make up half of that" if half > 1 else "; that is half of it or more"
    found = [f"{said}."]
    alone = max(rows, key=lambda row: row.single_lift)
    last = max(rows, key=lambda row: row.drop_one_loss)
    if alone.name != best.name or last.name != best.name:
        found.append(
            f"The three measures disagree: {shown(best.name)} has the largest Shapley value, {shown(alone.name)} adds "
            f"most told alone ({share(alone.single_lift)}), and {shown(last.name)} is missed most where all else is "
            f"told ({share(last.drop_one_loss)})."
        )
    idle = sum(abs(row.value) <= _NOTHING for row in rows)
    if idle and worth.exact:
        found.append(f"{counted(idle, 'subsystem')} of {len(rows):,} add nothing, whatever else is told.")
    return found


def _count_to(rows: tuple[SubsystemWorth, ...], goal: float) -> int | None:
    """Return how many of the first rows it takes to reach a sum of values."""
    total = 0.0
    for count, row in enumerate(rows, 1):
        total += row.value
        if total >= goal - _NOTHING:
            return count
    return None


def _front(results: Results) -> list[str]:
    best = sorted((point for point in results.front if point.on_front), key=lambda point: point.success)
    if not best:
        return []
    said = f"Of {counted(len(results.front), 'level')} of telling {len(best):,} are beaten by none"
    top = best[-1]
    unit = cost_unit(results)
    cost = counted(int(top.cost), "subsystem") if unit == "subsystems" else f"a cost of {number(top.cost)}"
    told = (
        "nothing is told"
        if not top.metadata
        else f"{told_of(top.metadata)} {'is' if len(top.metadata) == 1 else 'are'} told"
    )
    return [f"{said}; the most successful of them, at {cost}, reaches {share(top.success)}: {told}."]


def _sure(best: SubsystemWorth) -> str:
    found = best.interval
    return "" if found is None else f"; {interval_words(found)} over {shown(found.over)}"


def _words(results: Results, experiment: str) -> str:
    """Return the words for what an experiment tells, as they read in a sentence."""
    return {"none": "telling nothing", "all": "telling everything"}.get(experiment, told_at(results, experiment))


def _of(results: Results, quantity: str, experiment: str) -> str:
    return f"{quantity_word(quantity)} of {_words(results, experiment)}"


def difference_findings(results: Results) -> list[str]:
    """Say of each difference how large it is, and whether chance would make one."""
    found = []
    for one in results.differences:
        if not one.intervals:
            continue
        what = _of(results, one.quantity, one.experiment)
        if not any((one.value, *(end for interval in one.intervals for end in (interval.low, interval.high)))):
            found.append(f"The {what} is the same as that of {_words(results, one.than)}, on every draw.")
            continue
        sure = all(interval.low > 0 or interval.high < 0 for interval in one.intervals)
        way = "larger" if one.value >= 0 else "smaller"
        interval = one.intervals[0]
        found.append(
            f"The {what} is "
            f"{difference_words(one.quantity, abs(one.value))} {way} than that of {_words(results, one.than)}; "
            f"compared draw by draw, the {level_words(interval)} over {shown(interval.over)} lie between "
            f"{difference_words(one.quantity, interval.low)} and {difference_words(one.quantity, interval.high)}, "
            + ("so it is more than chance." if sure else "so chance may have made it.")
        )
    return found


def _fleets(results: Results) -> list[str]:
    fleets = results.fleets
    interval = None if fleets is None else central_interval(fleets.ceiling)
    if fleets is None or interval is None:
        return []
    said = (
        f"On {counted(interval.count, 'fleet')} drawn anew the ceiling has a median of {share(interval.median)}, and "
        f"the central 95 % lie between {share(interval.low)} and {share(interval.high)}"
    )
    if "all" in fleets.experiments:
        told = central_interval(fleets.success[:, fleets.experiments.index("all")])
        if told is not None:
            said += f"; told everything, joint success lies between {share(told.low)} and {share(told.high)}"
    return [f"{said}."]


def sensitivity_findings(results: Results) -> list[str]:
    """Say from what to what success and ceiling go as one thing is changed."""
    found = []
    for setting in dict.fromkeys(point.setting for point in results.sensitivity):
        points = sorted((p for p in results.sensitivity if p.setting == setting), key=lambda point: point.amount)
        first, last = points[0], points[-1]
        if len(points) > 1:
            word, unit = setting_words(setting)
            form = share if unit.startswith("share") else number
            before, after = share(first.ceiling), share(last.ceiling)
            ceiling = f"stays at {after}" if before == after else f"goes from {before} to {after}"
            found.append(
                f"With {word} ({unit}) from {form(first.amount)} to {form(last.amount)}, joint success with everything "
                f"told goes from {share(first.everything)} to {share(last.everything)}, and the ceiling {ceiling}."
            )
    return found
