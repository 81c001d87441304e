"""Every figure of a report, drawn from results and written as PNG and SVG."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from placewise.model.results import Results
from placewise.report.bars import draw_build_success, draw_marginal_score
from placewise.report.cost_figures import draw_additional_cost, draw_additional_runtime
from placewise.report.distributions import draw_count_unmatched, draw_order_spread, draw_percent_matched
from placewise.report.drawing import Drawing
from placewise.report.level_figures import draw_cluster_spread, draw_clusters_matched, draw_level_success
from placewise.report.level_maps import draw_matchability, draw_pareto
from placewise.report.model_figures import draw_overview
from placewise.report.package_costs import draw_cost_by_package
from placewise.report.per_build import draw_per_build
from placewise.report.picture import Picture, write_pictures
from placewise.report.reason_figure import draw_failure_reasons
from placewise.report.spread_figures import draw_fleet_spread, draw_sensitivity
from placewise.report.style import house_style
from placewise.report.trade_off import draw_trade_off
from placewise.report.worth_figures import draw_pareto_levels, draw_sufficiency, draw_value_ranking


def render_figures(results: Results) -> tuple[Picture, ...]:
    """Draw the figures that the results have the numbers for; the same numbers give the same bytes."""
    with house_style():
        drawn = (*(_LEVEL_DRAWINGS if results.levels else _DRAWINGS), *_WORTH_DRAWINGS)
        drawings = (draw(results) for draw in drawn)
        return tuple(drawing.rendered() for drawing in drawings if drawing is not None)


def draw_figures(results: Results, folder: Path) -> tuple[Picture, ...]:
    """Draw the figures and, once all are drawn, write each as `img/NAME.png` and `img/NAME.svg` in a folder.

    Raises InputError when the folder cannot be written to.
    """
    return write_pictures(render_figures(results), folder)


def _draw_models(results: Results) -> Drawing | None:
    return None if results.models is None else draw_overview(results.models)


_DRAWINGS: tuple[Callable[[Results], Drawing | None], ...] = (
    draw_trade_off,
    draw_build_success,
    draw_order_spread,
    draw_marginal_score,
    draw_percent_matched,
    draw_count_unmatched,
)

_LEVEL_DRAWINGS: tuple[Callable[[Results], Drawing | None], ...] = (
    draw_level_success,
    draw_pareto,
    draw_matchability,
    draw_trade_off,
    draw_order_spread,
    draw_clusters_matched,
    draw_cluster_spread,
    draw_failure_reasons,
    draw_additional_runtime,
    draw_additional_cost,
    draw_per_build,
    draw_cost_by_package,
    _draw_models,
)

_WORTH_DRAWINGS: tuple[Callable[[Results], Drawing | None], ...] = (
    draw_value_ranking,
    draw_sufficiency,
    draw_pareto_levels,
    draw_fleet_spread,
    draw_sensitivity,
)
