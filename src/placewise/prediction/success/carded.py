"""Models with their cards, and models that know less."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray

from placewise.model.outcomes.outcome_records import OutcomeRecords
from placewise.model.outcomes.success_card import Learned, SuccessCard
from placewise.model.outcomes.success_model import SuccessModel
from placewise.prediction.success.encoding import Known
from placewise.prediction.success.folds import FOLDS, NONE, fold_of
from placewise.prediction.success.learner import Boosting, fit, fit_and_hold_out
from placewise.prediction.success.scores import log_loss, reliability, scores

LIBRARIES = ("scikit-learn", "numpy")


def with_card(
    records: OutcomeRecords,
    known: Known,
    learned: Learned,
    *,
    hold_out: str = NONE,
    folds: int = FOLDS,
    seed: int = 0,
    boosting: Boosting | None = None,
) -> SuccessModel:
    """Return a model learned from all records, with a card of what it learned from and how it does on records held out.

    learned : of the file that the records are from. hold_out, folds, seed : see `fold_of`.
    Raises InputError as `fold_of` and `fit` do.
    """
    fold = fold_of(records, hold_out, folds, seed)
    model, raw, p = fit_and_hold_out(records, known, fold, boosting)
    succeeded, package = records.succeeded, records.package
    card = SuccessCard(
        learned,
        hold_out,
        folds,
        seed,
        scores(succeeded, p, package),
        tuple(scores(succeeded[fold == k], p[fold == k], package[fold == k]) for k in range(folds)),
        scores(succeeded, raw, package),
        log_loss(succeeded, base_rate(succeeded, fold)),
        reliability(succeeded, p),
        tuple(fact.name for fact in records.facts if (fact.codes == fact.codes[0]).all()),
        {name: version(name) for name in LIBRARIES},
    )
    return dataclasses.replace(model, card=card)


def base_rate(succeeded: NDArray[np.bool_], fold: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return for each record the share that succeeded in the other folds, (records,)."""
    size, good = np.bincount(fold), np.bincount(fold, weights=succeeded)
    return np.asarray(((good.sum() - good) / (size.sum() - size))[fold])


class Restricted:
    """Models of the same records that know only some facts, each learned when it is first asked for.

    Not frozen: it remembers them.
    """

    def __init__(self, records: OutcomeRecords, fold: NDArray[np.int32], boosting: Boosting | None = None) -> None:
        self._records, self._fold, self._boosting = records, fold, boosting
        self._learned: dict[tuple[frozenset[str], frozenset[str], bool], SuccessModel] = {}

    def knowing(self, facts: Iterable[str], presence: Iterable[str] = (), *, package: bool = True) -> SuccessModel:
        """Return the model that knows these facts; see `Known`. Raises InputError as `fit` does."""
        key = (frozenset(facts), frozenset(presence), package)
        if key not in self._learned:
            known = Known(tuple(sorted(key[0])), tuple(sorted(key[1])), package)
            self._learned[key] = fit(self._records, known, self._fold, self._boosting)
        return self._learned[key]
