"""The public client in a process of its own: one process refuses its messages and ours, which bear the same names."""

import contextlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True)
class Answer:
    """What a call returned, what it raised (the name of a gRPC code or an exception, and text), and what it printed."""

    returned: object
    raised: list[str] | None
    printed: str


class DrivenClient:
    """Does what the acts of drive.py do."""

    def __init__(self, process):
        self._process = process

    def attempt(self, act, **arguments):
        """Do an act and return its Answer, also when it raised."""
        self._process.stdin.write(json.dumps({"act": act, "arguments": arguments}, default=str) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the client's process died"
        return Answer(**json.loads(line))

    def do(self, act, **arguments):
        """Do an act that must not raise, and return what it returned."""
        answer = self.attempt(act, **arguments)
        assert answer.raised is None, answer.raised
        return answer.returned


@contextlib.contextmanager
def driven_client(folder, dialect):
    """Run the client that was installed for a dialect."""
    path = os.pathsep.join(str(folder / part) for part in (dialect, "beside"))
    command = [sys.executable, "-P", str(Path(__file__).with_name("drive.py"))]
    # Nothing else is inherited: a proxy, say, would stand between the client and the server.
    environment = {"PYTHONPATH": path, "PATH": os.environ.get("PATH", ""), "PYTHONUTF8": "1"}
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        try:
            yield DrivenClient(process)
        finally:
            process.stdin.close()
            process.wait(30)


def write_config(path, server, *, cluster=None, tokens=None, select="random", options=None, match="match"):
    """Write a configuration file as users of the client keep it.

    cluster : (name, secret) of the cluster that receives. tokens : by the names of the clusters to submit to.
    """
    selection = {"name": select} | ({"options": options} if options else {})
    document = {
        "scheduler": {
            "name": "placewise",
            "secret": server.registration_secret,
            "algorithms": {"selection": selection, "match": {"name": match}},
        },
        "graphdatabase": {"name": "memory", "options": {"host": server.target}},
        "clusters": [{"name": name, "token": token} for name, token in (tokens or {}).items()],
    }
    if cluster is not None:
        document["cluster"] = dict(zip(("name", "secret"), cluster, strict=True))
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path
