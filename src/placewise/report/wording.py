"""How numbers and experiments are written for people."""

from __future__ import annotations

import math
from collections.abc import Mapping

from placewise.experiment.design import FOLDER_NAMES
from placewise.model.results import Results, Score

MISSING = "-"
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"

_LONGEST_NAME = 20
_WORDS = {folder: word for word, folder in FOLDER_NAMES.items()}


def experiment_word(name: str) -> str:
    """Return the word for an experiment of a results folder; an unknown name is its own, made fit to be shown."""
    if name in _WORDS:
        return _WORDS[name]
    # Names come out of files: a control character would break an SVG and could steer a terminal.
    shown = "".join(c if c.isprintable() else REPLACEMENT for c in name)
    return shown if len(shown) <= _LONGEST_NAME else f"{shown[: _LONGEST_NAME - 3]}..."


def in_order(scores: Mapping[str, Score]) -> list[tuple[str, Score]]:
    """List experiments as (name, score): the known ones as they build on each other, then the others."""
    known = [name for name in _WORDS if name in scores]
    return [(name, scores[name]) for name in (*known, *(n for n in scores if n not in _WORDS))]


def share(value: float | None, digits: int = 4, space: str = NARROW_SPACE) -> str:
    """Write a share in percent with so many significant digits: 0.0153550 is 1.536 %."""
    if value is None or math.isnan(value):
        return MISSING
    return f"{_significant(100 * value, digits)}{space}%"


def number(value: float | None, digits: int = 4) -> str:
    """Write a number with thousands separators: whole if it is, else with so many significant digits."""
    if value is None or math.isnan(value):
        return MISSING
    if value == int(value):
        return f"{int(value):,}"
    return _significant(value, digits)


def counted(count: int, noun: str) -> str:
    """Write how many of something there are, in the singular or the plural."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def jobs(count: int) -> str:
    """Write how many jobs."""
    return counted(count, "job")


def total_jobs(results: Results) -> int | None:
    """Return how many jobs took part, from an experiment that submits each once; None where none did."""
    for word in ("none", "all"):
        if word in results.scores:
            return results.scores[word].total_jobs
    return None


def scoring_line(results: Results) -> str:
    """Say by which scoring, and whether expectations or draws, the numbers were made."""
    scoring = f"scoring: {results.scoring}" if results.scoring else "scoring: as recorded by its author"
    how = "expected values over the scheduler's choice" if results.exact else "one choice drawn for each submission"
    return f"{scoring}; {how}"


def _significant(value: float, digits: int) -> str:
    if value == 0:
        return "0"
    # Rounding first: 9.9996 has one digit before the point, its rounded form two.
    rounded = float(f"{value:.{digits - 1}e}")
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(rounded))))
    # 100 that is exact is written so, 99.999 as 100.0.
    whole = math.isclose(value, round(value), rel_tol=1e-12)
    return f"{rounded:,.{0 if whole else min(decimals, 12)}f}"
