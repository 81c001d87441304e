"""Runs of `placewise simulate` that are killed at random moments, and run again until they are complete."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from placewise.sweep.parts import PARTS

ORDERS = 200
BLOCK = 4  # a 64th of them, rounded up
EVERY_SWEEP = ("--orders", str(ORDERS), "--resamples", "200", "--fleets", "20")
# So that parts can be counted, and their width is known.
ORDERS_ALONE = ("--orders", str(ORDERS), "--resamples", "0", "--fleets", "0")
SETTINGS = ("--jobs", "300", "--experiments", "expanding", "--seed", "3", "--no-plots")
PATIENCE_S = 60.0
# These sweeps are too short for parts to be kept, were it not for this.
IMPATIENT = "from placewise.sweep import executors; executors.PATIENCE_S = 0.0; from placewise.cli import main; main()"


@dataclass
class Tally:
    """What came of killing: `wrong` is to be empty.

    kills : processes killed before they were done; among_sweeps : with parts there. runs : compared when complete.
    found : parts that were there when the process started that completed a run.
    """

    kills: int = 0
    among_sweeps: int = 0
    runs: int = 0
    found: int = 0
    wrong: list = field(default_factory=list)

    def __str__(self):
        return (
            f"kills {self.kills}, {self.among_sweeps} of them among the sweeps, runs completed {self.runs}, "
            f"parts found by them {self.found}, wrong {len(self.wrong)}"
        )


def kill_sweeps(folder, kills, seed, say=lambda _: None):
    """Kill so many processes, complete each run that lost some, and compare it with one that lost none."""
    random, tally, undisturbed = Random(seed), Tally(), Path(folder) / "undisturbed"
    start = time.monotonic()
    complete(undisturbed, 1, tally)
    lasts_s = time.monotonic() - start
    while tally.kills < kills:
        out = Path(folder) / f"killed-{tally.runs}"
        for _ in range(min(random.randint(1, 3), kills - tally.kills)):
            if random.random() < 0.3:
                kill_after(out, random.choice((1, 2)), tally, seconds=random.uniform(0, lasts_s))
            else:
                # Loading takes most of so small a run, so most kills wait for parts, which is where it gets hard.
                kill_after(out, random.choice((1, 2)), tally, more_parts=random.randint(1, 60))
        tally.found += len(parts_in(out))
        complete(out, random.choice((1, 2)), tally)
        tally.wrong += differences(out, undisturbed)
        tally.runs += 1
        say(tally)
    return tally


def parts_in(out):
    """List the parts of a results folder, in order."""
    return sorted((out / PARTS).glob("*/*.part"))


def kill_after(out, workers, tally, seconds=PATIENCE_S, more_parts=ORDERS, sweeps=EVERY_SWEEP):
    """Start a run and kill it after so many seconds, or once it has added so many parts to those that are there."""
    enough, until = len(parts_in(out)) + more_parts, time.monotonic() + seconds
    with _started(out, workers, sweeps) as process:
        while process.poll() is None and len(parts_in(out)) < enough and time.monotonic() < until:
            time.sleep(0.001)
        process.kill()
        said = process.communicate()[1]
    if process.returncode == -signal.SIGKILL:
        tally.kills += 1
        tally.among_sweeps += bool(parts_in(out))
    elif process.returncode != 0:
        tally.wrong.append(f"exit code {process.returncode}: {said[-2000:]}")


def complete(out, workers, tally, sweeps=EVERY_SWEEP):
    """Run to the end, and see that nothing but results is left."""
    with _started(out, workers, sweeps) as process:
        said = process.communicate(timeout=PATIENCE_S)[1]
    left = [path.name for path in out.iterdir() if path.name.startswith(".")]
    if process.returncode != 0 or left or said != f"written to {out}\n":
        tally.wrong.append(f"{out.name}: exit code {process.returncode}, left {left}, said {said[-2000:]}")


def differences(one, other):
    """Say how two results folders differ, the command lines aside, in which their names stand."""
    names = {path.relative_to(folder) for folder in (one, other) for path in folder.rglob("*") if path.is_file()}
    return [f"{one.name}: {name} differs" for name in sorted(names) if _content(one / name) != _content(other / name)]


def _content(path):
    if not path.exists():
        return None
    content = path.read_bytes()
    if path.name == "study.json":
        command = json.dumps(json.loads(content)["command"]).encode()
        assert content.count(command) == 1
        return content.replace(command, b"")
    return content


@contextlib.contextmanager
def _started(out, workers, sweeps):
    settings = [*SETTINGS, *sweeps, "--workers", str(workers), "--out", str(out)]
    command = [sys.executable, "-c", IMPATIENT, "simulate", *settings]
    environment = os.environ | {"COLUMNS": "120"}
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=environment, **streams) as process:
        try:
            yield process
        finally:
            process.kill()
