"""The bench: our kernels and their peers on the same cases, one after the other, on one core."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from placewise.bench.cases import Case, documents, drawn, drawn_distinct, sample, with_expressions
from placewise.bench.large import time_large
from placewise.bench.peers import PEERS, Peer
from placewise.bench.streamed import streamed_title, time_streamed
from placewise.bench.timing import Agreement, Timing, Timings, median_seconds
from placewise.formats.jobs.jobspec_lists import parse_job_entries
from placewise.matching.bits import bitset
from placewise.matching.bits.kernels import Kernels, load_kernels
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import count_matches, match_rows, match_workload
from placewise.model.progress import Progress

KERNELS = ("numpy", "numba")
_NOT_INSTALLED = "not installed"


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured.

    cases : what draws each case.
    large : jobs, clusters and runs of the case that has a process of its own; None for no such case.
    runs, budget_s : most runs of one timing, and when no more are begun.
    peer_jobs : most jobs that a peer is given, evenly spaced over the case's.
    streamed : jobs, clusters and runs of the case that is drawn and matched chunk by chunk; None for no such case.
    """

    cases: tuple[Callable[[], Case], ...]
    large: tuple[int, int, int] | None
    runs: int
    budget_s: float
    peer_jobs: int
    streamed: tuple[int, int, int] | None = None


FULL = Scale((partial(drawn_distinct, 1602, 100), partial(drawn, 10_000, 500)), (1_000_000, 1000, 3), 15, 1.5, 1000)
QUICK = Scale((partial(drawn_distinct, 400, 100), partial(drawn, 2000, 500)), None, 5, 0.15, 100)


STREAMED = (10_000_000, 10_000, 3)


def run_bench(*, quick: bool, large: bool, progress: Progress) -> Timings:
    """Time matching on this machine: under a minute, or under ten seconds when quick.

    With `large`, ten million jobs as well, which takes some minutes.

    A peer that is not installed
    has a row that says so, and so has numba.
    """
    scale = QUICK if quick else FULL
    return measure(replace(scale, streamed=STREAMED) if large else scale, progress)


def measure(scale: Scale, progress: Progress) -> Timings:
    """Time matching at a scale."""
    stages = len(scale.cases) * len(_STAGES) + len(KERNELS) * (bool(scale.large) + bool(scale.streamed))
    rows: list[Timing] = []
    done = 0
    for draw in scale.cases:
        case = draw()
        for stage, timings in _STAGES.items():
            progress.advanced(stage, done, stages)
            rows.extend(timings(case, scale))
            done += 1
    if scale.large:
        for kernels in KERNELS:
            progress.advanced("many jobs", done, stages)
            rows.append(_large(kernels, *scale.large))
            done += 1
    if scale.streamed:
        for kernels in KERNELS:
            progress.advanced("chunk by chunk", done, stages)
            rows.extend(_streamed(kernels, *scale.streamed))
            done += 1
    progress.advanced("many jobs", done, stages)
    return Timings(_machine(), tuple(rows))


def _compiling(case: Case, scale: Scale) -> Iterator[Timing]:
    seconds, runs = _median(lambda _: FleetIndex(case.fleet), scale)
    yield Timing(case.title, "compile the fleet", "once a fleet", None, seconds, runs)
    seconds, runs = _median(
        lambda index: index.table(case.workload.requirements), scale, prepare=lambda: FleetIndex(case.fleet)
    )
    about = f"{len(case.workload.requirements):,} requirements to sets of clusters; once a fleet"
    yield Timing(case.title, "compile the requirements", about, None, seconds, runs)


def _kernels(case: Case, scale: Scale) -> Iterator[Timing]:
    ways: tuple[tuple[str, str, Callable[[Kernels], object]], ...] = (
        (
            "kernel",
            "every job on its own; table compiled",
            lambda kernels: kernels.count(case.table, case.rows, case.everything),
        ),
        (
            "from workload to counts",
            "the same, requirements looked up in a compiled fleet",
            lambda kernels: count_matches(case.index, case.workload, kernels),
        ),
        (
            "equal jobs once",
            "finding equal jobs included; keeps the sets",
            lambda kernels: match_workload(case.index, case.workload, kernels),
        ),
    )
    for name in KERNELS:
        for what, includes, act in ways:
            yield _timing(case, scale, f"{name}, {what}", name, includes, act)


def _expressions(case: Case, scale: Scale) -> Iterator[Timing]:
    jobs = with_expressions(case.workload)
    count_matches(case.index, jobs)
    for name in KERNELS:
        yield _timing(
            case,
            scale,
            f"{name}, expressions to counts",
            name,
            "each requirement an expression of ten tests, looked up in a compiled fleet",
            lambda kernels: count_matches(case.index, jobs, kernels),
        )


def _from_documents(case: Case, scale: Scale) -> Iterator[Timing]:
    entries = documents(case.workload)
    for name in KERNELS:
        yield _timing(
            case,
            scale,
            f"{name}, from documents to counts",
            name,
            "parsed jobspecs: checked, interned, matched",
            lambda kernels: count_matches(case.index, parse_job_entries(entries, "bench"), kernels),
        )


def _peers(case: Case, scale: Scale) -> Iterator[Timing]:
    for peer in PEERS:
        yield _peer(case, scale, peer)


_STAGES = {
    "compiling": _compiling,
    "kernels": _kernels,
    "expressions": _expressions,
    "documents": _from_documents,
    "peers": _peers,
}


def _timing(
    case: Case, scale: Scale, name: str, kernels: str, includes: str, act: Callable[[Kernels], object]
) -> Timing:
    if not _has_kernels(kernels):
        return Timing(case.title, name, includes, note=_NOT_INSTALLED)
    loops = load_kernels(kernels)
    seconds, runs = _median(lambda _: act(loops), scale)
    return Timing(case.title, name, includes, len(case.workload), seconds, runs)


def _peer(case: Case, scale: Scale, peer: Peer) -> Timing:
    if not peer.is_installed:
        return Timing(case.title, peer.name, peer.includes, note=_NOT_INSTALLED)
    jobs = sample(case.workload, min(peer.jobs, scale.peer_jobs))
    matching = peer.prepare(case.fleet, jobs)
    ours = bitset.unpack(match_rows(case.index, jobs), len(case.fleet))
    agreement = Agreement(ours.size, int(np.count_nonzero(matching() != ours)))
    seconds, runs = _median(lambda _: matching(), scale)
    about = f"a sample of {len(jobs):,} jobs" if len(jobs) < len(case.workload) else ""
    return Timing(case.title, peer.name, peer.includes, len(jobs), seconds, runs, agreement, note=about)


def _large(kernels: str, jobs: int, clusters: int, runs: int) -> Timing:
    if not _has_kernels(kernels):
        title = f"{jobs:,} jobs x {clusters:,} clusters"
        return Timing(title, f"{kernels}, from workload to counts", "", note=_NOT_INSTALLED)
    return time_large(kernels, jobs, clusters, runs)


def _streamed(kernels: str, jobs: int, clusters: int, runs: int) -> list[Timing]:
    if not _has_kernels(kernels):
        return [Timing(streamed_title(jobs, clusters), f"{kernels}, counts and cheapest", "", note=_NOT_INSTALLED)]
    return time_streamed(kernels, jobs, clusters, runs)


def _median(
    act: Callable[..., object], scale: Scale, prepare: Callable[[], object] = lambda: None
) -> tuple[float, int]:
    return median_seconds(act, prepare=prepare, runs=scale.runs, budget_s=scale.budget_s)


def _has_kernels(name: str) -> bool:
    return name == "numpy" or importlib.util.find_spec(name) is not None


def _machine() -> dict[str, str]:
    """Return what the figures depend on."""
    libraries = [*KERNELS, *(peer.distribution for peer in PEERS)]
    versions = {name: _version(name) for name in libraries}
    return {"python": platform.python_version(), "machine": platform.machine()} | {
        name: version for name, version in versions.items() if version
    }


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
