"""The configuration of the prior work's scheduler, rainbow: one YAML file for its server, clusters and users.

What it says lies at ``scheduler.{name, secret}``, ``scheduler.algorithms.{selection, match}.{name, options}``,
``cluster.{name, secret}``, ``graphdatabase.{name, host, options.host}`` and ``clusters``, a list of ``{name,
token}``. Since three of these are secrets, errors name the place of a value and its type, never the value.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from placewise.errors import InputError, Words, kind_of, locating
from placewise.formats.reading import parse_yaml, read_text
from placewise.model.scalar import scalar_text

SELECT_OPTIONS = ("scheduler", "algorithms", "selection", "options")


@dataclass(frozen=True, slots=True, kw_only=True)
class RainbowConfig:
    """What a configuration says; None, or nothing, where it is silent.

    Options are texts, the priorities of selection among them, whether written as text or as a list.
    clusters : (name, token) pairs.
    """

    scheduler_name: str | None = None
    registration_secret: str | None = field(default=None, repr=False)
    match_algorithm: str | None = None
    match_options: Mapping[str, str] = field(default_factory=dict)
    select_algorithm: str | None = None
    select_options: Mapping[str, str] = field(default_factory=dict)
    cluster_name: str | None = None
    cluster_secret: str | None = field(default=None, repr=False)
    graph_database_name: str | None = None
    graph_database_host: str | None = None
    clusters: tuple[tuple[str, str], ...] = field(default=(), repr=False)


def read_rainbow_config(path: Path) -> RainbowConfig:
    """Return the configuration in a file; keys that are not known are of no concern here.

    Raises InputError for a file that cannot be read or is no YAML, and for a value of another type than is expected.
    """
    text = read_text(path)
    try:
        document = parse_yaml(text, path)
    except InputError as error:
        # What the YAML reader stumbles over may be a secret that wants quotes.
        raise InputError("is not valid YAML", file=path, place=error.place, expected="a mapping of texts") from None
    with locating(file=path):
        return _configuration(document)


def _configuration(document: Any) -> RainbowConfig:
    top = _mapping(document, "the document")
    scheduler, cluster, database = (_section(top, place) for place in ("scheduler", "cluster", "graphdatabase"))
    algorithms = _section(scheduler, "scheduler.algorithms")
    selection = _section(algorithms, "scheduler.algorithms.selection")
    match = _section(algorithms, "scheduler.algorithms.match")
    host = _text(_section(database, "graphdatabase.options"), "graphdatabase.options.host")
    return RainbowConfig(
        scheduler_name=_text(scheduler, "scheduler.name"),
        registration_secret=_text(scheduler, "scheduler.secret"),
        match_algorithm=_text(match, "scheduler.algorithms.match.name"),
        match_options=_options(match, "scheduler.algorithms.match.options"),
        select_algorithm=_text(selection, "scheduler.algorithms.selection.name"),
        select_options=_options(selection, ".".join(SELECT_OPTIONS)),
        cluster_name=_text(cluster, "cluster.name"),
        cluster_secret=_text(cluster, "cluster.secret"),
        graph_database_name=_text(database, "graphdatabase.name"),
        graph_database_host=_text(database, "graphdatabase.host") or host,
        clusters=_clusters(top.get("clusters")),
    )


def _section(above: dict[str, Any], place: str) -> dict[str, Any]:
    return _mapping(_at(above, place), place)


def _at(above: dict[str, Any], place: str) -> Any:
    return above.get(place.rpartition(".")[2])


def _mapping(value: Any, place: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _unusable("is not a mapping", place, value, "a mapping")
    for key in value:
        if not isinstance(key, str):
            raise _unusable("a key is not text", place, key, "text (quote it)")
    return value


def _text(section: dict[str, Any], place: str) -> str | None:
    """Return a text; an empty one says nothing, as in the prior work's own files."""
    value = _at(section, place)
    if value is not None and not isinstance(value, str):
        raise _unusable("is not text", place, value, "text (quote it)")
    return value or None


def _options(section: dict[str, Any], place: str) -> dict[str, str]:
    found = _section(section, place)
    return {name: _option(value, f"{place}.{name}") for name, value in found.items() if value is not None}


def _option(value: Any, place: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return scalar_text(value)
    try:
        # JSON is YAML, so what reads an option's text reads this.
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise _unusable("is not an option", place, value, "text") from None


def _clusters(value: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, list | None):
        raise _unusable("is not a list", "clusters", value, "a list of clusters, each with name and token")
    return tuple(_cluster(entry, f"clusters[{number}]") for number, entry in enumerate(value or ()))


def _cluster(value: Any, place: str) -> tuple[str, str]:
    entry = _mapping(value, place)
    name, token = _text(entry, f"{place}.name"), _text(entry, f"{place}.token")
    if name is None or token is None:
        missing = "name" if name is None else "token"
        raise InputError(f"the {missing} is missing", place=place, expected="a name and a token")
    return name, token


def _unusable(problem: str, place: str, value: Any, expected: str) -> InputError:
    return InputError(problem, place=place, found=Words(kind_of(value)), expected=expected)
