"""NFD's feature sets as subsystems."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from placewise.formats.fleets.imports.account import Account
from placewise.formats.fleets.imports.kubernetes.nfd.matching import NodeFeatures
from placewise.formats.fleets.imports.machines import Machine, attach
from placewise.formats.node_facts import NAMES, NUMBER, PROPERTY, Fields
from placewise.formats.values import mapping, scalar, sequence, text
from placewise.model.scalar import scalar_text

FEATURE_PREFIX = "feature.node.kubernetes.io/"
_WHOLE = re.compile(r"-?[0-9]{1,15}")
_SETS = ("attributes", "flags", "instances")


def add_features(machine: Machine, spec: Mapping[str, Any], where: str, account: Account) -> None:
    """Add what a NodeFeature says of its node: attributes a vertex a set, flags and instances a vertex each."""
    file, _, place = where.partition(": ")
    for key in sorted(spec.keys() - {"features", "labels"}):
        account.drop("keys of node features", file, f"{place}, spec.{key}", "the key is not known")
    features = mapping(spec.get("features") or {}, "spec.features")
    for key in sorted(features.keys() - set(_SETS)):
        account.drop("keys of node features", file, f"{place}, spec.features.{key}", "the key is not known")
    for kind in _SETS:
        for name, found in mapping(features.get(kind) or {}, f"spec.features.{kind}").items():
            at = f"spec.features.{kind}.{name}"
            text(name, at)
            elements = mapping(found, at).get("elements")
            for pairs in _vertices(kind, elements, f"{at}.elements"):
                attach(machine, account, name, pairs, f"{where}, {name}")
                account.read("features")
            if not elements:
                # Nothing of this set was found; that is a fact of the node, and makes no vertex.
                machine.facts.setdefault(name, [])
    for name, value in mapping(spec.get("labels") or {}, "spec.labels").items():
        full = name if "/" in name else FEATURE_PREFIX + name
        add_label(machine, full, value, where, account)


def add_label(machine: Machine, name: str, value: Any, where: str, account: Account) -> None:
    """Add a label as a property, unless the node has it already."""
    said = scalar_text(value) if isinstance(value, int) else value
    pairs: list[tuple[str, Any]] = [("name", name), *([("value", said)] if said not in ("", None) else [])]
    if isinstance(said, str) and _WHOLE.fullmatch(said):
        # Selectors compare such labels as numbers; the value is a text all the same.
        pairs.append((NUMBER, int(said)))
    if tuple(sorted(pairs)) not in machine.facts.get(PROPERTY, ()):
        attach(machine, account, PROPERTY, pairs, f"{where}, labels")
        account.read("labels")


def gather_features(features: NodeFeatures, spec: Mapping[str, Any]) -> None:
    """Add what a NodeFeature says to the features of its node that rules are asked of."""
    found = mapping(spec.get("features") or {}, "spec.features")
    for name, said in mapping(found.get("attributes") or {}, "attributes").items():
        elements = mapping(mapping(said, name).get("elements") or {}, name)
        features.attributes.setdefault(name, {}).update((key, _written(value)) for key, value in elements.items())
    for name, said in mapping(found.get("flags") or {}, "flags").items():
        features.flags.setdefault(name, set()).update(mapping(mapping(said, name).get("elements") or {}, name))
    for name, said in mapping(found.get("instances") or {}, "instances").items():
        for instance in sequence(mapping(said, name).get("elements") or [], name):
            attributes = mapping(mapping(instance, name).get("attributes") or {}, name)
            features.instances.setdefault(name, []).append({key: _written(one) for key, one in attributes.items()})
        features.instances.setdefault(name, [])


def _written(value: Any) -> str:
    return value if isinstance(value, str) else scalar_text(scalar(value, "elements"))


def _vertices(kind: str, elements: Any, place: str) -> Iterator[list[tuple[str, Any]]]:
    if elements is None:
        return
    if kind == "instances":
        for number, instance in enumerate(sequence(elements, place)):
            at = f"{place}[{number}]"
            attributes = mapping(mapping(instance, at).get("attributes") or {}, at)
            yield _with_names([(name, scalar(value, f"{at}.{name}")) for name, value in attributes.items()])
        return
    found = mapping(elements, place)
    if kind == "flags":
        for name in found:
            yield [("name", name)]
    elif found:
        yield _with_names([(name, scalar(value, f"{place}.{name}")) for name, value in found.items()])


def _with_names(pairs: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Return fields with the names of all, unless one of them has that name itself."""
    names = tuple(sorted(name for name, _ in pairs))
    return pairs if not names or NAMES in names else [*pairs, (NAMES, names)]


def features_of(facts: Iterable[Mapping[str, list[Fields]]]) -> list[str]:
    """Return the feature sets that each node was looked at for, sorted; their names have a dot."""
    names: set[str] | None = None
    for one in facts:
        here = {name for name in one if "." in name}
        names = here if names is None else names & here
    return sorted(names or ())
