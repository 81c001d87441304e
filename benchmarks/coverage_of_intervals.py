"""How often intervals over jobs hold the figure that they are of, where that is known.

    python benchmarks/coverage_of_intervals.py [SOURCE] [--repeats 2000] [--resamples 1000] [--unit root-package]
        [--packages N]

The root packages of a study (the embedded default if none is given) are taken for all that there are, so that its
figures are the true ones. As many root packages are drawn from them, with replacement and each with all its jobs, the
interval is worked out as `simulate` works it out, and whether it holds the true figure is counted. With
`--unit profile` the intervals draw requirement profiles again, as if those were drawn apart; with `--packages N`
samples have so many root packages.

Exits with 1 where, with as many root packages as there are and these as the unit, some interval covers less than 92 or
more than 97 times in 100, as far as so many repeats can say.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from placewise.formats.cache.input_cache import cache_folder
from placewise.matching.bits.kernels_numpy import NumpyKernels
from placewise.model.studies.study import ALL, NONE, SINGLE
from placewise.outcomes.success import success_on
from placewise.study.levels.prepared import Prepared
from placewise.study.sources import read_study
from placewise.worth.resampling import Bootstrap, Centre, Column, Ratios, Varied, interval_of

FIGURES = ("ceiling", NONE, SINGLE, ALL)
LEAST, MOST = 0.92, 0.97


def cells(source: Path | None) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return root package and profile of each distinct job, and (figures, jobs) its numerators and denominators."""
    study = read_study(source, cache=cache_folder())
    study = replace(study, settings=replace(study.settings, experiments=(NONE, SINGLE, ALL)))
    prepared = Prepared.of(study, NumpyKernels())
    labels, weights = prepared.labels, prepared.weights.astype(np.float64)
    if labels.root is None:
        raise SystemExit("the jobs do not say their root packages")
    chances = prepared.asked.truth.chances
    above = [weights * chances.best]
    below = [weights]
    for name in FIGURES[1:]:
        one = prepared.submit(name)
        success = success_on(one.assigned, chances, one.job).share
        often = weights[one.job]
        above.append(np.bincount(one.job, often * success, minlength=len(weights)))
        below.append(np.bincount(one.job, often, minlength=len(weights)).astype(np.float64))
    return labels.root, labels.profile, np.array(above), np.array(below)


def coverage(
    source: Path | None, repeats: int, resamples: int, unit: str, packages: int | None = None
) -> tuple[dict[str, float], dict[str, float]]:
    """Return how often the interval of each figure holds it, and how wide the interval is on average."""
    root, profile, above, below = cells(source)
    true = above.sum(axis=1) / below.sum(axis=1)
    roots = int(root.max()) + 1
    jobs_of = np.split(np.argsort(root, kind="stable"), np.cumsum(np.bincount(root))[:-1])
    held, width = np.zeros(len(FIGURES)), np.zeros(len(FIGURES))
    for number in range(repeats):
        drawn = np.random.default_rng((7, number)).integers(roots, size=packages or roots)
        jobs = np.concatenate([jobs_of[one] for one in drawn.tolist()])
        if unit == "root-package":
            of_job = np.repeat(np.arange(len(drawn)), [len(jobs_of[one]) for one in drawn.tolist()])
        else:
            of_job = np.unique(profile[jobs], return_inverse=True)[1].reshape(-1)
        columns = [Column(at, of_job, above[at, jobs], below[at, jobs]) for at in range(len(FIGURES))]
        ratios = Ratios.of(columns, int(of_job.max()) + 1, len(FIGURES))
        task = Bootstrap(ratios, number)
        rows = np.array([task(replicate) for replicate in range(resamples)])
        for at, (value, moved) in enumerate(zip(ratios.values().tolist(), ratios.influence(), strict=True)):
            interval = interval_of(rows[:, at], Varied(unit, ratios.units), Centre.of(value, moved))
            assert interval is not None
            held[at] += interval.low <= true[at] <= interval.high
            width[at] += interval.high - interval.low
    return dict(zip(FIGURES, held / repeats, strict=True)), dict(zip(FIGURES, width / repeats, strict=True))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the coverage of each figure; see the module."""
    parser = argparse.ArgumentParser(description="How often intervals over jobs hold the figure that they are of.")
    parser.add_argument("source", nargs="?", type=Path)
    parser.add_argument("--repeats", type=int, default=2000)
    parser.add_argument("--resamples", type=int, default=1000)
    parser.add_argument("--unit", choices=("root-package", "profile"), default="root-package")
    parser.add_argument("--packages", type=int, help="root packages of a sample; as many as there are if not given")
    asked = parser.parse_args(arguments)
    held, width = coverage(asked.source, asked.repeats, asked.resamples, asked.unit, asked.packages)
    of = "all" if asked.packages is None else asked.packages
    print(f"intervals of nominal 95 %, unit {asked.unit}, {of} packages")
    print(f"{asked.repeats:,} repeats of {asked.resamples:,} resamples")
    outside = []
    for name in FIGURES:
        error = math.sqrt(max(held[name] * (1 - held[name]), 1e-3) / asked.repeats)
        print(f"{name:8} covers {100 * held[name]:.1f} % (+- {100 * error:.1f}), width {100 * width[name]:.2f} points")
        if held[name] + 3 * error < LEAST or held[name] - 3 * error > MOST:
            outside.append(name)
    if outside and asked.unit == "root-package" and asked.packages is None:
        print(f"outside {100 * LEAST:.0f} to {100 * MOST:.0f} %: {', '.join(outside)}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
