"""What the numbers on worth, sufficiency and uncertainty say, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from placewise.model.results.results import Results
from placewise.model.results.worth import Difference, SubsystemWorth, Worth
from placewise.model.scalar import counted
from placewise.report.data.studies import uncertainty
from placewise.report.data.studies.worth import NOTHING
from placewise.report.words.intervals import interval_over, interval_words
from placewise.report.words.names import (
    LIFT_ALONE,
    LOSS_IF_DROPPED,
    setting_amount,
    setting_words,
)
from placewise.report.words.numbers import share, shown
from placewise.report.words.studies.held_out import held_out_sentences

_IN_SAMPLE = (
    "The set is judged on the jobs and the fleet that it was chosen on. To judge such sets on others, run placewise "
    "minimal, or placewise simulate --hold-out root-package,profile,fleet."
)


def value_findings(worth: Worth) -> list[str]:
    """Return what the ranking alone does not show: where the measures disagree, how sure the first is, what is idle."""
    return list(_worth(worth)) if worth.subsystems else []


def held_out_findings(results: Results) -> list[str]:
    """Say what the smallest set reaches on what it was not chosen on, or how to find that out."""
    if results.held_out is not None:
        return held_out_sentences(results.held_out)
    return [_IN_SAMPLE]


def _worth(worth: Worth) -> Iterator[str]:
    rows = worth.subsystems
    best = rows[0]
    yield from _elsewhere(best)
    alone = max(rows, key=lambda row: row.single_lift)
    last = max(rows, key=lambda row: row.drop_one_loss)
    if alone.name != best.name or last.name != best.name:
        yield (
            f"The three measures disagree: {shown(best.name)} has the largest Shapley value, {shown(alone.name)} the "
            f"largest {LIFT_ALONE} ({share(alone.single_lift)}), and {shown(last.name)} the largest {LOSS_IF_DROPPED} "
            f"({share(last.drop_one_loss)})."
        )
    idle = sum(abs(row.value) <= NOTHING for row in rows)
    if idle and worth.exact:
        verb = "adds" if idle == 1 else "add"
        yield f"{idle:,} of {counted(len(rows), 'subsystem')} {verb} nothing, whatever other metadata there is."


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


def verdict(difference: Difference) -> str:
    """Say whether a difference is more than chance: by all of its intervals, by some or by none.

    An interval on the other side of 0 speaks against it as one that holds 0 does.
    """
    up = difference.value >= 0
    sure = [one for one in difference.intervals if (one.low > 0 if up else one.high < 0)]
    if not sure:
        return "no"
    if len(sure) == len(difference.intervals):
        return "yes"
    return f"only by the {', '.join(map(interval_over, sure))}"


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
