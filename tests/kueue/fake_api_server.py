"""An API server with Kueue's objects, as far as a dispatcher needs one: lists, watches, server-side apply to statuses.

Fields are owned as Kubernetes documents it, for statuses of objects, lists that are one value, and lists with a key:
what a manager applied before and leaves out now goes, unless another manager applied it too; what another one applied
with another value is a conflict, unless forced.
"""

import asyncio
import copy
import json
import threading

import yaml
from aiohttp import web

GROUP = "kueue.x-k8s.io"
# The key of each list of a status whose items are owned one by one.
KEYED = {"conditions": "type", "admissionChecks": "name"}


class FakeApiServer:
    """Runs in a thread of its own; its objects are changed by `apply`, `put` and `remove`."""

    def __init__(self, version="v1beta2"):
        self.version = version
        self.applied_version = None  # that of what managers applied, if it is another one
        self.workloads, self.checks, self.configs = {}, {}, {}
        self.owned = {}  # (namespace, name) -> manager -> leaves
        self.revision = 100
        self.oldest = 0  # versions before this one are gone
        self.events = []
        self.requests = []
        self.failures = []  # statuses with which the next requests are answered
        self.watching = threading.Event()
        self._lock = threading.RLock()
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        assert self._started.wait(20)
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(20)

    def _run(self):
        asyncio.set_event_loop(self._loop)
        app = web.Application(middlewares=[self._watched])
        app.router.add_get("/apis/", self._groups)
        base = f"/apis/{GROUP}/{{version}}"
        app.router.add_get(base + "/workloads", self._list)
        app.router.add_get(base + "/namespaces/{namespace}/workloads/{name}", self._get)
        app.router.add_patch(base + "/namespaces/{namespace}/workloads/{name}/status", self._patch)
        app.router.add_get(base + "/{plural}/{name}", self._get_of_cluster)
        runner = web.AppRunner(app)
        self._loop.run_until_complete(runner.setup())
        site = web.TCPSite(runner, "127.0.0.1", 0)
        self._loop.run_until_complete(site.start())
        self.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
        self._started.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()

    # What happens on the server.

    def put(self, workload, status=None, manager="kueue-admission"):
        """Add a workload, and apply a status to it."""
        metadata = workload["metadata"]
        key = metadata["namespace"], metadata["name"]
        with self._lock:
            self.workloads[key] = {**copy.deepcopy(workload), "kind": "Workload", "status": {}}
            self.owned[key] = {}
            self._changed("ADDED", key)
        if status is not None:
            self.apply(key, status, manager)

    def apply(self, key, status, manager="kueue-admission", force=True):
        """Apply a status as a field manager; return the conflict that there is, None for none."""
        with self._lock:
            document, owned = self.workloads[key], self.owned[key]
            leaves = dict(_leaves(status))
            before = dict(_leaves(document["status"]))
            for other, theirs in owned.items():
                clashing = [one for one in theirs & leaves.keys() if before.get(one) != leaves[one]]
                if other != manager and clashing:
                    if not force:
                        return clashing
                    owned[other] = theirs - set(clashing)
            for gone in owned.get(manager, set()) - leaves.keys():
                if not any(gone in theirs for other, theirs in owned.items() if other != manager):
                    before.pop(gone, None)
            owned[manager] = set(leaves)
            document["status"] = _status({**before, **leaves})
            self._changed("MODIFIED", key)
            return None

    def remove(self, key):
        with self._lock:
            self._changed("DELETED", key)
            del self.workloads[key]

    def forget_versions(self):
        """Make every version gone from which somebody might watch on."""
        with self._lock:
            self.revision += 10
            self.oldest = self.revision
            self.events.append(
                (self.revision, "ERROR", {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"})
            )

    def status(self, key):
        with self._lock:
            return copy.deepcopy(self.workloads[key]["status"])

    def _changed(self, what, key):
        self.revision += 1
        document = self.workloads[key]
        document["apiVersion"] = f"{GROUP}/{self.version}"
        document["metadata"]["resourceVersion"] = str(self.revision)
        document["metadata"]["managedFields"] = [
            {
                "manager": manager,
                "operation": "Apply",
                "subresource": "status",
                "apiVersion": f"{GROUP}/{self.applied_version or self.version}",
                "fieldsType": "FieldsV1",
                "fieldsV1": {"f:status": _fields(leaves, document["status"])},
            }
            for manager, leaves in self.owned[key].items()
        ]
        self.events.append((self.revision, what, copy.deepcopy(document)))

    # What is asked of it.

    @web.middleware
    async def _watched(self, request, handler):
        with self._lock:
            self.requests.append((request.method, request.path))
            if self.failures:
                return web.json_response({"kind": "Status", "code": self.failures[0]}, status=self.failures.pop(0))
        return await handler(request)

    async def _groups(self, _):
        version = {"groupVersion": f"{GROUP}/{self.version}", "version": self.version}
        group = {"name": GROUP, "versions": [version], "preferredVersion": version}
        return web.json_response({"kind": "APIGroupList", "apiVersion": "v1", "groups": [group]})

    async def _list(self, request):
        if request.query.get("watch"):
            return await self._watch(request)
        with self._lock:
            items = copy.deepcopy(list(self.workloads.values()))
            return web.json_response({"items": items, "metadata": {"resourceVersion": str(self.revision)}})

    async def _watch(self, request):
        since = int(request.query["resourceVersion"])
        response = web.StreamResponse()
        await response.prepare(request)
        self.watching.set()
        end = self._loop.time() + min(2.0, float(request.query["timeoutSeconds"]))
        if since < self.oldest:
            gone = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}
            await response.write(json.dumps({"type": "ERROR", "object": gone}).encode() + b"\n")
            return response
        while self._loop.time() < end:
            with self._lock:
                fresh = [one for one in self.events if one[0] > since]
            for revision, what, document in fresh:
                since = revision
                await response.write(json.dumps({"type": what, "object": document}).encode() + b"\n")
            await asyncio.sleep(0.02)
        return response

    async def _get(self, request):
        with self._lock:
            found = self.workloads.get((request.match_info["namespace"], request.match_info["name"]))
            found = found and {**found, "apiVersion": f"{GROUP}/{request.match_info['version']}"}
            return web.json_response(found) if found else web.json_response({}, status=404)

    async def _get_of_cluster(self, request):
        some = {"admissionchecks": self.checks, "multikueueconfigs": self.configs}[request.match_info["plural"]]
        found = some.get(request.match_info["name"])
        return web.json_response(found) if found else web.json_response({}, status=404)

    async def _patch(self, request):
        assert request.content_type == "application/apply-patch+yaml"
        body = yaml.safe_load(await request.text())
        key = request.match_info["namespace"], request.match_info["name"]
        with self._lock:
            if key not in self.workloads:
                return web.json_response({}, status=404)
            metadata = self.workloads[key]["metadata"]
            wanted = body["metadata"].get("resourceVersion", metadata["resourceVersion"])
            if wanted != metadata["resourceVersion"] or "managedFields" in body["metadata"]:
                return web.json_response({"kind": "Status", "code": 409, "reason": "Conflict"}, status=409)
            names = body["status"].get("nominatedClusterNames", [])
            if len(names) > 10 or (names and body["status"].get("clusterName")):
                return web.json_response({"kind": "Status", "code": 422}, status=422)
            conflict = self.apply(
                key, body["status"], request.query["fieldManager"], request.query.get("force") == "true"
            )
            return web.json_response({}, status=409) if conflict else web.json_response(self.workloads[key])


def _leaves(status):
    """Yield (field, key of its item or "") and the value of each thing that is owned by itself."""
    for field, value in status.items():
        if field in KEYED:
            for item in value:
                yield (field, item[KEYED[field]]), item
        else:
            yield (field, ""), value


def _status(leaves):
    found = {}
    for (field, key), value in leaves.items():
        if key:
            found.setdefault(field, []).append(value)
        else:
            found[field] = value
    return found


def _fields(leaves, status):
    """Return what is owned in the format FieldsV1."""
    found = {}
    for field, key in sorted(leaves):
        if key:
            item = next(one for one in status[field] if one[KEYED[field]] == key)
            entry = {".": {}, **{f"f:{name}": {} for name in item}}
            found.setdefault(f"f:{field}", {})["k:" + json.dumps({KEYED[field]: key})] = entry
        else:
            found[f"f:{field}"] = _within(status[field])
    return found


def _within(value):
    return {f"f:{name}": _within(one) for name, one in value.items()} if isinstance(value, dict) else {}
