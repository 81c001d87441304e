"""What study files say besides questions and rules: what to draw, and how to run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias, get_args

from placewise.errors import InputError, one_of
from placewise.formats import values
from placewise.model.jobs.records import Kind
from placewise.model.outcomes.outcome_model import EnvironmentDraw

MOST_CLUSTERS = 1_000_000
MOST_JOBS = 1_000_000_000
FORMER_SETTINGS = {"tell": "metadata"}
"""Names of settings in former versions, which are still read."""

Setting: TypeAlias = str | int | float | bool | tuple[str, ...]
"""The value of an option."""


@dataclass(frozen=True, slots=True)
class Draw:
    """What to draw a fleet, or jobs, from; None where the file does not say.

    profile : the name of a shipped profile, or the path of a profile file. count : clusters, or jobs.
    records : records with outcomes, whose environments or jobs are drawn instead. draw : of environments, whether each
    is taken whole, or fact by fact.
    """

    profile: str | Path | None = None
    count: int | None = None
    seed: int | None = None
    records: Path | None = None
    draw: EnvironmentDraw = "environments"


def draw_of(value: Any, place: str, counted: str, most: int, shipped: tuple[str, ...], folder: Path) -> Draw:
    """Return the draw that a table describes.

    counted : the key of how many, which are at most `most`. shipped : profiles that need no file.
    """
    entry = values.mapping(value, place)
    values.refuse_unknown(entry, {"profile", "records", "draw", counted, "seed"}, place)
    records = folder / values.text(entry["records"], f"{place}.records") if "records" in entry else None
    if records is not None and "profile" in entry:
        raise InputError("is given together with a profile", place=f"{place}.records", expected="one of the two")
    draw = values.text(entry.get("draw", "environments"), f"{place}.draw")
    if draw not in get_args(EnvironmentDraw):
        expected = " or ".join(get_args(EnvironmentDraw))
        raise InputError("is not a way to draw clusters", place=f"{place}.draw", found=draw, expected=expected)
    if "draw" in entry and (records is None or counted != "clusters"):
        raise InputError("has no effect here", place=f"{place}.draw", expected="clusters drawn from records")
    profile: str | Path | None = None
    if "profile" in entry:
        profile = values.text(entry["profile"], f"{place}.profile")
        profile = profile if profile in shipped else folder / profile
    count = values.count(entry[counted], f"{place}.{counted}") if counted in entry else None
    if count is not None and count > most:
        raise InputError("is too many", place=f"{place}.{counted}", found=count, expected=f"at most {most:,}")
    seed = _whole(entry["seed"], f"{place}.seed") if "seed" in entry else None
    return Draw(profile, count, seed, records, draw)  # type: ignore[arg-type]  # a draw is one of two texts


def run_of(value: Any, place: str, folder: Path) -> Mapping[str, Setting]:
    """Return the settings of a run by the names of the options of `simulate`; paths start from the folder.

    Raises InputError for another name, and for a value of another type; what the values mean is checked by the runs.
    """
    entry = values.renamed(values.mapping(value, place), FORMER_SETTINGS, place)
    values.refuse_unknown(entry, SETTINGS.keys(), place)
    found: dict[str, Setting] = {key: SETTINGS[key](entry[key], f"{place}.{key}") for key in entry}
    if found.get("order", "alphabetical") != "alphabetical":
        found["order"] = str(folder / str(found["order"]))
    if is_file_name(str(found.get("choose", ""))):
        found["choose"] = str(folder / str(found["choose"]))
    return MappingProxyType(found)


def columns_of(value: Any, place: str) -> Mapping[str, Kind]:
    """Return what the columns of records hold. Raises InputError for what is no kind of column."""
    found: dict[str, Kind] = {}
    for name, kind in values.mapping(value, place).items():
        if kind not in get_args(Kind):
            raise InputError(
                "is not a kind of column", place=f"{place}.{name}", found=kind, expected=one_of(kind, get_args(Kind))
            )
        found[name] = kind
    return found


def share_of(value: Any, place: str) -> float:
    """Return a share. Raises InputError for what is no number from 0 to 1."""
    share = values.amount(value, place, zero=True)
    if share > 1:
        raise InputError("is not a share", place=place, found=value, expected="0 to 1")
    return share


def is_file_name(text: str) -> bool:
    """Whether what chooses is a file of priorities rather than a policy."""
    return Path(text).suffix in (".yaml", ".yml") or "/" in text


def names_of(value: Any, place: str) -> tuple[str, ...]:
    """Return a list of names, each once."""
    names = tuple(values.text(name, f"{place}[{at}]") for at, name in enumerate(values.sequence(value, place)))
    for name in names:
        if "," in name:
            raise InputError("a name holds a comma", place=place, found=name, expected="one name per entry")
        if names.count(name) > 1:
            raise InputError("a name occurs twice", place=place, found=name, expected="names that differ")
    return names


def _whole(value: Any, place: str) -> int:
    if isinstance(value, float):
        raise InputError("is not a whole number", place=place, found=value, expected="a whole number")
    return values.whole(value, place)


SETTINGS: dict[str, Callable[[Any, str], Setting]] = {
    "experiments": names_of,
    "scoring": values.text,
    "unknown": values.text,
    "unique": values.flag,
    "order": values.text,
    "orders": _whole,
    "fleets": _whole,
    "resamples": _whole,
    "unit": values.text,
    "fleet_model": values.text,
    "hold_out": names_of,
    "seed": _whole,
    "sample": values.flag,
    "policy": values.text,
    "jobs": values.count,
    "metadata": names_of,
    "model": values.text,
    "minimum_builds": values.count,
    "fail_after": share_of,
    "nodes_per_job": values.count,
    "nodes_free": _whole,
    "choose": values.text,
    "slack": share_of,
}
