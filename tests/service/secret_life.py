"""One life of a scheduler with everything that is said and written in it, to be searched for secrets.

Server, agents and commands are processes with a home of their own and a umask that forbids nothing, so that a file is
private only if whoever made it saw to that.
"""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

from talking import graph, subsystem
from watched_files import WatchedFiles

DEADLINE_S = 120
REASON = "no space left on device"
# What a job may see of the agent that runs it. It waits, so that it can be looked at, and then fails.
JOB = """
out={out}/$PLACEWISE_JOB_ID
for one in self $PPID; do
    for what in environ cmdline; do cat /proc/$one/$what >> $out.seen; done
    cat /proc/$one/fd/0 >> $out.seen 2>/dev/null
    ls -l /proc/$one/fd >> $out.seen
done
tr '\\0' '\\n' < /proc/$PPID/environ
env
echo $$ > $out.pid
while ! test -e {out}/go; do sleep 0.1; done
env >&2
echo '{reason}' >&2
exit 3
"""


class Life:
    """What a scheduler, its agents and its users do and say.

    home : of everybody. secrets : all that were issued, made or guessed, by name. said : what was printed, logged and
    shown, by where. told : what was printed because it was asked for. seen : of processes, by where.
    """

    def __init__(self, folder):
        self.folder = folder
        self.home, self.out = folder / "home", folder / "out"
        for one in (self.home, self.out, self.home / "tmp"):
            one.mkdir()
        self.secrets, self.said, self.told, self.seen = {}, {}, [], {}
        self.processes = []
        self.data = self.home / "data" / "placewise"
        self.database = self.data / "placewise.db"
        self.files = WatchedFiles(self.home)
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "XDG_DATA_HOME": str(self.home / "data"),
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "TMPDIR": str(self.home / "tmp"),
            "PLACEWISE_CACHE": str(self.home / "cache"),
        }
        self._commands = 0

    def secret(self, name, value=""):
        """Return a new secret that is to be looked for."""
        value = value or secrets.token_urlsafe(32)
        self.secrets.setdefault(f"{name} {len(self.secrets)}", value)
        return value

    def private(self, name, content):
        """Return a file of the user's own with a secret."""
        path = self.home / name
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode() + b"\n")
        return path

    def start(self, name, *words, stdin=None, **environment):
        """Start a process whose output is kept."""
        log = self.folder / f"{name}.log"
        with log.open("ab") as out, open(stdin, "rb") if stdin else open(os.devnull, "rb") as given:  # noqa: PTH123
            process = subprocess.Popen(
                [sys.executable, "-m", "placewise", *map(str, words)],
                stdin=given,
                stdout=out,
                stderr=out,
                # Python's own debugging says more than any level of a log.
                env=self._environment | {"PYTHONDEVMODE": "1"} | environment,
                umask=0,
            )
        self.processes.append(process)
        return SimpleNamespace(name=name, log=log, process=process, pid=process.pid)

    def run(self, *words, code=0, stdin=None, told=False, **environment):
        """Run a command to its end and return what it printed, and None where it failed and any code will do."""
        self._commands += 1
        done = subprocess.run(
            [sys.executable, "-m", "placewise", *map(str, words)],
            input=stdin,
            stdin=None if stdin else subprocess.DEVNULL,
            capture_output=True,
            env=self._environment | environment,
            umask=0,
            timeout=DEADLINE_S,
            check=False,
        )
        where = f"command {self._commands}: {' '.join(map(str, words))}"
        assert code in (done.returncode, None), (where, done.stderr.decode())
        if told:
            self.told.append(done.stdout)
            self.said[f"{where} (errors)"] = done.stderr
        else:
            self.said[where] = done.stdout + done.stderr
        self._learn()
        return None if done.returncode != (code or 0) else done.stdout.decode()

    def json(self, *words, **more):
        return json.loads(self.run(*words, "--json", **more))

    def saved(self):
        """Return what is saved of every cluster, by its file."""
        folder = self.home / "config" / "placewise" / "credentials"
        return {path: json.loads(path.read_text())["clusters"] for path in folder.glob("*.json")}

    def own(self, cluster):
        (found,) = (clusters[cluster] for clusters in self.saved().values() if cluster in clusters)
        return found

    def _learn(self):
        for clusters in self.saved().values():
            for cluster, given in clusters.items():
                for what, value in given.items():
                    if value and value not in self.secrets.values():
                        self.secret(f"{what} of {cluster}", value)

    def look(self, who, pid):
        """Keep what the system shows of a process."""
        for what in ("cmdline", "environ"):
            self.seen[f"/proc/{who}/{what}"] = Path(f"/proc/{pid}/{what}").read_bytes()

    def fetch(self, address, path, **headers):
        request = urllib.request.Request(f"http://{address}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE_S) as answer:
                body, code, answered = answer.read(), answer.status, answer.headers
        except urllib.error.HTTPError as error:
            body, code, answered = error.read(), error.code, error.headers
        self.said[f"page {len(self.said)} {path.partition('?')[0]}"] = body + str(answered).encode()
        return code

    def raw(self, address, content):
        """Send bytes to a port, and keep what comes back."""
        host, _, port = address.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=DEADLINE_S) as connection, suppress(OSError):
            connection.sendall(content)
            connection.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: connection.recv(1 << 16), b""))
            self.said[f"raw answer {len(self.said)}"] = answer

    def end(self, one, number=signal.SIGTERM):
        """End a process, keep its log, and return its exit code."""
        one.process.send_signal(number)
        return self.ended(one)

    def ended(self, one):
        code = one.process.wait(DEADLINE_S)
        self.said[f"log of {one.name}"] = one.log.read_bytes()
        return code

    def close(self):
        for one in self.processes:
            if one.poll() is None:
                one.kill()
            one.wait()
        self.files.close()


def until(condition):
    deadline = time.monotonic() + DEADLINE_S
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.05)
    return found


def serve(life, name, *words, log_format="json", **more):
    """Start a server that says all it can, and return it with its addresses."""
    addresses = ["--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"]
    logging = ["--log-level", "debug", "--log-format", log_format]
    server = life.start(name, "serve", *addresses, *logging, *words, **more)

    def where():
        text = server.log.read_text()
        assert server.process.poll() is None, text
        return next((line for line in text.splitlines() if "serving" in line and "grpc" in line), None)

    line = until(where)
    if log_format == "json":
        event = json.loads(line)
        server.grpc, server.http = event["grpc"], event["http"]
    else:
        found = dict(part.split("=", 1) for part in line.split() if "=" in part)
        server.grpc, server.http = found["grpc"], found["http"]
    return server


def cluster_folder(path, name):
    """Write a cluster as `register` reads it."""
    folder = path / name
    folder.mkdir(parents=True)
    (folder / "nodes.json").write_text(graph())
    (folder / "io-subsystem.json").write_text(subsystem({"name": "io"}))
    return folder


def jobspec(life):
    """Write a job that looks around, waits and fails."""
    path = life.folder / "job.json"
    script = JOB.format(out=life.out, reason=REASON)
    path.write_text(json.dumps({"version": 1, "task": {"command": ["sh", "-c", script], "resources": {}}}))
    return path
