"""Charts of the experiment `expanding`: the trade-off, and the spread over orders."""

from __future__ import annotations

from placewise.model.results.results import Results
from placewise.report.data.studies.experiments import orders, trade_off
from placewise.report.page.cells import Table, count_cell, share_cell
from placewise.report.page.charts import vega
from placewise.report.words.figures import TRADE_OFF_LINES, orders_words, trade_off_words
from placewise.report.words.names import orders_word
from placewise.report.words.numbers import share

_LOOKS = {
    "matched success": (vega.BLUE, [1, 0]),
    "matched": (vega.VERMILLION, [7, 3]),
    "success": (vega.GREEN, [1, 0]),
    "ceiling": (vega.INK, [2, 3]),
}


def expanding_charts(results: Results) -> list[vega.Chart]:
    """Return the charts that take the place of the pictures of the same names."""
    return [chart for chart in (_trade_off(results), _orders(results)) if chart is not None]


def _trade_off(results: Results) -> vega.Chart | None:
    lines = trade_off(results)
    if not lines:
        return None
    values = [
        {"level": int(level), "line": TRADE_OFF_LINES[line.key], "share": value}
        for line in lines
        for level, value in zip(line.x, line.y, strict=True)
    ]
    looks = [(TRADE_OFF_LINES[line.key], *_LOOKS[line.key]) for line in lines]
    encoding = {
        "x": vega.count("level", "subsystems with metadata (count)"),
        "y": vega.share_x("share", "share of jobs", scale={"domain": [0, 1]}),
        "color": vega.legend("line", [(name, colour) for name, colour, _ in looks], lines=True),
        "strokeDash": vega.legend("line", [(name, dash) for name, _, dash in looks], lines=True),
        "tooltip": [
            vega.tip("level", "subsystems with metadata"),
            vega.tip("line", "line"),
            vega.tip("share", "share", vega.PERCENT_EXACT),
        ],
    }
    table = Table(
        "Jobs by how many of their subsystems have metadata.",
        "subsystems with metadata",
        [("matched jobs", "of all jobs"), ("success of matched jobs", ""), ("success", "of all jobs")],
        [
            (f"{point.level:,}", "", [*map(share_cell, (point.share_matched, point.success_of_matched, point.success))])
            for point in results.curve
        ],
        folded=True,
    )
    parts = {"mark": {"type": "line", "point": {"size": 36}}, "encoding": encoding}
    return vega.chart(trade_off_words(results), values, 360, parts, picture="trade-off", table=table)


def _orders(results: Results) -> vega.Chart | None:
    found = orders(results)
    if found is None:
        return None
    interval, bins, word = found.interval, found.bins, orders_word(results)
    values = [
        {"from": float(low), "to": float(high), "orders": int(count)}
        for low, high, count in zip(bins.edges[:-1], bins.edges[1:], bins.counts, strict=True)
    ]
    marks = [("median", interval.median, vega.INK, [4, 3])]
    if found.main is not None:
        marks.append(("the order of the scores", found.main, vega.VERMILLION, [1, 0]))
    count = vega.count("orders", "orders (count)")
    layer = [
        {
            "mark": {"type": "rect", "aria": False, "color": vega.LINE, "opacity": 0.6},
            "data": {"values": [{"low": interval.low, "high": interval.high}]},
            "encoding": {"x": vega.number_axis("low"), "x2": {"field": "high"}},
        },
        {
            "mark": {"type": "bar", "color": vega.SKY, "binSpacing": 1},
            "encoding": {
                "x": vega.share_x("from", f"{word} of one order", scale={"zero": False}, bin="binned"),
                "x2": {"field": "to"},
                "y": count,
                "tooltip": [
                    vega.tip("from", "from", vega.PERCENT_EXACT),
                    vega.tip("to", "below", vega.PERCENT_EXACT),
                    vega.tip("orders", "orders", ",d"),
                ],
            },
        },
        {
            "mark": {"type": "rule", "aria": False, "strokeWidth": 2.5},
            "data": {"values": [{"share": value, "mark": name} for name, value, _, _ in marks]},
            "encoding": {
                "x": vega.number_axis("share"),
                "color": vega.legend("mark", [(name, colour) for name, _, colour, _ in marks], lines=True),
                "strokeDash": vega.legend("mark", [(name, dash) for name, _, _, dash in marks], lines=True),
                "tooltip": [vega.tip("mark", "mark"), vega.tip("share", word, vega.PERCENT_EXACT)],
            },
        },
    ]
    table = Table(
        f"Random orders by their {word}.",
        "from",
        [("below", word), ("orders", "count")],
        [(share(value["from"]), "", [share_cell(value["to"]), count_cell(value["orders"])]) for value in values],
        folded=True,
    )
    words = orders_words(results, found)
    return vega.chart(words, values, 280, {"layer": layer}, picture="order-spread", table=table)
