"""What a fit of runtime models found, as a table and lines."""

from __future__ import annotations

from rich.console import Console, JustifyMethod

from placewise.model.results.runtime_models import BEST_WITH_MEMORY, ModelCard, Models, rivals
from placewise.report.data.records import models as numbers
from placewise.report.terminal.tables import print_line, print_lines, print_table
from placewise.report.words.numbers import number, share
from placewise.report.words.records.models import caution_lines, fit_lines


def print_fit(models: Models, *, console: Console) -> None:
    """Print the median errors of each kind of model, and what was and was not fitted; 80 columns are enough."""
    cards = numbers.validated(models)
    if cards:
        _print_errors(models, cards, console)
        print_line("Medians of packages; error: mean absolute, of builds not fitted to.", console)
        print_lines(caution_lines(models), console)
    print_lines(fit_lines(models), console)


def _print_errors(models: Models, cards: list[ModelCard], console: Console) -> None:
    after = numbers.median_errors([card.later for card in cards])
    names = ("error", "of mean", *["later"] * bool(after), "RMSE", "correlation", "best for")
    headings: dict[str, JustifyMethod] = {f"{models.folds}-fold cross-validation": "left"}
    headings |= dict.fromkeys(names, "right")
    best = numbers.best_kinds(cards)
    rows = []
    for kind in numbers.shown_kinds(cards):
        errors = numbers.errors_of((card.validation for card in cards), kind)
        row = (
            "always the mean" if kind == numbers.MEAN else kind,
            f"{number(numbers.median(e.mean_absolute_error_s for e in errors), 3)} s",
            share(numbers.median(e.relative_error for e in errors), 3),
            *[share(after.get(kind), 3)] * bool(after),
            f"{number(numbers.median(e.root_mean_square_error_s for e in errors), 3)} s",
            number(numbers.median(e.correlation for e in errors), 2),
            number(best[kind]) if kind in rivals(BEST_WITH_MEMORY) else "",
        )
        rows.append(row)
    print_table("", headings, rows, console, ruled=True)
