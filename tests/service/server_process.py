"""`placewise serve` as a process of its own, to be killed and started again."""

import contextlib
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from running import DEADLINE_S, GLOBAL_TOKEN, REGISTRATION_SECRET

_HTTP = re.compile(r'"http": "([^"]+)"')
_STARTED = re.compile(r'"grpc": "([^"]+)"')


class ServerProcess:
    """A server on free ports; restarted it has the same database and other ports.

    environment : further variables. told : settings by name, as the server takes them from its environment.
    """

    registration_secret = REGISTRATION_SECRET
    global_token = GLOBAL_TOKEN

    def __init__(self, folder, database=None, environment=None, **told):
        self.log = Path(folder) / "server.log"
        self.database = str(database or Path(folder) / "placewise.db")
        settings = {
            "database": self.database,
            "registration_secret": REGISTRATION_SECRET,
            "global_token": GLOBAL_TOKEN,
            "listen": "127.0.0.1:0",
            "http": "127.0.0.1:0",
            "log_format": "json",
            **told,
        }
        given = {f"PLACEWISE_SERVE_{name.upper()}": str(one) for name, one in settings.items()}
        self._environment = os.environ | given | (environment or {})
        self.start()

    def start(self):
        """Start the server and learn its address from its log."""
        before = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "placewise", "serve"], stdout=log, stderr=log, env=self._environment
            )
        deadline = time.monotonic() + DEADLINE_S
        while self.alive and time.monotonic() < deadline:
            if found := _STARTED.search(self.logged(before)):
                self.target = found[1]
                http = _HTTP.search(self.logged(before))
                self.http = http and http[1]
                return
            time.sleep(0.02)
        self.kill()
        raise AssertionError(f"the server did not start:\n{self.logged(before)}")

    @property
    def alive(self):
        return self.process.poll() is None

    def logged(self, start=0):
        """Return what the server has logged, from a byte on."""
        with self.log.open("rb") as log:
            log.seek(start)
            return log.read().decode(errors="replace")

    def kill(self):
        """End the server at once, with whatever it is doing."""
        self.process.kill()
        self.process.wait(DEADLINE_S)

    def stop(self):
        """End the server as an operator does, and return its exit code."""
        self.process.terminate()
        return self.process.wait(DEADLINE_S)

    def memory_mb(self):
        """Return how much memory the server has now, in MB; None where the system does not say."""
        status = Path(f"/proc/{self.process.pid}/status")
        found = re.search(r"VmRSS:\s+(\d+)", status.read_text()) if status.exists() else None
        return int(found[1]) / 1024 if found else None


@contextlib.contextmanager
def server_process(folder, database=None, **told):
    """Serve from a process while the block runs."""
    server = ServerProcess(folder, database, **told)
    try:
        yield server
    finally:
        if server.alive:
            server.kill()
