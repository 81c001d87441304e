"""The cards of runtime models, as a page of their own and as a section of the report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from placewise.formats.writing import write_bytes
from placewise.model.results.runtime_models import BYTES_PER_GIB, KINDS, Choice, ModelCard, Models
from placewise.model.scalar import counted
from placewise.report.data.records import models as numbers
from placewise.report.drawn.models import OVERVIEW
from placewise.report.drawn.picture import Picture
from placewise.report.page.cells import Cell, Row, Table, share_cell
from placewise.report.page.filling import embedded, filled
from placewise.report.page.sections.section import Section
from placewise.report.words.glossary import MODELS
from placewise.report.words.numbers import MISSING, number, shown
from placewise.report.words.openings.models import models_opening
from placewise.report.words.records.models import fit_lines, model_lines


def write_models_page(models: Models, figures: Sequence[Picture], path: Path, *, command: str) -> None:
    """Write the cards and figures as one HTML file that needs nothing beside it, whole or not at all.

    Raises InputError when the file cannot be written.
    """
    write_bytes(path, render_models_page(models, figures, command=command).encode(errors="replace"))


def render_models_page(models: Models, figures: Sequence[Picture], *, command: str) -> str:
    """Return the page as HTML without scripts or links to elsewhere; every text from outside is escaped."""
    drawn = embedded(figures)
    return filled(
        "models.html.j2",
        lines=fit_lines(models),
        opening=models_opening(models, OVERVIEW),
        figures=[one for one in drawn if one[0].name != OVERVIEW],
        main=next((one for one in drawn if one[0].name == OVERVIEW), None),
        cards=_card_table(models),
        too_few=[(shown(name), builds) for name, builds in models.too_few],
        command=command,
        folds=models.folds,
        seed=models.seed,
        glossary=MODELS,
    )


def model_section(models: Models) -> Section:
    """Return the section of a report on the models by which runtimes were predicted."""
    return Section(
        "models",
        "How well are runtimes predicted?",
        "Each package has a model of its own, fitted to its recorded builds, from what they ran on or from memory. "
        f"{models.folds}-fold cross-validation, seed {models.seed}.",
        [_card_table(models)],
        model_lines(models),
        OVERVIEW,
    )


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
    if card.validation is None:
        return [*cells, *[Cell(MISSING)] * (len(_ERRORS_OF) + 1)]
    for kind in _ERRORS_OF:
        errors = card.validation.of(kind)
        cells.append(Cell(MISSING) if errors is None else share_cell(errors.relative_error, digits=3))
    value = card.validation.knn.correlation
    return [*cells, Cell(MISSING) if value is None else Cell(f"{value:+.2f}", repr(value))]


def _signed(value: float) -> str:
    return f"{value:+,.0f}" if abs(value) >= 100 else f"{value:+.3g}"


def _gib(size: float) -> str:
    return number(size / BYTES_PER_GIB, 3)


_ERRORS_OF: tuple[Choice, ...] = (*KINDS, "hierarchical", numbers.MEAN)
_COLUMNS = (
    ("builds", ""),
    ("memory seen", "GiB"),
    ("slope", "seconds per GiB"),
    ("exponent", "of the power law"),
    ("fastest runtime", "seconds, mean of the fastest 10 %"),
    ("best memory", "GiB, of the fastest build"),
    *(("the mean" if kind == numbers.MEAN else kind, "error, of mean duration") for kind in _ERRORS_OF),
    ("knn correlation", "predicted and true"),
)
