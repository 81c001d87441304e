"""The cards of runtime models in words and numbers: for the terminal, for machines, and as one HTML page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table as Printed

from placewise.formats.results.model_files import card_document
from placewise.formats.writing import write_bytes
from placewise.model.runtime_models import BYTES_PER_GIB, KINDS, CrossValidation, ModelCard, Models
from placewise.report.cells import Cell, Row, Table
from placewise.report.filling import embedded, filled
from placewise.report.glossary import MODEL_GLOSSARY
from placewise.report.picture import Picture
from placewise.report.section import Section
from placewise.report.wording import MISSING, counted, number, share, shown

MEAN = "mean"
OVERVIEW = "model-overview"
"""The name of the figure that shows all models together."""
_MOST_NAMES = 12


def print_fit(models: Models, *, console: Console) -> None:
    """Print the median errors of each kind of model, and what was and was not fitted; 80 columns are enough."""
    cards = [card for card in models.cards() if card.validation is not None]
    if cards:
        table = Printed(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column(f"{models.folds}-fold cross-validation", no_wrap=True)
        for name in ("error", "of mean", "RMSE", "correlation", "best for"):
            table.add_column(name, justify="right", no_wrap=True)
        best = best_kinds(cards)
        for kind in (*KINDS, MEAN):
            errors = [_of(card, kind) for card in cards]
            table.add_row(
                "always the mean" if kind == MEAN else kind,
                f"{number(_median(e.mean_absolute_error_s for e in errors), 3)} s",
                share(_median(e.relative_error for e in errors), 3, space=""),
                f"{number(_median(e.root_mean_square_error_s for e in errors), 3)} s",
                number(_median(e.correlation for e in errors), 2),
                number(best[kind]),
            )
        console.print(table)
        console.print("Medians of packages; error: mean absolute, of builds not fitted to.")
    for line in fit_lines(models):
        console.print(line, markup=False, highlight=False)


def fit_lines(models: Models) -> list[str]:
    """Return what was fitted, what was too small, and which way the slopes point, a line each."""
    cards = models.cards()
    lines = [f"{counted(len(cards), 'package')} fitted, {counted(sum(c.builds for c in cards), 'build')}"]
    if models.too_few:
        lines.append(f"too few builds (under {models.minimum_builds:,}): {_too_few(models)}")
    signs = Counter(card.slope_sign for card in cards)
    lines.append(f"slope: {signs[1]:,} positive (more memory, slower), {signs[-1]:,} negative")
    if signs[0]:
        lines[-1] += f", {signs[0]:,} flat"
    return lines


def fit_document(models: Models) -> dict[str, Any]:
    """Return everything that a fit found as plain values."""
    cards = models.cards()
    signs = Counter(card.slope_sign for card in cards)
    validated = [card for card in cards if card.validation is not None]
    return {
        "fitted": len(models),
        "too_few": dict(models.too_few),
        "minimum_builds": models.minimum_builds,
        "folds": models.folds,
        "seed": models.seed,
        "slopes": {"positive": signs[1], "negative": signs[-1], "flat": signs[0]},
        "median_relative_error": {
            kind: _median(_of(card, kind).relative_error for card in validated) for kind in (*KINDS, MEAN)
        },
        "best_for": dict(best_kinds(validated)),
        "cards": [card_document(card) for card in cards],
    }


def best_kinds(cards: Iterable[ModelCard]) -> Counter[str]:
    """Count for how many packages each kind, or the mean, has the least absolute error; the first where equal."""
    return Counter(
        min((*KINDS, MEAN), key=lambda kind: _of(card, kind).mean_absolute_error_s)
        for card in cards
        if card.validation is not None
    )


def write_models_page(models: Models, figures: Sequence[Picture], path: Path, *, command: str) -> None:
    """Write the cards and figures as one HTML file that needs nothing beside it, whole or not at all.

    Raises InputError when the file cannot be written.
    """
    write_bytes(path, render_models_page(models, figures, command=command).encode(errors="replace"))


def render_models_page(models: Models, figures: Sequence[Picture], *, command: str) -> str:
    """Return the page as HTML without scripts or links to elsewhere; every text from outside is escaped."""
    return filled(
        "models.html.j2",
        lines=model_lines(models),
        figures=embedded(figures),
        cards=_card_table(models),
        too_few=[(shown(name), builds) for name, builds in models.too_few],
        command=command,
        folds=models.folds,
        seed=models.seed,
        glossary=MODEL_GLOSSARY,
    )


def model_section(models: Models) -> Section:
    """Return the section of a report on the models by which runtimes were predicted."""
    return Section(
        "models",
        "Runtime models",
        "How long a build takes is predicted from memory, by models of its package that were fitted to the builds "
        f"recorded; a model card for each. {models.folds}-fold cross-validation, seed {models.seed}.",
        [_card_table(models)],
        model_lines(models),
        OVERVIEW,
    )


def model_lines(models: Models) -> list[str]:
    """Return what was fitted and how far off it is, a line each."""
    return [*fit_lines(models), *validation_lines(models)]


def validation_lines(models: Models) -> list[str]:
    """Say how far each kind of model is off beside the mean, as the median over packages."""
    cards = [card for card in models.cards() if card.validation is not None]
    if not cards:
        return []
    parts = [f"{kind} {share(_median(_of(card, kind).relative_error for card in cards), 3)}" for kind in KINDS]
    mean = share(_median(_of(card, MEAN).relative_error for card in cards), 3)
    return [f"error on builds not seen, of the mean duration, median of packages: {', '.join(parts)}; the mean {mean}"]


def _too_few(models: Models) -> str:
    names = [f"{shown(name)} ({builds:,})" for name, builds in models.too_few[:_MOST_NAMES]]
    others = len(models.too_few) - len(names)
    return f"{counted(len(models.too_few), 'package')}: {', '.join(names)}{f' and {others:,} others' if others else ''}"


def _of(card: ModelCard, kind: str) -> CrossValidation:
    assert card.validation is not None
    return card.validation.mean if kind == MEAN else card.validation.of(kind)  # type: ignore[arg-type]


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None


def _card_table(models: Models) -> Table:
    rows: list[Row] = [(shown(card.package), "", _cells(card)) for card in models.cards()]
    caption = f"The model cards of {counted(len(rows), 'package')}; under each name, what it is measured in."
    return Table(caption, "package", list(_COLUMNS), rows, folded=True)


def _cells(card: ModelCard) -> list[Cell]:
    least, most = card.memory_range_bytes
    cells = [
        Cell(f"{card.builds:,}", str(card.builds)),
        Cell(f"{_gib(least)} to {_gib(most)}", f"{least!r} {most!r}"),
        Cell(_signed(card.slope_s_per_gib), repr(card.slope_s_per_gib)),
        Cell(f"{card.exponent:+.2f}", repr(card.exponent)),
        Cell(number(card.fastest_runtime_s), repr(card.fastest_runtime_s)),
        Cell(_gib(card.best_memory_bytes), repr(card.best_memory_bytes)),
    ]
    for kind in (*KINDS, MEAN):
        value = None if card.validation is None else _of(card, kind).relative_error
        cells.append(Cell(share(value, 3), None if value is None else repr(value)))
    value = None if card.validation is None else card.validation.knn.correlation
    cells.append(Cell(MISSING) if value is None else Cell(f"{value:+.2f}", repr(value)))
    return cells


def _signed(value: float) -> str:
    return f"{value:+,.0f}" if abs(value) >= 100 else f"{value:+.3g}"


def _gib(size: float) -> str:
    return number(size / BYTES_PER_GIB, 3)


_COLUMNS = (
    ("builds", ""),
    ("memory seen", "GiB"),
    ("slope", "seconds per GiB"),
    ("exponent", "of the power law"),
    ("fastest runtime", "seconds, mean of the fastest 10 %"),
    ("best memory", "GiB, of the fastest build"),
    ("linear", "error, of mean duration"),
    ("log-linear", "error, of mean duration"),
    ("knn", "error, of mean duration"),
    ("the mean", "error, of mean duration"),
    ("knn correlation", "predicted and true"),
)
