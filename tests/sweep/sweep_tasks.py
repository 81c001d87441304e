"""Tasks for sweeps, in a module of their own so that other processes can import them."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from placewise.model.progress import Progress

DEADLINE_S = 60.0


def wait_until(holds):
    """Wait for a condition, and return what it came to."""
    deadline = time.monotonic() + DEADLINE_S
    while not (found := holds()):
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.01)
    return found


@dataclass(frozen=True)
class Drawn:
    """Rows drawn from a seed, with a NaN, an infinity and a negative zero now and then.

    ballast : makes it as large as real ones are, more than a pipe holds.
    """

    width: int = 3
    seed: int = 0
    ballast: bytes = b""

    def __call__(self, number):
        row = np.random.default_rng((self.seed, number)).normal(size=self.width).tolist()
        row[0] = {0: float("nan"), 1: float("inf"), 2: -0.0}.get(number % 7, row[0])
        return row


@dataclass(frozen=True)
class Telling(Drawn):
    """Drawn rows; the numbers computed, and the processes that unpickled the task, stand in files of a folder."""

    folder: Path = Path()

    def __call__(self, number):
        append(self.folder / "computed", number)
        return super().__call__(number)

    def __setstate__(self, state):
        self.__dict__.update(state)
        append(self.folder / "unpickled", os.getpid())


@dataclass(frozen=True)
class Failing(Telling):
    """Raises at one number."""

    at: int = 0

    def __call__(self, number):
        row = super().__call__(number)
        if number == self.at:
            raise ArithmeticError(f"at {number}")
        return row


@dataclass(frozen=True)
class Dying(Telling):
    """Kills its process at one number, each time."""

    at: int = 0

    def __call__(self, number):
        if number == self.at:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__call__(number)


@dataclass(frozen=True)
class Waiting(Telling):
    """The first process to come to one number says so in a file and waits there, to be killed; a later one goes on."""

    at: int = 0

    def __call__(self, number):
        if number == self.at:
            try:
                with (self.folder / "waiting").open("x") as file:
                    file.write(f"{os.getpid()}\n")
            except FileExistsError:
                return super().__call__(number)
            time.sleep(DEADLINE_S)
            raise AssertionError("nobody killed it")
        return super().__call__(number)

    def waits(self):
        """Return the process that waits, or None."""
        file = self.folder / "waiting"
        text = file.read_text() if file.exists() else ""
        return int(text) if text.endswith("\n") else None


def append(file, what):
    with file.open("a") as stream:  # one short write, which several processes may do at once
        stream.write(f"{what}\n")


def lines(file):
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def runs(process):
    """Whether a process runs; one that has ended and waits to be collected does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Calling(Progress):
    """Calls a function with how much is done."""

    def __init__(self, call):
        self.call = call

    def advanced(self, stage, done, total):
        del stage, total
        self.call(done)
