"""A replay in words: what was replayed, what was left out, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence

from placewise.model.durations import in_words
from placewise.model.results.worth import Interval
from placewise.model.scalar import counted
from placewise.model.traces.replay import ReplaySettings
from placewise.model.traces.replay_summary import MeanInterval, ReplaySummary
from placewise.model.traces.replayed import Answer, TraceRecord
from placewise.model.traces.scenarios import Paired, PairedMean, PieceWorth
from placewise.report.words.numbers import MISSING, amount, jobs, number, share, shown

QUANTITY_WORDS = {
    "wait_s": "wait",
    "turnaround_s": "turnaround",
    "slowdown": "slowdown",
    "bounded_slowdown": "bounded slowdown",
}
HOUR_S, DAY_S = 3600, 86400
_ESTIMATES = {
    "limit": "their limits",
    "exact": "their true runtimes",
    "doubled": "twice their limits",
    "user-mean": "the mean of the user's last two jobs",
}


def time_words(seconds: float) -> str:
    """Write a length of time in the unit that fits: seconds, minutes, hours, or from two days on days.

    >>> time_words(5400), time_words(6836.872)
    ('1.5 h', '1.9 h')
    """
    for size, word, least in ((DAY_S, "days", 2 * DAY_S), (HOUR_S, "h", HOUR_S), (60, "min", 60)):
        if abs(seconds) >= least:
            return f"{number(seconds / size, 3)} {word}"
    return f"{number(seconds, 3)} s"


def quantity_amount(quantity: str, value: float) -> str:
    """Write an amount of one of the quantities: a time, or a plain number."""
    return time_words(value) if quantity.endswith("_s") else amount(value, 3)


def settings_line(settings: ReplaySettings, clusters: int) -> str:
    """Say under which policies, and by what estimates, jobs were scheduled."""
    parts: list[str] = [settings.policy]
    parts += [f"{policy} on {shown(name)}" for name, policy in settings.policies.items()]
    line = f"Queue policy {', '.join(parts)}; jobs are planned to run for {_ESTIMATES[settings.estimates]}"
    if clusters > 1:
        chosen = "goes to the first cluster that can start it" if settings.late else f"is placed by {settings.place}"
        line += f"; a job {chosen}"
    line += f"; jobs hold {settings.hold}"
    return f"{line}."


def metadata_line(replayed: Answer) -> str:
    """Say what metadata the scheduler had, and what became of jobs without; nothing where it had all."""
    if replayed.metadata is None:
        return ""
    settings = replayed.settings
    said = f"With metadata on {', '.join(map(shown, replayed.metadata))} alone" if replayed.metadata else ""
    after = (
        f"{number(100 * settings.fail_after)}% of its runtime"
        if settings.fail_after_s is None
        else in_words(settings.fail_after_s)
    )
    again = (
        f"is submitted again up to {counted(settings.retries, 'time')}"
        if settings.retries
        else "is not submitted again"
    )
    return (
        f"{said or 'Without metadata'}: a job that is sent to a cluster that lacks what it requires fails there after "
        f"{after}, and {again}."
    )


def trace_lines(record: TraceRecord) -> list[str]:
    """Say which jobs were replayed, what was left out and why, and what the trace lacks."""
    lines = [f"{jobs(record.jobs)} of {shown(record.source)} replayed"]
    if record.read != record.jobs:
        lines[0] += f", of {record.read:,} in it; --clean {record.cleaning} dropped " + "; ".join(
            f"{count:,} where {reason}" for reason, count in record.dropped
        )
    changes = []
    if record.cut:
        changes.append(f"{counted(record.cut, 'runtime')} cut at the limit")
    if record.given_instead:
        changes.append(f"{jobs(record.given_instead)} that asked for no number of processors ask for the number given")
    lines[0] += f"; {'; '.join(changes)}." if changes else "."
    if record.left_out:
        lines.append("Left out at reading: " + "; ".join(f"{n:,}: {why}" for why, n in record.left_out) + ".")
    if record.submits_are_starts:
        lines.append(
            "The header says that submission times are start times: jobs are submitted here when they once started; "
            "how long they had waited by then is not known."
        )
    if record.lacking:
        lines.append(f"No job gives: {', '.join(record.lacking)}.")
    return [*lines, *map(shown_note, record.notes)]


def shown_note(note: str) -> str:
    """Return a note fit to be shown."""
    return shown(note, 400)


def result_lines(summary: ReplaySummary) -> list[str]:
    """Say what came of the jobs: how many, how well the clusters were used, cost and waste."""
    started = summary.waits.jobs
    parts = [f"{jobs(started)} started"]
    if summary.failed:
        parts.append(f"{summary.failed:,} of them never succeeded")
    if summary.resubmissions:
        parts.append(f"{counted(summary.resubmissions, 'resubmission')}")
    if summary.never_started:
        parts.append(f"not counted: {jobs(summary.never_started)} that could never start")
    lines = [f"{'; '.join(parts)}."]
    work = summary.work
    use = f"Makespan {time_words(summary.makespan_s)}; utilisation {share(summary.utilisation, 3)}"
    use += f"; {amount(work.used_processor_s / HOUR_S)} processor-hours used"
    if work.wasted_processor_s:
        wasted = work.wasted_processor_s / work.used_processor_s
        use += f", {amount(work.wasted_processor_s / HOUR_S)} of them wasted ({share(wasted, 3)})"
    if work.cost is not None:
        use += f"; cost {amount(work.cost)} price units"
    lines.append(f"{use}.")
    if summary.fairness is not None:
        lines.append(
            f"Jain's index over {counted(len(summary.by_user), 'user')}, of their mean bounded slowdowns: "
            f"{number(summary.fairness, 3)}."
        )
    return lines


def mean_amount(one: MeanInterval) -> str:
    """Write a mean."""
    return quantity_amount(one.quantity, one.mean)


def mean_words(one: MeanInterval) -> str:
    """Write a mean with its interval."""
    text = mean_amount(one)
    if one.interval is None:
        return text
    low, high = (quantity_amount(one.quantity, end) for end in (one.interval.low, one.interval.high))
    return f"{text} ({low} to {high})"


_PAIRED_WORDS = {
    "wait_s": "mean wait",
    "turnaround_s": "mean turnaround",
    "bounded_slowdown": "mean bounded slowdown",
    "wasted_s": "wasted processor time per job",
}


def paired_word(quantity: str) -> str:
    """Return the words for the mean of a quantity of two replays."""
    return _PAIRED_WORDS[quantity]


def paired_sentence(found: Paired, quantity: str) -> str:
    """Say how much lower or higher a mean is in the first of two replays than in the second, with its interval.

    An example: easy-sjbf instead of easy: mean bounded slowdown 23.2 lower (13 to 35.8 over 49 weeks).
    """
    one = next(mean for mean in found.means if mean.quantity == quantity)
    what = f"{shown(found.first)} instead of {shown(found.second)}: {paired_word(quantity)}"
    if one.difference == 0 and (one.interval is None or one.interval.low == one.interval.high):
        return f"{what} the same"
    line = f"{what} {_change(quantity, one.difference)}"
    if one.interval is None:
        return line
    low, high = one.interval.low, one.interval.high
    if (low < 0) == (high < 0) or 0 in (low, high):
        nearer, further = sorted((abs(low), abs(high)))
        ends = f"{quantity_amount(quantity, nearer)} to {quantity_amount(quantity, further)}"
    else:
        ends = f"{_change(quantity, low)} to {_change(quantity, high)}"
    return f"{line} ({ends} over {found.weeks} weeks)"


def _change(quantity: str, difference: float) -> str:
    return f"{quantity_amount(quantity, abs(difference))} {'lower' if difference < 0 else 'higher'}"


def signed_amount(quantity: str, value: float) -> str:
    """Write a difference of a quantity with its sign."""
    return f"{'+' if value > 0 else '-' if value < 0 else ''}{quantity_amount(quantity, abs(value))}"


def ends_words(one: PairedMean) -> str:
    """Write the ends of the interval of a difference."""
    if one.interval is None:
        return MISSING
    return " to ".join(signed_amount(one.quantity, end) for end in (one.interval.low, one.interval.high))


def worth_amount(seconds: float) -> str:
    """Write job-hours, or processor-hours, with their sign."""
    hours = seconds / HOUR_S
    return "0" if hours == 0 else f"{hours:+,.0f}" if abs(hours) >= 100 else f"{hours:+,.3g}"


def worth_words(seconds: float, interval: Interval | None) -> str:
    """Write what is worth so many hours, with its interval."""
    text = worth_amount(seconds)
    return (
        text
        if interval is None or not seconds
        else f"{text} ({worth_amount(interval.low)} to {worth_amount(interval.high)})"
    )


def narrows_nothing(values: Sequence[PieceWorth]) -> list[str]:
    """Return the pieces that never change where a job may go."""
    return list(dict.fromkeys(one.piece for one in values if not (one.narrows or one.waiting_s or one.wasted_s)))
