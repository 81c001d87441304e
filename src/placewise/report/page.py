"""The report page: one HTML file that needs nothing beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from placewise.formats.writing import write_bytes
from placewise.model.results import Results, Score
from placewise.report.cells import Cell, Row, count_cell, share_cell
from placewise.report.charts.chart import CONFIG
from placewise.report.charts.curves import curve_charts
from placewise.report.charts.inline import json_text, libraries, page_script, policy
from placewise.report.filling import embedded, filled
from placewise.report.findings import findings
from placewise.report.glossary import (
    FRONT_GLOSSARY,
    GLOSSARY,
    INTERVAL_GLOSSARY,
    LEVEL_GLOSSARY,
    MODEL_GLOSSARY,
    SUFFICIENCY_GLOSSARY,
    WORTH_GLOSSARY,
)
from placewise.report.intervals import interval_rows
from placewise.report.level_tables import level_sections
from placewise.report.model_cards import model_section
from placewise.report.picture import Picture
from placewise.report.statistics import by_gain
from placewise.report.wording import MISSING, experiment_word, in_order, scoring_line
from placewise.report.worth_sections import worth_sections

__all__ = ("Cell", "flat", "render_page", "write_page")


def write_page(results: Results, figures: Sequence[Picture], path: Path, *, command: str) -> None:
    """Write the report as one HTML file, whole or not at all.

    figures : shown in the order given, as SVG inside the page. command : what the reader runs to get it again.
    Raises InputError when the file cannot be written.
    """
    write_bytes(path, render_page(results, figures, command=command).encode(errors="replace"))


def render_page(results: Results, figures: Sequence[Picture], *, command: str) -> str:
    """Return the report as HTML without links to elsewhere; every text from outside is escaped.

    Its scripts are its own: the charts' libraries, only where there are charts, and `page.js`. Without them the
    pictures take the place of the charts.
    """
    scores = in_order(results.scores)
    by_level = level_sections(results)
    if results.models is not None:
        by_level.append(model_section(results.models))
    sections = [*worth_sections(results), *by_level]
    pictures = {picture.name: picture for picture in figures}
    first = {chart.name: chart for chart in curve_charts(results, pictures)}
    charts = [*first.values(), *(chart for section in sections for chart in section.charts)]
    elsewhere = {section.figure for section in sections} | {chart.picture for chart in charts}
    scripts = [*(libraries() if charts else ()), page_script()]
    return filled(
        "report.html.j2",
        policy=policy(scripts),
        scripts=scripts,
        chart_data=json_text({"config": CONFIG, "charts": {chart.name: chart.spec for chart in charts}}),
        first_charts=list(first.values()),
        still={picture.name: (picture, data, size) for picture, data, size in embedded(figures)},
        scoring=scoring_line(results),
        findings=findings(results),
        score_columns=[(experiment_word(name), "") for name, _ in scores],
        score_rows=[*_score_rows(scores), *interval_rows(results, [name for name, _ in scores])],
        subsystem_columns=_subsystem_columns(results),
        subsystem_rows=_subsystem_rows(results),
        failure_columns=[(experiment_word(name), "submissions") for name, _ in scores],
        failure_rows=_failure_rows(scores),
        figures=embedded(picture for picture in figures if picture.name not in elsewhere),
        sections=sections,
        worth_sections=len(sections) - len(by_level),
        by_level=bool(by_level),
        command=command,
        study=list(flat(results.study)),
        glossary=_words(results),
    )


def flat(document: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Yield every leaf of nested mappings and lists as (place, text); lists of plain values stay together."""
    if isinstance(document, Mapping) and document:
        for key, value in document.items():
            yield from flat(value, f"{place}.{key}" if place else str(key))
    elif isinstance(document, list | tuple) and any(isinstance(item, Mapping | list | tuple) for item in document):
        for number_, item in enumerate(document):
            yield from flat(item, f"{place}[{number_}]")
    elif isinstance(document, list | tuple | Mapping):
        yield place, ", ".join(map(str, document)) or MISSING
    else:
        yield place, MISSING if document is None else str(document)


def _words(results: Results) -> list[tuple[str, str]]:
    words = dict(LEVEL_GLOSSARY if results.levels else GLOSSARY)
    for part, meanings in (
        (results.worth, WORTH_GLOSSARY),
        (results.sufficiency, SUFFICIENCY_GLOSSARY),
        (results.front or None, FRONT_GLOSSARY if "beaten by none" not in words else ()),
        (results.headlines or results.differences or results.fleets or results.sensitivity or None, INTERVAL_GLOSSARY),
        (results.models, MODEL_GLOSSARY),
    ):
        if part is not None:
            words |= {word: meaning for word, meaning in meanings if word not in words}
    return list(words.items())


def _score_rows(scores: Sequence[tuple[str, Score]]) -> list[Row]:
    return [(name, meaning, [cell(score) for _, score in scores]) for name, meaning, cell in _SCORE_ROWS]


def _subsystem_columns(results: Results) -> list[tuple[str, str]]:
    columns = [
        ("jobs", "that need it"),
        ("unmatched", "jobs that no cluster matches"),
        ("build success", "of matched jobs"),
        ("joint success", "of all its jobs"),
        ("ceiling", "of all its jobs"),
        ("clusters matched", "mean a job, of the fleet"),
        ("precision", "of matched (job, cluster) pairs"),
    ]
    # Without a summary of `single` the baselines were not recorded.
    return (
        columns if results.single is None else [*columns, ("nothing told", "same jobs"), ("gain", "in joint success")]
    )


def _subsystem_rows(results: Results) -> list[Row]:
    rows = []
    for subsystem, gain in by_gain(results.subsystems):
        score = subsystem.score
        cells = [
            count_cell(score.total_jobs),
            count_cell(score.unmatched),
            share_cell(score.success_of_matched.mean),
            share_cell(score.success),
            share_cell(score.ceiling),
            count_cell(score.matched_clusters.mean, of=score.clusters),
            share_cell(score.precision),
        ]
        if results.single is not None:
            cells += [share_cell(subsystem.baseline), share_cell(gain)]
        rows.append((subsystem.subsystem, "", cells))
    return rows


def _failure_rows(scores: Sequence[tuple[str, Score]]) -> list[Row]:
    """List every subsystem on which a submission fails, the most frequent first."""
    total: dict[str, float] = {}
    for _, score in scores:
        for name, count in score.failures.items():
            total[name] = total.get(name, 0.0) + count
    ordered = sorted(total, key=lambda name: (-total[name], name))
    return [(name, "", [count_cell(score.failures.get(name, 0.0)) for _, score in scores]) for name in ordered]


# Each row with its denominator.
_SCORE_ROWS: tuple[tuple[str, str, Callable[[Score], Cell]], ...] = (
    ("submissions", "a job at a level of telling", lambda s: count_cell(s.total_jobs)),
    ("unmatched", "submissions that no cluster matches", lambda s: count_cell(s.unmatched)),
    (
        "build success",
        "mean ± standard deviation of one, of matched submissions",
        lambda s: share_cell(s.success_of_matched.mean, s.success_of_matched.std),
    ),
    ("joint success", "of all submissions, unmatched as 0", lambda s: share_cell(s.success)),
    ("ceiling", "of all submissions, some cluster would succeed", lambda s: share_cell(s.ceiling)),
    (
        "marginal score",
        "mean ± standard deviation of one, of matched submissions: share of outcome rules that hold",
        lambda s: share_cell(s.marginal_score.mean, s.marginal_score.std),
    ),
    (
        "versions in range",
        "outcome rules that hold, of all rules of matched submissions",
        lambda s: Cell(f"{s.versions_correct:,.0f} of {s.versions_possible:,}", repr(s.versions_correct)),
    ),
    (
        "clusters matched",
        "mean ± standard deviation of one, of all submissions; out of the fleet",
        lambda s: count_cell(s.matched_clusters.mean, s.matched_clusters.std, of=s.clusters),
    ),
    (
        "precision",
        "of matched (submission, cluster) pairs, those that would succeed",
        lambda s: share_cell(s.precision),
    ),
    ("recall", "of the pairs that would succeed, those that match", lambda s: share_cell(s.recall)),
    (
        "clusters used",
        "expected to be given a submission, out of the fleet",
        lambda s: count_cell(s.clusters_used, of=s.clusters),
    ),
)
