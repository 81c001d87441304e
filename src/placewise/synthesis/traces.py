"""Traces drawn from a seed, for benchmarks and examples: their shape is chosen, not that of any real site."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.model.streams import Synthesis
from placewise.model.traces.trace import UNKNOWN, Labels, Machine, Trace
from placewise.synthesis.drawing import refuse_size, stream

_LONGEST_S = 1 << 31
_MOST_PROCESSORS = 1 << 40


def synthetic_trace(
    jobs: int,
    seed: int,
    *,
    processors: Sequence[int] = (128,),
    load: float = 0.7,
    median_runtime_s: float = 1800.0,
    sigma: float = 1.5,
    largest_share: float = 0.5,
    overestimate: float = 3.0,
    users: int = 100,
) -> Trace:
    """Return a trace on clusters of so many processors each.

    Arrivals are Poisson, at the rate at which the jobs drawn bring `load` of what all processors can do. Runtimes are
    lognormal with this median and, of their logarithm, this standard deviation, in whole seconds of 1 or more. Sizes
    are powers of two, each equally likely up to `largest_share` of the smallest cluster. A limit is the runtime times a
    factor of 1 or more, exponential beyond that, whose mean is `overestimate`. Users are drawn with weights 1, 1/2, 1/3
    and so on. Jobs ask for nothing but size, and say nothing of where they ran.

    Raises InputError for values out of range.
    """
    refuse_size(jobs, "jobs")
    refuse_size(users, "users")
    if not processors or any(not 1 <= one <= _MOST_PROCESSORS for one in processors):
        raise InputError("the clusters have no usable size", found=tuple(processors), expected="1 or more processors")
    for name, value, least, most in (
        ("load", load, 0.0, math.inf),
        ("median_runtime_s", median_runtime_s, 0.0, _LONGEST_S),
        ("largest_share", largest_share, 0.0, 1.0),
    ):
        if not least < value <= most or math.isinf(value):
            raise InputError(f"{name} is not usable", found=value, expected=f"above {least:g}, at most {most:g}")
    if not 0 <= sigma < 10 or not 1 <= overestimate < 1000:
        raise InputError(
            "sigma or overestimate is not usable", found=(sigma, overestimate), expected="0 to 10, 1 to 1000"
        )
    generator = stream(seed, Synthesis.TRACE)
    runtimes = _runtimes(generator, jobs, median_runtime_s, sigma)
    exponents = int(math.log2(max(1, int(largest_share * min(processors))))) + 1
    sizes = 1 << (generator.random(jobs) * exponents).astype(np.int64)
    factors = 1 + (overestimate - 1) * _exponential(generator, jobs)
    limits = np.ceil(np.minimum(runtimes * factors, 2.0 * _LONGEST_S)).astype(np.int64)
    # So long on average until the next job comes that what comes is `load` of what can be done.
    gap_s = float(np.mean(runtimes.astype(np.float64) * sizes)) / (load * sum(processors))
    submits = np.floor(np.cumsum(_exponential(generator, jobs) * gap_s)).astype(np.int64)
    weights = np.cumsum(1 / np.arange(1, users + 1))
    user = np.searchsorted(weights, generator.random(jobs) * weights[-1], side="right").astype(np.int32)
    unknown = np.full(jobs, UNKNOWN, dtype=np.int64)
    return Trace(
        names=np.arange(1, jobs + 1),
        submit_s=submits - submits[0],
        runtime_s=runtimes,
        requested_s=limits,
        processors=sizes,
        requested_processors=sizes,
        nodes=unknown,
        memory_bytes=unknown,
        gpus_milli=unknown,
        exclusive=np.zeros(jobs, dtype=bool),
        user=Labels(tuple(map(str, range(1, users + 1))), np.minimum(user, users - 1)),
        group=Labels.none(jobs),
        queue=Labels.none(jobs),
        asks=((),),
        ask=np.zeros(jobs, dtype=np.int32),
        after=unknown,
        think_s=unknown,
        machines=tuple(Machine(f"cluster-{number}", size) for number, size in enumerate(processors, 1)),
        source=f"synthetic, seed {seed}",
    )


def _exponential(generator: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Return numbers of mean 1."""
    drawn: NDArray[np.float64] = -np.log1p(-generator.random(count))
    return drawn


def _runtimes(generator: np.random.Generator, count: int, median_s: float, sigma: float) -> NDArray[np.int64]:
    # Two uniform numbers give a normal one (Box and Muller).
    normal = np.sqrt(2 * _exponential(generator, count)) * np.cos(2 * np.pi * generator.random(count))
    drawn = np.exp(np.minimum(np.log(median_s) + sigma * normal, np.log(_LONGEST_S)))
    seconds: NDArray[np.int64] = np.maximum(1, np.rint(drawn)).astype(np.int64)
    return seconds
