"""The figures of records with outcomes: values of facts, reliability, the choice, rules against what happened."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from placewise.model.results.results import Results
from placewise.report.data.records.evidence import refused_shares
from placewise.report.drawn import style
from placewise.report.drawn.picture import Drawing
from placewise.report.words.numbers import share, shown
from placewise.report.words.records import evidence as words

_ROW = 0.42  # inches
_WIDEST_NAME = 2.9
_MOST_ROWS = 12


def draw_fact_values(results: Results) -> Drawing | None:
    """Draw what groups of facts take from the held-out log loss, with intervals."""
    evidence = results.evidence
    if evidence is None or not evidence.values:
        return None
    rows, said = evidence.values, words.values_words(evidence)
    labels = [style.fitting(shown(row.name), _WIDEST_NAME) for row in rows]
    left = max(0.85, max(map(style.text_width, labels)) + 0.35)
    subtitle = "how far each group of facts lowers the log loss of held-out records; longer is better"
    height = 2.15 + _ROW * max(len(rows), 4)
    figure, axes = style.canvas(results, said, subtitle, left=left, top=1.2, height=height)
    places = np.arange(len(rows))
    axes.barh(places, [row.value or 0.0 for row in rows], height=0.6, color=style.SKY, zorder=2)
    ends = []
    for place, row in enumerate(rows):
        if row.interval is not None:
            ends += [row.interval.low, row.interval.high]
            axes.plot(ends[-2:], [place, place], color=style.INK, linewidth=1.4, zorder=3)
    edge: dict[str, Any] = {"markeredgecolor": "white", "markeredgewidth": 0.8, "zorder": 4, "clip_on": False}
    alone, last = style.dot(style.BLUE, 6.5, "D"), style.dot(style.VERMILLION, 7.5, "^")
    axes.plot([row.alone for row in rows], places, **alone, **edge)
    axes.plot([row.last for row in rows], places, **last, **edge)
    known = [number for row in rows for number in (row.value or 0.0, row.alone, row.last)]
    style.from_zero(axes, np.array([*known, *ends]), steps=7)
    style.name_rows(axes, labels, at_least=4)
    axes.set_xlabel("log loss lowered by (nats; more is better)")
    handles = [
        Patch(color=style.SKY, label="Shapley value"),
        Line2D([], [], label="alone", **alone),
        Line2D([], [], label="added last, to all others", **last),
        *([Line2D([], [], color=style.INK, linewidth=1.4, label="95 % interval of the value")] if ends else []),
    ]
    style.legend_above(axes, handles, 4)
    return Drawing(said, figure)


def draw_reliability(results: Results) -> Drawing | None:
    """Draw how often what was forecast happened."""
    evidence = results.evidence
    if evidence is None or not evidence.reliability:
        return None
    said = words.reliability_words(evidence)
    subtitle = "held-out records, grouped in ten equal steps of the success forecast for them with all facts"
    figure, axes = style.canvas(results, said, subtitle, width=6.4, height=5.6)
    axes.plot([0, 1], [0, 1], zorder=2, **style.CEILING)
    most = max(row.records for row in evidence.reliability)
    for row in evidence.reliability:
        size = 5 + 11 * (row.records / most) ** 0.5
        axes.plot([row.forecast], [row.observed], zorder=3, clip_on=False, **style.dot(style.BLUE, size))
    axes.set_xlim(0, 1)
    style.success_axes(axes, 1.0, "succeeded (share of records)")
    style.share_axis(axes.xaxis)
    axes.set_xlabel("success forecast")
    handles = [
        Line2D([], [], label="one step; larger for more records", **style.dot(style.BLUE, 8)),
        Line2D([], [], label="happens as forecast", **style.CEILING),
    ]
    style.legend_above(axes, handles, 2)
    return Drawing(said, figure)


def draw_choice(results: Results) -> Drawing | None:
    """Draw the success of choosing by each level, between choosing at random and the ceiling."""
    evidence = results.evidence
    if evidence is None or evidence.choice is None or not evidence.choice.levels:
        return None
    choice, said = evidence.choice, words.choice_words(evidence)
    labels = [style.fitting(shown(row.name), _WIDEST_NAME) for row in choice.levels]
    left = max(0.85, max(map(style.text_width, labels)) + 0.35)
    subtitle = (
        f"how often the alternative with the best forecast succeeds; {choice.jobs:,} jobs with alternatives on record\n"
        "behind the success: the interval of the gain over a choice at random, job by job, in points"
    )
    height = 2.15 + _ROW * max(len(labels), 4)
    figure, axes = style.canvas(results, said, subtitle, left=left, right=2.0, top=1.35, height=height + 0.15)
    random, places = choice.alternatives.share, np.arange(len(labels))
    axes.axvline(random, color=style.MUTED, linewidth=1.4, linestyle=style.DOTTED, zorder=1)
    axes.axvline(choice.ceiling, zorder=1, **style.CEILING)
    low, high = [random, choice.ceiling], [choice.ceiling]
    for place, row in zip(places.tolist(), choice.levels, strict=True):
        if row.interval is not None:
            ends = [row.interval.low, row.interval.high]
            low, high = [*low, ends[0]], [*high, ends[1]]
            axes.plot(ends, [place, place], color=style.SKY, linewidth=3.2, zorder=2)
        axes.plot([row.success], [place], zorder=3, **style.dot(style.BLUE, 8))
        text = share(row.success, 3)
        if row.gain is not None:
            text += f" ({words.points(row.gain.low)} to {words.points(row.gain.high)})"
        style.write_at(axes, text, (1.0, place), (6, 0), xycoords=axes.get_yaxis_transform())
    least, most = min(*low, *(row.success for row in choice.levels)), max(high)
    axes.set_xlim(max(0.0, least - 0.06 * (most - least)), min(1.0, most + 0.06 * (most - least)))
    style.name_rows(axes, labels, at_least=4)
    style.share_axis(axes.xaxis)
    axes.grid(axis="x")
    axes.set_xlabel("success (share of choices; the axis does not start at 0)")
    handles = [
        Line2D([], [], label="success", **style.dot(style.BLUE, 8)),
        Line2D([], [], color=style.SKY, linewidth=3.2, label="95 % interval over packages"),
        Line2D([], [], color=style.MUTED, linewidth=1.4, linestyle=style.DOTTED, label=f"at random {share(random, 3)}"),
        Line2D([], [], label=style.ceiling_label(choice.ceiling), **style.CEILING),
    ]
    style.legend_above(axes, handles, 4)
    return Drawing(said, figure)


def draw_rules(results: Results) -> Drawing | None:
    """Draw what rules refuse of what succeeded and of what failed, all together and by subsystem."""
    evidence = results.evidence
    if evidence is None or evidence.rules is None:
        return None
    rules, said = evidence.rules, words.rules_words(evidence.rules)
    rows = [
        ("all together", 1 - rules.accepted_of_succeeded, 1 - rules.accepted_of_failed),
        *(
            (f"ranges on {shown(one.name)}", one.of_succeeded or 0.0, one.of_failed or 0.0)
            for one in refused_shares(rules.subsystems)[:_MOST_ROWS]
        ),
    ]
    labels = [style.fitting(name, _WIDEST_NAME) for name, _, _ in rows]
    left = max(0.85, max(map(style.text_width, labels)) + 0.35)
    subtitle = "share of the builds that version ranges refuse; a right range refuses builds that failed, and no others"
    height = 2.15 + _ROW * max(len(rows), 4)
    figure, axes = style.canvas(results, said, subtitle, left=left, top=1.2, height=height)
    places = np.arange(len(rows))
    axes.barh(places - 0.19, [one for _, one, _ in rows], height=0.36, color=style.GREEN, zorder=2)
    axes.barh(places + 0.19, [one for _, _, one in rows], height=0.36, color=style.VERMILLION, zorder=2)
    axes.set_xlim(0, 1.02)
    style.share_axis(axes.xaxis)
    axes.grid(axis="x")
    style.name_rows(axes, labels, at_least=4)
    axes.set_xlabel("refused (share of the records judged)")
    handles = [
        Patch(color=style.GREEN, label="of those that succeeded"),
        Patch(color=style.VERMILLION, label="of those that failed"),
    ]
    style.legend_above(axes, handles, 2)
    return Drawing(said, figure)
