"""Kubernetes: what ``kubectl get nodes`` prints as JSON or YAML, and NodeFeature and NodeFeatureRule of NFD.

A label is a property with a value, as in Flux; a feature set of NFD is a subsystem called as it is, such as
``kernel.version``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from placewise.errors import InputError, locating
from placewise.formats.fleets.imports.account import Account
from placewise.formats.fleets.imports.import_settings import ImportSettings
from placewise.formats.fleets.imports.kubernetes.features import add_features, features_of, gather_features
from placewise.formats.fleets.imports.kubernetes.nfd.matching import NodeFeatures
from placewise.formats.fleets.imports.kubernetes.nfd.rules import Rule, apply_rules, rules_of
from placewise.formats.fleets.imports.kubernetes.nodes import node_of
from placewise.formats.fleets.imports.machines import Machine, cluster_of
from placewise.formats.given import Given
from placewise.formats.node_facts import NODE_STATE, NUMBER, PROPERTY
from placewise.formats.notations.documents import objects_in
from placewise.formats.values import refuse_control, text
from placewise.model.fleets.imported import Imported
from placewise.model.fleets.vocabulary import FieldKind, Vocabulary

NODE, FEATURE, RULES = "Node", "NodeFeature", ("NodeFeatureRule",)
_NAME_LABEL = "nfd.node.kubernetes.io/node-name"
_SOFTWARE = "Kubernetes says nothing of compilers, packages and filesystems"
_KINDS_READ = (NODE, FEATURE, *RULES)
# Lists of kubectl have their own kind first or last, and their items' further in.
_KIND = re.compile(r"^(?:- | {0,4})kind: *([A-Za-z]+) *$", re.MULTILINE)
_KINDS = Vocabulary(kinds={(PROPERTY, "value"): FieldKind("text"), (PROPERTY, NUMBER): FieldKind("number")})
_OF_EACH_NODE = ("os", "arch", "cpu", "kubelet")


def import_kubernetes(files: Sequence[Given], asked: ImportSettings) -> Imported:
    """Return one cluster of all nodes. Raises InputError naming file and place."""
    account = Account()
    machines: dict[str, Machine] = {}
    features: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    rules: list[Rule] = []
    for given in files:
        with locating(file=given.path):
            for place, document in objects_in(given):
                _read(document, given, place, (machines, features, rules), account)
    described = set(machines)
    apply_rules(rules, _add_features(features, machines, account), machines, account)
    name = asked.name or files[0].name
    refuse_control(name, "the cluster's name")
    nodes = [machines[one] for one in sorted(machines)]
    if not nodes:
        raise InputError(
            "describes no nodes",
            file=files[0].path,
            expected="the output of kubectl get nodes -o json, or a NodeFeature",
        )
    cluster = cluster_of(name, nodes, account)
    account.read("nodes", len(nodes))
    account.read("taints", sum(len(machine.facts.get("taint", ())) for machine in nodes))
    _say_unknown(name, nodes, described, account)
    vocabulary = account.vocabulary().over(_KINDS)
    return Imported(name, (cluster,), vocabulary, account.counts(), account.dropped(), account.unknowns())


def _add_features(
    features: Mapping[str, Sequence[tuple[str, Mapping[str, Any]]]], machines: dict[str, Machine], account: Account
) -> dict[str, NodeFeatures]:
    """Add features to nodes, and return those of nodes that are known by them alone, which rules are asked of.

    The labels of the others say what came of rules there.
    """
    described = set(machines)
    alone: dict[str, NodeFeatures] = {}
    for name, found in features.items():
        machine = machines.setdefault(name, Machine(name))
        for where, spec in found:
            with locating(place=where):
                add_features(machine, spec, where, account)
                if name not in described:
                    gather_features(alone.setdefault(name, NodeFeatures()), spec)
    return alone


def _say_unknown(name: str, nodes: Sequence[Machine], described: set[str], account: Account) -> None:
    account.unknown(name, "", _SOFTWARE)
    if described != {machine.name for machine in nodes}:
        account.unknown(
            name, "core", "some nodes are known by a NodeFeature alone; give kubectl get nodes -o json, too"
        )
        account.unknown(name, "gpu", "some nodes are known by a NodeFeature alone")
    else:
        for subsystem in ("host", PROPERTY, NODE_STATE, "taint", "gres", "memory"):
            account.described(name, subsystem)
        for subsystem in _OF_EACH_NODE:
            if all(machine.facts.get(subsystem) for machine in nodes):
                account.described_in_part(name, subsystem, "Kubernetes says no more of it")
    # A feature set that NFD found on each node is all there is of it.
    for subsystem in features_of(machine.facts for machine in nodes):
        account.described(name, subsystem)


def is_kubernetes(document: object) -> bool:
    """Whether a document is an object of Kubernetes that says something of nodes."""
    if not isinstance(document, dict) or not isinstance(document.get("kind"), str):
        return False
    kind = document["kind"]
    if kind == "List":
        items = document.get("items")
        return isinstance(items, list) and bool(items) and is_kubernetes(items[0])
    return kind.removesuffix("List") in _KINDS_READ


def is_kubernetes_text(text: str) -> bool:
    """Whether a text is of YAML documents of such objects, by the kind that the first of them names."""
    match = _KIND.search(text[: 1 << 16])
    return (
        match is not None and "apiVersion:" in text[: 1 << 16] and match[1].removesuffix("List") in ("", *_KINDS_READ)
    )


def _read(
    document: Mapping[str, Any],
    given: Given,
    place: str,
    into: tuple[dict[str, Machine], dict[str, list[tuple[str, Mapping[str, Any]]]], list[Rule]],
    account: Account,
) -> None:
    machines, features, rules = into
    place = place.rstrip(", ") or "document"
    where = f"{given.path}: {place}"
    kind = document.get("kind")
    with locating(place=place):
        if kind == NODE or (kind is None and "status" in document and "spec" in document):
            machine = node_of(document, where, account)
            if machine.name in machines:
                raise InputError("two nodes have the same name", found=machine.name, expected="names that differ")
            machines[machine.name] = machine
        elif kind == FEATURE:
            metadata = document.get("metadata")
            labels = metadata.get("labels") if isinstance(metadata, dict) else None
            named = labels.get(_NAME_LABEL) if isinstance(labels, dict) else None
            name = named or (metadata.get("name") if isinstance(metadata, dict) else None)
            spec = document.get("spec")
            if not isinstance(spec, dict):
                raise InputError("has no spec", place="spec", found=spec, expected="features and labels")
            features.setdefault(text(name, "metadata.name"), []).append((where, spec))
            account.read("node features")
        elif kind in RULES:
            rules += rules_of(document, where)
        else:
            account.drop(
                "objects",
                given.path,
                f"{place}, {f'kind {kind}' if isinstance(kind, str) else 'without a kind'}",
                "it says nothing of nodes",
            )
