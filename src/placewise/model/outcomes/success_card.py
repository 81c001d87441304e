"""The card of a learned model of success: what it learned from, and how good it is on records that it has not seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError


@dataclass(frozen=True, slots=True, eq=False)
class Reliability:
    """What was forecast and what happened, by equal steps of the forecast from 0 to 1.

    forecast, observed : (bins,) mean forecast and share that succeeded; NaN where no record is. records : (bins,).

    Raises InputError for columns of different lengths, or no records at all.
    """

    forecast: NDArray[np.float64]
    observed: NDArray[np.float64]
    records: NDArray[np.int64]

    def __post_init__(self) -> None:
        if not np.shape(self.forecast) == np.shape(self.observed) == np.shape(self.records) or not np.sum(self.records):
            raise InputError("the bins of forecasts do not pair up", expected="columns of one length, some records")

    @property
    def expected_error(self) -> float:
        """The expected calibration error."""
        some = self.records > 0
        apart = np.abs(self.forecast[some] - self.observed[some])
        return float((apart * self.records[some]).sum() / self.records.sum())


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores of forecasts. log_loss in nats. auc, auc_within : None where there are not both outcomes."""

    records: int
    log_loss: float
    brier: float
    auc: float | None
    auc_within: float | None
    calibration_error: float


@dataclass(frozen=True, slots=True)
class Learned:
    """What a model learned from.

    data : the name of the file. sha256 : of its content, in hexadecimal digits. label : what counts as success.
    """

    data: str
    sha256: str
    label: str
    records: int
    succeeded: int
    packages: int


@dataclass(frozen=True, slots=True)
class SuccessCard:
    """What a user of a model should know.

    hold_out, folds, seed : see `fold_of`. held_out : scores of the shipped procedure, calibration included, on records
    held out; by_fold : in each fold. uncalibrated : the same without calibration. reliability : of `held_out`.
    base_log_loss : of a forecaster that gives each record the overall rate of the other folds.
    one_value : facts that are the same in all records, so that the model cannot say what another value does.
    libraries : the version of each library that learned.
    """

    learned: Learned
    hold_out: str
    folds: int
    seed: int
    held_out: Scores
    by_fold: tuple[Scores, ...]
    uncalibrated: Scores
    base_log_loss: float
    reliability: Reliability
    one_value: tuple[str, ...]
    libraries: Mapping[str, str]
