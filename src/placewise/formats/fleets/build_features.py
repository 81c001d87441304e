"""cluster-features.json of the kind spack-build: memory, price, arch and compiler of each cluster.

The format is that of the prior work (rainbow-experiments, spack-build): for each cluster an object
``{memory, cost_per_node_hour, arch, compiler, compiler_version}``, memory in bytes. The price may be
missing or null, which says that it is not known; ``nodes_free`` may be given.
"""

from __future__ import annotations

import json
from typing import Any

from placewise.errors import InputError, locating
from placewise.formats import values
from placewise.model.fleets.build_cluster import build_cluster
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.scalar import Scalar
from placewise.model.versions.version import parse_version

_TEXTS = ("arch", "compiler")
REQUIRED = ("memory", *_TEXTS, "compiler_version")
ORDER = ("memory", "cost_per_node_hour", *_TEXTS, "compiler_version", "nodes_free")
_FIELDS = frozenset(ORDER)
# Counts go into columns of 64 bits.
_LARGEST = 2**63 - 1


def build_fleet_of(document: Any, source: object) -> Fleet:
    """Return the fleet of a parsed document: subsystems arch, compiler and memory, and the features as state.

    Each subsystem is one vertex at the root (see `model.fleets.build_cluster`). A price that is not known
    is absent from the state. Raises InputError naming `source`, cluster and field.
    """
    if not isinstance(document, dict) or not document:
        raise InputError("is not a fleet", file=source, found=document, expected="an object of one or more clusters")
    with locating(file=source):
        return Fleet(
            tuple(_cluster(name, features) for name, features in values.mapping(document, "the fleet").items())
        )


def build_features(fleet: Fleet) -> dict[str, dict[str, Scalar]]:
    """Return the document that `build_fleet_of` reads as this fleet. Raises InputError where there is none."""
    if not fleet.clusters:
        raise InputError("a fleet without clusters cannot be written", expected="at least one cluster")
    for cluster in fleet.clusters:
        place = f"cluster {cluster.name!r}"
        if _cluster(cluster.name, dict(cluster.state)) != cluster:
            raise InputError(
                "cannot be written as cluster features",
                place=place,
                expected="a state, and arch, compiler and memory that say the same",
            )
    states = {cluster.name: dict(cluster.state) for cluster in fleet.clusters}
    return {name: {field: state[field] for field in ORDER if field in state} for name, state in states.items()}


def build_features_json(fleet: Fleet) -> bytes:
    """Return a fleet as the content of a cluster-features.json. Raises InputError as `build_features` does."""
    return (json.dumps(build_features(fleet), indent=4) + "\n").encode()


def _cluster(name: str, features: Any) -> Cluster:
    place = f"cluster {name!r}"
    values.refuse_control(name, place)
    return build_cluster(name, **_state(values.mapping(features, place), place))


def _state(features: dict[str, Any], place: str) -> dict[str, Any]:
    """Check a cluster's features, and return them under the names that `build_cluster` has for them."""
    values.refuse_unknown(features, _FIELDS, place)
    for field in REQUIRED:
        if field not in features:
            raise InputError(f"has no {field}", place=place, expected=", ".join(REQUIRED))
    state: dict[str, Any] = {field: values.text(features[field], f"{place}, {field}") for field in _TEXTS}
    state["memory_bytes"] = _whole(features["memory"], f"{place}, memory", "bytes", least=1)
    where = f"{place}, compiler_version"
    state["compiler_version"] = version = values.version_text(features["compiler_version"], where)
    with locating(place=where):
        parse_version(version)
    price = features.get("cost_per_node_hour")
    state["cost_per_node_hour"] = (
        None if price is None else values.amount(price, f"{place}, cost_per_node_hour", zero=True)
    )
    if "nodes_free" in features:
        state["nodes_free"] = _whole(features["nodes_free"], f"{place}, nodes_free", "nodes", least=0)
    return state


def _whole(value: Any, place: str, unit: str, *, least: int) -> int:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole and not (isinstance(value, float) and value.is_integer()):
        raise InputError("is not a whole number", place=place, found=value, expected=f"a whole number of {unit}")
    if not least <= value <= _LARGEST:
        expected = f"{least} {unit} or more, in 64 bits"
        raise InputError("is not a usable amount", place=place, found=value, expected=expected)
    return int(value)
