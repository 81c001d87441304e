"""Two replays compared job by job, with intervals over weeks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError, locating
from placewise.formats import values
from placewise.formats.reading import found_at, read_json
from placewise.formats.results.replay_files import read_replay, summary_document
from placewise.formats.results.results_names import STUDY
from placewise.formats.results.timed_files import read_scenario_jobs, read_timed, timed_document
from placewise.model.progress import SILENT, Progress
from placewise.model.traces.scenarios import Paired, PairedMean
from placewise.replays.summaries.fates import Fates, fates_of, fates_with
from placewise.replays.summaries.weeks import RESAMPLES, mean_intervals
from placewise.study.compare.study_differences import Unlike, unlike_studies

QUANTITIES = ("wait_s", "turnaround_s", "bounded_slowdown", "wasted_s")


def paired(
    names: tuple[str, str],
    first: Fates,
    second: Fates,
    *,
    parts: tuple[int, int] = (1, 1),
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Paired:
    """Compare what became of the same jobs, row by row, in two replays; differences are the first less the second.

    parts : in how many parts the trace of each divides a processor. A replicate draws whole weeks of submissions
    again, the same ones in both.
    """
    both = first.started & second.started
    one, other = first.of(both), second.of(both)
    counts = int((first.started & ~both).sum()), int((second.started & ~both).sum())
    if not len(one):
        return Paired(*names, 0, *counts, 0, ())
    columns = {name: (_column(one, name, parts[0]), _column(other, name, parts[1])) for name in QUANTITIES}
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
    fates, names, records, parts = [], [], [], []
    for folder in (first, second):
        replayed = read_replay(folder)
        fates.append(fates_of(replayed.trace, replayed.schedule))
        parts.append(replayed.trace.processor_parts)
        names.append([str(name) for name in replayed.trace.names])
        records.append({"settings": summary_document(replayed)["replay"]})
    here, there = _shared_jobs(names[0], names[1], first, second)
    found = [fates[0].at(here), fates[1].at(there)]
    divided = parts[0], parts[1]
    pairs = paired((str(first), str(second)), *found, parts=divided, resamples=resamples, seed=seed)
    return Folders(pairs, unlike_studies(*records))


@dataclass(frozen=True, slots=True)
class ScenarioFolders:
    """Two folders of replays side by side, compared scenario by scenario.

    pairs : of scenarios of one name. only_first, only_second : the names of the others. unlike : as in `Folders`.
    """

    pairs: tuple[Paired, ...]
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]
    unlike: tuple[Unlike, ...]


def compare_scenarios(
    first: Path, second: Path, *, resamples: int = RESAMPLES, seed: int = 0, progress: Progress = SILENT
) -> ScenarioFolders:
    """Compare folders of replays side by side, of studies or of scenario files.

    Jobs are paired as in `compare_folders`. Raises InputError for no scenario in common, or no job.
    """
    tables = [read_scenario_jobs(folder) for folder in (first, second)]
    shared = [name for name in tables[0] if name in tables[1]]
    if not shared:
        had = [", ".join(table) for table in tables]
        expected = f"some of {had[0]}, as {first}"
        raise InputError("the two have no scenario in common", file=second, found=had[1], expected=expected)
    pairs = []
    for number, name in enumerate(shared):
        progress.advanced("scenarios", number, len(shared))
        (jobs, one), (others, other) = (table[name] for table in tables)
        here, there = _shared_jobs(jobs, others, first, second)
        fates = fates_with(one).at(here), fates_with(other).at(there)
        called = f"{first}: {name}", f"{second}: {name}"
        divided = int(one["parts"][0]), int(other["parts"][0])
        pairs.append(paired(called, *fates, parts=divided, resamples=resamples, seed=seed))
    records = [_record_of(folder) for folder in (first, second)]
    only = [tuple(name for name in table if name not in shared) for table in tables]
    return ScenarioFolders(tuple(pairs), only[0], only[1], unlike_studies(*records))


def _record_of(folder: Path) -> Mapping[str, Any]:
    """Return the record of a study, or where there is none what the scenarios say of themselves."""
    if found_at(folder / STUDY) == "file":
        with locating(file=folder / STUDY):
            return values.mapping(read_json(folder / STUDY), "the document")
    document = timed_document(read_timed(folder))
    settings = [{key: one[key] for key in ("name", "settings", "metadata", "origin")} for one in document["scenarios"]]
    return {"settings": document["replay"], "study": settings}


def _shared_jobs(
    names: Sequence[str], others: Sequence[str], first: Path, second: Path
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where each job that both have is in either. Raises InputError for none."""
    places = {key: place for place, key in enumerate(_keys(others))}
    there = np.array([places.get(key, -1) for key in _keys(names)], dtype=np.int64)
    here = np.flatnonzero(there >= 0)
    if not len(here):
        raise InputError("the two have no job in common", file=second, expected=f"jobs of the same names as {first}")
    return here, there[here]


def _keys(names: Sequence[str]) -> list[tuple[str, int]]:
    seen: dict[str, int] = {}
    keys = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        keys.append((name, seen[name]))
    return keys


def _column(fates: Fates, name: str, parts: int) -> NDArray[np.float64]:
    found = np.asarray(getattr(fates, name), dtype=np.float64)
    return found / parts if name == "wasted_s" else found


def _mean(values: NDArray[np.float64]) -> float:
    return fsum(values.tolist()) / len(values)
