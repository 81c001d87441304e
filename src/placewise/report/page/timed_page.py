"""The report of replays side by side: one HTML file that needs nothing beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from placewise.formats.results.results_names import PAGE
from placewise.formats.results.timed_files import timed_document
from placewise.formats.writing import write_bytes
from placewise.model.traces.scenarios import Timed
from placewise.report.drawn.picture import Picture
from placewise.report.drawn.timed import draw_timed_figures
from placewise.report.page.filling import embedded, filled
from placewise.report.page.report_page import flat
from placewise.report.page.sections.timed import timed_sections
from placewise.report.words.glossary import REPLAYS
from placewise.report.words.openings.replays import timed_opening
from placewise.report.words.replays.replay import trace_lines
from placewise.report.words.replays.timed import nothing_worth


def draw_timed(timed: Timed, folder: Path, *, command: str) -> None:
    """Draw the figures and the report into a folder. Raises InputError when it cannot be written to."""
    figures = draw_timed_figures(timed, folder)
    write_bytes(folder / PAGE, render_timed_page(timed, figures, command=command).encode(errors="replace"))


def render_timed_page(timed: Timed, figures: Sequence[Picture], *, command: str) -> str:
    """Return the report as HTML without scripts or links to elsewhere; every text from outside is escaped."""
    document = timed_document(timed)
    settings = [{one["name"]: one["settings"] | {"metadata": one["metadata"]}} for one in document["scenarios"]]
    opening, sections = timed_opening(timed), timed_sections(timed)
    still = {one[0].name: one for one in embedded(figures)}
    shown_in_sections = {section.figure for section in sections}
    return filled(
        "replay.html.j2",
        opening=opening,
        lines=[*nothing_worth(timed), *trace_lines(timed.record)],
        still=still,
        figures=[one for name, one in still.items() if name not in {opening.figure, *shown_in_sections}],
        sections=sections,
        command=command,
        facts=list(flat({"trace": document["replay"]["trace"], "scenarios": settings})),
        glossary=REPLAYS,
    )
