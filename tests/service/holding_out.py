"""Measures an honest caller beside a stranger: see .ci/strangers."""

import argparse
import contextlib
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import grpc
import strangers
from server_process import server_process
from talking import jobspec, talking

from placewise.service.wire import placewise_pb2 as v1
from placewise.service.wire.placewise_pb2_grpc import SchedulerStub

MEDIAN_MS, P99_MS, END_S, MEMORY_MB = 25.0, 250.0, 2.0, 600.0


def honest(server, seconds):
    """Return the milliseconds that each of many Matches took; one that is not answered counts as 10 s."""
    took = []
    request = v1.MatchRequest(jobspec=jobspec())
    with grpc.insecure_channel(server.target, [("grpc.use_local_subchannel_pool", 1)]) as channel:
        stub, until = SchedulerStub(channel), time.monotonic() + seconds
        while time.monotonic() < until:
            began = time.perf_counter()
            try:
                stub.Match(request, timeout=10)
                took.append((time.perf_counter() - began) * 1e3)
            except grpc.RpcError as error:
                took.append(10_000.0)
                sys.stderr.write(f"    {error.code().name}: {error.details()[:100]}\n")
            time.sleep(0.02)
    return took


def newcomer_s(server):
    """Return how long it takes to connect anew and be answered."""
    began = time.perf_counter()
    with grpc.insecure_channel(server.target, [("grpc.use_local_subchannel_pool", 1)]) as channel:
        try:
            SchedulerStub(channel).Match(v1.MatchRequest(jobspec=jobspec()), timeout=10, wait_for_ready=True)
        except grpc.RpcError:
            return 99.0
    return time.perf_counter() - began


class Watched:
    """The most memory and descriptors of a server while the block runs."""

    def __init__(self, server):
        self.server, self.memory_mb, self.descriptors, self._over = server, 0.0, 0, threading.Event()

    def __enter__(self):
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _run(self):
        folder = Path(f"/proc/{self.server.process.pid}/fd")
        while not self._over.wait(0.05) and self.server.alive:
            self.memory_mb = max(self.memory_mb, self.server.memory_mb() or 0)
            with contextlib.suppress(OSError):
                self.descriptors = max(self.descriptors, sum(1 for _ in folder.iterdir()))


def p99(numbers):
    return sorted(numbers)[min(len(numbers) - 1, int(len(numbers) * 0.99))]


def measure(name, seconds, descriptors):
    """Return one row, and what it breaks."""
    with tempfile.TemporaryDirectory() as folder:
        if descriptors:
            resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))  # the server's; ours is set back
        with server_process(folder, log_level="info") as server:
            with talking(server) as talk:
                talk.register("gray")
            idle = honest(server, seconds / 2)
            target = server.target if name in strangers.GRPC else server.http
            attack = subprocess.Popen(
                [sys.executable, strangers.__file__, name, target, str(seconds + 4)],
                stdout=subprocess.PIPE, text=True)  # fmt: skip
            try:
                with Watched(server) as most:
                    time.sleep(1.5)
                    under = honest(server, seconds)
                    newcomer = newcomer_s(server)
                    began = time.perf_counter()
                    code = server.stop() if server.alive else server.process.returncode
                    ended = time.perf_counter() - began
            finally:
                attack.kill()
                attack.wait()
            lines = server.logged().count("\n")
    row = (
        f"{name:24} {statistics.median(idle):8.1f} {p99(idle):8.1f} {statistics.median(under):8.1f} {p99(under):8.1f} "
        f"{max(under):8.1f} {newcomer * 1e3:9.0f} {most.memory_mb:7.0f} {most.descriptors:6} {lines:7} "
        f"{ended:6.2f} {code:4}"
    )
    broken = [
        what
        for what, is_so in {
            "median": statistics.median(under) > MEDIAN_MS + statistics.median(idle),
            "p99": p99(under) > P99_MS + p99(idle),
            "memory": most.memory_mb > MEMORY_MB,
            "end": ended > END_S or code != 0,
        }.items()
        if is_so
    ]
    return row, broken


def main():
    parser = argparse.ArgumentParser(prog=".ci/strangers")
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--descriptors", type=int, default=0)
    asked = parser.parse_args()
    sys.stdout.write(
        "Match in ms              idle med      p99 under med      p99      max newcomer  mem MB    fds   lines  "
        "end s code\n"
    )
    failed = False
    for name in asked.only or strangers.ATTACKS:
        row, broken = measure(name, asked.seconds, asked.descriptors)
        failed |= bool(broken)
        sys.stdout.write(f"{row} {' '.join(broken)}\n")
        sys.stdout.flush()
    sys.exit(failed)


if __name__ == "__main__":
    main()
