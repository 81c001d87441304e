"""Replays side by side in words."""

from __future__ import annotations

from placewise.model.traces.scenarios import Timed
from placewise.report.data.replays.timed import largest_waste, telling_comparisons
from placewise.report.words.numbers import share, shown
from placewise.report.words.replays.replay import narrows_nothing, paired_sentence, trace_lines, worth_words


def timed_findings(timed: Timed) -> list[str]:
    """Return what replays side by side show, as sentences, and which jobs they are of."""
    found, by_name = [], {one.name: one for one in timed.results}
    for one in telling_comparisons(timed):
        first, second = (by_name[name] for name in (one.first, one.second))
        slowdown, wait = (paired_sentence(one, name).split(": ", 1)[1] for name in ("bounded_slowdown", "wait_s"))
        policy = first.settings.policy
        if first.level and second.level and policy == second.settings.policy:
            what = f"Under {policy}, {shown(first.level)} instead of {shown(second.level)}"
        else:
            what = f"{shown(one.first)} instead of {shown(one.second)}"
        found.append(f"{what}: {slowdown}; {wait}.")
    for under, piece in largest_waste(timed).items():
        found.append(
            f"Under {under}, metadata on {shown(piece.piece)} saves most waste: "
            f"{worth_words(piece.wasted_s, piece.wasted_interval)} processor-hours, as its Shapley value."
        )
    return [*found, *nothing_worth(timed), *trace_lines(timed.record)]


def nothing_worth(timed: Timed) -> list[str]:
    """Name the metadata that is worth nothing; nothing where there is none."""
    nothing = narrows_nothing(timed.values)
    return [f"Worth nothing, since every cluster has it: {', '.join(map(shown, nothing))}."] if nothing else []


def success_words(timed: Timed) -> str:
    """Say the success of all scenarios where it is one; nothing where it is not."""
    shares = {one.success for one in timed.results}
    return f"success {share(shares.pop())} in all" if len(shares) == 1 and None not in shares else ""
