"""Sentences and words for what choices reach where they were not made."""

from __future__ import annotations

from collections.abc import Iterator

from placewise.model.quantities import SUCCESS
from placewise.model.results.held_out import IN_SAMPLE, HeldOut
from placewise.model.scalar import counted
from placewise.report.data.studies import held_out as numbers
from placewise.report.words.names import LIFT_ALONE, difference_text
from placewise.report.words.numbers import number, share

OVER_WORDS = {
    IN_SAMPLE: "the same jobs and fleet",
    "root-package": "other root packages",
    "profile": "other profiles",
    "fleet": "other fleets",
}
RANKING_WORDS = {
    "value": "value (Shapley)",
    "greedy": "greedy",
    "alone": LIFT_ALONE,
    "jobs that need it": "jobs that need it",
    "refusals": "refusals (blame)",
    "mutual information": "mutual information",
    "tree importance": "tree importance",
    "random": "random order",
}
UNITS = {"root-package": "root packages", "profile": "requirement profiles"}


def held_out_sentences(found: HeldOut) -> list[str]:
    """Say what smallest sets reach on what they were not chosen on, beside the same in sample."""
    return list(_sentences(found))


def _sentences(found: HeldOut) -> Iterator[str]:
    for one in found.sets:
        what = numbers.reached(one.share)
        if what is None:
            continue
        # A split in which nothing could be chosen has no size either.
        size = float(one.count[~(one.share != one.share)].mean())
        mean, ends = share(what.mean, 3), f"{share(what.interval.low, 3)} to {share(what.interval.high, 3)}"
        if one.over == IN_SAMPLE:
            yield (
                f"On the jobs and the fleet that it was chosen on, a set of {counted(int(size), 'subsystem')} reaches "
                f"{mean} of the ceiling."
            )
        elif one.over == "fleet":
            yield (
                f"On {counted(what.splits, 'fleet')} drawn anew the same set reaches {mean} of their ceilings on "
                f"average ({ends})."
            )
        else:
            yield (
                f"Chosen on half of the {UNITS.get(one.over, one.over)}, a set ({number(size, 3)} subsystems on "
                f"average) reaches {mean} of the ceiling of the other half ({ends} over "
                f"{counted(what.splits, 'split')})."
            )
    baselines = _baselines(found)
    if baselines:
        yield baselines


def _baselines(found: HeldOut) -> str:
    """Compare the ranking by value, or by greedy choice, with the best simple one on what matters most."""
    over, size = numbers.most_telling(found), numbers.chosen_size(found)
    means = numbers.means_by_ranking(found)
    ours, best = next((name for name in numbers.OURS if name in means), None), numbers.best_simple(found)
    if over is None or ours is None or best is None:
        return ""
    larger = "more" if means[ours] >= means[best] else "less"
    between = numbers.between(found, over, size, ours, best)
    ends = f"{difference_text(SUCCESS, between.low)} to {difference_text(SUCCESS, between.high)}"
    sure = between.low > 0 if larger == "more" else between.high < 0
    tested = f"split by split that is {larger} ({ends})" if sure else f"split by split neither is ahead ({ends})"
    return (
        f"On {OVER_WORDS[over]} the first {counted(size, 'subsystem')} by {RANKING_WORDS[ours]} reach "
        f"{share(means[ours], 3)} of the ceiling, and by the best of the simpler rankings, {RANKING_WORDS[best]}, "
        f"{share(means[best], 3)}; {tested}."
    )
