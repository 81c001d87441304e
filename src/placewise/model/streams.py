"""The random streams: every use of chance has a number of its own, so that leaving one out changes no other.

A stream of a seed may have numbered draws, each of which depends on (seed, stream, number) alone.
"""

from __future__ import annotations

import enum

import numpy as np

ORDERS = 1
"""Random orders of `expanding`."""
FIRST_ASSIGNMENTS = 2
"""The cluster of the first job of each distinct submission of `single`."""
SUFFICIENCY = 3
"""Random orders beside the greedy one."""
BUILT_IN = {"none": 10, "single": 11, "expanding": 12, "all": 13, "chosen": 14}
"""Clusters drawn in each built-in experiment, where outcomes are sampled."""
RESAMPLES = 20
FLEETS = 21
SENSITIVITY = {"clusters": 22, "wrong metadata": 23, "missing metadata": 24}
VALUES = 25
"""Random orders from which Shapley values are estimated."""
OUTCOME_FOLDS = 30
"""The order in which records with outcomes are dealt to folds."""
HELD_OUT = {"root-package": 40, "profile": 41, "fleet": 42, "random": 43, "tree importance": 44}
"""Which jobs are held out, fleets that a choice is tried on, and the orders and pairs that baselines draw."""
REPLAYED_OUTCOMES = 33
"""Whether each job of a trace succeeds on each cluster, the same under every policy of a replay."""
REPLAYED_PLACES = 31
"""Clusters drawn in a replay."""
WEEKS = 32
"""Weeks of a replay drawn again for the intervals of its figures."""
CONSTRAINT = 99
"""Clusters drawn in the constraint experiments."""
LEVELS = 100
"""Clusters drawn at the first level of a study, where outcomes are sampled; the next level has the next number."""
PLACE = 200
"""Clusters drawn by `place`, a command of its own."""
CHOICES = 201
"""Clusters drawn for single jobs, by `choose`."""


class Synthesis(enum.Enum):
    """What is drawn of a fleet or workload. These streams are spawned from the seed, and so apart from those above."""

    FLEET = 0
    WORKLOAD = 1
    WORKLOAD_CHUNK = 2
    PRICES = 3
    TRACE = 4


def level_stream(position: int) -> int:
    """Return the stream of the level at a position of its study."""
    return LEVELS + position


def generator(seed: int, stream: int, number: int) -> np.random.Generator:
    """Return the generator of one numbered draw of a stream."""
    return np.random.default_rng(np.random.SeedSequence((seed, stream, number)))


def derived_seed(seed: int, stream: int, number: int) -> int:
    """Return a seed of 64 bits that depends on all three numbers."""
    low, high = np.random.SeedSequence((seed, stream, number)).generate_state(2).tolist()
    return int(low) | int(high) << 32
