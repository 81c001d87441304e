"""Sentences on runtime models, for pages and terminals."""

from __future__ import annotations

from placewise.model.results.runtime_models import Models
from placewise.model.scalar import counted
from placewise.report.data.records import models as numbers
from placewise.report.words.numbers import share, shown

_MOST_NAMES = 12


def fit_lines(models: Models) -> list[str]:
    """Return what was fitted, what was too small, and which way the slopes point, a line each."""
    cards = models.cards()
    lines = [f"{counted(len(cards), 'package')} fitted, {counted(sum(c.builds for c in cards), 'build')}"]
    if models.too_few:
        names = [f"{shown(name)} ({builds:,})" for name, builds in models.too_few[:_MOST_NAMES]]
        others = len(models.too_few) - len(names)
        lines.append(
            f"too few builds (under {models.minimum_builds:,}): {counted(len(models.too_few), 'package')}: "
            f"{', '.join(names)}{f' and {others:,} others' if others else ''}"
        )
    signs = numbers.slope_signs(models)
    flat = f", {signs[0]:,} flat" if signs[0] else ""
    return [*lines, f"slope: {signs[1]:,} positive (more memory, slower), {signs[-1]:,} negative{flat}"]


def model_lines(models: Models) -> list[str]:
    """Return what was fitted and how far off it is, as the median over packages, a line each."""
    cards = numbers.validated(models)
    if not cards:
        return fit_lines(models)
    errors = {
        kind: share(error, 3) for kind, error in numbers.median_errors([card.validation for card in cards]).items()
    }
    parts = ", ".join(f"{kind} {error}" for kind, error in errors.items() if kind != numbers.MEAN)
    line = "error on builds not seen, of the mean duration, median of packages"
    return [*fit_lines(models), f"{line}: {parts}; the mean {errors[numbers.MEAN]}"]


def caution_lines(models: Models) -> list[str]:
    """Return what a reader of the errors should know of the models."""
    memory = "linear, log-linear and knn predict from memory, which is known only after a run"
    lines = [f"{memory}; best does without, best-with-memory may use it."]
    if any(card.validation is not None and card.validation.best is not None for card in models.cards()):
        lines.append("best and best-with-memory: chosen anew in each training part, so the errors are not optimistic.")
    if models.facts:
        lines.append(f"hierarchical: by {', '.join(map(shown, models.facts))} of each package, partly pooled.")
    if any(card.later is not None for card in models.cards()):
        lines.append("later: error, of mean, on the latest fifth of builds, of models of the earlier ones.")
    return lines
