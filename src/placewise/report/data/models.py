"""The numbers of runtime models: errors, slopes, and the document of a fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placewise.formats.results.model_files import card_document
from placewise.model.runtime_models import KINDS, CrossValidation, ModelCard, Models

MEAN = "mean"
"""What a model has to beat: the mean duration, whatever the memory."""


def validated(models: Models) -> list[ModelCard]:
    """Return the cards of models that were cross-validated."""
    return [card for card in models.cards() if card.validation is not None]


def validation_of(card: ModelCard, kind: str) -> CrossValidation:
    """Return how far a kind of model, or the mean, is off."""
    assert card.validation is not None
    return card.validation.mean if kind == MEAN else card.validation.of(kind)  # type: ignore[arg-type]


def median(values: Iterable[float | None]) -> float | None:
    """Return the median of the values that there are; None without any."""
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None


def median_errors(cards: Sequence[ModelCard]) -> dict[str, float | None]:
    """Return the median over packages of the relative error of each kind of model, and of the mean."""
    return {kind: median(validation_of(card, kind).relative_error for card in cards) for kind in (*KINDS, MEAN)}


def slope_signs(models: Models) -> Counter[int]:
    """Count the signs of the linear models' slopes."""
    return Counter(card.slope_sign for card in models.cards())


def relative_slopes(models: Models) -> NDArray[np.float64]:
    """Return (packages,) slopes of duration by memory, both relative to their means, the least first."""
    return np.sort([one.linear.slope * one.memory_bytes.mean() / one.duration_s.mean() for one in models.by_package])


def gains(cards: Sequence[ModelCard], kind: str) -> NDArray[np.float64]:
    """Return (packages,) the relative error of a kind of model less that of the mean."""
    return np.array(
        [validation_of(card, kind).relative_error - validation_of(card, MEAN).relative_error for card in cards]
    )


def best_kinds(cards: Iterable[ModelCard]) -> Counter[str]:
    """Count for how many packages each kind, or the mean, has the least absolute error; see `Validation.best`."""
    return Counter(card.validation.best for card in cards if card.validation is not None)


def fit_document(models: Models) -> dict[str, Any]:
    """Return everything that a fit found as plain values."""
    signs, cards = slope_signs(models), validated(models)
    return {
        "fitted": len(models),
        "too_few": dict(models.too_few),
        "minimum_builds": models.minimum_builds,
        "folds": models.folds,
        "seed": models.seed,
        "slopes": {"positive": signs[1], "negative": signs[-1], "flat": signs[0]},
        "median_relative_error": median_errors(cards),
        "best_for": dict(best_kinds(cards)),
        "cards": [card_document(card) for card in models.cards()],
    }
