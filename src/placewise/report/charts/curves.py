"""Charts of the experiments as subsystems are told one at a time: the trade-off, and the spread over orders."""

from __future__ import annotations

from placewise.model.results import Results
from placewise.report.cells import Table, count_cell, share_cell
from placewise.report.charts.chart import (
    BLUE,
    GREEN,
    INK,
    LINE,
    PERCENT_EXACT,
    SKY,
    VERMILLION,
    Chart,
    chart_spec,
    legend,
    quantity,
    share_x,
    tip,
)
from placewise.report.picture import Picture
from placewise.report.statistics import histogram, interval_over_orders
from placewise.report.wording import counted, orders_word, share

_LINES = (
    ("build success, of jobs still matched", BLUE, [1, 0]),
    ("still matched, of all jobs", VERMILLION, [7, 3]),
    ("joint success, of all jobs", GREEN, [1, 0]),
    ("ceiling", INK, [2, 3]),
)


def curve_charts(results: Results, pictures: dict[str, Picture]) -> list[Chart]:
    """Return the charts that take the place of the pictures of the same names, in their words where there are any."""
    charts = [_trade_off(results), _orders(results)]
    known = [chart for chart in charts if chart is not None]
    return [_in_words_of(chart, pictures.get(chart.name)) for chart in known]


def _in_words_of(chart: Chart, picture: Picture | None) -> Chart:
    if picture is None:
        return chart
    spec = {**chart.spec, "description": f"{picture.title}. {picture.alt}"}
    return Chart(chart.name, picture.title, picture.caption, picture.alt, spec, picture.name, chart.table)


def _trade_off(results: Results) -> Chart | None:
    if not results.curve:
        return None
    values = []
    for point in results.curve:
        shares = (point.success_of_matched, point.share_matched, point.success, results.ceiling)
        values += [
            {"level": point.level, "line": line, "share": value}
            for (line, _, _), value in zip(_LINES, shares, strict=True)
            if value is not None
        ]
    lines = [line for line in _LINES if any(value["line"] == line[0] for value in values)]
    encoding = {
        "x": quantity("level", "subsystems told (count)"),
        "y": share_x("share", "share of jobs", scale={"domain": [0, 1]}),
        "color": legend("line", [(name, colour) for name, colour, _ in lines], lines=True),
        "strokeDash": legend("line", [(name, dash) for name, _, dash in lines], lines=True),
        "tooltip": [tip("level", "subsystems told"), tip("line", "line"), tip("share", "share", PERCENT_EXACT)],
    }
    title = "Tell the scheduler more: better choices, fewer places to go"
    first, last = results.curve[0], results.curve[-1]
    alt = (
        f"Lines by number of subsystems told, from {first.level} to {last.level}: joint success from "
        f"{share(first.success, 3)} to {share(last.success, 3)}, jobs still matched from "
        f"{share(first.share_matched, 3)} to {share(last.share_matched, 3)}."
    )
    table = Table(
        "Jobs once so many of their subsystems are told.",
        "subsystems told",
        [
            ("still matched", "of all jobs"),
            ("build success", "of jobs still matched"),
            ("joint success", "of all jobs"),
        ],
        [
            (
                f"{point.level:,}",
                "",
                [share_cell(point.share_matched), share_cell(point.success_of_matched), share_cell(point.success)],
            )
            for point in results.curve
        ],
        folded=True,
    )
    spec = chart_spec(title, alt, values, 360, mark={"type": "line", "point": {"size": 36}}, encoding=encoding)
    return Chart("trade-off", title, "", alt, spec, None, table)


def _orders(results: Results) -> Chart | None:
    interval = interval_over_orders(results)
    if results.orders is None or interval is None:
        return None
    bins = histogram(results.orders.success_of_matched)
    values = [
        {"from": float(low), "to": float(high), "orders": int(count)}
        for low, high, count in zip(bins.edges[:-1], bins.edges[1:], bins.counts, strict=True)
    ]
    word = orders_word(results)
    looks = [("median", INK)]
    marks = [{"share": interval.median, "mark": "median"}]
    if "expanded-subsystems" in results.scores:
        main = results.scores["expanded-subsystems"].success_of_matched.mean
        if main is not None:
            looks.append(("the order of the scores", VERMILLION))
            marks.append({"share": main, "mark": "the order of the scores"})
    count = {
        "field": "orders",
        "type": "quantitative",
        "axis": {"title": "orders (count)", "tickMinStep": 1, "format": ",d"},
    }
    layer = [
        {
            "mark": {"type": "rect", "aria": False, "color": LINE, "opacity": 0.6},
            "data": {"values": [{"low": interval.low, "high": interval.high}]},
            "encoding": {"x": {"field": "low", "type": "quantitative"}, "x2": {"field": "high"}},
        },
        {
            "mark": {"type": "bar", "color": SKY, "binSpacing": 1},
            "encoding": {
                "x": share_x(
                    "from", f"{word} of one order, of matched submissions", scale={"zero": False}, bin="binned"
                ),
                "x2": {"field": "to"},
                "y": count,
                "tooltip": [
                    tip("from", "from", PERCENT_EXACT),
                    tip("to", "below", PERCENT_EXACT),
                    tip("orders", "orders", ",d"),
                ],
            },
        },
        {
            "mark": {"type": "rule", "aria": False, "strokeWidth": 2.5},
            "data": {"values": marks},
            "encoding": {
                "x": {"field": "share", "type": "quantitative"},
                "color": legend("mark", looks, lines=True),
                "strokeDash": legend(
                    "mark", [(name, dash) for (name, _), dash in zip(looks, ([4, 3], [1, 0]), strict=False)], lines=True
                ),
                "tooltip": [tip("mark", "mark"), tip("share", word, PERCENT_EXACT)],
            },
        },
    ]
    title = "What the order of telling changes"
    part = "their range" if interval.is_range else "the central 95 %"
    alt = (
        f"Histogram over {counted(interval.count, 'random order')}: median {share(interval.median, 3)}, {part} from "
        f"{share(interval.low, 3)} to {share(interval.high, 3)}."
    )
    table = Table(
        f"Random orders by their {word}.",
        "from",
        [("below", word), ("orders", "count")],
        [(share(value["from"]), "", [share_cell(value["to"]), count_cell(value["orders"])]) for value in values],
        folded=True,
    )
    spec = chart_spec(title, alt, values, 280, layer=layer)
    return Chart("order-spread", title, alt, alt, spec, None, table)
