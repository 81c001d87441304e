"""Replays side by side in words."""

from __future__ import annotations

from placewise.model.traces.scenarios import Timed
from placewise.report.data.timed import largest_waste, telling_comparisons
from placewise.report.words.numbers import plain_share, shown
from placewise.report.words.replay import narrows_nothing, paired_sentence, trace_lines, worth_words


def timed_findings(timed: Timed) -> list[str]:
    """Return what replays side by side show, as sentences, and which jobs they are of."""
    found = []
    for one in telling_comparisons(timed):
        wait = paired_sentence(one, "wait_s").split(": ", 1)[1]
        found.append(f"{paired_sentence(one, 'bounded_slowdown')}; {wait}.")
    for policy, piece in largest_waste(timed).items():
        found.append(
            f"Under {policy}, metadata on {shown(piece.piece)} takes away most waste: "
            f"{worth_words(piece.wasted_s, piece.wasted_interval)} processor-hours, as its Shapley value."
        )
    nothing = narrows_nothing(timed.values)
    if nothing:
        found.append(f"Worth nothing, since every cluster has it: {', '.join(map(shown, nothing))}.")
    return [*found, *trace_lines(timed.record)]


def success_words(timed: Timed) -> str:
    """Say the success of all scenarios where it is one; nothing where it is not."""
    shares = {one.success for one in timed.results}
    return f"success {plain_share(shares.pop())} in all" if len(shares) == 1 and None not in shares else ""
