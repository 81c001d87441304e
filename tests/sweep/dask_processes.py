"""A Dask cluster of this machine: a scheduler and workers, each a process of its own."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

from sweep_tasks import wait_until


class Cluster:
    """A scheduler in `address` and `file`, and its workers."""

    def __init__(self, folder, allowed_failures=3):
        self.file, self._log = Path(folder) / "scheduler.json", Path(folder) / "dask.log"
        self._environment = os.environ | {
            "PYTHONPATH": str(Path(__file__).parent),
            "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(allowed_failures),
            "DASK_TEMPORARY_DIRECTORY": str(folder),
        }
        self.workers = []
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-show")
        wait_until(lambda: self.file.exists() and self.file.read_text().rstrip().endswith("}"))

    def add_worker(self):
        self.workers.append(self._start("worker", "--nthreads", "1", "--no-nanny"))

    def _start(self, kind, *options):
        command = [
            sys.executable,
            "-m",
            f"distributed.cli.dask_{kind}",
            "--scheduler-file",
            self.file,
            "--no-dashboard",
        ]
        with self._log.open("a") as log:
            return subprocess.Popen([*command, *options], env=self._environment, stdout=log, stderr=log)

    def end(self):
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@contextlib.contextmanager
def dask_cluster(folder, workers=2, **settings):
    cluster = Cluster(folder, **settings)
    try:
        for _ in range(workers):
            cluster.add_worker()
        yield cluster
    finally:
        cluster.end()
