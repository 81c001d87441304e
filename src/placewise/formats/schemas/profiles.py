"""Profiles as a schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from placewise.formats.codec import FOR_PEOPLE
from placewise.formats.profiles.profile_file import FORMAT, SECTIONS
from placewise.formats.requirements.rows import REQUIRES
from placewise.formats.schemas.jobs import requirements
from placewise.formats.schemas.plain import (
    FINITE,
    STRING,
    TEXT,
    VERSION,
    WHOLE,
    Schema,
    closed,
    list_of,
    mapping_of,
    or_null,
    ref,
    when,
)
from placewise.model.studies.build_profile import BUILDS, LARGEST, MEASURES, PAIRS, PRICES
from placewise.model.studies.version_profile import VERSIONS

_WEIGHT: Schema = {**FINITE, "minimum": 0}
_COUNTS: Schema = {"exclusiveMinimum": 0}


def profile() -> Schema:
    """Return the schema of a profile of either kind; one of builds says so."""
    of_kind = {VERSIONS: _versions(), BUILDS: _builds()}
    return {
        "description": "Statistics from which synthetic fleets and jobs are drawn.",
        "type": "object",
        **when({"required": ["kind"]}, of_kind[BUILDS], of_kind[VERSIONS]),
        "$defs": requirements.definitions(),
    }


def _document(kind: str, parts: Mapping[str, Schema]) -> Schema:
    keys = ("format", *SECTIONS[kind])
    return closed(keys, {"format": {"type": "integer", "const": FORMAT}, **parts}, required=keys)


def _part(parts: Mapping[str, Schema], *, optional: Iterable[str] = ()) -> Schema:
    """Return the schema of a mapping of fields, which may have words for people beside them."""
    return closed((*parts, *FOR_PEOPLE), parts, required=[key for key in parts if key not in optional])


def _row(*items: Schema) -> Schema:
    return {"type": "array", "prefixItems": list(items), "items": False, "minItems": len(items)}


def _drawn(item: Schema, weight: Schema) -> Schema:
    """Return the schema of a list that something is drawn from: one weight at least is more than 0."""
    return {**list_of(item), "contains": weight}


def _weighted(*facts: Schema) -> Schema:
    """Return the schema of a list of rows that end in a weight."""
    some = {"type": "array", "prefixItems": [*({} for _ in facts), _COUNTS], "minItems": len(facts) + 1}
    return _drawn(_row(*facts, _WEIGHT), some)


def _versions() -> Schema:
    text = or_null(STRING)
    pool = {
        "packages": list_of(STRING, least=1, uniqueItems=True),
        "picks": list_of(list_of(text), least=1),
    }
    need = when({"type": "array"}, _weighted(WHOLE), WHOLE)
    stack = {"weight": _WEIGHT, "needs": list_of(need)}
    releases = {"own": or_null(WHOLE), "versions": _weighted(text)}
    root = {
        "stacks": _drawn(_part(stack), {"properties": {"weight": _COUNTS}}),
        "releases": list_of(_part(releases)),
    }
    bound = or_null(VERSION)
    requires = closed((REQUIRES,), {REQUIRES: {**ref("entries"), "minItems": 1}}, required=(REQUIRES,))
    parts = {
        "requirements": list_of(when({"type": "object"}, requires, _row(TEXT, bound, bound))),
        "pools": list_of(_part(pool)),
        "roots": mapping_of(_part(root, optional=("releases",)), least=1),
    }
    return _document(VERSIONS, parts)


def _builds() -> Schema:
    size = {"type": "integer", "minimum": 1, "maximum": LARGEST}
    clusters = {
        "archs": _weighted(STRING),
        "toolchains": _weighted(STRING, STRING),
        "memory": {**_row(size, size), "description": "The least and the most, in bytes."},
        "prices": _row(*(_WEIGHT for _ in PRICES)),
    }
    shift = {"type": "number", "minimum": -10, "maximum": 10}
    share = _row(WHOLE, _WEIGHT, *(shift for _ in MEASURES))
    some_share = {"prefixItems": [{}, _COUNTS], "minItems": 2}
    positive = {"type": "number", "exclusiveMinimum": 0, "maximum": LARGEST}
    quantiles = dict.fromkeys(MEASURES, list_of(positive, least=1))
    quantiles["memory_min"] = list_of({"type": "number", "minimum": 0, "maximum": LARGEST}, least=1)
    correlation = {"type": "number", "minimum": -1, "maximum": 1}
    package = {
        "shares": _drawn(share, some_share),
        "quantiles": closed(quantiles, quantiles, required=quantiles),
        "correlations": _row(*(correlation for _ in PAIRS)),
    }
    parts = {
        "kind": {"const": BUILDS},
        "clusters": _part(clusters, optional=("prices",)),
        "platforms": list_of(_row(STRING, STRING, STRING)),
        "probabilities": {
            **list_of({"type": "number", "minimum": 0, "maximum": 1}, least=2),
            "prefixItems": [{"const": 0}],
        },
        "packages": mapping_of(_part(package, optional=("correlations",)), least=1),
    }
    return _document(BUILDS, parts)
