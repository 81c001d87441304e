"""Every figure of a report, drawn from results and written as PNG and SVG."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from placewise.formats.writing import write_bytes
from placewise.model.results import Results
from placewise.report.bars import draw_build_success, draw_marginal_score
from placewise.report.cost_figures import draw_additional_cost, draw_additional_runtime
from placewise.report.distributions import draw_count_unmatched, draw_order_spread, draw_percent_matched
from placewise.report.drawing import Drawing
from placewise.report.level_figures import draw_cluster_spread, draw_clusters_matched, draw_level_success
from placewise.report.level_maps import draw_matchability, draw_pareto
from placewise.report.package_costs import draw_cost_by_package
from placewise.report.picture import Picture
from placewise.report.reason_figure import draw_failure_reasons
from placewise.report.style import house_style, png, svg
from placewise.report.trade_off import draw_trade_off

IMAGES = "img"

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
    draw_cost_by_package,
)


def render_figures(results: Results) -> tuple[Picture, ...]:
    """Draw the figures that the results have the numbers for; the same numbers give the same bytes."""
    pictures = []
    with house_style():
        for draw in _LEVEL_DRAWINGS if results.levels else _DRAWINGS:
            drawing = draw(results)
            if drawing is not None:
                pictures.append(
                    Picture(
                        drawing.name,
                        drawing.title,
                        drawing.caption,
                        drawing.alt,
                        png(drawing.figure),
                        svg(drawing.figure, drawing.title),
                    )
                )
    return tuple(pictures)


def draw_figures(results: Results, folder: Path) -> tuple[Picture, ...]:
    """Draw the figures and, once all are drawn, write each as `img/NAME.png` and `img/NAME.svg` in a folder.

    Raises InputError when the folder cannot be written to.
    """
    pictures = render_figures(results)
    for picture in pictures:
        write_bytes(folder / IMAGES / f"{picture.name}.png", picture.png)
        write_bytes(folder / IMAGES / f"{picture.name}.svg", picture.svg)
    return pictures
