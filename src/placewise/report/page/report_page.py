"""The report page: one HTML file that needs nothing beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from placewise.formats.writing import write_bytes
from placewise.model.results.results import Results
from placewise.report.drawn.picture import Picture
from placewise.report.page.charts.experiments import expanding_charts
from placewise.report.page.charts.inline import json_text, libraries, page_script, policy
from placewise.report.page.charts.vega import CONFIG
from placewise.report.page.filling import embedded, filled
from placewise.report.page.models_page import model_section
from placewise.report.page.sections.evidence import evidence_sections
from placewise.report.page.sections.level_tables import level_sections
from placewise.report.page.sections.score_tables import failure_table, score_table, subsystem_table
from placewise.report.page.sections.section import Section
from placewise.report.page.sections.timed import timed_sections
from placewise.report.page.sections.worth import worth_sections
from placewise.report.words.glossary import glossary
from placewise.report.words.names import scoring_line
from placewise.report.words.numbers import MISSING
from placewise.report.words.openings.results import opening_of
from placewise.report.words.studies.findings import orders_findings, single_findings
from placewise.report.words.truth import truth_findings


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
    by_level = level_sections(results)
    if results.models is not None:
        by_level.append(model_section(results.models))
    replayed = [] if results.timed is None else timed_sections(results.timed)
    sections = [*_truth(results), *replayed, *evidence_sections(results), *worth_sections(results)]
    sections += _expanding(results)
    charts = [chart for section in (*sections, *by_level) for chart in section.charts]
    opening = opening_of(results)
    first = next((chart for chart in charts if chart.name == opening.figure), None)
    elsewhere = {section.figure for section in (*sections, *by_level)} | {chart.picture for chart in charts}
    elsewhere.add(opening.figure)
    others = embedded(picture for picture in figures if picture.name not in elsewhere)
    sections = [section.without(opening.figure) for section in sections]
    by_level = [section.without(opening.figure) for section in by_level]
    scripts = [*(libraries() if charts else ()), page_script()]
    return filled(
        "report.html.j2",
        policy=policy(scripts),
        scripts=scripts,
        chart_data=json_text({"config": CONFIG, "charts": {chart.name: chart.spec for chart in charts}}),
        opening=opening,
        first=first,
        still={picture.name: (picture, data, size) for picture, data, size in embedded(figures)},
        scoring=scoring_line(results),
        scores=score_table(results) if results.scores and not by_level else None,
        subsystems=subsystem_table(results),
        single=list(single_findings(results)),
        failures=failure_table(results) if results.scores and not by_level else None,
        figures=others,
        sections=sections,
        by_level=by_level,
        command=command,
        study=list(flat(results.study)),
        glossary=glossary(results),
    )


def _truth(results: Results) -> list[Section]:
    """Return the section that says what decides success, where rules do not."""
    lines = list(truth_findings(results))
    return [Section("truth", "What decides success?", lines[0], [], lines=lines[1:])] if lines else []


def _expanding(results: Results) -> list[Section]:
    """Return the section on metadata on one subsystem after the other."""
    charts = expanding_charts(results)
    text = "A job gets metadata on one of its subsystems after the other, while some cluster still matches."
    lines = list(orders_findings(results))
    return [Section("curves", "What does each further piece of metadata do?", text, [], lines, charts=charts)] * bool(
        charts
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
        yield place, ", ".join(map(_plain, document)) or MISSING
    else:
        yield place, _plain(document)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return MISSING if value is None else str(value)
