"""Every figure of a report, drawn from results and written as PNG and SVG."""

from __future__ import annotations

from pathlib import Path

from placewise.model.results.results import Results
from placewise.report.drawn import distributions, evidence, experiments, held_out, spreads, timed, trade_off, worth
from placewise.report.drawn.levels import costs, maps, per_build, reasons, success
from placewise.report.drawn.models import draw_overview
from placewise.report.drawn.picture import Drawing, Picture, write_pictures
from placewise.report.drawn.style import house_style


def render_figures(results: Results) -> tuple[Picture, ...]:
    """Draw the figures that the results have the numbers for; the same numbers give the same bytes."""
    with house_style():
        drawn = (*(_OF_LEVELS if results.levels else _OF_EXPERIMENTS), *_OF_WORTH)
        drawings = (draw(results) for draw in drawn)
        return tuple(drawing.rendered() for drawing in drawings if drawing is not None)


def draw_figures(results: Results, folder: Path) -> tuple[Picture, ...]:
    """Draw the figures and, once all are drawn, write each as `img/NAME.png` and `img/NAME.svg` in a folder.

    Raises InputError when the folder cannot be written to.
    """
    return write_pictures(render_figures(results), folder)


def _draw_models(results: Results) -> Drawing | None:
    return None if results.models is None else draw_overview(results.models)


_OF_EXPERIMENTS = (
    trade_off.draw_trade_off,
    experiments.draw_success,
    distributions.draw_order_spread,
    experiments.draw_marginal_score,
    distributions.draw_percent_matched,
    distributions.draw_count_unmatched,
)
_OF_LEVELS = (
    success.draw_level_success,
    maps.draw_pareto,
    maps.draw_matchability,
    trade_off.draw_trade_off,
    distributions.draw_order_spread,
    success.draw_clusters_matched,
    success.draw_cluster_spread,
    reasons.draw_failure_reasons,
    costs.draw_additional_runtime,
    costs.draw_additional_cost,
    per_build.draw_per_build,
    costs.draw_cost_by_package,
    _draw_models,
)
_OF_WORTH = (
    worth.draw_value_ranking,
    worth.draw_sufficiency,
    held_out.draw_held_out,
    worth.draw_pareto_levels,
    spreads.draw_fleet_spread,
    spreads.draw_sensitivity,
    evidence.draw_fact_values,
    evidence.draw_reliability,
    evidence.draw_choice,
    evidence.draw_rules,
    timed.of_results(timed.draw_scenarios),
    timed.of_results(timed.draw_differences),
    timed.of_results(timed.draw_values),
)
