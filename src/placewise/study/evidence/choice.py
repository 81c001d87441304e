"""The choice experiment: of a job's real alternatives, the one that a level's facts make the most likely to succeed.

Alternatives are compared within one test fold only: scores of the models of different folds are not comparable, and
across folds even a level that says nothing would choose by which fold a record is in, and so by the share of its own
fold that failed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.model.outcomes.evidence import Choice, ChoiceScore
from placewise.model.outcomes.outcome_records import OutcomeRecords
from placewise.model.results.worth import Interval
from placewise.study.evidence.summary import alternatives, rate_of


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The choices: records of one job within one fold, for jobs with both outcomes.

    rows : (alternatives,) positions of the records. cell : (alternatives,) 0, 1, ...; the cell of each.
    size, succeeded : (cells,) how many alternatives, and how many of them succeeded. package : (cells,).
    """

    rows: NDArray[np.int64]
    cell: NDArray[np.int64]
    size: NDArray[np.int64]
    succeeded: NDArray[np.int64]
    package: NDArray[np.int32]


def cells_of(records: OutcomeRecords, fold: NDArray[np.integer]) -> Cells:
    """Return the choices of records, given their (records,) folds."""
    rows = np.flatnonzero(alternatives(records))
    keys = records.job[rows].astype(np.int64) * (int(fold.max(initial=0)) + 1) + fold[rows]
    _, first, cell = np.unique(keys, return_index=True, return_inverse=True)
    cell = cell.reshape(-1)
    succeeded = np.bincount(cell[records.succeeded[rows]], minlength=len(first))
    return Cells(rows, cell, np.bincount(cell), succeeded, records.package[rows[first]])


def chosen(cells: Cells, records: OutcomeRecords, p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (cells,) the expected number of successes when every alternative's place is taken by the one chosen.

    p : (records,) the probability of success. The highest is chosen, those that are equal with equal chances; so where
    all are equal the sum over cells is that of choosing at random, to the last digit.
    """
    values = p[cells.rows]
    best = np.full(len(cells.size), -np.inf)
    np.maximum.at(best, cells.cell, values)
    top = values == best[cells.cell]
    tied = np.bincount(cells.cell[top], minlength=len(cells.size))
    good = np.bincount(cells.cell[top & records.succeeded[cells.rows]], minlength=len(cells.size))
    found: NDArray[np.float64] = good * cells.size / tied
    return found


def choice_of(
    cells: Cells,
    records: OutcomeRecords,
    levels: Sequence[tuple[str, NDArray[np.float64], Interval | None, Interval | None]],
) -> Choice:
    """Return how choosing fares; levels : name, (cells,) of `chosen`, and the intervals of its share and gain."""
    total = int(cells.size.sum())
    share = 1 / total if total else 0.0
    return Choice(
        jobs=len(np.unique(records.job[cells.rows])),
        cells=len(cells.size),
        alternatives=rate_of("alternatives", records.succeeded[cells.rows]),
        ceiling=float(cells.size[cells.succeeded > 0].sum()) * share,
        levels=tuple(
            ChoiceScore(name, float(good.sum()) / total if total else 0.0, interval, gain)
            for name, good, interval, gain in levels
        ),
    )
