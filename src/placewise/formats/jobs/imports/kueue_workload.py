"""Workloads of Kueue (kueue.x-k8s.io, v1beta1 and v1beta2): what they ask for as jobs, and how far Kueue is with them.

The fields are those of Kueue's API reference; of a status only what a dispatcher of MultiKueue looks at is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from placewise.errors import InputError, locating
from placewise.formats.jobs.imports.draft import ELSEWHERE, Draft
from placewise.formats.jobs.imports.pods import add_pods
from placewise.formats.values import count, mapping, sequence, text
from placewise.model.fleets.site_limit import tolerating
from placewise.model.jobs.imported_job import ImportedJob
from placewise.model.jobs.job import Job, ResourceGroup
from placewise.model.jobs.toleration import Toleration, parse_tolerations

GROUP = "kueue.x-k8s.io"
_PENDING = "Pending"
_TOLERATIONS = "tolerations"


@dataclass(frozen=True, slots=True)
class QueuedWorkload:
    """How far Kueue is with a workload.

    pending_checks : the admission checks that wait for somebody. reserved : whether it has quota, and neither is
    finished, evicted or inactive, nor about to be deleted. cluster : where it was admitted; empty for nowhere.
    nominated : the clusters that it may be copied to.
    """

    namespace: str
    name: str
    uid: str
    pending_checks: tuple[str, ...]
    reserved: bool
    cluster: str
    nominated: tuple[str, ...]

    @property
    def waits(self) -> bool:
        """Whether it waits for clusters to be nominated, or may be given others."""
        return self.reserved and not self.cluster and bool(self.pending_checks)


def queued_workload(document: Mapping[str, Any]) -> QueuedWorkload:
    """Return the state of a workload. Raises InputError naming the place of what cannot be read."""
    metadata = mapping(document.get("metadata"), "metadata")
    spec = mapping(document.get("spec") or {}, "spec")
    status = mapping(document.get("status") or {}, "status")
    true = {
        one.get("type")
        for number, value in enumerate(sequence(status.get("conditions") or [], "status.conditions"))
        if (one := mapping(value, f"status.conditions[{number}]")).get("status") == "True"
    }
    ended = true & {"Finished", "Evicted"} or metadata.get("deletionTimestamp") or spec.get("active") is False
    checks = [
        text(one.get("name"), f"status.admissionChecks[{number}].name")
        for number, value in enumerate(sequence(status.get("admissionChecks") or [], "status.admissionChecks"))
        if (one := mapping(value, f"status.admissionChecks[{number}]")).get("state") == _PENDING
    ]
    nominated = sequence(status.get("nominatedClusterNames") or [], "status.nominatedClusterNames")
    return QueuedWorkload(
        text(metadata.get("namespace"), "metadata.namespace"),
        text(metadata.get("name"), "metadata.name"),
        text(metadata.get("uid"), "metadata.uid"),
        tuple(checks),
        "QuotaReserved" in true and not ended,
        text(status["clusterName"], "status.clusterName") if status.get("clusterName") else "",
        tuple(text(one, "status.nominatedClusterNames") for one in nominated),
    )


def job_of_workload(document: Mapping[str, Any]) -> ImportedJob:
    """Return the job that the pod sets of a workload ask for: all of their pods at once, on one cluster.

    The job tolerates what any pod set does; a group whose pods tolerate less than others requires so itself.
    Raises InputError naming the place of what cannot be read, and for no pods.
    """
    metadata = mapping(document.get("metadata"), "metadata")
    name = text(metadata.get("name"), "metadata.name")
    spec = mapping(document.get("spec"), "spec")
    groups: list[tuple[ResourceGroup, tuple[Toleration, ...]]] = []
    left_out: list[tuple[str, str]] = []
    for number, value in enumerate(sequence(spec.get("podSets") or [], "spec.podSets")):
        place = f"spec.podSets[{number}]"
        with locating(place=place):
            pod_set = mapping(value, "pod set")
            if (pods := pod_set.get("count", 1)) == 0:
                continue
            draft = Draft(name, GROUP)
            template = mapping(pod_set.get("template"), "template")
            add_pods(draft, mapping(template.get("spec"), "template.spec"), count(pods, "count"))
            if "minCount" in pod_set:
                draft.leave_out("minCount", "all pods are asked for")
            if pod_set.get("topologyRequest"):
                draft.leave_out("topologyRequest", ELSEWHERE)
            found = draft.done()
        tolerated = parse_tolerations(str(dict(found.job.attributes).get(_TOLERATIONS, "")))
        groups += [(group, tolerated) for group in found.job.groups]
        left_out += [(f"{place}, {where}", why) for where, why in found.left_out]
    if not groups:
        raise InputError("asks for no pods", place="spec.podSets", expected="at least one pod set with pods")
    anywhere = tuple(dict.fromkeys(one for _, tolerated in groups for one in tolerated))
    attributes = ((_TOLERATIONS, ", ".join(map(str, anywhere))),) if anywhere else ()
    whole = [
        group if set(own) == set(anywhere) else replace(group, requirements=(*group.requirements, tolerating(own)))
        for group, own in groups
    ]
    return ImportedJob(Job(name, tuple(whole), attributes=attributes), GROUP, tuple(left_out))
