"""What the report of a replay, or of replays side by side, begins with."""

from __future__ import annotations

import math
from collections.abc import Sequence

from placewise.model.results.worth import Interval
from placewise.model.scalar import counted
from placewise.model.traces.replay_summary import MeanInterval
from placewise.model.traces.replayed import Answer
from placewise.model.traces.scenarios import ScenarioResult, Timed
from placewise.report.data.replays.timed import largest_waste
from placewise.report.words.numbers import amount, jobs, share, shown
from placewise.report.words.openings.opening import KeyNumber, Opening, ends_text, explained, scale_end
from placewise.report.words.replays.replay import DAY_S, HOUR_S, mean_amount, quantity_amount

_WAIT, _SLOWDOWN = "wait_s", "bounded_slowdown"


def replay_opening(replayed: Answer) -> Opening:
    """Return the answer of one replay: how long jobs wait, and how well the clusters are used."""
    summary = replayed.summary
    means = {one.quantity: one for one in summary.means}
    wait, slowdown = means.get(_WAIT), means.get(_SLOWDOWN)
    on = counted(len(summary.clusters), "cluster")
    if not summary.jobs:
        return Opening("No job was submitted after the warm-up and before the cool-down, so nothing is left to sum up.")
    if wait is None:
        return Opening(f"None of the {jobs(summary.jobs)} starts on {on}.")
    sentence = (
        f"Under {replayed.settings.policy}, {_waiting(summary.waits.jobs)} {mean_amount(wait)} on average on {on}"
        + ("" if summary.utilisation is None else f", and {share(summary.utilisation, 3)} of the processors are in use")
        + (f"; {jobs(summary.never_started)} could never start" if summary.never_started else "")
        + (f"; {jobs(summary.failed)} never succeeded" if summary.failed else "")
    )
    numbers = [_number("mean wait", wait)]
    numbers += [] if slowdown is None else [_number("mean bounded slowdown", slowdown)]
    if summary.utilisation is not None:
        used = share(summary.utilisation, 3)
        numbers.append(KeyNumber("utilisation", used, summary.utilisation, "", None, None, 1.0, share(1.0)))
    return Opening(f"{sentence}.", "replay-load", tuple(numbers), explained(wait.interval))


def _waiting(number: int) -> str:
    return f"{jobs(number)} {'waits' if number == 1 else 'wait'}"


def timed_opening(timed: Timed) -> Opening:
    """Return the answer of replays side by side: how long jobs wait without metadata and with all, or by scenario."""
    started = [one for one in timed.results if _mean(one, _WAIT) is not None]
    if not started:
        return Opening(f"No job of {shown(timed.record.source)} starts in any scenario.")
    best = min((one for one in started if one.metadata is None), key=_waits, default=min(started, key=_waits))
    bare = next((one for one in started if one.metadata == () and _same_policy(one, best)), None)
    if bare is None:
        return _scenarios(timed, started)
    before, after = _known(bare, _WAIT), _known(best, _WAIT)
    sentence = (
        f"Under {best.settings.policy}, {_waiting(bare.jobs)} {mean_amount(before)} on average without metadata and "
        f"{mean_amount(after)} with all metadata{_chance(timed, best, bare)}"
    )
    if bare.work.wasted_processor_s:
        wasted = [amount(one.work.wasted_processor_s / HOUR_S) for one in (bare, best)]
        sentence += (
            f"; attempts that fail waste {wasted[0]} processor-hours without metadata and {wasted[1]} with all metadata"
        )
    piece = largest_waste(timed).get(best.settings.policy)
    if piece is not None:
        sentence += f", and metadata on {shown(piece.piece)} saves the most of them"
    named = [("mean wait without metadata", before), ("mean wait with all metadata", after)]
    return _opening(sentence, named, best, "mean bounded slowdown with all metadata")


def _chance(timed: Timed, best: ScenarioResult, bare: ScenarioResult) -> str:
    """Say whether the difference in waits may be chance; nothing where it is not, or is not known."""
    pair = next((one for one in timed.comparisons if {one.first, one.second} == {best.name, bare.name}), None)
    wait = next((one for one in pair.means if one.quantity == _WAIT), None) if pair is not None else None
    unsure = wait is not None and wait.interval is not None and not wait.interval.leaves_out_zero
    return ", a difference that may be chance" if unsure else ""


def _scenarios(timed: Timed, started: Sequence[ScenarioResult]) -> Opening:
    """Name the scenario in which jobs wait least, beside another."""
    first, best = started[0], min(started, key=_waits)
    # The best is compared with the first, or where it is the first itself, with the one in which jobs wait longest.
    other = max(started, key=_waits) if best is first else first
    least = _known(best, _WAIT)
    if other is best:
        sentence = f"In {shown(best.name)}, {jobs(best.jobs)} wait {mean_amount(least)} on average"
    else:
        sentence = (
            f"In the best of {counted(len(started), 'scenario')}, {shown(best.name)}, {jobs(best.jobs)} wait "
            f"{mean_amount(least)} on average, against {mean_amount(_known(other, _WAIT))} in {shown(other.name)}"
            f"{_chance(timed, best, other)}"
        )
    named = [] if other is best else [(f"mean wait, {shown(other.name, 40)}", _known(other, _WAIT))]
    named.append((f"mean wait, {shown(best.name, 40)}", least))
    return _opening(sentence, named, best, f"mean bounded slowdown, {shown(best.name, 40)}")


def _opening(sentence: str, named: Sequence[tuple[str, MeanInterval]], best: ScenarioResult, slow: str) -> Opening:
    """Return an opening whose waits are drawn on one scale."""
    top = max(_scale(one) for _, one in named)
    numbers = [_number(label, one, top) for label, one in named]
    slowdown = _mean(best, _SLOWDOWN)
    numbers += [] if slowdown is None else [_number(slow, slowdown)]
    return Opening(f"{sentence}.", "replay-scenarios", tuple(numbers), explained(named[0][1].interval))


def _number(label: str, mean: MeanInterval, top: float | None = None) -> KeyNumber:
    interval: Interval | None = mean.interval
    quantity = mean.quantity
    end = _scale(mean) if top is None else top
    return KeyNumber(
        label,
        mean_amount(mean),
        mean.mean,
        ends_text(interval, lambda value: quantity_amount(quantity, value)),
        None if interval is None else interval.low,
        None if interval is None else interval.high,
        end,
        quantity_amount(quantity, end),
    )


def _scale(mean: MeanInterval) -> float:
    """Return where the scale of a mean ends: at a round number of the unit in which it is read."""
    most = max(mean.mean, 0.0 if mean.interval is None else mean.interval.high)
    if not mean.quantity.endswith("_s"):
        return scale_end(most)
    units = ((DAY_S, 2 * DAY_S, math.inf), (HOUR_S, HOUR_S, 2 * DAY_S), (60, 60, HOUR_S), (1, 0, 60))
    size, _, end = next(unit for unit in units if most >= unit[1])
    return min(size * scale_end(most / size), end)


def _mean(one: ScenarioResult, quantity: str) -> MeanInterval | None:
    return next((mean for mean in one.means if mean.quantity == quantity), None)


def _known(one: ScenarioResult, quantity: str) -> MeanInterval:
    mean = _mean(one, quantity)
    assert mean is not None
    return mean


def _waits(one: ScenarioResult) -> float:
    return _known(one, _WAIT).mean


def _same_policy(one: ScenarioResult, other: ScenarioResult) -> bool:
    return one.settings.policy == other.settings.policy
