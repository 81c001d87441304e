"""What each job asks, question by question, and at which places of a fleet the answer is yes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from placewise.matching.bits.rows import Rows
from placewise.model.jobs.job import Shape
from placewise.model.jobs.workload import Workload


class Places(Protocol):
    """The places of a fleet at which a requirement holds or not, such as those of a `FleetIndex`."""

    @property
    def everything(self) -> NDArray[np.uint64]:
        """(words,) the set of all of them."""
        ...

    @property
    def words(self) -> int:
        """The length of a set of places."""
        ...

    @property
    def size(self) -> int:
        """How many places there are."""
        ...

    @property
    def clusters(self) -> int:
        """How many clusters there are."""
        ...

    def clusters_of(self, places: NDArray[np.uint64], shape: Shape = ()) -> NDArray[np.uint64]:
        """Turn (..., words) sets of usable places into (..., words) sets of clusters that can host the shape."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Questions:
    """The questions of each job: for version jobs one a subsystem, for records one for each question of the study.

    offsets : (jobs + 1,); job j has `ids[offsets[j]:offsets[j + 1]]`, one a question.
    ids : positions in `table`. question : (rows of the table,) positions in `names`.
    table : (rows, words) the place classes at which all that is asked holds.
    candidates : (jobs, words) the clusters that may match at all, whatever is asked; None for every one.
    """

    offsets: NDArray[np.int64]
    ids: NDArray[np.int32]
    table: NDArray[np.uint64]
    question: NDArray[np.int32]
    names: tuple[str, ...]
    shape: Shape
    candidates: NDArray[np.uint64] | None = None

    @classmethod
    def of_workload(cls, workload: Workload, table: NDArray[np.uint64]) -> Questions:
        """Gather requirements by subsystem; table : (requirements, words) the places at which each holds."""
        names = tuple(sorted({requirement.subsystem for requirement in workload.requirements}))
        position = {name: i for i, name in enumerate(names)}
        question = np.array([position[r.subsystem] for r in workload.requirements], dtype=np.int32)
        offsets, ids = workload.offsets, workload.ids
        job = np.repeat(np.arange(len(workload)), workload.requirement_counts)
        # Within a job requirements are in the order of their subsystems, so those on one subsystem are neighbours.
        opens = np.ones(len(ids), dtype=np.bool_)
        opens[1:] = (np.diff(job) != 0) | (np.diff(question[ids]) != 0)
        if opens.all():
            return cls(offsets, ids, table, question, names, workload.shape)
        merged: dict[tuple[int, ...], int] = {}
        numbers = [merged.setdefault(tuple(run), len(merged)) for run in np.split(ids, np.flatnonzero(opens)[1:])]
        lengths = np.bincount(job[opens], minlength=len(workload))
        return cls(
            np.concatenate(([0], np.cumsum(lengths))),
            np.array(numbers, dtype=np.int32),
            np.array([np.bitwise_and.reduce(table[list(run)], axis=0) for run in merged]).reshape(-1, table.shape[1]),
            np.array([question[run[0]] for run in merged], dtype=np.int32),
            names,
            workload.shape,
        )

    @property
    def per_job(self) -> NDArray[np.int64]:
        """(jobs,) how many questions each job has."""
        return np.diff(self.offsets)

    @property
    def job(self) -> NDArray[np.int64]:
        """(entries,) the job of each entry of `ids`."""
        return np.repeat(np.arange(len(self.offsets) - 1), self.per_job)

    def admitted(self, matches: NDArray[np.uint64], jobs: NDArray[np.integer]) -> NDArray[np.uint64]:
        """Return (jobs, ..., words) clusters that match, of those that may; jobs : (jobs,) whose they are."""
        if self.candidates is None:
            return matches
        may = self.candidates[jobs].reshape(len(jobs), *([1] * (matches.ndim - 2)), -1)
        found: NDArray[np.uint64] = matches & may
        return found

    def ranked(self, rank: NDArray[np.int64]) -> NDArray[np.int32]:
        """Return `ids` with each job's questions sorted by their rank, a permutation of (names,)."""
        keys = self.job * len(self.names) + rank[self.question[self.ids]]
        return self.ids[np.argsort(keys, kind="stable")]

    def flags(self, names: Sequence[str]) -> NDArray[np.bool_]:
        """Return (names,) which questions are among some names."""
        return np.isin(np.array(self.names, dtype=np.str_), np.array(tuple(names), dtype=np.str_))

    def rows(self, chosen: NDArray[np.bool_]) -> tuple[Rows, NDArray[np.int64]]:
        """Return each job's rows of the table for the chosen questions, (names,) booleans, and (jobs,) how many."""
        kept = chosen[self.question[self.ids]]
        counts = np.bincount(self.job[kept], minlength=len(self.offsets) - 1)
        return Rows.of(np.concatenate(([0], np.cumsum(counts))), self.ids[kept]), counts

    def of_jobs(self, jobs: NDArray[np.int64]) -> Questions:
        """Return the questions of some jobs, by position."""
        lengths = self.per_job[jobs]
        offsets = np.concatenate(([0], np.cumsum(lengths)))
        taken = np.repeat(self.offsets[jobs] - offsets[:-1], lengths) + np.arange(offsets[-1])
        candidates = None if self.candidates is None else self.candidates[jobs]
        return replace(self, offsets=offsets, ids=self.ids[taken], candidates=candidates)

    def only(self, names: Sequence[str]) -> Questions:
        """Return some of the questions, each once, in the order of the names given."""
        names = tuple(dict.fromkeys(names))
        if names == self.names:
            return self
        position = np.full(len(self.names), -1, dtype=np.int32)
        for rank, name in enumerate(names):
            position[self.names.index(name)] = rank
        rows, _ = self.rows(position >= 0)
        question = position[self.question]
        found = Questions(rows.offsets, rows.ids, self.table, question, names, self.shape, self.candidates)
        return replace(found, ids=found.ranked(np.arange(len(names)))) if names else found
