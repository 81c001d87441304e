"""Placing a workload on disk: read and matched chunk by chunk, by any number of processes, written in order."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from placewise.errors import InputError, locating, one_of
from placewise.formats.fleets.prices import PRICE
from placewise.formats.jobs.workload_table import SUFFIX, WorkloadTable
from placewise.formats.results.placements_table import ROW_GROUP, write_placements
from placewise.formats.writing import refuse_existing, replacing, staged
from placewise.matching.bits.kernels import load_kernels
from placewise.matching.bits.rows import Rows
from placewise.matching.placing import Placing
from placewise.model.fleets.cluster import Fleet
from placewise.model.progress import SILENT, Progress
from placewise.model.streams import PLACE
from placewise.selection.offered import BY_CHUNK
from placewise.selection.policies import draw_numbers
from placewise.sweep.runner import Runner

CHEAPEST, FIRST, RANDOM = BY_CHUNK


@dataclass(frozen=True, slots=True)
class Placements:
    """What placing a workload came to.

    matches : (job, cluster) pairs that match, over all jobs.
    busiest : the cluster with most jobs, the first of equals in the fleet; None where no job was placed.
    cost_per_hour : the sum of the prices of a node hour over the jobs placed, one node a job, but for
        `unpriced_jobs` on clusters without a price; None where no price is known.
    """

    jobs: int
    unmatched: int
    matches: int
    clusters_used: int
    busiest: str | None
    jobs_on_busiest: int
    cost_per_hour: float | None
    unpriced_jobs: int

    @property
    def matches_per_job(self) -> float:
        """The mean over all jobs, those without a match included."""
        return self.matches / self.jobs

    def document(self) -> dict[str, Any]:
        """Return the summary as a plain document."""
        return {
            "jobs": self.jobs,
            "unmatched": self.unmatched,
            "matched_clusters_per_job": self.matches_per_job,
            "clusters_used": self.clusters_used,
            "busiest_cluster": self.busiest,
            "jobs_on_busiest_cluster": self.jobs_on_busiest,
            "cost_per_hour": self.cost_per_hour,
            "unpriced_jobs": self.unpriced_jobs,
        }


def place(
    workload: WorkloadTable,
    fleet: Fleet,
    prices: NDArray[np.float64],
    runner: Runner,
    out: Path,
    *,
    choose: str = CHEAPEST,
    chunk: int = ROW_GROUP,
    kernels: str = "auto",
    seed: int = 0,
    force: bool = False,
    progress: Progress = SILENT,
) -> Placements:
    """Choose a cluster of each job's match and write placements.parquet: the same bytes whatever runner and chunk.

    prices : (clusters,) cost_per_node_hour, NaN where it is not known; such a cluster is the cheapest where no
        other is left. Equal prices go by name.
    choose : cheapest; first, in the fleet's order; or random, by the seed and the number of the job.
    chunk : jobs in memory at a time, in each process. What is finished waits in a folder beside `out`.

    Raises InputError for another choice, for cheapest without any price, for prices that cannot be summed up, for `out`
    that is the workload or would be a part of it or, without `force`, is there already, for a requirement on a
    subsystem that no cluster has, and what `WorkloadTable.chunk` raises; then nothing is written.
    """
    _refuse_settings(choose, chunk, prices, len(workload))
    _refuse_over_workload(workload.path, out)
    refuse_existing(out, force=force)
    load_kernels(kernels)
    with locating(file=workload.path):
        placing = Placing.of(fleet, workload.requirements, _order(fleet, prices, choose))
    on_cluster = np.zeros(len(fleet), dtype=np.int64)
    parts = out.absolute().with_name(f".{out.name}.parts")
    with _naming(out, parts), replacing(out) as temporary, staged(parts) as stage:
        task = _Chunks(workload, placing, choose, chunk, kernels, seed, stage)
        count = -(-len(workload) // chunk)
        rows = runner.rows("placing", task, count, key="", progress=progress)
        write_placements(temporary, _in_order(workload, task, on_cluster, progress), fleet.names)
        for part in stage.iterdir():
            part.unlink()
    with contextlib.suppress(OSError):  # a killed run left the folder behind, and staging keeps what it found
        parts.rmdir()
    jobs, unmatched, matches = (int(total) for total in rows.sum(axis=0))
    return _summed_up(fleet, prices, on_cluster, jobs, unmatched, matches)


@contextlib.contextmanager
def _naming(out: Path, parts: Path) -> Iterator[None]:
    """Name `out` in what goes wrong with the parts, of which the caller knows nothing."""
    try:
        yield
    except InputError as error:
        if error.file is not None and Path(error.file).is_relative_to(parts):
            error.file = str(out)
        raise


@dataclass(frozen=True, slots=True, eq=False)
class _Chunks:
    """The task of a sweep: number k is the k-th chunk, whose row is its jobs, those unmatched, and its matches."""

    workload: WorkloadTable
    placing: Placing
    choose: str
    chunk: int
    kernels: str
    seed: int
    folder: Path

    @property
    def width(self) -> int:
        """See `sweep.runner.Task`."""
        return 3

    def __call__(self, number: int) -> Sequence[float]:
        """Place a chunk, leave its matches and clusters as a part in the folder, and return its row."""
        start = number * self.chunk
        jobs = self.workload.chunk(start, min(start + self.chunk, len(self.workload)))
        rows, loops = Rows.of(jobs.offsets, jobs.ids), load_kernels(self.kernels)
        if self.choose == RANDOM:
            matched, cluster = self.placing.drawn(rows, draw_numbers(self.seed, PLACE, len(rows), first=start), loops)
        else:
            matched, cluster = self.placing.first(rows, loops)
        with replacing(self.part(number)) as temporary:
            np.save(temporary, np.stack((matched, cluster)).astype(np.int32))
        return len(rows), int(np.count_nonzero(matched == 0)), int(matched.sum())

    def part(self, number: int) -> Path:
        """Return the file of a chunk that is done: (2, jobs) int32, its matches and its clusters."""
        return self.folder / f"{number}.npy"


def _in_order(
    workload: WorkloadTable, task: _Chunks, on_cluster: NDArray[np.int64], progress: Progress
) -> Iterator[tuple[pa.Array, NDArray[np.int32], NDArray[np.int32]]]:
    """Yield names, matches and clusters of all jobs, a row group at a time, counting the jobs on each cluster."""
    number, rest = 0, np.empty((2, 0), dtype=np.int32)
    for start in range(0, len(workload), ROW_GROUP):
        progress.advanced("writing", start, len(workload))
        stop = min(start + ROW_GROUP, len(workload))
        parts, missing = [rest], stop - start - rest.shape[1]
        while missing > 0:
            parts.append(np.load(task.part(number)))
            missing -= parts[-1].shape[1]
            number += 1
        done = np.concatenate(parts, axis=1)
        (matched, cluster), rest = done[:, : stop - start], done[:, stop - start :]
        on_cluster += np.bincount(cluster[cluster >= 0], minlength=len(on_cluster))
        yield workload.names(start, stop), matched, cluster


def _refuse_settings(choose: str, chunk: int, prices: NDArray[np.float64], jobs: int) -> None:
    if choose not in BY_CHUNK:
        raise InputError("no such choice", place="--select", found=choose, expected=one_of(choose, BY_CHUNK))
    if chunk < 1:
        raise InputError("is not a number of jobs", place="--chunk", found=chunk, expected="1 or more")
    if choose == CHEAPEST and np.isnan(prices).all():
        raise InputError(
            "which cluster is the cheapest is not known: none has a price",
            expected=f"a {PRICE} in the clusters' states, --prices FILE, or --select {FIRST} or {RANDOM}",
        )
    dearest = float(np.max(prices, where=~np.isnan(prices), initial=0.0))
    if dearest * jobs == math.inf:
        raise InputError(f"a {PRICE} is too large to be summed up over all jobs", found=dearest)


def _refuse_over_workload(workload: Path, out: Path) -> None:
    """Raise InputError for placements that would take the place of the jobs, or be read as jobs the next time."""
    where, jobs = out.resolve(), workload.resolve()
    if where == jobs or (where.parent == jobs and where.suffix == SUFFIX):
        raise InputError("the placements would be written over the workload", file=out, expected="another place")


def _order(fleet: Fleet, prices: NDArray[np.float64], choose: str) -> NDArray[np.int64]:
    """Return the positions of the clusters in the order in which they are preferred."""
    if choose != CHEAPEST:
        return np.arange(len(fleet))
    by_name = sorted(range(len(fleet)), key=fleet.names.__getitem__)
    # Stable, and NaN comes last.
    return np.array(by_name)[np.argsort(prices[by_name], kind="stable")]


def _summed_up(
    fleet: Fleet, prices: NDArray[np.float64], on_cluster: NDArray[np.int64], jobs: int, unmatched: int, matches: int
) -> Placements:
    busiest = int(np.argmax(on_cluster))
    known = ~np.isnan(prices)
    return Placements(
        jobs,
        unmatched,
        matches,
        int(np.count_nonzero(on_cluster)),
        fleet.names[busiest] if on_cluster[busiest] else None,
        int(on_cluster[busiest]),
        math.fsum((on_cluster[known] * prices[known]).tolist()) if known.any() else None,
        int(on_cluster[~known].sum()),
    )
