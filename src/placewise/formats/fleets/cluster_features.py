"""cluster-features.json: what each cluster of an experiment offers, as one flat object a cluster.

Two kinds exist in the prior work (rainbow-experiments). In ``reliabuild`` the object gives a version for
each package; in ``spack-build`` it gives memory, price, arch and compiler (see `build_features`).
"""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from placewise.errors import InputError, locating
from placewise.formats import values
from placewise.formats.fleets.build_features import build_fleet_of
from placewise.formats.plain_fields import UNSAID
from placewise.formats.reading import read_json
from placewise.formats.writing import write_bytes
from placewise.kinds.vocabulary.builtin import kind_of
from placewise.kinds.vocabulary.checking import check_value
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import Subsystem, package_subsystem, unshaped
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.requirements.requirement import VERSION
from placewise.model.versions.version import parse_version

FEATURES = "cluster-features.json"
RELIABUILD = "reliabuild"
SPACK_BUILD = "spack-build"

# No Spack package can have the former names, which hold underscores, and none has all of the latter.
SPACK_BUILD_FIELDS = frozenset(("cost_per_node_hour", "compiler_version"))
_SPACK_SCHEMES = ("", "spack")
SPACK_BUILD_SET = frozenset(("memory", "arch", "compiler"))


def read_features(path: Path, vocabulary: Vocabulary = UNSAID) -> Fleet:
    """Return the fleet of a cluster-features.json of either kind, in the file's order.

    Raises InputError naming file, cluster and package or field.
    """
    return fleet_of(read_json(path), path, vocabulary)


def features_kind(document: Any) -> str:
    """Return which kind of experiment a parsed cluster-features.json belongs to: RELIABUILD or SPACK_BUILD."""
    if isinstance(document, dict):
        for features in document.values():
            if isinstance(features, dict) and (
                not SPACK_BUILD_FIELDS.isdisjoint(features) or features.keys() >= SPACK_BUILD_SET
            ):
                return SPACK_BUILD
    return RELIABUILD


def fleet_of(document: Any, source: object, vocabulary: Vocabulary = UNSAID) -> Fleet:
    """Return the fleet of a parsed document of either kind (see `build_fleet_of` for spack-build).

    In the kind reliabuild each package is a subsystem of one vertex, attached to the root. Equal packages
    of several clusters are one shared value. `vocabulary` says what versions there are; the fleet has it.
    Raises InputError naming `source`, cluster and package.
    """
    if features_kind(document) == SPACK_BUILD:
        return replace(build_fleet_of(document, source), vocabulary=vocabulary)
    if not isinstance(document, dict) or not document:
        raise InputError("is not a fleet", file=source, found=document, expected="an object of one or more clusters")
    known: dict[tuple[str, str], Subsystem] = {}
    with locating(file=source):
        return Fleet(
            tuple(
                _cluster(name, features, known, vocabulary)
                for name, features in values.mapping(document, "the fleet").items()
            ),
            vocabulary,
        )


def write_features(fleet: Fleet, path: Path) -> None:
    """Write a fleet as cluster-features.json of the reliabuild kind, whole or not at all.

    Raises InputError for a fleet that says more than a version for each package, or that has no clusters.
    """
    write_bytes(path, features_json(fleet))


def features_json(fleet: Fleet) -> bytes:
    """Return the content of the file that `write_features` writes."""
    if not fleet.clusters:
        raise InputError("a fleet without clusters cannot be written", expected="at least one cluster")
    document = {cluster.name: _features(cluster) for cluster in fleet.clusters}
    return (json.dumps(document, indent=4) + "\n").encode()


def package_version(subsystem: Subsystem) -> tuple[str, str]:
    """Return the package and version that `package_subsystem` made this of. Raises InputError if it did not."""
    version = dict(subsystem.vertices[0].properties).get("version") if subsystem.vertices else None
    if not isinstance(version, str) or subsystem != package_subsystem(subsystem.name, version):
        raise InputError(
            "the subsystem cannot be written as cluster features",
            place=f"subsystem {subsystem.name!r}",
            expected="one vertex at the root, with a type and a version",
        )
    return subsystem.name, version


def _features(cluster: Cluster) -> dict[str, str]:
    place = f"cluster {cluster.name!r}"
    if cluster.graph != unshaped() or cluster.state or not cluster.subsystems:
        expected = "packages only, without resources or state"
        raise InputError("cannot be written as cluster features", place=place, expected=expected)
    with locating(place=place):
        features = dict(map(package_version, cluster.subsystems))
        for text in (cluster.name, *chain.from_iterable(features.items())):
            values.refuse_control(text, None)
    return features


def _cluster(name: str, features: Any, known: dict[tuple[str, str], Subsystem], vocabulary: Vocabulary) -> Cluster:
    place = f"cluster {name!r}"
    values.refuse_control(name, place)
    if not values.mapping(features, place):
        raise InputError(
            "the cluster offers nothing", place=place, found=features, expected="packages, each with its version"
        )
    subsystems = []
    for package, version in features.items():
        # Only text is looked up as it stands: 1, 1.0 and True are one key.
        subsystem = known.get((package, version)) if type(version) is str else None
        if subsystem is None:
            where = f"{place}, package {package!r}"
            text = values.version_text(version, where)
            subsystem = known.setdefault((package, text), _package(package, text, where, vocabulary))
        subsystems.append(subsystem)
    return Cluster(name, subsystems=tuple(subsystems))


def _package(package: str, version: str, place: str, vocabulary: Vocabulary) -> Subsystem:
    if not package:
        raise InputError("a package has no name", place=place, expected="a name")
    values.refuse_control(package, place)
    kind = kind_of(vocabulary, package, VERSION)
    if kind is None or (kind.name == VERSION and kind.scheme in _SPACK_SCHEMES):
        with locating(place=place):
            parse_version(version)
    else:
        check_value(package, VERSION, version, vocabulary, place)
    return package_subsystem(package, version)
