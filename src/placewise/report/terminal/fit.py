"""What a fit of runtime models found, as a table and lines."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from placewise.model.results.runtime_models import BEST_WITH_MEMORY, ModelCard, Models, rivals
from placewise.report.data import models as numbers
from placewise.report.terminal.tables import print_lines, ruled_table
from placewise.report.words.models import caution_lines, fit_lines
from placewise.report.words.numbers import number, plain_share


def print_fit(models: Models, *, console: Console) -> None:
    """Print the median errors of each kind of model, and what was and was not fitted; 80 columns are enough."""
    cards = numbers.validated(models)
    if cards:
        console.print(_error_table(models, cards))
        console.print("Medians of packages; error: mean absolute, of builds not fitted to.")
        print_lines(caution_lines(models), console)
    print_lines(fit_lines(models), console)


def _error_table(models: Models, cards: list[ModelCard]) -> Table:
    table = ruled_table()
    after = numbers.median_errors([card.later for card in cards])
    table.add_column(f"{models.folds}-fold cross-validation", no_wrap=True)
    for name in ("error", "of mean", *["later"] * bool(after), "RMSE", "correlation", "best for"):
        table.add_column(name, justify="right", no_wrap=True)
    best = numbers.best_kinds(cards)
    for kind in numbers.shown_kinds(cards):
        errors = numbers.errors_of((card.validation for card in cards), kind)
        table.add_row(
            "always the mean" if kind == numbers.MEAN else kind,
            f"{number(numbers.median(e.mean_absolute_error_s for e in errors), 3)} s",
            plain_share(numbers.median(e.relative_error for e in errors), 3),
            *[plain_share(after.get(kind), 3)] * bool(after),
            f"{number(numbers.median(e.root_mean_square_error_s for e in errors), 3)} s",
            number(numbers.median(e.correlation for e in errors), 2),
            number(best[kind]) if kind in rivals(BEST_WITH_MEMORY) else "",
        )
    return table
