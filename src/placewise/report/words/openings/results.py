"""What the report of any results begins with."""

from __future__ import annotations

from placewise.model.results.results import Results
from placewise.report.words.openings.opening import Opening
from placewise.report.words.openings.outcomes import evidence_opening
from placewise.report.words.openings.replays import timed_opening
from placewise.report.words.openings.studies import levels_opening, study_opening


def opening_of(results: Results) -> Opening:
    """Return what the report of these results begins with."""
    if results.evidence is not None and not results.scores:
        return evidence_opening(results.evidence)
    if results.timed is not None and not results.scores:
        return timed_opening(results.timed)
    return levels_opening(results) if results.levels else study_opening(results)
