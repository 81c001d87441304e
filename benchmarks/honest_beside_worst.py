"""How long an honest Match takes beside one caller who sends the worst that is known, kind by kind.

    python benchmarks/honest_beside_worst.py [--seconds 8] [--callers 8] [--large 40] [--before SRC] [--only WORDS]

Starts `placewise serve` on a SQLite file in a temporary folder with 5 clusters of 200 nodes and 40 of 1,000. One caller
sends each kind of request, so many at a time, each on a connection of its own and with a token of its own, while
another asks for the match of a small job every 20 ms. Printed are the honest latencies (median, 99 of 100, longest),
those with nobody beside in the same run, what the other was answered, and how long SIGTERM takes beside the last kind.
`--before` names the `src` folder of another version, which is asked the same, in turn.
"""

import argparse
import asyncio
import collections
import contextlib
import json
import os
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import replace
from pathlib import Path

import grpc

from placewise.formats.fleets.jgf.clusters import cluster_documents
from placewise.service.wire import placewise_pb2 as v1
from placewise.service.wire.placewise_pb2_grpc import SchedulerStub
from service_load import SECRET, TOKEN, Server
from worst_requests import fleet, kinds

EVERY_S = 0.02
LONG = 240_000
DEADLINE_S = 60
GRAPH_NODES = 20_000
FIELDS = 1000
HONEST = json.dumps(
    {"version": 1, "resources": {"a": {"type": "node", "count": 1, "requires": [{"tag": {"number": 3}}]}}}
)
SHAPES = (
    "5 unlike slots",
    "slots of 30 levels",
    "300 requirements",
    "many open facts",
    "64 wishes",
    "16 unlike groups",
)


def clusters(large):
    """Yield names and documents: a small cluster's, 4 more like it, and so many large ones."""
    small, large = fleet(1, 200).clusters[0], fleet(large, 1000).clusters
    for number, one in enumerate([*[small] * 5, *large]):
        attached = [
            replace(some, vertices=tuple(replace(vertex, attached_to=(0,)) for vertex in some.vertices))
            if some.name == "package"
            else some
            for some in one.subsystems
        ]
        documents = cluster_documents(replace(one, subsystems=tuple(attached), state=()))
        texts = {name.removesuffix("-subsystem.json"): json.dumps(value) for name, value in documents.items()}
        yield f"c{number}", texts.pop("nodes.json"), texts


def hostile_graph(number):
    """Return a graph of nodes that all differ, as long as a message may be."""
    vertices, edges = {"0": {"metadata": {"type": "cluster"}}}, []
    for node in range(1, GRAPH_NODES):
        vertices[str(node)] = {"metadata": {"type": "node"}}
        vertices[f"c{node}"] = {"metadata": {"type": "core", "size": node + number}}
        edges += [{"source": "0", "target": str(node)}, {"source": str(node), "target": f"c{node}"}]
    return json.dumps({"graph": {"nodes": vertices, "edges": edges}}, separators=(",", ":"))


async def registered(target, large):
    """Register the clusters; return the credentials by name."""
    async with grpc.aio.insecure_channel(target, options=[("grpc.max_send_message_length", 1 << 24)]) as channel:
        stub, given = SchedulerStub(channel), {}
        for name, nodes, subsystems in [
            *clusters(large),
            ("bad", json.dumps({"graph": {"nodes": {"0": {"metadata": {"type": "node"}}}}}), {}),
        ]:
            given[name] = await stub.RegisterCluster(
                v1.RegisterClusterRequest(name=name, registration_secret=SECRET, nodes=nodes, subsystems=subsystems)
            )
        return given


def attacks(given, http, job_id):
    """Yield the kinds: a name, and a coroutine of a stub and a number that sends one."""
    shown = v1.Credentials(
        clusters=[v1.Credentials.ClusterToken(cluster=n, token=one.token) for n, one in given.items()]
    )
    owner = v1.ClusterSecret(name="bad", secret=given["bad"].secret)
    texts = {name: json.dumps(document) for name, document in kinds()}
    worst = [text for name, text in texts.items() if name.startswith(SHAPES)]
    yaml = ["a: [" + "[]," * (LONG // 3) + "]", "resources: [" + "{}," * (LONG // 3) + "]", "- a\n" * (LONG // 4)]
    graphs = [hostile_graph(number) for number in range(2)]
    states = [json.dumps({f"f{at}": at + n for at in range(FIELDS)}) for n in range(2)]

    def match(some):
        return lambda stub, n: stub.Match(
            v1.MatchRequest(jobspec=some[n % len(some)], credentials=shown), timeout=DEADLINE_S
        )

    def explain(stub, n):
        return stub.Explain(v1.ExplainRequest(jobspec=worst[n % len(worst)], credentials=shown), timeout=DEADLINE_S)

    def submit(stub, n):
        request = v1.SubmitRequest(jobspec=worst[n % len(worst)], credentials=shown)
        return stub.Submit(request, timeout=DEADLINE_S)

    def update(**changes):
        def sent(stub, n):
            change = {name: values[n % len(values)] for name, values in changes.items()}
            return stub.UpdateCluster(v1.UpdateClusterRequest(cluster=owner, **change), timeout=DEADLINE_S)

        return sent

    def page(path):
        async def got(_stub, _number):
            await asyncio.to_thread(_got, f"http://{http}{path}")

        return got

    yield "nobody", None
    yield "YAML of 240 KB", match(yaml)
    yield "shapes to match", match(worst)
    yield "shapes to explain", explain
    yield "shapes to submit", submit
    yield "short YAML", match(["a: [" + "[]," * 1300 + "]"])
    yield "graphs of 3.5 MB", update(nodes=graphs)
    yield "states of 1,000 fields", update(state=states)
    yield "the overview", page("/")
    yield "a refused job's page", page(f"/jobs/{job_id}")
    yield "nobody again", None


def _got(url):
    with contextlib.suppress(urllib.error.HTTPError), urllib.request.urlopen(url, timeout=DEADLINE_S) as answer:
        answer.read()


async def attack(target, callers, send, answers):
    """Send one kind, so many at a time, until this is cancelled."""

    async def caller(first):
        options = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_send_message_length", 1 << 24)]
        async with grpc.aio.insecure_channel(target, options=options) as channel:
            stub, number = SchedulerStub(channel), first
            while True:
                number += 1
                try:
                    await send(stub, number)
                    answers["OK"] += 1
                except grpc.aio.AioRpcError as error:
                    answers[error.code().name] += 1
                    await asyncio.sleep(0.01)
                except OSError as error:
                    answers[type(error).__name__] += 1

    await asyncio.gather(*map(caller, range(callers)))


def honest(target, token, seconds):
    """Print latencies in seconds of a small Match, asked every 20 ms; from a process of its own."""
    with grpc.insecure_channel(target) as channel:
        stub, latencies = SchedulerStub(channel), []
        request = v1.MatchRequest(
            jobspec=HONEST,
            credentials=v1.Credentials(clusters=[v1.Credentials.ClusterToken(cluster="c0", token=token)]),
        )
        end = time.perf_counter() + seconds
        while (start := time.perf_counter()) < end:
            stub.Match(request, timeout=DEADLINE_S)
            latencies.append(time.perf_counter() - start)
            time.sleep(EVERY_S)
        print(json.dumps(latencies))


async def measured(target, given, callers, seconds, send):
    answers = collections.Counter()
    beside = asyncio.create_task(attack(target, callers, send, answers)) if send else None
    await asyncio.sleep(1)
    process = await asyncio.create_subprocess_exec(
        sys.executable, __file__, "--honest", target, given["c0"].token, str(seconds), stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    if beside:
        beside.cancel()
        await asyncio.gather(beside, return_exceptions=True)
    return sorted(json.loads(out)), answers


def run(what, asked, scratch, environment):
    os.environ |= environment
    server = Server(scratch, what)
    began = time.perf_counter()
    given = asyncio.run(registered(server.target, asked.large))
    print(f"{what}: registered in {time.perf_counter() - began:.1f} s")
    http = json.loads(next(line for line in Path(server.log.name).read_text().splitlines() if '"http"' in line))["http"]
    with grpc.insecure_channel(server.target) as channel:
        worst = next(json.dumps(document) for name, document in kinds() if name == "300 requirements")
        request = v1.SubmitRequest(jobspec=worst, credentials=v1.Credentials(global_token=TOKEN), no_explanation=True)
        job_id = SchedulerStub(channel).Submit(request).job_id
    last = None
    for name, send in attacks(given, http, job_id):
        if asked.only and send and not any(one in name for one in asked.only.split("|")):
            continue
        ordered, answers = asyncio.run(measured(server.target, given, asked.callers, asked.seconds, send))
        middle, most = (ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1e3 for share in (0.5, 0.99))
        print(
            f"{what:7} {name:24} median {middle:7.1f} ms   p99 {most:7.1f} ms   longest {ordered[-1] * 1e3:7.1f} ms   "
            f"{len(ordered)} asked; beside {dict(answers)}; {server.memory_mb():.0f} MB at most",
            flush=True,
        )
        last = send or last
    print(f"{what:7} SIGTERM beside the last kind: {asyncio.run(stopped(server, asked.callers, last)):.2f} s")


async def stopped(server, callers, send):
    beside = asyncio.create_task(attack(server.target, callers, send, collections.Counter()))
    await asyncio.sleep(1)
    began = time.perf_counter()
    await asyncio.to_thread(server.stop)
    took = time.perf_counter() - began
    beside.cancel()
    await asyncio.gather(beside, return_exceptions=True)
    return took


def main():
    if sys.argv[1:2] == ["--honest"]:
        honest(sys.argv[2], sys.argv[3], float(sys.argv[4]))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--callers", type=int, default=8)
    parser.add_argument("--large", type=int, default=40, help="clusters of 1,000 nodes")
    parser.add_argument("--before", type=Path)
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        if asked.before:
            run("before", asked, Path(temporary), {"PYTHONPATH": str(asked.before)})
        run("now", asked, Path(temporary), {"PYTHONPATH": ""})


if __name__ == "__main__":
    main()
