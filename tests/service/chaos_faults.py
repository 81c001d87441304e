"""What goes wrong in chaos, each at its own pace, and what brings it back."""

import contextlib
import threading
import time
from collections import Counter
from random import Random

DAY_S = 86_400
LEAPS_S = [0, 3, -3, 60, -60, DAY_S, -DAY_S, 30 * DAY_S, -30 * DAY_S, 400 * DAY_S, -400 * DAY_S, 9000 * DAY_S]
_AGAIN_S = 0.2


class Faults:
    """Does each of its faults again and again while the block runs, then stops all of them and undoes what lasts.

    pace : how many times as often as they are added. done : how often each was done.
    """

    def __init__(self, seed, pace=1.0):
        self.done = Counter()
        self.wrong = []
        self._seed = seed
        self._pace = pace
        self._faults = []
        self._keepers = []
        self._undone = []
        self._over = threading.Event()
        self._kept = threading.Event()
        self._doing = []

    def add(self, name, every_s, act, undo=None):
        """Add a fault: `act`, given chance, is done about every so many seconds and says whether it was."""
        number = len(self._faults)  # so that what is done to several things is not done to all at once
        self._faults.append((name, every_s, act, lock := threading.Lock(), number))
        self._doing.append(lock)
        if undo is not None:
            self._undone.append(undo)

    def keep(self, thing):
        """Start a thing again whenever it is not alive, also after the faults have ended."""
        self._keepers.append(thing)

    @contextlib.contextmanager
    def running(self):
        keeping = [threading.Thread(target=self._keep, args=(one,)) for one in self._keepers]
        faults = [threading.Thread(target=self._repeat, args=one) for one in self._faults]
        for thread in [*keeping, *faults]:
            thread.start()
        try:
            yield self
        finally:
            self._over.set()
            self._kept.set()
            for thread in faults:
                thread.join()
            for thread in keeping:
                thread.join()

    @contextlib.contextmanager
    def pausing(self):
        """Let nothing go wrong while the block runs; what is kept up still is."""
        with contextlib.ExitStack() as stack:
            for lock in self._doing:
                stack.enter_context(lock)
            for undo in self._undone:
                undo()
            yield

    def wait(self, seconds):
        """Wait so long, or until the faults end."""
        self._over.wait(seconds)

    def _repeat(self, name, every_s, act, lock, number):
        random = Random(f"{self._seed} {number}")
        while not self._over.wait(random.expovariate(self._pace / every_s)):
            try:
                with lock:
                    if not self._over.is_set() and act(random):
                        self.done[name] += 1
            except Exception as error:  # noqa: BLE001, it belongs to whoever reads the figures
                self.wrong.append(f"{name}: {error!r}")

    def _keep(self, thing):
        while not self._kept.wait(_AGAIN_S):
            if not thing.alive:
                # Where what it needs is away itself, it comes up later.
                with contextlib.suppress(AssertionError):
                    thing.start()


def killing(thing):
    """Return a fault that kills a thing that lives."""

    def act(random):
        if not thing.alive:
            return False
        thing.kill(random)
        return True

    return act


def filling(disk, over, longest_s):
    """Return a fault that fills a disk for a while."""

    def act(random):
        until = time.monotonic() + random.uniform(0.3, longest_s)
        while time.monotonic() < until:
            disk.fill()
            over(_AGAIN_S)
        disk.free()
        return True

    return act


def setting(clocks):
    """Return a fault that sets one or all of the clocks."""

    def act(random):
        leap = random.choice(LEAPS_S)
        for clock in random.choice([clocks, *([one] for one in clocks)]):
            clock.set(leap)
        return True

    return act
