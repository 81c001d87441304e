"""Changes worth making, and what they gain, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from placewise.advice.suggestions.suggestion import Advice, Applied, Suggestion
from placewise.model.advice.changes import FactDescribed, PriceMoved
from placewise.model.advice.gains import Saved
from placewise.model.results.worth import Interval
from placewise.model.scalar import counted
from placewise.report.words.jobs.explanation import RANGES, asks_for_versions
from placewise.report.words.jobs.near_misses import change_text, properties_text
from placewise.report.words.numbers import amount, jobs, shown
from placewise.worth.near_misses.suggestions import FleetChange, Relaxation

RANKING = (
    "Ranked by the successes gained for sure, then by possible ones; then in the same way by hours of waiting, wasted "
    "processor-hours and cost saved. Changes that gain only matches come last; among equals, the smaller comes first."
)
MATCHES_ONLY = (
    "Some changes gain only matches: no further job succeeds, and nothing is saved. "
    "Where such a change relaxes a requirement, make it only if the job does not truly need it."
)
A_FACT = "What a fact gains depends on its answer: the two amounts are the least and the most among the answers tried."

LONGEST = 400
"""How long a suggestion or a line is at most."""

_WASTE = "waste less, h"
_PER = {"cost_per_node_hour": "per node hour", "cost_per_processor_hour": "per processor hour"}


def now_lines(found: Advice) -> Iterator[str]:
    """Say how the jobs fare before any change, and how many changes were made to see what they gain."""
    now = found.now
    timed = now.waiting_h is not None
    line = f"{jobs(now.jobs)}: {now.matches:,} {'start' if timed else 'match some cluster'}, "
    line += f"{amount(round(now.success, 6))} {'succeed' if timed else 'are expected to succeed'}"
    if now.waiting_h is not None:
        line += f"; together they wait {amount(now.waiting_h)} h"
    if now.wasted_h:
        line += f", and waste {amount(now.wasted_h)} processor-hours"
    if now.cost is not None:
        line += f"; they pay {amount(now.cost)} in the currency of the prices"
    yield f"{line}."
    yield from found.notes
    if not found.suggestions:
        yield (
            f"Nothing to suggest: {counted(found.tried, 'change')} tried, and none gains anything."
            if found.tried
            else "Nothing to suggest: no unknown fact, near miss or price of a cluster could gain anything."
        )


def end_lines(found: Advice) -> Iterator[str]:
    """Say by which rule suggestions are ranked, what was left out, and what their ranges mean."""
    if found.suggestions:
        tried = counted(found.tried, "change")
        yield f"Each change is tried alone ({tried}), so gains do not add up."
        yield RANKING
    if any(not one.is_sure for one in found.suggestions):
        yield A_FACT
    if any(not one.gains_something for one in found.suggestions):
        yield MATCHES_ONLY
    if found.matches_only:
        one = found.matches_only == 1
        yield (
            f"{counted(found.matches_only, 'further change')} {'is' if one else 'are'} not shown: "
            f"{'it lets' if one else 'they let'} more jobs match, but no more succeed."
        )
    if any(
        isinstance(one.change, Relaxation) and asks_for_versions(one.change.requirement) for one in found.suggestions
    ):
        yield RANGES


def suggestion_text(found: Suggestion) -> str:
    """Write a suggestion as an instruction."""
    change = found.change
    if isinstance(change, FleetChange):
        return change_text(change)
    if isinstance(change, Relaxation):
        instead = "nothing" if change.relaxed is None else str(change.relaxed)
        return f"ask for {instead} instead of {change.requirement}"
    if isinstance(change, PriceMoved):
        moves = " and ".join(
            f"{after:g} {_PER.get(name, name)} (now {before:g})" for name, before, after in change.prices
        )
        return f"lower the price of {change.cluster} to {moves}: {jobs(found.most.gains.moved or 0)} then go there"
    settles = f"this decides {jobs(found.settles)}" if found.settles else "this alone decides no job"
    least, most = (_answer(one) for one in (found.least, found.most))
    return f"describe {change.subsystem} on {change.cluster}: {settles}; gains most if {most}, least if {least}"


def _answer(one: Applied) -> str:
    assert isinstance(one.change, FactDescribed)
    answer = one.change.answer
    return "nothing more is there" if answer is None else f"it has {properties_text(answer)}"


def between(least: float, most: float) -> str:
    """Write a gain with its sign, or both ends of it where they differ."""
    low, high = _signed(least), _signed(most)
    return low if low == high else f"{low} to {high}"


def saved_words(least: Saved | None, most: Saved | None) -> str:
    """Write what is saved, with its interval; both ends of it for a fact."""
    if least is None or most is None:
        return ""
    found = between(least.amount, most.amount)
    return f"{found} {_ends(most.interval)}" if most.interval is not None and least == most else found


def _ends(interval: Interval) -> str:
    return f"({_signed(interval.low)} to {_signed(interval.high)})"


def _signed(value: float) -> str:
    value = round(value, 6) + 0.0
    return f"{'+' if value > 0 else ''}{amount(value)}"


def advice_columns(suggestions: Sequence[Suggestion]) -> dict[str, list[str]]:
    """Return the columns of the table of suggestions by their headings; what is not known of any has no column."""
    gains = [(one.least.gains, one.most.gains) for one in suggestions]
    columns = {
        "": [f"{number}." for number in range(1, len(suggestions) + 1)],
        "change": [shown(suggestion_text(one), LONGEST) for one in suggestions],
        "more succeed": [between(least.success, most.success) for least, most in gains],
        "more match": [between(least.matches, most.matches) for least, most in gains],
        "wait less, h": [saved_words(least.waiting_h, most.waiting_h) for least, most in gains],
        _WASTE: [saved_words(least.wasted_h, most.wasted_h) for least, most in gains],
        "pay less": [saved_words(least.cost, most.cost) for least, most in gains],
    }
    idle = {"", _signed(0)}
    return {name: cells for name, cells in columns.items() if any(cells) and (name != _WASTE or set(cells) - idle)}
