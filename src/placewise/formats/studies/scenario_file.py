"""Scenario files: ways to replay one trace, side by side (TOML).

    policies = ["fcfs", "easy", "conservative"]     # with levels: one scenario for each pair
    values = true                                   # and what each piece of metadata is worth under each policy

    [levels]
    "without metadata" = []
    "metadata on clusters" = ["cl_zewura", "cl_zegox"]

    [scenarios.generous]                            # or one by one
    policy = "easy"
    estimates = "doubled"
    fleet = "larger"

What a scenario does not say is as on the command line. Paths are relative to the file. A scenario is compared with the
first, and one of a level with the first level under the same policy.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_type_hints

from placewise.errors import InputError, locating
from placewise.formats import values
from placewise.formats.codec import Codecs
from placewise.formats.fleets.fleet_source import read_fleet
from placewise.formats.reading import decode, read_bytes
from placewise.model.traces.replay import ReplaySettings
from placewise.model.traces.scenarios import MOST_SCENARIOS, Scenario

_CODECS = Codecs()
SETTINGS = get_type_hints(ReplaySettings)
KEYS = ("policies", "levels", "values", "scenarios")
"""What may be at the top of a scenario file."""
OF_SCENARIO = (*SETTINGS, "metadata", "fleet")
"""What a scenario may say."""


@dataclass(frozen=True, slots=True, eq=False)
class ScenarioFile:
    """What a scenario file asks. policies : those of `values`. values : whether to work out what metadata is worth."""

    scenarios: tuple[Scenario, ...]
    policies: tuple[str, ...]
    values: bool


def read_scenarios(path: Path, usual: Scenario) -> ScenarioFile:
    """Read a scenario file. usual : what a scenario is where the file says nothing.

    Raises InputError naming file and place for what is no scenario, for two of one name, and for too many.
    """
    with locating(file=path):
        try:
            document = tomllib.loads(decode(read_bytes(path), path))
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise InputError("is not TOML", found=str(error)[:200], expected="a scenario file") from None
        known = values.known_keys(document, KEYS, "the file")
        policies = tuple(_texts(known.get("policies", []), "policies"))
        found = list(_grid(known, policies, usual))
        for name, entry in values.mapping(known.get("scenarios", {}), "scenarios").items():
            found.append(_scenario(name, entry, usual, path.parent))
        names = [one.name for one in found]
        repeated = (
            next((name for name in names if names.count(name) > 1), None) if len(names) <= MOST_SCENARIOS else None
        )
        if repeated is not None:
            raise InputError("two scenarios have one name", found=repeated)
        if not 1 <= len(found) <= MOST_SCENARIOS:
            raise InputError("number of scenarios", found=len(found), expected=f"1 to {MOST_SCENARIOS:,}")
        wanted = values.flag(known.get("values", False), "values")
        return ScenarioFile(tuple(found), policies or (usual.settings.policy,), wanted)


def _grid(known: dict[str, Any], policies: tuple[str, ...], usual: Scenario) -> list[Scenario]:
    levels: dict[str, tuple[str, ...] | None] = {
        name: None if pieces == "all" else tuple(_texts(pieces, f"levels[{name!r}]"))
        for name, pieces in values.mapping(known.get("levels", {}), "levels").items()
    }
    if not policies and not levels:
        return []
    found = []
    for number, policy in enumerate(policies or (usual.settings.policy,)):
        with locating(place=f"policies[{number}]"):
            settings = replace(usual.settings, policy=policy)  # type: ignore[arg-type]  # refuses other texts
        first = ""
        for level, metadata in (levels or {"": usual.metadata}).items():
            name = ", ".join(part for part in (policy if policies else "", level) if part)
            found.append(replace(usual, name=name, settings=settings, metadata=metadata, against=first))
            first = first or name
    return found


def _scenario(name: str, entry: Any, usual: Scenario, folder: Path) -> Scenario:
    place = f"scenarios[{name!r}]"
    entry = values.known_keys(entry, OF_SCENARIO, place)
    changes = {
        key: _CODECS.of(SETTINGS[key]).read(value, f"{place}.{key}") for key, value in entry.items() if key in SETTINGS
    }
    with locating(place=place):
        settings = replace(usual.settings, **changes)
    metadata = usual.metadata
    if "metadata" in entry:
        said = entry["metadata"]
        metadata = None if said == "all" else tuple(_texts(said, f"{place}.metadata"))
    if "fleet" not in entry:
        return Scenario(name, settings, usual.fleet, metadata, usual.origin)
    where = values.text(entry["fleet"], f"{place}.fleet")
    return Scenario(name, settings, read_fleet(folder / where), metadata, where)


def _texts(value: Any, place: str) -> list[str]:
    return [values.text(one, f"{place}[{number}]") for number, one in enumerate(values.sequence(value, place))]
