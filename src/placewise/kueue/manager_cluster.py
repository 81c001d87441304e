"""The cluster in which MultiKueue's manager runs, as a dispatcher needs it: workloads, checks, and nominations."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kubernetes import client, config, watch

from placewise.errors import InputError
from placewise.formats.jobs.imports.kueue_workload import GROUP
from placewise.formats.values import mapping, sequence, text
from placewise.kueue.ownership import applied_status, applied_version

MULTIKUEUE = "kueue.x-k8s.io/multikueue"
"""The controller of the admission checks that send workloads to other clusters."""

ADMISSION = "kueue-admission"
"""The field manager as which Kueue asks its external dispatchers to apply."""

_APPLY = "application/apply-patch+yaml"
_WORKLOADS = "workloads"
_REQUEST_S = 30
_NOMINATED = "nominatedClusterNames"


@dataclass(frozen=True, slots=True)
class Listed:
    """All workloads at one moment, and the version of the list from which to watch on."""

    workloads: tuple[Mapping[str, Any], ...]
    resource_version: str


class ManagerCluster:
    """A client of the API server.

    Its calls raise what the library does: `kubernetes.client.ApiException` for an answer that is an error, urllib3's
    errors where there is none.
    """

    def __init__(self, api_client: client.ApiClient, field_manager: str = ADMISSION) -> None:
        self._objects = client.CustomObjectsApi(api_client)
        self._groups = client.ApisApi(api_client)
        # Methods of older versions of the library know no type of a patch; its clients do.
        self._applying = client.CustomObjectsApi(client.ApiClient(api_client.configuration, "Content-Type", _APPLY))
        self._field_manager = field_manager

    def version(self) -> str:
        """Return the version of Kueue's API that the server prefers. Raises InputError where there is no Kueue."""
        for group in self._groups.get_api_versions(_request_timeout=_REQUEST_S).groups:
            if group.name == GROUP and group.preferred_version:
                return str(group.preferred_version.version)
        raise InputError("the cluster has no Kueue", expected=f"the API group {GROUP}")

    def list(self, version: str) -> Listed:
        """Return all workloads."""
        found = mapping(
            self._objects.list_cluster_custom_object(GROUP, version, _WORKLOADS, _request_timeout=_REQUEST_S), "list"
        )
        items = [mapping(one, "items") for one in sequence(found.get("items") or [], "items")]
        metadata = mapping(found.get("metadata") or {}, "metadata")
        return Listed(tuple(items), str(metadata.get("resourceVersion", "")))

    def watch(self, version: str, since: str, seconds: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield what happens to workloads from a version of the list on, for so long: what, and the object."""
        events = watch.Watch().stream(
            self._objects.list_cluster_custom_object,
            GROUP,
            version,
            _WORKLOADS,
            resource_version=since,
            timeout_seconds=seconds,
            allow_watch_bookmarks=True,
            _request_timeout=(_REQUEST_S, seconds + _REQUEST_S),
        )
        for event in events:
            yield str(event["type"]), mapping(event["object"], "object")

    def workers(self, version: str, check: str) -> tuple[str, ...] | None:
        """Return the clusters that an admission check of MultiKueue's may send workloads to; None for another check.

        Raises InputError for a check without a configuration.
        """
        found = self._cluster_object(version, "admissionchecks", check)
        spec = mapping(found.get("spec") or {}, "spec")
        if spec.get("controllerName") != MULTIKUEUE:
            return None
        parameters = mapping(spec.get("parameters") or {}, "spec.parameters")
        if parameters.get("kind") != "MultiKueueConfig":
            raise InputError("has no MultiKueueConfig", place=f"AdmissionCheck {check}", found=parameters.get("kind"))
        name = text(parameters.get("name"), "spec.parameters.name")
        configured = mapping(self._cluster_object(version, "multikueueconfigs", name).get("spec") or {}, "spec")
        return tuple(text(one, "spec.clusters") for one in sequence(configured.get("clusters") or [], "spec.clusters"))

    def nominate(self, workload: Mapping[str, Any], clusters: tuple[str, ...]) -> None:
        """Set the clusters that a workload is nominated for, and leave all that the field manager applied before.

        Nothing is set where the workload is no longer what it was: the server answers 409.
        """
        manager = self._field_manager
        metadata = mapping(workload.get("metadata"), "metadata")
        namespace, name = str(metadata.get("namespace")), str(metadata.get("name"))
        own = str(workload.get("apiVersion"))
        said = applied_version(workload, manager) or own
        if said != own:
            # Fields are called otherwise in another version.
            again = mapping(
                self._objects.get_namespaced_custom_object(
                    GROUP, _version_of(said), namespace, _WORKLOADS, name, _request_timeout=_REQUEST_S
                ),
                "workload",
            )
            if mapping(again.get("metadata"), "metadata").get("resourceVersion") != metadata.get("resourceVersion"):
                raise client.ApiException(status=409, reason="Conflict")
            workload = again
        status = {key: value for key, value in applied_status(workload, manager).items() if key != _NOMINATED}
        if clusters:
            status[_NOMINATED] = list(clusters)
        identity = {"name": name, "namespace": namespace, "resourceVersion": metadata.get("resourceVersion")}
        self._applying.patch_namespaced_custom_object_status(
            GROUP,
            _version_of(said),
            namespace,
            _WORKLOADS,
            name,
            {"apiVersion": said, "kind": "Workload", "metadata": identity, "status": status},
            field_manager=manager,
            force=True,
            _request_timeout=_REQUEST_S,
        )

    def _cluster_object(self, version: str, plural: str, name: str) -> Mapping[str, Any]:
        found = self._objects.get_cluster_custom_object(GROUP, version, plural, name, _request_timeout=_REQUEST_S)
        return mapping(found, plural)


def connected(context: str | None = None, field_manager: str = ADMISSION) -> ManagerCluster:
    """Return a client of the cluster of a kubeconfig's context, or inside of a cluster of that cluster.

    Raises InputError where there is neither.
    """
    try:
        if context is None and _inside():
            config.load_incluster_config()
        else:
            config.load_kube_config(context=context)
    except config.ConfigException as error:
        raise _nowhere(" ".join(str(error).split())) from None
    except Exception as error:  # noqa: BLE001, of a broken file the library raises anything, and may quote secrets
        raise _nowhere(f"the kubeconfig cannot be read ({type(error).__name__})") from None
    return ManagerCluster(client.ApiClient(), field_manager)


def _nowhere(why: str) -> InputError:
    return InputError(f"no cluster to connect to: {why}", expected="a kubeconfig, or a pod's own account")


def _inside() -> bool:
    return "KUBERNETES_SERVICE_HOST" in os.environ


def _version_of(api_version: str) -> str:
    return api_version.rpartition("/")[2]
