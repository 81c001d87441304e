"""Carries out calls of the public client in a process of its own: a JSON line in for each, and one out.

A call is ``{"act": name, "arguments": {...}}``; its answer says what the client returned, what it printed, and what
it raised. A message is told as a mapping of its fields, numbers for enums.
"""

import contextlib
import dataclasses
import io
import itertools
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import grpc
import jobspec.core as jobspecs
import rainbow.config
from google.protobuf.message import Message
from rainbow.client import RainbowClient
from rainbow.protos import rainbow_pb2, rainbow_pb2_grpc


def call(config, method, **arguments):
    """Call a method of a client that is made for this call alone."""
    return getattr(RainbowClient(config_file=config), method)(**arguments)


def submit(config, document, *, kind="Jobspec", **options):
    """Submit a document, or a file's path, as a jobspec that the client's own schema has checked."""
    return RainbowClient(config_file=config).submit_jobspec(getattr(jobspecs, kind)(document), **options)


def register_and_keep(config, host, cluster, secret, nodes):
    """Register a cluster with a new configuration file, and keep there what it was given, as the example does."""
    kept = rainbow.config.new_rainbow_config(host, cluster, secret)
    kept.save_yaml(config)
    answer = RainbowClient(config_file=config).register(cluster, secret=secret, cluster_nodes=nodes)
    kept._cfg["cluster"]["secret"] = answer.secret
    kept.add_cluster(cluster, answer.token)
    kept.save_yaml(config)
    return answer


def use_clusters(config, host, secret, others):
    """Write the configuration file of a user who has the tokens of all the clusters of other files."""
    mine = rainbow.config.new_rainbow_config(host, "user", secret)
    for other in others:
        for cluster in rainbow.config.RainbowConfig(other).get_clusters(None):
            mine.add_cluster(cluster["name"], cluster["token"])
    mine.save_yaml(config)


def register_subsystems(config, folder):
    """Register all subsystem files of a folder for the cluster of a configuration file, and list the statuses."""
    cluster = rainbow.config.RainbowConfig(config).get("cluster")
    client = RainbowClient(config_file=config)
    suffix = "-subsystem.json"
    return [
        client.register_subsystem(cluster["name"], path.name.removesuffix(suffix), cluster["secret"], str(path)).status
        for path in sorted(Path(folder).glob("*" + suffix))
    ]


def register_fleet(config, host, secret, fleet):
    """Register the clusters of a file with their subsystems, and tell their credentials and the seconds that it took.

    The clusters go through the client. Their subsystems go through the client's stub on one channel: a channel for
    each of ten thousands of calls would measure little but itself.
    """
    clusters = json.loads(Path(fleet).read_text(encoding="utf-8"))
    user = rainbow.config.new_rainbow_config(host, "user", secret)
    user.save_yaml(config)
    client = RainbowClient(config_file=config)
    secrets, statuses = {}, []
    started = time.perf_counter()
    for name, documents in clusters.items():
        nodes = Path(f"{fleet}.nodes")
        nodes.write_text(documents["nodes"], encoding="utf-8")
        answer = client.register(name, secret=secret, cluster_nodes=str(nodes))
        statuses.append(answer.status)
        secrets[name] = answer.secret
        user.add_cluster(name, answer.token)
    user.save_yaml(config)
    between = time.perf_counter()
    with grpc.insecure_channel(host) as channel:
        stub = rainbow_pb2_grpc.RainbowSchedulerStub(channel)
        requests = [
            [
                rainbow_pb2.RegisterRequest(name=name, secret=secrets[name], subsystem=subsystem, nodes=text)
                for subsystem, text in documents["subsystems"].items()
            ]
            for name, documents in clusters.items()
        ]
        # One subsystem of every cluster at a time.
        for row in itertools.zip_longest(*requests):
            sent = [stub.RegisterSubsystem.future(request) for request in row if request is not None]
            statuses += [one.result().status for one in sent]
    ended = time.perf_counter()
    seconds = {"clusters": between - started, "subsystems": ended - between}
    return {"secrets": secrets, "statuses": sorted(set(statuses)), "calls": len(statuses), "seconds": seconds}


def submit_all(config, listed, **options):
    """Submit the jobspecs of a file one after the other, each as ``{name, document}``, and tell what came of each."""
    client = RainbowClient(config_file=config)
    jobs = json.loads(Path(listed).read_text(encoding="utf-8"))
    started = time.perf_counter()
    answers = [client.submit_jobspec(jobspecs.Jobspec(job["document"]), name=job["name"], **options) for job in jobs]
    seconds = time.perf_counter() - started
    return {"answers": [told(answer) for answer in answers], "seconds": seconds}


def receive_everywhere(config, secrets):
    """Receive and accept all jobs of clusters, given by name with their secrets."""
    client = RainbowClient(config_file=config)
    received = {}
    for name, secret in secrets.items():
        client.cfg._cfg["cluster"] = {"name": name, "secret": secret}
        received[name] = client.receive_jobs()
    return received


def told(value):
    """Return what the client returned as JSON knows it."""
    if isinstance(value, Message):
        return {field.name: told(getattr(value, field.name)) for field in value.DESCRIPTOR.fields}
    if dataclasses.is_dataclass(value):
        return {field.name: told(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [told(inner) for inner in value]
    return value


ACTS = {
    act.__name__: act
    for act in (
        call,
        submit,
        register_and_keep,
        use_clusters,
        register_subsystems,
        register_fleet,
        submit_all,
        receive_everywhere,
    )
}


def main():
    for line in sys.stdin:
        wanted = json.loads(line)
        answer = {"returned": None, "raised": None}
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            try:
                answer["returned"] = told(ACTS[wanted["act"]](**wanted["arguments"]))
            except grpc.RpcError as error:
                answer["raised"] = [error.code().name, error.details()]
            except Exception as error:  # noqa: BLE001, the test judges it
                answer["raised"] = [type(error).__name__, str(error)]
        sys.stdout.write(json.dumps(answer | {"printed": printed.getvalue()}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
