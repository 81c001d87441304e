"""The numbers of runtime models: errors, slopes, and the document of a fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placewise.formats.results.model_files import card_document
from placewise.model.results.runtime_models import (
    BEST_WITH_MEMORY,
    SHOWN,
    Choice,
    CrossValidation,
    ModelCard,
    Models,
    Predictor,
    Validation,
)

MEAN: Predictor = "mean"
"""What a model has to beat: the mean duration, whatever the memory, and whatever it runs on."""


def validated(models: Models) -> list[ModelCard]:
    """Return the cards of models that were cross-validated."""
    return [card for card in models.cards() if card.validation is not None]


def errors_of(validations: Iterable[Validation | None], kind: Choice) -> list[CrossValidation]:
    """Return how far a model is off, of each package that says."""
    return [errors for one in validations if one is not None and (errors := one.of(kind)) is not None]


def shown_kinds(cards: Sequence[ModelCard]) -> list[Choice]:
    """Return the models that were validated, in the order in which tables show them."""
    return [kind for kind in SHOWN if errors_of((card.validation for card in cards), kind)]


def median(values: Iterable[float | None]) -> float | None:
    """Return the median of the values that there are; None without any."""
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None


def median_errors(validations: Sequence[Validation | None]) -> dict[str, float | None]:
    """Return the median over packages of the relative error of each model that was validated."""
    found = {kind: errors_of(validations, kind) for kind in SHOWN}
    return {kind: median(one.relative_error for one in errors) for kind, errors in found.items() if errors}


def slope_signs(models: Models) -> Counter[int]:
    """Count the signs of the linear models' slopes."""
    return Counter(card.slope_sign for card in models.cards())


def relative_slopes(models: Models) -> NDArray[np.float64]:
    """Return (packages,) slopes of duration by memory, both relative to their means, the least first."""
    return np.sort([one.linear.slope * one.memory_bytes.mean() / one.duration_s.mean() for one in models.by_package])


def gains(cards: Sequence[ModelCard], kind: Choice) -> NDArray[np.float64]:
    """Return (packages,) the relative error of a kind of model less that of the mean."""
    model, mean = (errors_of((card.validation for card in cards), one) for one in (kind, MEAN))
    return np.array([one.relative_error - other.relative_error for one, other in zip(model, mean, strict=True)])


def best_kinds(cards: Iterable[ModelCard], choice: Choice = BEST_WITH_MEMORY) -> Counter[str]:
    """Count for how many packages each model has the least absolute error; see `Validation.choose`."""
    return Counter(card.validation.choose(choice) for card in cards if card.validation is not None)


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
        "facts": list(models.facts),
        "median_relative_error": median_errors([card.validation for card in cards]),
        "median_relative_error_later": median_errors([card.later for card in cards]),
        "best_for": dict(best_kinds(cards)),
        "cards": [card_document(card) for card in models.cards()],
    }
