"""The section of a page on what choices reach where they were not made."""

from __future__ import annotations

from typing import Any

import numpy as np

from placewise.model.results import Results
from placewise.report.data import held_out as numbers
from placewise.report.page.cells import Cell, Row, Table
from placewise.report.page.charts import vega
from placewise.report.page.section import Section
from placewise.report.words.held_out import OVER_WORDS, RANKING_WORDS, held_out_sentences, held_out_words
from placewise.report.words.numbers import MISSING, counted, share, shown

_LOOKS = {
    "value": (vega.BLUE, [1, 0]),
    "greedy": (vega.GREEN, [1, 0]),
    "alone": (vega.SKY, [1, 0]),
    "jobs that need it": (vega.ORANGE, [5, 3]),
    "refusals": (vega.VERMILLION, [1, 0]),
    "mutual information": (vega.PURPLE, [5, 3]),
    "tree importance": (vega.INK, [2, 3]),
    "random": (vega.MUTED, [7, 3]),
}
_PANEL = 250


def held_out_section(results: Results) -> Section | None:
    """Return the section; None where nothing was held out."""
    found = results.held_out
    if found is None or not found.curves:
        return None
    size, overs = numbers.chosen_size(found), numbers.overs(found)
    rows: list[Row] = [
        (RANKING_WORDS.get(name, name), "", [_cell(row.get(over)) for over in overs])
        for name, row in numbers.by_ranking(found, size).items()
    ]
    table = Table(
        f"Share of the ceiling with metadata on the first {counted(size, 'subsystem')} of each ranking: mean over splits, "
        "and from where to where they lie.",
        "ranked by",
        [(OVER_WORDS.get(over, over), "of the ceiling there") for over in overs],
        rows,
    )
    lines = [line.removesuffix(".") for line in held_out_sentences(found)]
    lines += [f"left out: {shown(line, 200)}" for line in found.left_out]
    words = held_out_words(found)
    text = (
        "A set that was chosen as the best on some jobs is better there than elsewhere. So it is chosen again on a part of "
        "them, looking at no others, and judged on the rest; simple rankings beside it show what the effort buys."
    )
    return Section("held-out", words.title, text, [table], lines=lines, charts=[_chart(results)])


def _cell(what: numbers.Reached | None) -> Cell:
    if what is None:
        return Cell(MISSING)
    ends = "" if what.splits == 1 else f" ({share(what.interval.low, 3)} to {share(what.interval.high, 3)})"
    return Cell(f"{share(what.mean, 3)}{ends}", repr(what.mean))


def _chart(results: Results) -> vega.Chart:
    found = results.held_out
    assert found is not None
    last = numbers.last_of_interest(found)
    values: list[dict[str, Any]] = []
    for curve in found.curves:
        known = curve.share[~np.isnan(curve.share).any(axis=1)]
        for size, mean in zip(found.sizes, known.mean(axis=0).tolist() if len(known) else (), strict=False):
            if size <= last:
                one = {"over": OVER_WORDS.get(curve.over, curve.over), "ranking": RANKING_WORDS[curve.ranking]}
                values.append(one | {"count": size, "share": mean})
    looks = [(RANKING_WORDS[name], *_LOOKS[name]) for name in numbers.rankings(found)]
    encoding = {
        "x": vega.quantity("count", "subsystems with metadata (count)"),
        "y": vega.share_x("share", "share of the ceiling", scale={"domain": [0, 1]}),
        "color": vega.legend("ranking", [(name, colour) for name, colour, _ in looks], lines=True),
        "strokeDash": vega.legend("ranking", [(name, dash) for name, _, dash in looks], lines=True),
        "tooltip": [
            vega.tip("over", "judged on"),
            vega.tip("ranking", "ranked by"),
            vega.tip("count", "subsystems with metadata"),
            vega.tip("share", "of the ceiling, mean", vega.PERCENT_EXACT),
        ],
    }
    overs = [OVER_WORDS.get(over, over) for over in numbers.overs(found)]
    layer = [
        {
            "mark": {"type": "line", "point": {"size": 18}, "opacity": 1 if over == overs[-1] else 0.9},
            "transform": vega.only("over", over),
            "encoding": encoding,
        }
        for over in overs[1:2] or overs
    ]
    words = held_out_words(found)
    return vega.chart(words, values, _PANEL, {"layer": layer}, picture=words.name)
