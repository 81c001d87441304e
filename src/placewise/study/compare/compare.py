"""Two runs compared job by job: how much larger the figures of one are, on the jobs that both have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.formats.results.outcomes_table import OUTCOMES, ExperimentSums, OutcomeSums, read_outcome_sums
from placewise.formats.results.results_folder import read_results
from placewise.model.progress import SILENT, Progress
from placewise.model.quantities import LAST, SUCCESS, SUCCESS_OF_MATCHED
from placewise.model.results.results import Results
from placewise.model.results.worth import ORDER, Interval
from placewise.model.studies.settings import MOST_ORDERS, refuse_outside
from placewise.model.studies.study import EXPANDING, folder_name
from placewise.study.compare.study_differences import Unlike, unlike_studies
from placewise.sweep.runner import HERE, Runner
from placewise.worth.resampling import Bootstrap, Centre, Column, Ratios, Varied, interval_of

MATCHED = "matched"
_EXPANDING = folder_name(EXPANDING)


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """One figure of one experiment in two runs, over the jobs that both have; None where there is nothing to average.

    difference : the first less the second. intervals : of the difference, each over something else.
    """

    experiment: str
    quantity: str
    first: float | None
    second: float | None
    difference: float | None
    intervals: tuple[Interval, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two runs differ in: how they were made, and what came of it.

    jobs : in both. only_first, only_second : the others. unit : what was drawn again, in words; units : how many.
    unlike : what differs between the two studies. notes : what was left out, and why.
    """

    jobs: int
    only_first: int
    only_second: int
    unit: str
    units: int
    differences: tuple[PairedDifference, ...]
    unlike: tuple[Unlike, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """The names that two tables share: where each stands in either table, and the unit that its jobs belong to."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    unit: NDArray[np.int64]
    unit_word: str


def compare(
    first: Path,
    second: Path,
    *,
    resamples: int = 1000,
    seed: int = 0,
    runner: Runner = HERE,
    progress: Progress = SILENT,
) -> Comparison:
    """Compare the results folders of two runs; differences are the first less the second.

    Jobs are paired by name. Of a name that repeats, which stands for equal jobs, as many are paired as both have.
    Intervals over jobs draw root packages again, or else requirement profiles, for both runs the same ones (see
    `worth.resampling`);
    those over random orders and over fleets pair what has one number in both.
    Raises InputError for a folder that holds no results or no rows, for no experiment or job in common, and for a
    number of resamples that is not usable.
    """
    refuse_outside(resamples=(resamples, 0, MOST_ORDERS))
    runs, tables = [], []
    for number, folder in enumerate((first, second)):
        progress.advanced("reading", number, 2)
        runs.append(read_results(folder))
        tables.append(read_outcome_sums(folder / OUTCOMES))
    names = [name for name in tables[0].experiments if name in tables[1].experiments]
    if not names:
        ran = [", ".join(table.experiments) or "none" for table in tables]
        raise InputError(
            "the two have no experiment in common", file=second, found=ran[1], expected=f"some of {ran[0]}, as {first}"
        )
    pairs = _paired(*tables)
    copies = [_copies(table, names) for table in tables]
    shared = int(np.minimum(copies[0][pairs.first], copies[1][pairs.second]).sum())
    if not shared:
        raise InputError("the two have no job in common", file=second, expected=f"jobs of the same names as {first}")
    found = _differences(tables, names, pairs, resamples, seed, runner, progress)
    only = [int(one.sum()) - shared for one in copies]
    last = [run.last_level for run in runs]
    if _EXPANDING not in names and not any(only) and last[0] is not None and last[1] is not None:
        # A run may work it out without keeping rows of it.
        found.append(PairedDifference(_EXPANDING, LAST, last[0], last[1], last[0] - last[1]))
    more, notes = _of_numbered_draws(runs, found, whole=not any(only))
    if pairs.unit_word == "job name":
        notes = ("neither folder says which profile a job is of, so jobs were drawn again by name", *notes)
    notes = (*_alone(tables, (first, second)), *notes)
    return Comparison(
        shared,
        only[0],
        only[1],
        pairs.unit_word,
        len(np.unique(pairs.unit)),
        more,
        unlike_studies(runs[0].study, runs[1].study),
        notes,
    )


def _alone(tables: list[OutcomeSums], folders: tuple[Path, Path]) -> Iterator[str]:
    """Yield a note for each of the two that has experiments which the other lacks, naming them."""
    first, second = tables
    for one, other, folder in ((first, second, folders[0]), (second, first, folders[1])):
        names = [name for name in one.experiments if name not in other.experiments]
        if names:
            yield f"only {folder} has {', '.join(names)}: not compared"


def _paired(first: OutcomeSums, second: OutcomeSums) -> _Pairs:
    places = first.places_in(second)
    here = np.flatnonzero(places >= 0)
    there = places[here]
    if first.packages is not None and second.packages is not None:
        # A job that is of one package here and of another there is a unit of both.
        both = np.stack([first.packages[here], second.packages[there]], axis=1)
        return _Pairs(here, there, np.unique(both, axis=0, return_inverse=True)[1].reshape(-1), "root package")
    known = [
        np.unique(table.profiles[at], return_inverse=True)[1].reshape(-1)
        for table, at in ((first, here), (second, there))
        if table.profiles is not None
    ]
    if not known:
        return _Pairs(here, there, np.arange(len(here)), "job name")
    # Jobs that one profile decides in either run vary together, so the coarser division is the safe one.
    return _Pairs(here, there, min(known, key=lambda unit: int(unit.max(initial=0))), "requirement profile")


def _copies(table: OutcomeSums, names: list[str]) -> NDArray[np.float64]:
    """Return (names of jobs,) how many jobs each name stands for; experiments leave out what they have no use for."""
    found: NDArray[np.float64] = np.max([table.experiments[name].copies for name in names], axis=0)
    return found


def _differences(
    tables: list[OutcomeSums],
    names: list[str],
    pairs: _Pairs,
    resamples: int,
    seed: int,
    runner: Runner,
    progress: Progress,
) -> list[PairedDifference]:
    columns: list[Column] = []
    figures: list[tuple[str, str]] = []
    for name in names:
        sides = [table.experiments[name] for table in tables]
        taken = np.minimum(sides[0].copies[pairs.first], sides[1].copies[pairs.second])
        both = [
            dict(_ratios(name, side, at, taken)) for side, at in zip(sides, (pairs.first, pairs.second), strict=True)
        ]
        for quantity in both[0]:
            for side in both:
                columns.append(Column(len(columns), pairs.unit, *side[quantity]))
            figures.append((name, quantity))
    units = int(pairs.unit.max(initial=-1)) + 1
    ratios = Ratios.of(columns, units, len(columns))
    values = ratios.values()
    rows = np.zeros((0, len(columns)))
    if resamples:
        rows = runner.rows(
            "resamples of differences",
            Bootstrap(ratios, seed),
            resamples,
            key=str(seed),
            progress=progress,
        )
    influence = ratios.influence()
    varied = Varied(pairs.unit_word, units, resamples=resamples)
    found = []
    for number, (name, quantity) in enumerate(figures):
        one, other = values[2 * number : 2 * number + 2].tolist()
        centre = Centre.of(one - other, influence[2 * number] - influence[2 * number + 1])
        interval = interval_of(rows[:, 2 * number] - rows[:, 2 * number + 1], varied, centre)
        found.append(
            PairedDifference(
                name,
                quantity,
                _known(one),
                _known(other),
                _known(one - other),
                () if interval is None or one - other != one - other else (interval,),
            )
        )
    return found


def _ratios(
    name: str, sums: ExperimentSums, at: NDArray[np.int64], taken: NDArray[np.float64]
) -> Iterator[tuple[str, tuple[NDArray[np.float64], NDArray[np.float64]]]]:
    """Yield each quantity with its numerators and denominators, (paired names,), of so many copies as are taken."""
    copies = sums.copies[at]
    share = np.divide(taken, copies, out=np.zeros(len(at)), where=copies > 0)
    yield SUCCESS, (share * sums.success[at], share * sums.submissions[at])
    yield SUCCESS_OF_MATCHED, (share * sums.success[at], share * sums.assigned[at])
    yield MATCHED, (share * sums.matched[at], share * sums.submissions[at])
    if name == _EXPANDING:
        yield LAST, (share * sums.last[at], taken)


def _of_numbered_draws(
    runs: list[Results], differences: list[PairedDifference], *, whole: bool
) -> tuple[tuple[PairedDifference, ...], tuple[str, ...]]:
    """Add intervals over random orders and fleets where both runs have them under the same numbers.

    whole : both have the same jobs, which these were over.
    """
    drawn: dict[str, list[Mapping[tuple[str, str], NDArray[np.float64]]]] = {
        ORDER: [_orders(run) for run in runs],
        "fleet": [_fleets(run) for run in runs],
    }
    notes = []
    for noun, (one, other) in drawn.items():
        if not one or not other:
            continue
        counts = [len(next(iter(side.values()))) for side in (one, other)]
        reason = _why_apart(runs, noun, counts, whole=whole)
        if reason is not None:
            notes.append(f"no intervals over {noun}s: {reason}")
            continue
        varied = Varied(noun, counts[0], ", paired by number")
        differences = [
            _with(difference, interval_of(one[key] - other[key], varied))
            if (key := (difference.experiment, difference.quantity)) in one and key in other
            else difference
            for difference in differences
        ]
    return tuple(differences), tuple(notes)


def _why_apart(runs: list[Results], noun: str, counts: list[int], *, whole: bool) -> str | None:
    """Return why draws of one number have nothing to do with each other, None where they have."""
    seeds, sizes = (
        [_recorded(run, *path) for run in runs] for path in (("settings", "seed"), ("counts", "subsystems"))
    )
    expanding = [_recorded(run, "study", "expanding") for run in runs]
    if not whole:
        return "the two have not the same jobs"
    if counts[0] != counts[1]:
        return f"there are {counts[0]:,} and {counts[1]:,}"
    if None in seeds or seeds[0] != seeds[1]:
        return "they were drawn with different seeds"
    if noun == "random order" and (sizes[0] != sizes[1] or expanding[0] != expanding[1]):
        return "they are of different subsystems"
    return None


def _recorded(run: Results, *path: str) -> Any:
    value: Any = run.study
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _orders(run: Results) -> dict[tuple[str, str], NDArray[np.float64]]:
    if run.orders is None:
        return {}
    return {(_EXPANDING, SUCCESS_OF_MATCHED): run.orders.success_of_matched, (_EXPANDING, LAST): run.orders.last_level}


def _fleets(run: Results) -> dict[tuple[str, str], NDArray[np.float64]]:
    if run.fleets is None:
        return {}
    return {
        (name, LAST if name == _EXPANDING else SUCCESS): column
        for name, column in zip(run.fleets.experiments, run.fleets.success.T, strict=True)
    }


def _with(difference: PairedDifference, interval: Interval | None) -> PairedDifference:
    if interval is None:
        return difference
    return replace(difference, intervals=(*difference.intervals, interval))


def _known(value: float) -> float | None:
    return None if value != value else value
