"""The built-in policies. Randomness comes in as numbers, so a policy is a pure function.

A policy takes a block of candidate sets, (jobs, clusters) booleans in the order of submission over one or
more clusters, and the `Situation` of these jobs; it returns one cluster a job, (jobs,) int64, NONE where it
chooses none. What it chooses for a job may depend on the jobs before it in the block, and not on those behind
it nor on where blocks are cut. Further policies come in by the entry-point group ``placewise.policies``, as
objects that can be called so; `constraint` is made from its priorities (see ``selection.constraint``).
A policy says in an attribute ``names`` which values of the situation it reads, a set of names; one that says nothing
(a plugin may) is given all that there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import FunctionType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.selection.offered import PREFERENCE_SCORE
from placewise.selection.situation import Numbers, Situation

NONE = -1


class Policy(Protocol):
    """Chooses one cluster of each job's candidates."""

    def __call__(self, candidates: NDArray[np.bool_], situation: Situation, /) -> NDArray[np.int64]:
        """Return (jobs,) the chosen cluster, NONE where there is no candidate."""
        ...


def random_choice(candidates: NDArray[np.bool_], situation: Situation) -> NDArray[np.int64]:
    """Choose each candidate with the same probability."""
    rank = np.cumsum(candidates, axis=1, dtype=np.int64)
    found = rank[:, -1]
    wanted = np.minimum((situation.draws * found).astype(np.int64), found - 1)
    chosen = np.argmax(rank > wanted[:, None], axis=1)
    return np.where(found > 0, chosen, NONE)


def first(candidates: NDArray[np.bool_], situation: Situation) -> NDArray[np.int64]:
    """Choose the first candidate in the order of the fleet."""
    del situation
    return np.where(candidates.any(axis=1), np.argmax(candidates, axis=1), NONE)


def least_loaded(candidates: NDArray[np.bool_], situation: Situation) -> NDArray[np.int64]:
    """Choose the candidate with the fewest jobs so far, counting those of this block; ties go to the first."""
    load = situation.load.copy()
    chosen = np.full(len(candidates), NONE, dtype=np.int64)
    for job, row in enumerate(candidates):
        options = np.flatnonzero(row)
        if len(options):
            chosen[job] = options[np.argmin(load[options])]
            load[chosen[job]] += 1
    return chosen


def cheapest(candidates: NDArray[np.bool_], situation: Situation) -> NDArray[np.int64]:
    """Choose the candidate with the lowest predicted_cost; ties go to the first.

    A cost of NaN is not known: such a candidate is chosen when no other is left, and then the first of
    them, since a job that could run shall not count as one that could not. Raises InputError where
    predicted_cost is not known at all.
    """
    return first(lowest(candidates, situation.value("predicted_cost", "cheapest")), situation)


def fastest(candidates: NDArray[np.bool_], situation: Situation) -> NDArray[np.int64]:
    """Choose the candidate with the lowest predicted_runtime_s; ties and NaN as in `cheapest`.

    Raises InputError where predicted_runtime_s is not known at all.
    """
    return first(lowest(candidates, situation.value("predicted_runtime_s", "fastest")), situation)


def earliest_start(candidates: NDArray[np.bool_], situation: Situation) -> NDArray[np.int64]:
    """Choose the candidate with the lowest estimated_start_s, which a replay knows; ties and NaN as in `cheapest`.

    Raises InputError where estimated_start_s is not known at all.
    """
    return first(lowest(candidates, situation.value("estimated_start_s", "earliest-start")), situation)


@dataclass(frozen=True, slots=True)
class Preferred:
    """Choose among the candidates with the highest preference_score, by a further policy.

    Raises InputError where preference_score is not known, and what the further policy raises.
    """

    then: Policy = random_choice

    @property
    def names(self) -> frozenset[str] | None:
        """What the further policy reads, and the score; None for everything."""
        then = names_read(self.then)
        return None if then is None else then | {PREFERENCE_SCORE}

    def __call__(self, candidates: NDArray[np.bool_], situation: Situation) -> NDArray[np.int64]:
        """Return (jobs,) the chosen cluster, NONE where there is no candidate."""
        if PREFERENCE_SCORE not in situation.values:
            raise InputError(
                "jobs that are placed together have no wishes, by which the policy 'preferred' chooses",
                expected="another policy; `match --scores` and `submit` read the wishes of single jobs",
            )
        return self.then(highest(candidates, situation.value(PREFERENCE_SCORE, "preferred")), situation)


preferred = Preferred()
"""Choose a candidate with the highest preference_score, each of them with the same probability."""


def names_read(policy: Policy) -> frozenset[str] | None:
    """Return the names of the values that a policy reads of a situation; None for one that does not say."""
    if isinstance(policy, FunctionType) and policy in _NAMES:
        return _NAMES[policy]
    names = getattr(policy, "names", None)
    return None if names is None else frozenset(names)


_NAMES: dict[Policy, frozenset[str]] = {
    random_choice: frozenset(),
    first: frozenset(),
    least_loaded: frozenset(),
    cheapest: frozenset({"predicted_cost"}),
    fastest: frozenset({"predicted_runtime_s"}),
    earliest_start: frozenset({"estimated_start_s"}),
}


def lowest(candidates: NDArray[np.bool_], key: Numbers) -> NDArray[np.bool_]:
    """Return (jobs, clusters) the candidates with the lowest key, all that share it; NaN is above all numbers.

    key : of a shape that broadcasts to (jobs, clusters).
    """
    known = np.where(candidates, key, np.nan)
    best = np.fmin.reduce(known, axis=1, keepdims=True)
    return np.where(np.isnan(best), candidates, known == best)


def highest(candidates: NDArray[np.bool_], key: Numbers) -> NDArray[np.bool_]:
    """Return (jobs, clusters) the candidates with the highest key; NaN is above all numbers here as well."""
    unknown = candidates & np.isnan(key)
    best = np.max(np.where(candidates, key, -np.inf), axis=1, keepdims=True, initial=-np.inf)
    return np.where(unknown.any(axis=1, keepdims=True), unknown, candidates & (key == best))


def draw_numbers(seed: int, stream: int, jobs: int, *, first: int = 0) -> NDArray[np.float64]:
    """Return (jobs,) numbers in [0, 1) for a seed and a stream; the same however the jobs are cut into blocks.

    first : the number of the first of these jobs, so that the numbers of a later block are drawn without the earlier.
    """
    bits = np.random.PCG64(np.random.SeedSequence((seed, stream)))
    # One step of the generator a number.
    return np.random.Generator(bits.advance(first)).random(jobs)
