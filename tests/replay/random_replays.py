"""Random small traces and fleets, and the engines held against each other on them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import product
from typing import get_args

import numpy as np

from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import ResourceGraph, Vertex, package_subsystem
from placewise.model.requirements.requirement import Requirement
from placewise.model.traces.replay import Estimates, QueuePolicy, ReplaySettings, Schedule
from placewise.model.traces.trace import Labels, Trace
from placewise.replays.run import replay

PLACES = ("earliest-start", "first", "random", "least-loaded", "cheapest", "late")


@dataclass(frozen=True, slots=True)
class Case:
    trace: Trace
    fleet: Fleet
    truth: np.ndarray | None


def fleet_of_pools(sizes, prices=None, packages=None) -> Fleet:
    return Fleet(
        tuple(
            Cluster(
                f"c{number}",
                ResourceGraph((Vertex("0", "cluster"), Vertex("1", "core", 0, int(size)))),
                tuple(package_subsystem(name, "1") for name in (packages or {}).get(number, ())),
                () if prices is None else (("cost_per_node_hour", float(prices[number])),),
            )
            for number, size in enumerate(sizes)
        )
    )


def trace_of(submit, runtime, limit, processors, *, user=None, after=None, think=None, ask=None, asks=((),)) -> Trace:
    count = len(submit)
    none = np.full(count, -1, dtype=np.int64)
    labels = Labels.none(count)
    if user is not None:
        labels = Labels(
            tuple(f"u{code}" for code in range(int(np.max(user, initial=-1)) + 1)), np.asarray(user, np.int32)
        )
    whole = [np.asarray(column, dtype=np.int64) for column in (submit, runtime, limit, processors)]
    return Trace(
        names=np.arange(1, count + 1),
        submit_s=whole[0],
        runtime_s=whole[1],
        requested_s=whole[2],
        processors=whole[3],
        requested_processors=whole[3],
        nodes=none,
        memory_bytes=none,
        gpus_milli=none,
        exclusive=np.zeros(count, dtype=np.bool_),
        user=labels,
        group=Labels.none(count),
        queue=Labels.none(count),
        asks=asks,
        ask=np.zeros(count, dtype=np.int32) if ask is None else np.asarray(ask, np.int32),
        after=none if after is None else np.asarray(after, np.int64),
        think_s=none if think is None else np.asarray(think, np.int64),
    )


def random_case(seed: int, *, jobs: int = 60, clusters: int | None = None) -> Case:
    """Draw a case in which ties, bursts, early ends, overdue jobs, failures and dependencies are all common."""
    draw = np.random.default_rng(seed)
    clusters = int(draw.integers(1, 5)) if clusters is None else clusters
    sizes = draw.integers(1, draw.choice([4, 12, 40]) + 1, clusters)
    count = int(draw.integers(0, jobs + 1))
    span = int(draw.choice([1, 20, 200]))
    submit = draw.integers(0, span + 1, count)
    if draw.random() < 0.8:
        submit = np.sort(submit)
    longest = int(draw.choice([3, 15, 60]))
    limit = draw.integers(1, longest + 1, count)
    runtime = (
        np.minimum(draw.integers(0, longest + 1, count), limit)
        if draw.random() < 0.6
        else draw.integers(0, longest + 1, count)
    )
    runtime = np.where(draw.random(count) < 0.2, limit, runtime)
    limit = np.where(draw.random(count) < 0.05, -1, limit)
    if count and (limit < 0).all():
        limit[0] = 5
    processors = draw.integers(1, int(sizes.max()) + 2, count)
    user = draw.integers(-1, 4, count)
    after = np.where(draw.random(count) < 0.3, [int(draw.integers(-1, j)) if j else -1 for j in range(count)], -1)
    think = draw.integers(-1, 10, count)
    packages = {number: [name for name in "ab" if draw.random() < 0.6] for number in range(clusters)}
    packages[0] = ["a", "b"]
    asks = ((), (Requirement.parse("a"),), (Requirement.parse("b"),), (Requirement.parse("a"), Requirement.parse("b")))
    ask = draw.choice([0, 0, 0, 1, 2, 3], count)
    truth = None
    if draw.random() < 0.5:
        truth = draw.random((count, clusters))
    prices = draw.integers(1, 4, clusters)
    trace = trace_of(submit, runtime, limit, processors, user=user, after=after, think=think, ask=ask, asks=asks)
    return Case(trace, fleet_of_pools(sizes, prices, packages), truth)


def crowded_case(seed: int, *, jobs: int = 60, clusters: int | None = None) -> Case:
    """Draw a case in which queues are long and lasting, and users' means are far from runtimes."""
    draw = np.random.default_rng(seed)
    sizes = np.sort(draw.integers(1, 12, 2 if clusters is None else clusters))
    limit = draw.integers(1, 40, jobs)
    runtime = draw.integers(0, limit + 1)
    processors = np.minimum(draw.integers(1, 12, jobs), draw.choice(sizes, jobs))
    span = int((runtime * processors).sum() / sizes.sum() / draw.choice([0.7, 1, 1.5]))
    submit = np.sort(draw.integers(0, span + 1, jobs))
    user = draw.integers(0, 3, jobs)
    truth = draw.random((jobs, len(sizes))) < 0.8 if draw.random() < 0.5 else None
    return Case(trace_of(submit, runtime, limit, processors, user=user), fleet_of_pools(sizes), truth)


def random_settings(seed: int, policy: QueuePolicy, estimates: Estimates, place: str, fleet: Fleet) -> ReplaySettings:
    draw = np.random.default_rng((seed, 1))
    late = place == "late"
    policies = {}
    if not late and draw.random() < 0.3:
        policies = {name: str(draw.choice(get_args(QueuePolicy))) for name in fleet.names if draw.random() < 0.5}
    return ReplaySettings(
        policy=policy,
        policies=policies,
        place="earliest-start" if late else place,
        late=late,
        estimates=estimates,
        fail_after=float(draw.choice([0.0, 0.3, 1.0])),
        fail_after_s=int(draw.integers(0, 9)) if draw.random() < 0.3 else None,
        retries=int(draw.integers(0, 4)),
        dependencies=bool(draw.random() < 0.4),
        seed=seed,
    )


def difference(one: Schedule, other: Schedule) -> str | None:
    """Say in which column two schedules differ first, None if they are one."""
    for name in (field.name for field in fields(Schedule)):
        left, right = getattr(one, name), getattr(other, name)
        if isinstance(left, np.ndarray):
            if left.shape != right.shape:
                return f"{name}: {len(left)} and {len(right)} rows"
            if left.dtype != right.dtype:
                return f"{name}: {left.dtype} and {right.dtype}"
            apart = np.flatnonzero(left != right)
            if len(apart):
                row = int(apart[0])
                return f"{name}, row {row}: {left[row]} and {right[row]}"
        elif left != right:
            return f"{name}: {left} and {right}"
    return None


def most_in_use(found: Schedule, cluster: int) -> int:
    """Return how many processors of a cluster were in use at once, at most."""
    rows = (found.cluster == cluster) & (found.start_s >= 0)
    time = np.concatenate([found.start_s[rows], found.end_s[rows]])
    change = np.concatenate([found.processors[rows], -found.processors[rows]])
    # What ends at a time has ended before what starts then.
    order = np.lexsort((change, time))
    return int(np.cumsum(change[order]).max(initial=0))


def overcommitted(found: Schedule) -> str | None:
    """Say of which cluster more was in use than there is, None if of none."""
    for cluster, capacity in enumerate(found.capacity.tolist()):
        if (most := most_in_use(found, cluster)) > capacity:
            return f"{most} in use of {capacity} on {found.clusters[cluster]}"
    return None


def disagreements(seeds, engines, combinations=None, *, jobs=60, clusters: int | None = None, drawn=random_case):
    """Yield (seed, settings, engine, difference) where an engine's schedule is not that of the definition.

    Also where more is in use than there is. drawn : what draws the case of a seed.
    """
    every = combinations or list(product(get_args(QueuePolicy), get_args(Estimates), PLACES))
    for seed in seeds:
        case = drawn(seed, jobs=jobs, clusters=clusters)
        for policy, estimates, place in every:
            settings = random_settings(seed, policy, estimates, place, case.fleet)
            plain = replay(case.trace, case.fleet, settings, truth=case.truth, engine="plain")
            if found := overcommitted(plain):
                yield seed, settings, "plain", found
            for engine in engines:
                quick = replay(case.trace, case.fleet, settings, truth=case.truth, engine=engine)
                found = difference(plain, quick)
                if found:
                    yield seed, settings, engine, found
