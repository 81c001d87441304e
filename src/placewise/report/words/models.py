"""Sentences on runtime models, for pages and terminals."""

from __future__ import annotations

from placewise.model.runtime_models import KINDS, Models
from placewise.report.data import models as numbers
from placewise.report.words.numbers import counted, share, shown

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
    errors = {kind: share(error, 3) for kind, error in numbers.median_errors(cards).items()}
    parts = ", ".join(f"{kind} {errors[kind]}" for kind in KINDS)
    line = "error on builds not seen, of the mean duration, median of packages"
    return [*fit_lines(models), f"{line}: {parts}; the mean {errors[numbers.MEAN]}"]
