"""Kubernetes' pods, and what makes them (Job, Deployment, ...), as jobs: each pod is a slot on one node."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from placewise.errors import InputError, Words, locating
from placewise.formats.given import Given
from placewise.formats.jobs.imports.draft import ELSEWHERE, UNKNOWN, Draft, fact, label, machine_parts
from placewise.formats.jobs.imports.match_expressions import property_expression
from placewise.formats.notations.documents import objects_in
from placewise.formats.notations.kubernetes_quantity import amount
from placewise.formats.reading import name_of
from placewise.formats.values import LARGEST_BYTES, count, mapping, sequence, text
from placewise.formats.values import number as number_of
from placewise.model.jobs.imported_job import ImportedJob
from placewise.model.jobs.job import ResourceGroup, ResourceRequest
from placewise.model.jobs.toleration import Toleration, parse_tolerations
from placewise.model.requirements.predicates import Equals, Within
from placewise.model.requirements.requirement import Condition, Expression, Requirement, all_of, any_of

_HOST_LABEL = "kubernetes.io/hostname"
_TEMPLATES = {
    "Pod": (),
    "Job": ("template",),
    "Deployment": ("template",),
    "StatefulSet": ("template",),
    "ReplicaSet": ("template",),
    "DaemonSet": ("template",),
    "CronJob": ("jobTemplate", "spec", "template"),
}
_DEMANDS = (
    "topologySpreadConstraints",
    "runtimeClassName",
    "schedulerName",
    "resourceClaims",
)
# https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/#taints-and-tolerations
_OF_DAEMONS = tuple(
    f"node.kubernetes.io/{one}"
    for one in (
        *("not-ready:NoExecute", "unreachable:NoExecute", "disk-pressure:NoSchedule", "memory-pressure:NoSchedule"),
        *("pid-pressure:NoSchedule", "unschedulable:NoSchedule"),
    )
)
_GPUS = ("nvidia.com/gpu", "amd.com/gpu", "gpu.intel.com/i915", "gpu.intel.com/xe")


def is_pods(document: object) -> bool:
    """Whether a document is of an object that makes pods."""
    if not isinstance(document, dict):
        return False
    items = document.get("items")
    kind = document.get("kind")
    return (isinstance(kind, str) and kind in _TEMPLATES) or (
        isinstance(items, list) and bool(items) and is_pods(items[0])
    )


def import_pods(given: Given) -> list[ImportedJob]:
    """Return a job for each object. Raises InputError naming the place of what cannot be read."""
    found = []
    for place, document in objects_in(given):
        with locating(place=place.rstrip(", ") or None):
            if not is_pods(document):
                raise InputError(
                    "is not a kind of object that makes pods",
                    place="kind",
                    found=document.get("kind"),
                    expected=", ".join(_TEMPLATES),
                )
            found.append(_job(document, given))
    return found


def _job(document: Mapping[str, Any], given: Given) -> ImportedJob:
    metadata = mapping(document.get("metadata") or {}, "metadata")
    name = metadata.get("name") or metadata.get("generateName") or name_of(given.path) or "job"
    draft = Draft(text(name, "metadata.name"), str(given.path))
    spec = mapping(document.get("spec"), "spec")
    pods = spec.get("parallelism", spec.get("replicas", 1))
    inner = spec
    for key in _TEMPLATES[document["kind"]]:
        inner = mapping(inner.get(key), key)
    pod = spec if inner is spec else mapping(inner.get("spec"), "template.spec")
    of_every_node = document["kind"] == "DaemonSet"
    if of_every_node:
        draft.leave_out("spec", "a DaemonSet runs on every node; one pod is asked for")
    add_pods(draft, pod, count(pods, "replicas"), of_every_node=of_every_node)
    return draft.done()


def add_pods(draft: Draft, pod: Mapping[str, Any], pods: int, *, of_every_node: bool = False) -> None:
    """Add so many pods of one specification to a job.

    of_every_node : whether they are of a DaemonSet, whose pods tolerate more. Raises InputError naming the place of
    what cannot be read.
    """
    parts, requirements = _containers(draft, pod)
    _where(draft, pod)
    _tolerate(draft, pod, of_every_node=of_every_node)
    if parts:
        draft.groups.append(ResourceGroup((ResourceRequest("slot", pods, parts),), requirements))
    for key in _DEMANDS:
        if pod.get(key):
            draft.leave_out(f"spec.{key}", ELSEWHERE)


def _containers(draft: Draft, pod: Mapping[str, Any]) -> tuple[tuple[ResourceRequest, ...], tuple[Expression, ...]]:
    """Return what the containers of a pod ask for together, or one that runs before them if that is more."""
    sums: dict[str, Any] = {}
    for number, value in enumerate(sequence(pod.get("containers") or [], "containers")):
        for name, asked in _asked(mapping(value, f"containers[{number}]"), f"containers[{number}]").items():
            sums[name] = sums.get(name, 0) + asked
    for number, value in enumerate(sequence(pod.get("initContainers") or [], "initContainers")):
        for name, asked in _asked(mapping(value, f"initContainers[{number}]"), f"initContainers[{number}]").items():
            sums[name] = max(sums.get(name, 0), asked)
    gpus, facts = [], []
    for name, asked in sums.items():
        whole = math.ceil(asked)
        if whole >= LARGEST_BYTES:
            raise InputError(
                "is too much", place=f"resources.{name}", found=Words(asked), expected=f"less than {LARGEST_BYTES:,}"
            )
        if name in _GPUS:
            gpus.append(("", whole))
        elif "/" in name:
            facts.append(Requirement("gres", (Condition("name", Equals(name)), Condition("count", Within(whole)))))
            draft.leave_out(f"resources.{name}", "how many pods of it a node has room for is not held against the job")
        elif name not in ("cpu", "memory"):
            draft.leave_out(f"resources.{name}", ELSEWHERE)
    return machine_parts(math.ceil(sums.get("cpu", 0)), math.ceil(sums.get("memory", 0)), gpus), tuple(facts)


def _asked(container: Mapping[str, Any], place: str) -> dict[str, Any]:
    resources = mapping(container.get("resources") or {}, f"{place}.resources")
    limits = mapping(resources.get("limits") or {}, f"{place}.resources.limits")
    requests = mapping(resources.get("requests") or {}, f"{place}.resources.requests")
    # What has a limit and no request asks for its limit.
    return {name: amount(value, f"{place}.resources.{name}") for name, value in {**limits, **requests}.items()}


def _tolerate(draft: Draft, pod: Mapping[str, Any], *, of_every_node: bool) -> None:
    """Read the taints that a pod tolerates; those of a DaemonSet tolerate more, as its controller adds."""
    found = [parse for one in _OF_DAEMONS for parse in parse_tolerations(one)] if of_every_node else []
    for number, value in enumerate(sequence(pod.get("tolerations") or [], "tolerations")):
        place = f"tolerations[{number}]"
        entry = mapping(value, place)
        operator = entry.get("operator") or "Equal"
        key, said, effect = (text(entry[name], place) if entry.get(name) else "" for name in ("key", "value", "effect"))
        seconds = entry.get("tolerationSeconds")
        if operator not in ("Equal", "Exists") or (operator == "Equal" and not key):
            draft.leave_out(place, UNKNOWN)
            continue
        with locating(place=place):
            limit = None if seconds is None else max(0, int(number_of(seconds, place)))
            found.append(Toleration(key, None if operator == "Exists" else said, effect, limit))
    if found:
        written = ", ".join(map(str, dict.fromkeys(found)))
        parse_tolerations(written)
        draft.attributes["tolerations"] = written


def _where(draft: Draft, pod: Mapping[str, Any]) -> None:
    if pod.get("nodeName"):
        draft.requirements.append(fact("host", name=text(pod["nodeName"], "nodeName")))
    for name, value in mapping(pod.get("nodeSelector") or {}, "nodeSelector").items():
        said = text(value, f"nodeSelector.{name}") if value != "" else ""
        draft.requirements.append(fact("host", name=said) if name == _HOST_LABEL else label(name, said))
    affinity = mapping(pod.get("affinity") or {}, "affinity")
    for key in sorted(affinity.keys() - {"nodeAffinity"}):
        draft.leave_out(f"affinity.{key}", ELSEWHERE)
    of_node = mapping(affinity.get("nodeAffinity") or {}, "nodeAffinity")
    for key in of_node:
        if key == "preferredDuringSchedulingIgnoredDuringExecution":
            draft.leave_out(f"nodeAffinity.{key}", "is a wish")
        elif key != "requiredDuringSchedulingIgnoredDuringExecution":
            draft.leave_out(f"nodeAffinity.{key}", UNKNOWN)
    required = mapping(of_node.get("requiredDuringSchedulingIgnoredDuringExecution") or {}, "nodeAffinity.required")
    _add_terms(draft, required)


def _add_terms(draft: Draft, required: Mapping[str, Any]) -> None:
    terms = []
    for number, value in enumerate(sequence(required.get("nodeSelectorTerms") or [], "nodeSelectorTerms")):
        place = f"nodeSelectorTerms[{number}]"
        # An empty term matches no node; one of which nothing is understood may match any.
        if term := mapping(value, place):
            terms.append(_term(draft, term, place))
    if asked := [one for one in terms if one is not None]:
        if len(asked) == len(terms):
            draft.requirements.append(any_of(asked))
        else:
            draft.leave_out("nodeSelectorTerms", "are alternatives, of which one is not understood")


def _term(draft: Draft, term: Mapping[str, Any], place: str) -> Expression | None:
    parts = []
    for key, entries in term.items():
        for entry in sequence(entries, f"{place}.{key}"):
            asked = mapping(entry, f"{place}.{key}")
            found = property_expression(asked, f"{place}.{key}", of_fields=key == "matchFields")
            if found is None:
                draft.leave_out(f"{place}.{key}, {asked.get('key')} {asked.get('operator')}", UNKNOWN)
            else:
                parts.append(found)
    return all_of(parts) if parts else None
