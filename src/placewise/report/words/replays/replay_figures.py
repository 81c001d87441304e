"""The words for a replay's figures."""

from __future__ import annotations

import numpy as np

from placewise.model.scalar import counted
from placewise.model.traces.replayed import Answer, Replayed
from placewise.report.data.replays.replay import Bars, ClassWaits, OverTime
from placewise.report.words.figures import FigureWords
from placewise.report.words.numbers import amount, jobs, number, share, shown
from placewise.report.words.replays.replay import DAY_S, settings_line, time_words


def replay_note(replayed: Answer) -> str:
    """Say what was replayed and how, in one line at a figure's foot."""
    settings = replayed.settings
    filtered = f", --clean {replayed.record.cleaning}"
    return (
        f"{shown(replayed.record.source)}{filtered}; {settings.policy}, estimates: {settings.estimates}, "
        f"holding {settings.hold}"
    )


def bars_words(replayed: Replayed, bars: Bars) -> FigureWords:
    """Return the words for the bars of attempts."""
    attempts = int((replayed.schedule.start_s >= 0).sum())
    failed = int(replayed.schedule.failed.sum())
    caption = (
        "Each bar is an attempt of a job: from its start to its end, as high as the processors that it holds. Pools do "
        "not say which processors a job has; the lowest free ones are shown. "
        + settings_line(replayed.settings, len(replayed.schedule.clusters))
    )
    alt = f"{counted(attempts, 'attempt')} over {time_words(float(bars.end.max()) * DAY_S)}, {failed:,} of them failed."
    return FigureWords("replay-schedule", "Who runs where, and when", caption, alt)


def allocation_words(replayed: Answer, found: OverTime) -> FigureWords:
    """Return the words for the processors in use over time."""
    names = [shown(one.name) for one in replayed.summary.clusters]
    means = found.used.mean(axis=1)
    largest = np.argsort(-means)[:5].tolist()
    parts = ", ".join(f"{names[at]} {amount(float(means[at]), 3)}" for at in largest)
    caption = (
        f"Processors in use, a mean over {counted(len(found.edges) - 1, 'span')} of "
        f"{time_words(float(found.edges[1] - found.edges[0]) * DAY_S)} each; the dashed line is all there are. "
        + settings_line(replayed.settings, len(names))
    )
    return FigureWords("replay-schedule", "Processors in use over time", caption, f"On average in use: {parts}.")


def load_words(replayed: Answer, found: OverTime) -> FigureWords:
    """Return the words for the queue and the utilisation over time."""
    summary = replayed.summary
    caption = (
        "Above: processors in use, as a share of all. Below: jobs that are submitted and have not started. Both are "
        f"means over spans of {time_words(float(found.edges[1] - found.edges[0]) * DAY_S)}."
    )
    peak = int(np.argmax(found.waiting))
    when = time_words(float(found.edges[peak]) * DAY_S)
    alt = (
        f"Utilisation over all is {share(summary.utilisation, 3)}. On average {number(float(found.waiting.mean()), 3)} "
        f"jobs wait; most, {number(float(found.waiting[peak]), 3)}, after {when}."
    )
    return FigureWords("replay-load", "Utilisation and queue over time", caption, alt)


def wait_words(found: ClassWaits) -> FigureWords:
    """Return the words for the mean waits by size and runtime."""
    row, column = np.unravel_index(int(np.nanargmax(found.wait_s)), found.wait_s.shape)
    size, longest = found.sizes[row], float(found.wait_s[row, column])
    worst = "No class waits."
    if longest:
        worst = (
            f"Jobs on {size} processor{'' if size == '1' else 's'} that run {found.runtimes[column]} wait longest, "
            f"{time_words(longest)} on average."
        )
    caption = (
        "Mean wait of jobs by how many processors they ask for and how long they run; under each mean, how many jobs. "
        f"{worst}"
    )
    alt = f"Classes of {jobs(int(found.jobs.sum()))}. {worst}"
    return FigureWords("replay-waits", "Who waits: by size and runtime", caption, alt)
