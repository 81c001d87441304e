"""`levels.json`: the levels of build records with their costs and reasons; their scores are in `scores.json`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from placewise.errors import InputError, locating
from placewise.formats import values
from placewise.formats.codec import Codecs, Layout
from placewise.formats.reading import read_json
from placewise.formats.writing import write_json
from placewise.model.results.results import LevelResult, Reasons, Score

LEVELS = "levels.json"

_DESCRIPTIONS = {
    "metadata": "the questions that submissions have metadata on",
    "no_capacity": "builds that matched, but only clusters that were full",
    "refused": "builds that matched, and for which the policy chose none of the clusters that were not full",
    "costs": "by reference: additional runtime (s) and cost, expected, over assigned builds and over those that "
    "succeed; how many builds the sums are over; by package; spread: cost of one, by each model not clearly worse",
    "outside_range": "share of assigned builds whose runtime is predicted at a memory outside the range seen",
    "used": "what builds use up, expected, over assigned builds with a price; those that fail, for the share "
    "fail_after of their runtime; null: nothing predicted",
    "reasons": "expected builds that fail: for each reason, alone or with others (every); as the first in the order of "
    "the rules (first); for just these reasons (together)",
    "jobs_by_cluster": "expected builds on each cluster",
    "per_build": "percentiles 0 to 100, over assigned builds, of the additional runtime (s) and cost that each "
    "expects, against best-memory",
}


_CODECS = Codecs(
    {
        LevelResult: Layout(fields=("name", *_DESCRIPTIONS)),
        Reasons: Layout(listed={"together": ("reasons", "builds")}),
    }
)


def write_levels(path: Path, levels: tuple[LevelResult, ...]) -> None:
    """Write levels, whole or not at all."""
    write_json(path, {"descriptions": _DESCRIPTIONS, "levels": _CODECS.write(levels)})


def read_levels(path: Path, scores: Mapping[str, Score]) -> tuple[LevelResult, ...]:
    """Read levels; their scores are those of `scores.json`. Raises InputError for another shape."""
    with locating(file=path):
        document = values.mapping(read_json(path), "the document")
        listed = values.sequence(document.get("levels"), "levels")
        return tuple(_level(entry, f"levels[{number}]", scores) for number, entry in enumerate(listed))


def _level(entry: Any, place: str, scores: Mapping[str, Score]) -> LevelResult:
    name = values.mapping(entry, place).get("name")
    if not isinstance(name, str) or name not in scores:
        raise InputError("has no score", place=place, found=name, expected="a level of scores.json")
    return _CODECS.read(LevelResult, entry, place, score=scores[name])
