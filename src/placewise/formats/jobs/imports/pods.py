"""Kubernetes' pods, and what makes them (Job, Deployment, ...), as jobs: each pod is a slot on one node."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from placewise.errors import InputError, locating
from placewise.formats.fleets.imports.documents import objects_in
from placewise.formats.fleets.imports.given import Given
from placewise.formats.fleets.imports.kubernetes_nodes import amount
from placewise.formats.fleets.imports.machines import LARGEST_BYTES
from placewise.formats.jobs.imports.draft import ELSEWHERE, UNKNOWN, Draft, fact, label, machine_parts
from placewise.formats.jobs.imports.match_expressions import property_expression
from placewise.formats.values import count, mapping, sequence, text
from placewise.model.jobs.imported_job import ImportedJob
from placewise.model.jobs.job import ResourceGroup, ResourceRequest
from placewise.model.requirements.requirement import Expression, all_of, any_of

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
    "tolerations",
    "topologySpreadConstraints",
    "nodeName",
    "runtimeClassName",
    "schedulerName",
    "resourceClaims",
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
                    "makes no pods", place="kind", found=document.get("kind"), expected=", ".join(_TEMPLATES)
                )
            found.append(_job(document, given))
    return found


def _job(document: Mapping[str, Any], given: Given) -> ImportedJob:
    metadata = mapping(document.get("metadata") or {}, "metadata")
    name = metadata.get("name") or metadata.get("generateName") or given.path.stem or "job"
    draft = Draft(text(name, "metadata.name"), str(given.path))
    spec = mapping(document.get("spec"), "spec")
    pods = spec.get("parallelism", spec.get("replicas", 1))
    inner = spec
    for key in _TEMPLATES[document["kind"]]:
        inner = mapping(inner.get(key), key)
    pod = spec if inner is spec else mapping(inner.get("spec"), "template.spec")
    if document["kind"] == "DaemonSet":
        draft.leave_out("spec", "a DaemonSet runs on every node; one pod is asked for")
    add_pods(draft, pod, count(pods, "replicas"))
    return draft.done()


def add_pods(draft: Draft, pod: Mapping[str, Any], pods: int) -> None:
    """Add so many pods of one specification to a job. Raises InputError naming the place of what cannot be read."""
    parts, requirements = _containers(draft, pod)
    _where(draft, pod)
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
            raise InputError("is too much", place=f"resources.{name}", found=str(asked))
        if name in _GPUS:
            gpus.append(("", whole))
        elif "/" in name:
            facts.append(fact("gres", name=name))
            draft.leave_out(f"resources.{name}", "how many of it a node has is not held against the job")
        elif name not in ("cpu", "memory"):
            draft.leave_out(f"resources.{name}", ELSEWHERE)
    return machine_parts(math.ceil(sums.get("cpu", 0)), math.ceil(sums.get("memory", 0)), gpus), tuple(facts)


def _asked(container: Mapping[str, Any], place: str) -> dict[str, Any]:
    resources = mapping(container.get("resources") or {}, f"{place}.resources")
    limits = mapping(resources.get("limits") or {}, f"{place}.resources.limits")
    requests = mapping(resources.get("requests") or {}, f"{place}.resources.requests")
    # What has a limit and no request asks for its limit.
    return {name: amount(value, f"{place}.resources.{name}") for name, value in {**limits, **requests}.items()}


def _where(draft: Draft, pod: Mapping[str, Any]) -> None:
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
    terms = [
        found
        for number, value in enumerate(sequence(required.get("nodeSelectorTerms") or [], "nodeSelectorTerms"))
        if (found := _term(draft, mapping(value, f"nodeSelectorTerms[{number}]"), f"nodeSelectorTerms[{number}]"))
    ]
    if terms:
        draft.requirements.append(any_of(terms))


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
