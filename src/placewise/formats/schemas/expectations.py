"""A file of expectations as a schema."""

from __future__ import annotations

from placewise.formats.advice.expectations_file import (
    AMONG,
    ANY,
    ENTRY,
    LONGEST_S,
    MOST_JOBS,
    MOST_NAMES,
    NONE,
    SAYING,
    SOME,
    TOP,
)
from placewise.formats.schemas.plain import TEXT, Schema, any_key, closed, list_of, when


def expectations() -> Schema:
    """Return the schema of a file of expectations; all paths in it are relative to it."""
    parts = {
        "fleet": {**TEXT, "description": "Clusters, as for placewise match --fleet."},
        "model": {**TEXT, "description": "A learned model of success."},
        "queue": {**TEXT, "description": "What squeue wrote: what runs and what waits."},
        "jobs": list_of(_entry(), least=1, maxItems=MOST_JOBS),
    }
    return {
        "description": "What is expected of a fleet: which clusters match which jobs.",
        **closed(TOP, parts, required=("jobs",)),
    }


def _entry() -> Schema:
    wait: Schema = {"type": ["string", "number"], "minimum": 0, "maximum": LONGEST_S, "examples": ["30m", 3600]}
    parts = {
        "job": {**TEXT, "description": "The path of a jobspec."},
        "require": {**TEXT, "description": "A requirement in one line, of the job or alone."},
        "matches": _matches(),
        "unknown": _list_or_word((ANY,), least=0, description="The clusters of which it is not known."),
        "because": {**_names(), "description": "Subsystems for which clusters do not match."},
        "success_at_least": {"type": "number", "minimum": 0, "maximum": 1},
        "starts_within": {**wait, "description": "The longest wait until the job would start on some cluster."},
    }
    return {**closed(ENTRY, parts), "allOf": [any_key(ENTRY[:2]), any_key(SAYING)]}


def _matches() -> Schema:
    among = {**closed(AMONG, dict.fromkeys(AMONG, _names())), "minProperties": 1}
    return when(
        {"type": "object"},
        among,
        _list_or_word((NONE, SOME), least=1, description="The clusters that match, and no others; or a word."),
    )


def _list_or_word(words: tuple[str, ...], *, least: int, description: str) -> Schema:
    return {"description": description, **when({"type": "array"}, _names(least), {"enum": list(words)})}


def _names(least: int = 1) -> Schema:
    return list_of(TEXT, least=least, maxItems=MOST_NAMES, uniqueItems=True)
