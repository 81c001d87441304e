"""A scheduler that `placewise serve` runs, for the tests of the commands that talk to it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time

REGISTRATION = "the-registration-secret"
GLOBAL = "the-global-token"


def until(condition):
    """Wait for what a condition returns once it is true."""
    deadline = time.monotonic() + 60
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)
    return found


def started(*arguments, log, environment=None):
    """Start the command line in a process of its own."""
    with log.open("wb") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "placewise", *map(str, arguments)],
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
        )


def ended(process):
    """End a process, and return its code."""
    process.terminate()
    try:
        return process.wait(60)
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def serving(folder):
    """Serve from a folder while the block runs: the scheduler's address and its database."""
    (folder / "secret").write_text(REGISTRATION + "\n")
    (folder / "token").write_text(GLOBAL + "\n")
    log = folder / "log"
    options = ["--registration-secret-file", folder / "secret", "--global-token-file", folder / "token"]
    addresses = ["--listen", "127.0.0.1:0", "--http", "none", "--database", folder / "db", "--log-format", "json"]
    process = started("serve", *addresses, *options, log=log, environment={"PLACEWISE_SERVE_MOST_DENIED": "1000"})

    def address():
        assert process.poll() is None, log.read_text()
        events = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
        return next((event["grpc"] for event in events if event.get("event") == "serving"), None)

    try:
        yield until(address), folder / "db"
    finally:
        code = ended(process)
    assert code == 0, log.read_text()
    assert REGISTRATION not in log.read_text()
