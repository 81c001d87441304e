"""What metadata is worth, on file: values, the smallest set, levels, uncertainty and sensitivity, a JSON file each."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from placewise.errors import InputError
from placewise.formats import values
from placewise.formats.codec import from_document, to_document
from placewise.formats.locating import locating
from placewise.formats.reading import found_at, read_json
from placewise.formats.writing import write_json
from placewise.model.results import Results
from placewise.model.worth import (
    Difference,
    FleetSpread,
    Headline,
    LevelPoint,
    SensitivityPoint,
    Sufficiency,
    Worth,
)

VALUE = "value.json"
MINIMAL = "minimal.json"
PARETO = "pareto.json"
UNCERTAINTY = "uncertainty.json"
SENSITIVITY = "sensitivity.json"
WORTH_FILES = (VALUE, MINIMAL, PARETO, UNCERTAINTY, SENSITIVITY)

_DESCRIPTIONS = {
    VALUE: {
        "value": "Shapley value of telling the subsystem, in joint success: a share of all jobs",
        "standard_error": "of the value; 0 where it is exact",
        "single_lift": "what telling it alone adds to telling nothing",
        "drop_one_loss": "what leaving it out takes from telling everything",
        "blame": "its part of the incompatible (job, cluster) pairs, each divided equally among what it fails",
        "sole": "the pairs that fail on it alone",
        "interval": "of the value, over jobs",
        "nothing, everything": "joint success when nothing and when everything is told; values sum to the difference",
    },
    MINIMAL: {
        "metadata": "the smallest set found that reaches the target, a share of the ceiling, in its greedy order",
        "at_least": "no set of fewer subsystems (of less cost, where costs are given) reaches it; null: not known",
        "greedy": "joint success after telling none, the first, the first two, ... of the path",
        "random": "the same along random orders: 2.5, 50 and 97.5 percentile",
    },
    PARETO: {
        "cost": "how many subsystems are told, or what they cost to collect",
        "matched": "share of jobs that some cluster matches",
        "success": "joint success",
        "on_front": "no other level is as good in all three and better in one",
    },
    UNCERTAINTY: {
        "intervals": "each the central 95 %, over what `over` says",
        "differences": "the first less the other, compared on the same draws",
        "fleets": "joint success and ceiling on fleets drawn anew",
    },
    SENSITIVITY: {
        "nothing, everything": "joint success when nothing and when everything is told, mean over draws",
        "low, high": "2.5 and 97.5 percentile of `everything` over draws",
    },
}


def worth_document(worth: Worth) -> dict[str, Any]:
    """Return the content of `value.json`."""
    return _described(VALUE, to_document(worth) | {"exact": worth.exact})


def sufficiency_document(found: Sufficiency) -> dict[str, Any]:
    """Return the content of `minimal.json`."""
    return _described(MINIMAL, to_document(found) | {"met": found.met, "optimal": found.optimal})


def front_document(points: tuple[LevelPoint, ...]) -> dict[str, Any]:
    """Return the content of `pareto.json`."""
    return _described(PARETO, {"levels": to_document(points)})


def uncertainty_document(results: Results) -> dict[str, Any]:
    """Return the content of `uncertainty.json`."""
    return _described(
        UNCERTAINTY,
        {
            "headlines": to_document(results.headlines),
            "differences": to_document(results.differences),
            "fleets": None if results.fleets is None else to_document(results.fleets),
        },
    )


def sensitivity_document(points: tuple[SensitivityPoint, ...]) -> dict[str, Any]:
    """Return the content of `sensitivity.json`."""
    return _described(SENSITIVITY, {"points": to_document(points)})


def write_worth(folder: Path, results: Results) -> None:
    """Write those of the files that the results have something for."""
    if results.worth is not None:
        write_json(folder / VALUE, worth_document(results.worth))
    if results.sufficiency is not None:
        write_json(folder / MINIMAL, sufficiency_document(results.sufficiency))
    if results.front:
        write_json(folder / PARETO, front_document(results.front))
    if results.headlines or results.differences or results.fleets is not None:
        write_json(folder / UNCERTAINTY, uncertainty_document(results))
    if results.sensitivity:
        write_json(folder / SENSITIVITY, sensitivity_document(results.sensitivity))


def with_worth(folder: Path, results: Results) -> Results:
    """Return results with what these files of a results folder hold. Raises InputError for another shape."""
    changes: dict[str, Any] = {}
    for name, reads in _READERS.items():
        path = folder / name
        if found_at(path) != "file":
            continue
        with locating(file=path):
            document = values.mapping(read_json(path), "the document")
            document.pop("descriptions", None)
            changes |= reads(document)
    return dataclasses.replace(results, **changes)


def _described(name: str, document: dict[str, Any]) -> dict[str, Any]:
    return {"descriptions": _DESCRIPTIONS[name], **document}


def _worth(document: dict[str, Any]) -> dict[str, Any]:
    document.pop("exact", None)
    return {"worth": from_document(Worth, document, "value")}


def _sufficiency(document: dict[str, Any]) -> dict[str, Any]:
    for derived in ("met", "optimal"):
        document.pop(derived, None)
    found = from_document(Sufficiency, document, "minimal")
    _shaped(found.greedy, (len(found.path) + 1,), "minimal.greedy")
    _shaped(found.random, (3, len(found.path) + 1), "minimal.random")
    return {"sufficiency": found}


def _front(document: dict[str, Any]) -> dict[str, Any]:
    return {"front": _listed(LevelPoint, document.get("levels"), "levels")}


def _uncertainty(document: dict[str, Any]) -> dict[str, Any]:
    given = document.get("fleets")
    fleets = None if given is None else from_document(FleetSpread, given, "fleets")
    if fleets is not None:
        _shaped(fleets.success, (len(fleets.ceiling), len(fleets.experiments)), "fleets.success")
    return {
        "headlines": _listed(Headline, document.get("headlines"), "headlines"),
        "differences": _listed(Difference, document.get("differences"), "differences"),
        "fleets": fleets,
    }


def _sensitivity(document: dict[str, Any]) -> dict[str, Any]:
    return {"sensitivity": _listed(SensitivityPoint, document.get("points"), "points")}


def _listed(kind: type[Any], document: Any, place: str) -> tuple[Any, ...]:
    entries = values.sequence(document, place)
    return tuple(from_document(kind, entry, f"{place}[{number}]") for number, entry in enumerate(entries))


def _shaped(array: np.ndarray[Any, Any], shape: tuple[int, ...], place: str) -> None:
    if array.shape != shape:
        raise InputError("is of another size", place=place, found=array.shape, expected=str(shape))


_READERS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    VALUE: _worth,
    MINIMAL: _sufficiency,
    PARETO: _front,
    UNCERTAINTY: _uncertainty,
    SENSITIVITY: _sensitivity,
}
