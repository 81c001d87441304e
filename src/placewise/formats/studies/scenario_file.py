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

from dataclasses import replace
from pathlib import Path
from typing import Any, get_type_hints

from placewise.errors import locating
from placewise.formats import values
from placewise.formats.codec import Codecs
from placewise.formats.fleets.fleet_source import read_fleet
from placewise.formats.reading import decode, read_bytes
from placewise.formats.studies.toml_text import parse_toml
from placewise.model.traces.replay import ReplaySettings
from placewise.model.traces.scenarios import Grid, Scenario, crossed

_CODECS = Codecs()
SETTINGS = get_type_hints(ReplaySettings)
KEYS = ("policies", "levels", "values", "scenarios")
"""What may be at the top of a scenario file."""
OF_SCENARIO = (*SETTINGS, "metadata", "fleet")
"""What a scenario may say."""


def read_scenarios(path: Path, usual: Scenario) -> Grid:
    """Read a scenario file. usual : what a scenario is where the file says nothing.

    Raises InputError naming file and place for what is no scenario, for two of one name, and for too many.
    """
    with locating(file=path):
        document = parse_toml(decode(read_bytes(path), path), None)
        known = values.known_keys(document, KEYS, "the file")
        policies = tuple(_texts(known.get("policies", []), "policies"))
        levels: dict[str, tuple[str, ...] | None] = {
            name: None if pieces == "all" else tuple(_texts(pieces, f"levels[{name!r}]"))
            for name, pieces in values.mapping(known.get("levels", {}), "levels").items()
        }
        found = [
            *(crossed(usual, policies, levels) if policies or levels else ()),
            *(
                _scenario(name, entry, usual, path.parent)
                for name, entry in values.mapping(known.get("scenarios", {}), "scenarios").items()
            ),
        ]
        wanted = values.flag(known.get("values", False), "values")
        return Grid(usual, tuple(found), policies or (usual.settings.policy,), wanted)


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
