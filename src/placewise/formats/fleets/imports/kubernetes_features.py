"""NFD's feature sets as subsystems, and what of its rules is not followed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from placewise.formats.fleets.imports.account import Account
from placewise.formats.fleets.imports.machines import Machine, attach
from placewise.formats.fleets.node_facts import PROPERTY, Fields
from placewise.formats.values import mapping, scalar, sequence, text
from placewise.model.scalar import scalar_text

FEATURE_PREFIX = "feature.node.kubernetes.io/"
_REPORTED = "a rule says what NFD writes on nodes; their own labels say what came of it"
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
    if tuple(sorted(pairs)) not in machine.facts.get(PROPERTY, ()):
        attach(machine, account, PROPERTY, pairs, f"{where}, labels")
        account.read("labels")


def _vertices(kind: str, elements: Any, place: str) -> Iterator[list[tuple[str, Any]]]:
    if elements is None:
        return
    if kind == "instances":
        for number, instance in enumerate(sequence(elements, place)):
            at = f"{place}[{number}]"
            attributes = mapping(mapping(instance, at).get("attributes") or {}, at)
            yield [(name, scalar(value, f"{at}.{name}")) for name, value in attributes.items()]
        return
    found = mapping(elements, place)
    if kind == "flags":
        for name in found:
            yield [("name", name)]
    elif found:
        yield [(name, scalar(value, f"{place}.{name}")) for name, value in found.items()]


def features_of(facts: Iterable[Mapping[str, list[Fields]]]) -> list[str]:
    """Return the feature sets that each node was looked at for, sorted; their names have a dot."""
    names: set[str] | None = None
    for one in facts:
        here = {name for name in one if "." in name}
        names = here if names is None else names & here
    return sorted(names or ())


def account_of_rule(document: Mapping[str, Any], where: str, account: Account) -> None:
    """Note each rule of a NodeFeatureRule, which is not followed, and in it what could not be."""
    file, _, place = where.partition(": ")
    spec = mapping(document.get("spec") or {}, "spec")
    for number, value in enumerate(sequence(spec.get("rules") or [], "spec.rules")):
        rule = mapping(value, f"spec.rules[{number}]")
        at = f"{place}, spec.rules[{number}]"
        name = rule.get("name")
        account.drop("rules of NFD", file, f"{at} {name}" if isinstance(name, str) else at, _REPORTED)
        for what, found in _of_note(rule, ""):
            account.drop(what, file, f"{at}{found}", "it is not worked out here")


def _of_note(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield operators, matches of names, and templates anywhere in a rule, with their paths."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "op" and inner == "InRegexp":
                yield "InRegexp", f"{path}.op"
            if key == "matchName":
                yield "matchName", f"{path}.matchName"
            if key in ("labelsTemplate", "varsTemplate"):
                yield "templates", f"{path}.{key}"
            if isinstance(inner, str) and inner.startswith("@"):
                yield "templates", f"{path}.{key}"
            yield from _of_note(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _of_note(inner, f"{path}[{number}]")
