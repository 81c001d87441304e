"""A trace: recorded jobs with the times at which they were submitted and how long they ran, as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.model.requirements.requirement import Expression

Ints: TypeAlias = NDArray[np.int64]

UNKNOWN = -1
"""What a number that the trace does not say is."""


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """One text a job, such as its user, each distinct text once.

    names : the distinct texts. codes : (jobs,) int32 positions in `names`; UNKNOWN where the trace does not say.
    """

    names: tuple[str, ...]
    codes: NDArray[np.int32]

    @classmethod
    def none(cls, jobs: int) -> Labels:
        """Return the labels of jobs of which nothing is said."""
        return cls((), np.full(jobs, UNKNOWN, dtype=np.int32))

    def of(self, rows: Ints | NDArray[np.bool_]) -> Labels:
        """Return the labels of some of the jobs."""
        return Labels(self.names, self.codes[rows])


@dataclass(frozen=True, slots=True)
class Machine:
    """One cluster as the trace itself describes it.

    name : of the cluster. processors : how many it has. gpus_per_node : 0 for none, or where the trace does not say.
    nodes, cores_per_node, memory_bytes_per_node : None where the trace does not say. A pool of processors has none of
    these. gpu_model : that of all its GPUs. numbers : of its nodes in `Trace.ran_on`, as far as they are known.
    """

    name: str
    processors: int
    nodes: int | None = None
    cores_per_node: int | None = None
    memory_bytes_per_node: int | None = None
    gpus_per_node: int = 0
    gpu_model: str | None = None
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """Recorded jobs in the order of their file, as columns of (jobs,) int64; UNKNOWN (-1) is a number not said.

    names : what the trace calls each job. submit_s : seconds since the trace began. runtime_s : how long it ran.
    requested_s : its time limit. processors : how many it was given. requested_processors : how many it asked for.
    nodes : how many nodes it asked for. memory_bytes : of the whole job. gpus_milli : thousandths of a GPU, of the
    whole job. exclusive : whether it takes whole nodes. user, group, queue : labels.
    asks : distinct sets of requirements, all of which must hold; the first is always empty. ask : (jobs,) int32, the
    position of each job's set in `asks`.
    after : the position of the earlier job that must have ended before. think_s : seconds from that end to this
    submission (fields 17 and 18 of SWF).
    ran_on : the distinct numbered nodes that each job ran on, where recorded; empty tuples else. None if none is.
    machines : the clusters that the trace describes; empty if it describes none.
    start_unix_s : the Unix time at which the trace began, None if not said.
    processor_parts : into how many parts a processor is divided: numbers of processors, of jobs and machines, count
    such parts. 1000 where jobs ask for thousandths.
    waited_s : the seconds that each job waited when it was recorded; None if none is said.
    submits_are_starts : the header says that submission times are start times.
    left_out : what the reader left out, as reasons and how often.
    source : where it came from, in words. notes : what was noticed at reading, one sentence each.

    Submission times never go down from one job to the next; they alone may be negative and still be said.

    Raises InputError for columns of different lengths.
    """

    names: tuple[str, ...] | Ints
    submit_s: Ints
    runtime_s: Ints
    requested_s: Ints
    processors: Ints
    requested_processors: Ints
    nodes: Ints
    memory_bytes: Ints
    gpus_milli: Ints
    exclusive: NDArray[np.bool_]
    user: Labels
    group: Labels
    queue: Labels
    asks: tuple[tuple[Expression, ...], ...]
    ask: NDArray[np.int32]
    after: Ints
    think_s: Ints
    ran_on: tuple[tuple[int, ...], ...] | None = None
    machines: tuple[Machine, ...] = ()
    start_unix_s: int | None = None
    processor_parts: int = 1
    waited_s: Ints | None = None
    submits_are_starts: bool = False
    left_out: tuple[tuple[str, int], ...] = ()
    source: str = ""
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            column = value.codes if isinstance(value, Labels) else value
            one_a_job = isinstance(column, np.ndarray) or (name in _ROWS and column is not None)
            if one_a_job and len(column) != len(self.submit_s):
                problem = f"the column {name} of the trace has another length"
                raise InputError(problem, found=len(column), expected=str(len(self.submit_s)))

    def __len__(self) -> int:
        return len(self.submit_s)

    @property
    def largest_machine(self) -> int | None:
        """The processors of the largest cluster that the trace describes, None if it describes none."""
        return max((machine.processors for machine in self.machines), default=None)

    def of(self, rows: Ints | NDArray[np.bool_]) -> Trace:
        """Return the trace of some of the jobs, in the order of these positions, or by a mask.

        A job whose preceding job is left out has none.
        """
        chosen = np.flatnonzero(rows) if rows.dtype == bool else rows.astype(np.int64)
        place = np.full(len(self) + 1, UNKNOWN, dtype=np.int64)  # the last is that of UNKNOWN
        place[chosen] = np.arange(len(chosen))
        after = place[self.after[chosen]]
        return replace(
            self,
            names=self.names[chosen] if isinstance(self.names, np.ndarray) else tuple(self.names[i] for i in chosen),
            **{name: getattr(self, name)[chosen] for name in _COLUMNS},
            after=after,
            think_s=np.where(after == UNKNOWN, UNKNOWN, self.think_s[chosen]),
            ran_on=None if self.ran_on is None else tuple(self.ran_on[i] for i in chosen),
            waited_s=None if self.waited_s is None else self.waited_s[chosen],
            **{name: getattr(self, name).of(chosen) for name in ("user", "group", "queue")},
        )


def joined(parts: Sequence[Trace]) -> Trace:
    """Return the parts of a trace as one, one or more; what is said of the whole trace is that of the first.

    Labels and sets of requirements of a part begin with those of the part before, and `after` counts through all of
    them.
    """
    first, last = parts[0], parts[-1]
    if first is last:
        return first

    def labels(name: str) -> Labels:
        return Labels(getattr(last, name).names, np.concatenate([getattr(part, name).codes for part in parts]))

    ran_on = (((),) * len(part) if part.ran_on is None else part.ran_on for part in parts)
    waited = [np.full(len(part), UNKNOWN) if part.waited_s is None else part.waited_s for part in parts]
    changed: dict[str, Any] = {name: labels(name) for name in ("user", "group", "queue")}
    for name in (*_COLUMNS, "after", "think_s"):
        changed[name] = np.concatenate([getattr(part, name) for part in parts])
    if isinstance(first.names, np.ndarray):
        changed["names"] = np.concatenate([part.names for part in parts])
    else:
        changed["names"] = tuple(chain.from_iterable(part.names for part in parts))
    return replace(
        first,
        **changed,
        asks=last.asks,
        ran_on=None if all(part.ran_on is None for part in parts) else tuple(chain.from_iterable(ran_on)),
        waited_s=None if all(part.waited_s is None for part in parts) else np.concatenate(waited),
    )


_ROWS = ("names", "ran_on")
_COLUMNS = (
    "submit_s",
    "runtime_s",
    "requested_s",
    "processors",
    "requested_processors",
    "nodes",
    "memory_bytes",
    "gpus_milli",
    "exclusive",
    "ask",
)
