"""What the page of runtime models begins with."""

from __future__ import annotations

import numpy as np

from placewise.model.results.runtime_models import BEST, BEST_WITH_MEMORY, Choice, Models
from placewise.model.scalar import counted
from placewise.report.data.records import models as numbers
from placewise.report.words.numbers import share
from placewise.report.words.openings.opening import DIGITS, KeyNumber, Opening, scale_end

_SHOWN: tuple[tuple[Choice, str, str], ...] = (
    (BEST_WITH_MEMORY, "with memory, which is known only after a run", "best model with memory"),
    (BEST, "without memory", "best model without memory"),
    (numbers.MEAN, "if they are always the mean of the package", "always the mean"),
)


def models_opening(models: Models, figure: str) -> Opening:
    """Return the answer of a fit: how far off the models are with memory, without it, and the mean alone.

    figure : the name of the main picture.
    """
    cards = numbers.validated(models)
    found = [
        (said, label, np.array([one.relative_error for one in errors]))
        for kind, said, label in _SHOWN
        if (errors := numbers.errors_of((card.validation for card in cards), kind))
    ]
    if not found:
        return Opening(
            f"{counted(len(models.cards()), 'package')} fitted; how far off the models are was not worked out."
        )
    parts = [f"by {share(float(np.median(errors)), DIGITS)} {said}" for said, _, errors in found]
    sentence = (
        f"On builds not seen, predictions are off {'; '.join(parts)} (share of the mean duration, median of "
        f"{counted(len(found[0][2]), 'package')})."
    )
    halves = [np.quantile(errors, [0.25, 0.5, 0.75]).tolist() for *_, errors in found]
    top = scale_end(max(high for *_, high in halves))
    shown = tuple(
        KeyNumber(
            f"error of the mean duration, {label}",
            share(middle, DIGITS),
            middle,
            f"middle half of packages {share(low, DIGITS)} to {share(high, DIGITS)}",
            low,
            high,
            top,
            share(top, DIGITS),
        )
        for (_, label, _), (low, middle, high) in zip(found, halves, strict=True)
    )
    return Opening(sentence, figure, shown, "Each bar is the middle half of the packages; the mark is the median.")
