"""A job's attributes as schemas: what `jobspec.attributes` reads."""

from __future__ import annotations

from typing import Any

from placewise.formats.jobs.jobspec.attributes import (
    CONSTRAINTS,
    DEPENDENCIES,
    DURATION,
    PLAIN,
    QUEUE,
    SECTIONS,
    SURROUNDINGS,
)
from placewise.formats.schemas.plain import ANY_MAPPING, SCALAR, TEXT, Schema, closed, list_of, mapping_of, or_null

LENGTH_OF_TIME: Schema = {
    "type": ["string", "number"],
    "minLength": 1,
    "minimum": 0,
    "description": "Seconds, or a text such as 30m, 7d or 7-00:00:00.",
    "examples": [3600, "30m"],
}


def attributes(constraints: Schema, job: Schema = ANY_MAPPING) -> Schema:
    """Return what `attributes` are: what the dialect makes of constraints, and what stands under `system.job`."""
    known = {
        **dict.fromkeys(SURROUNDINGS, ANY_MAPPING),
        **dict.fromkeys(PLAIN, SCALAR),
        "job": job,
        QUEUE: TEXT,
        DURATION: LENGTH_OF_TIME,
        DEPENDENCIES: list_of(ANY_MAPPING),
        CONSTRAINTS: constraints,
    }
    parts: dict[str, Any] = {
        **known,
        # What nobody knows is kept there, so there are no other keys to refuse.
        "system": {"type": "object", "properties": known},
        "parameter": mapping_of(SCALAR, names={}),
        "user": ANY_MAPPING,
    }
    return or_null(closed(SECTIONS, parts))


def of_a_part() -> Schema:
    """Return what the attributes of a task, a group or a resource are."""
    return {"type": "object", "properties": {DURATION: LENGTH_OF_TIME}}
