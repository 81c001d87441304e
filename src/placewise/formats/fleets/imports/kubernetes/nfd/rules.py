"""NFD's rules applied to the features of nodes: labels, extended resources and taints that nfd-master would write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from placewise.errors import InputError, Words, in_words, locating
from placewise.formats.fleets.imports.account import Account
from placewise.formats.fleets.imports.kubernetes.features import FEATURE_PREFIX, add_label
from placewise.formats.fleets.imports.kubernetes.nfd.matching import MATCHED, NodeFeatures, matches, refers_to_rules
from placewise.formats.fleets.imports.machines import Machine, attach
from placewise.formats.notations.kubernetes_quantity import amount
from placewise.formats.values import LARGEST_COUNT, mapping, sequence, text

MOST_WORK = 1_000_000
"""So many rules are asked of nodes, each of each."""

_TEMPLATES = ("labelsTemplate", "varsTemplate")
_ON_NODES = "a rule says what NFD writes on nodes; their own labels and taints say what came of it"
_NO_FEATURES = "no file has the features of a node that it could be asked of"
_AFTER = "asks what came of a rule that is not followed"
_TEMPLATE = "templates of Go are not run"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of a NodeFeatureRule. where : its file and place; owner : the name of its object."""

    owner: str
    where: str
    document: Mapping[str, Any]


def rules_of(document: Mapping[str, Any], where: str) -> list[Rule]:
    """Return the rules of a NodeFeatureRule. Raises InputError for what is none."""
    metadata = mapping(document.get("metadata") or {}, "metadata")
    owner = text(metadata.get("name", ""), "metadata.name") if metadata.get("name") else ""
    spec = mapping(document.get("spec") or {}, "spec")
    found = []
    for number, value in enumerate(sequence(spec.get("rules") or [], "spec.rules")):
        rule = mapping(value, f"spec.rules[{number}]")
        name = rule.get("name")
        at = f"{where}, spec.rules[{number}]"
        found.append(Rule(owner, f"{at} {name}" if isinstance(name, str) else at, rule))
    return found


def apply_rules(
    rules: Sequence[Rule], features: Mapping[str, NodeFeatures], machines: Mapping[str, Machine], account: Account
) -> None:
    """Add to machines what the rules say of those of which the features are given, by name.

    As in nfd-master the objects come in the order of their names, and each rule knows what came of those before. What
    cannot be worked out is noted, and so is all that rests on it. Raises InputError for too many rules and nodes.
    """
    ordered = sorted(rules, key=lambda rule: rule.owner)
    if len(rules) * len(features) > MOST_WORK:
        raise InputError("there are too many rules for so many nodes", found=len(rules), expected="fewer rules")
    open_ended = False
    for rule in ordered:
        for key in _TEMPLATES:
            if rule.document.get(key):
                _drop(account, "templates", rule, f", {key}", _TEMPLATE)
        if not features:
            _drop(account, "rules of NFD", rule, "", _NO_FEATURES if not machines else _ON_NODES)
            continue
        why = _AFTER if open_ended and refers_to_rules(rule.document) else _apply(rule, features, machines, account)
        if why:
            _drop(account, "rules of NFD", rule, "", why)
        else:
            account.read("rules")
        open_ended = (
            open_ended or bool(why) or bool(rule.document.get("varsTemplate") or rule.document.get(_TEMPLATES[0]))
        )


def _apply(rule: Rule, features: Mapping[str, NodeFeatures], machines: Mapping[str, Machine], account: Account) -> str:
    """Apply a rule to all nodes, or to none; return why it cannot be, empty if it was."""
    try:
        matched = {name: one for name, one in features.items() if matches(rule.document, one, "rule")}
    except InputError as error:
        found = (
            ""
            if error.found is ...
            else f": {in_words(Words(error.found) if isinstance(error.found, str) else error.found)}"
        )
        return f"{error.problem}{found}"
    file, _, at = rule.where.partition(": ")
    with locating(file=file, place=at or None):
        for name, one in matched.items():
            _write(rule, one, machines[name], account)
    return ""


def _write(rule: Rule, features: NodeFeatures, machine: Machine, account: Account) -> None:
    """Add what a rule that matches says of a node."""
    said = features.attributes.setdefault(MATCHED, {})
    for key in ("vars", "labels"):
        for name, value in mapping(rule.document.get(key) or {}, key).items():
            found = _value(value, features, rule, f"{key}.{name}", account)
            if found is None:
                continue
            said[name] = found
            if key == "labels":
                add_label(machine, name if "/" in name else FEATURE_PREFIX + name, found, rule.where, account)
    for name, value in mapping(rule.document.get("extendedResources") or {}, "extendedResources").items():
        found = _value(value, features, rule, f"extendedResources.{name}", account)
        if found is not None:
            _add_resource(machine, name, found, rule, account)
    for number, value in enumerate(sequence(rule.document.get("taints") or [], "taints")):
        taint = mapping(value, f"taints[{number}]")
        pairs = [(key, taint[key]) for key in ("key", "value", "effect") if taint.get(key)]
        attach(machine, account, "taint", pairs, f"{rule.where}, taints")


def _add_resource(machine: Machine, name: str, written: str, rule: Rule, account: Account) -> None:
    try:
        count = int(amount(written, name))
    except InputError as error:
        _drop(account, "extended resources", rule, f", {name}", error.problem)
        return
    full = name if "/" in name else FEATURE_PREFIX + name
    if 0 < count <= LARGEST_COUNT:
        attach(machine, account, "gres", [("name", full), ("count", count)], rule.where)


def _value(value: Any, features: NodeFeatures, rule: Rule, place: str, account: Account) -> str | None:
    """Return a value, or what it refers to; None, and said, where that is not there."""
    written = text(str(value) if isinstance(value, int) else value, place) if value != "" else ""
    if not written.startswith("@"):
        return written
    try:
        return features.value(written)
    except InputError as error:
        _drop(account, "values of rules", rule, f", {place}", f"{error.problem}: {written[:60]}")
        return None


def _drop(account: Account, what: str, rule: Rule, place: str, why: str) -> None:
    file, _, at = rule.where.partition(": ")
    account.drop(what, file, f"{at}{place}", why)
