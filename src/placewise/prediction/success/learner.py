"""Models of success learned by gradient boosting of trees (scikit-learn's histogram gradient boosting)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.model.outcomes.outcome_records import OutcomeRecords
from placewise.model.outcomes.success_model import BEYOND_EVERY_RANK, PackageRates, SuccessModel, Trees
from placewise.prediction.success.calibration import AS_IT_IS, calibrated
from placewise.prediction.success.encoding import SMOOTHING, Known, encoded, known_facts, package_rates, rate_of
from placewise.prediction.success.forecast import log_odds, probability

_SUREST = 1e-6
_FEWEST_TREES, _MOST_TREES = 10, 200


@dataclass(frozen=True, slots=True)
class Boosting:
    """How trees are grown; `benchmarks/settings_of_learning.py` compares settings by held-out log loss.

    iterations : trees. learning_rate : share of each that is added. leaves : of a tree, at most. least_leaf : records
    of a leaf, at least. smoothing : see `package_rates`.
    """

    iterations: int = 200
    learning_rate: float = 0.2
    leaves: int = 31
    least_leaf: int = 20
    smoothing: float = SMOOTHING


def usual(records: int) -> Boosting:
    """Return how trees are grown for so many records: a tree for each hundred, from 10 to 200, as few are soon overfit.

    By the number of records alone, so that no outcome has a part in it.
    """
    return Boosting(iterations=min(_MOST_TREES, max(_FEWEST_TREES, records // 100)))


def out_of_fold(
    records: OutcomeRecords,
    known: Known,
    fold: NDArray[np.int32],
    boosting: Boosting | None = None,
    *,
    calibrate: bool = False,
) -> NDArray[np.float64]:
    """Return how likely each record succeeds, (records,), by a model learned from the records of the other folds.

    calibrate : the model of each fold is calibrated too, on forecasts of the other folds, each by a model that saw
    neither of the two; so what is returned never takes part in it.

    fold : (records,), as of `fold_of`. Raises InputError without scikit-learn, for folds that do not pair up, and for
    a name that the records have no fact of.
    """
    _refuse(records, fold)
    data = _Data(records, known, boosting or usual(len(records)))
    raw = _raw_out_of_fold(data, fold)
    if not calibrate:
        return probability(raw, AS_IT_IS)
    return _calibrated_out_of_fold(data, raw, records.succeeded, fold)


def fit(
    records: OutcomeRecords, known: Known, fold: NDArray[np.int32], boosting: Boosting | None = None
) -> SuccessModel:
    """Return the model learned from all records, calibrated on forecasts of each fold by models of the others.

    Raises InputError as `out_of_fold` does.
    """
    _refuse(records, fold)
    return _whole(data := _Data(records, known, boosting or usual(len(records))), _raw_out_of_fold(data, fold), records)


def fit_and_hold_out(
    records: OutcomeRecords, known: Known, fold: NDArray[np.int32], boosting: Boosting | None = None
) -> tuple[SuccessModel, NDArray[np.float64], NDArray[np.float64]]:
    """Return the model of `fit`, and forecasts of `out_of_fold` without and with calibration, each (records,)."""
    _refuse(records, fold)
    data = _Data(records, known, boosting or usual(len(records)))
    raw = _raw_out_of_fold(data, fold)
    p = _calibrated_out_of_fold(data, raw, records.succeeded, fold)
    return _whole(data, raw, records), probability(raw, AS_IT_IS), p


class _Data:
    """The columns that are known of all records; the rate of the package is worked out from the rows learned from."""

    def __init__(self, records: OutcomeRecords, known: Known, boosting: Boosting) -> None:
        self._records, self._package, self._boosting = records, known.package, boosting
        self.facts = known_facts(records, known)
        self._columns = np.column_stack([np.zeros(len(records)), encoded(self.facts, records.facts, len(records))])

    def learned(self, rows: NDArray[np.bool_]) -> tuple[PackageRates, Trees]:
        """Return the rates of packages and the trees learned from these rows."""
        records, boosting = self._records, self._boosting
        if self._package:
            rates = package_rates(
                records.package[rows], records.succeeded[rows], records.packages, self._boosting.smoothing
            )
        else:
            rates = PackageRates((), np.zeros(0), float(records.succeeded[rows].mean()))
        return rates, _grown(self._with(rates, rows), records.succeeded[rows], boosting)

    def raw(self, rows: NDArray[np.bool_], asked: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the forecasts in log odds of the rows asked about by what is learned from other rows."""
        rates, trees = self.learned(rows)
        return log_odds(trees, self._with(rates, asked))

    def _with(self, rates: PackageRates, rows: NDArray[np.bool_]) -> NDArray[np.float64]:
        columns = self._columns[rows]
        columns[:, 0] = rate_of(rates, self._records.packages)[self._records.package[rows]]
        return columns


def _raw_out_of_fold(data: _Data, fold: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return the forecast of each record in log odds, by what is learned from the other folds."""
    raw = np.empty(len(fold))
    for one in range(int(fold.max()) + 1):
        raw[fold == one] = data.raw(fold != one, fold == one)
    return raw


def _calibrated_out_of_fold(
    data: _Data, raw: NDArray[np.float64], succeeded: NDArray[np.bool_], fold: NDArray[np.int32]
) -> NDArray[np.float64]:
    """Return calibrated forecasts: of each fold by a calibration that neither it nor a model of it had a part in.

    Of two folds none is left to calibrate on, so that the forecasts stay what they are.
    """
    count = int(fold.max()) + 1
    if count == 2:
        return probability(raw, AS_IT_IS)
    inside = np.full((count, len(fold)), np.nan)
    for one in range(count):
        for other in range(one + 1, count):
            # What is learned without both forecasts the one for the calibration of the other, and the other way round.
            asked = (fold == one) | (fold == other)
            both = data.raw(~asked, asked)
            inside[other, fold == one], inside[one, fold == other] = (both[fold[asked] == k] for k in (one, other))
    p = np.empty(len(fold))
    for one in range(count):
        seen = fold != one
        p[~seen] = probability(raw[~seen], calibrated(inside[one, seen], succeeded[seen]))
    return p


def _whole(data: _Data, raw: NDArray[np.float64], records: OutcomeRecords) -> SuccessModel:
    rates, trees = data.learned(np.ones(len(records), dtype=np.bool_))
    return SuccessModel(data.facts, rates, trees, calibrated(raw, records.succeeded))


def _grown(columns: NDArray[np.float64], succeeded: NDArray[np.bool_], boosting: Boosting) -> Trees:
    """Return trees grown on these rows; none where all outcomes or all columns are alike."""
    varies = _worth_asking(columns)
    if not varies or succeeded.all() or not succeeded.any():
        rate = np.clip(succeeded.mean(), _SUREST, 1 - _SUREST)
        return _arrays(float(np.log(rate / (1 - rate))), [], np.zeros(0, dtype=np.int64))
    ensemble, threads = _libraries()
    grower = ensemble.HistGradientBoostingClassifier(
        max_iter=boosting.iterations,
        learning_rate=boosting.learning_rate,
        max_leaf_nodes=boosting.leaves,
        min_samples_leaf=boosting.least_leaf,
        early_stopping=False,
        random_state=0,
    )
    # Its threads wait for each other by spinning, which costs ten times the work where other processes run too.
    with threads.threadpool_limits(1):
        grower.fit(columns[:, varies], succeeded)
    trees = [iteration[0].nodes for iteration in grower._predictors]  # noqa: SLF001, nothing public has the trees
    return _arrays(float(np.ravel(grower._baseline_prediction)[0]), trees, np.array(varies))  # noqa: SLF001


def _worth_asking(columns: NDArray[np.float64]) -> list[int]:
    """Return the columns to grow trees on: none of one value, none of nothing, and of equal ones the first.

    scikit-learn 1.9 refuses a column of nothing. Of equal columns it takes the first for every split, so that the trees
    stay what they are; of 120 dependencies a fifth always come with another in the same version.
    """
    first: dict[bytes, int] = {}
    for place, column in enumerate(columns.T):
        if (column != column[0]).any() and not np.isnan(column).all():
            first.setdefault(column.tobytes(), place)
    return list(first.values())


def _arrays(base: float, trees: list[Any], column_of: NDArray[np.int64]) -> Trees:
    """Return scikit-learn's nodes, an array a tree, as ours; column_of : the column that each of its features is."""
    starts = np.cumsum([0, *map(len, trees)])[:-1].astype(np.int64)
    if not trees:
        none, nothing = np.zeros(0, dtype=np.int64), np.zeros(0)
        return Trees(base, none, none, nothing, none, none, none, nothing)
    nodes = np.concatenate(trees)
    shift = np.repeat(starts, [len(tree) for tree in trees])
    leaf = nodes["is_leaf"].astype(np.bool_)
    left, right = (np.where(leaf, 0, nodes[way].astype(np.int64) + shift) for way in ("left", "right"))
    return Trees(
        base,
        starts,
        np.where(leaf, 0, column_of[np.where(leaf, 0, nodes["feature_idx"])]),
        np.where(leaf, 0.0, np.minimum(nodes["num_threshold"], BEYOND_EVERY_RANK)),
        left,
        right,
        np.where(nodes["missing_go_to_left"].astype(np.bool_), left, right),
        np.where(leaf, nodes["value"], 0.0),
    )


def _libraries() -> tuple[Any, Any]:
    try:
        import sklearn.ensemble  # noqa: PLC0415, it takes a second, and is an extra
        import threadpoolctl  # noqa: PLC0415, comes with it
    except ImportError as error:
        raise InputError(
            "learning needs scikit-learn, which is not installed", expected="pip install 'placewise[learn]'"
        ) from error
    return sklearn.ensemble, threadpoolctl


def _refuse(records: OutcomeRecords, fold: NDArray[np.int32]) -> None:
    if len(fold) != len(records) or len(np.unique(fold)) < 2 or (np.bincount(fold) == 0).any():
        raise InputError("folds and records do not pair up", found=len(fold), expected="2 folds or more, none empty")
