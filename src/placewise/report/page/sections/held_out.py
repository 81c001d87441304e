"""The section of a page on what choices reach where they were not made."""

from __future__ import annotations

from typing import Any

import numpy as np

from placewise.model.results.held_out import HeldOut
from placewise.model.results.results import Results
from placewise.model.scalar import counted
from placewise.report.data.studies import held_out as numbers
from placewise.report.page.cells import Cell, Row, Table
from placewise.report.page.charts import vega
from placewise.report.page.sections.section import Section
from placewise.report.words.figures import held_out_words
from placewise.report.words.numbers import MISSING, share, shown
from placewise.report.words.studies.held_out import OVER_WORDS, RANKING_WORDS, held_out_sentences

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
        f"Share of the ceiling with metadata on the first {counted(size, 'subsystem')} of each ranking: mean over "
        "splits, and their range.",
        "ranked by",
        [(OVER_WORDS.get(over, over), "of the ceiling there") for over in overs],
        rows,
    )
    lines = [*held_out_sentences(found), *(f"Not held out: {shown(line, 200)}" for line in found.left_out)]
    text = (
        "A set that is best on some jobs does worse on others. So sets are chosen on a part of the jobs and judged on "
        "the rest. Simple rankings beside them show what the effort buys."
    )
    return Section(
        "held-out",
        "Does the choice hold on other jobs and fleets?",
        text,
        [table],
        lines=lines,
        charts=[_chart(found, over) for over in overs],
        beside=True,
    )


def _cell(what: numbers.Reached | None) -> Cell:
    if what is None:
        return Cell(MISSING)
    ends = "" if what.splits == 1 else f" ({share(what.interval.low, 3)} to {share(what.interval.high, 3)})"
    return Cell(f"{share(what.mean, 3)}{ends}", repr(what.mean))


def _chart(found: HeldOut, over: str) -> vega.Chart:
    """Return the rankings judged on one thing held out."""
    last = numbers.last_of_interest(found)
    values: list[dict[str, Any]] = []
    for curve in (one for one in found.curves if one.over == over):
        known = curve.share[~np.isnan(curve.share).any(axis=1)]
        means = known.mean(axis=0).tolist() if len(known) else []
        values += [
            {"ranking": RANKING_WORDS[curve.ranking], "count": size, "share": mean}
            for size, mean in zip(found.sizes, means, strict=False)
            if size <= last
        ]
    looks = [(RANKING_WORDS[name], *_LOOKS[name]) for name in numbers.rankings(found)]
    encoding = {
        "x": vega.count("count", "subsystems with metadata (count)"),
        "y": vega.share_x("share", "share of the ceiling", scale={"domain": [0, 1]}),
        "color": vega.legend("ranking", [(name, colour) for name, colour, _ in looks], lines=True),
        "strokeDash": vega.legend("ranking", [(name, dash) for name, _, dash in looks], lines=True),
        "tooltip": [
            vega.tip("ranking", "ranked by"),
            vega.tip("count", "subsystems with metadata"),
            vega.tip("share", "of the ceiling, mean", vega.PERCENT_EXACT),
        ],
    }
    words = held_out_words(found)
    first = over == numbers.overs(found)[0]
    if not first:
        words = words._replace(caption="The same rankings, made on one part of the data.")
    words = words._replace(name=f"held-out-{over}", title=f"Judged on {OVER_WORDS.get(over, over)}")
    parts = {"mark": {"type": "line", "point": {"size": 18}}, "encoding": encoding}
    return vega.chart(words, values, _PANEL, parts, picture="held-out" if first else None)
