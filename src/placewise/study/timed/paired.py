"""Two replays compared job by job, with intervals over weeks."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.formats.results.replay_files import read_replay, summary_document
from placewise.model.traces.scenarios import Paired, PairedMean
from placewise.replays.fates import Fates, fates_of
from placewise.replays.weeks import RESAMPLES, mean_intervals
from placewise.study.compare.study_differences import Unlike, unlike_studies

QUANTITIES = ("wait_s", "turnaround_s", "bounded_slowdown", "wasted_s")


def paired(names: tuple[str, str], first: Fates, second: Fates, *, resamples: int = RESAMPLES, seed: int = 0) -> Paired:
    """Compare what became of the same jobs, row by row, in two replays; differences are the first less the second.

    A replicate draws whole weeks of submissions again, the same ones in both.
    """
    both = first.started & second.started
    one, other = first.of(both), second.of(both)
    counts = int((first.started & ~both).sum()), int((second.started & ~both).sum())
    if not len(one):
        return Paired(*names, 0, *counts, 0, ())
    columns = {name: (_column(one, name), _column(other, name)) for name in QUANTITIES}
    differences = np.stack([a - b for a, b in columns.values()], axis=1)
    weeks = one.weeks()
    intervals = mean_intervals(differences, weeks, seed, resamples)
    means = tuple(
        PairedMean(name, _mean(a), _mean(b), _mean(a - b), interval)
        for (name, (a, b)), interval in zip(columns.items(), intervals, strict=True)
    )
    return Paired(*names, len(one), *counts, len(np.unique(weeks)), means)


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders of two replays compared. unlike : what differs in how they were made."""

    paired: Paired
    unlike: tuple[Unlike, ...]


def compare_folders(first: Path, second: Path, *, resamples: int = RESAMPLES, seed: int = 0) -> Folders:
    """Compare the folders of two replays; jobs are paired by name, and by number where a name repeats.

    Raises InputError for folders that hold no replays, and for no job in common.
    """
    fates, keys, records = [], [], []
    for folder in (first, second):
        replayed = read_replay(folder)
        fates.append(fates_of(replayed.trace, replayed.schedule))
        keys.append(_keys(replayed.trace.names))
        records.append({"settings": summary_document(replayed)["replay"]})
    places = {key: place for place, key in enumerate(keys[1])}
    there = np.array([places.get(key, -1) for key in keys[0]], dtype=np.int64)
    shared = np.flatnonzero(there >= 0)
    if not len(shared):
        raise InputError("the two have no job in common", file=second, expected=f"jobs of the same names as {first}")
    found = [fates[0].at(shared), fates[1].at(there[shared])]
    pairs = paired((str(first), str(second)), *found, resamples=resamples, seed=seed)
    return Folders(pairs, unlike_studies(*records))


def _keys(names: tuple[str, ...] | NDArray[np.int64]) -> list[tuple[str, int]]:
    seen: dict[str, int] = {}
    keys = []
    for name in map(str, names):
        seen[name] = seen.get(name, 0) + 1
        keys.append((name, seen[name]))
    return keys


def _column(fates: Fates, name: str) -> NDArray[np.float64]:
    return np.asarray(getattr(fates, name), dtype=np.float64)


def _mean(values: NDArray[np.float64]) -> float:
    return fsum(values.tolist()) / len(values)
