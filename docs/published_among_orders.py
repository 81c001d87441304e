"""Where the published success of `expanding` lies among random orders, scored as it was scored.

Runs the prior work's experiment (see `reproduce_published.py`: distinct submissions, both bounds of every range left
out of the scoring) under many random orders of subsystems, and says which share of them reaches the published figure,
in expectation and when one cluster is drawn a submission, as it was. Then it says whether the published order itself
looks like a random one: how it correlates with what might have decided it, in standard deviations of a random order.

    python docs/published_among_orders.py DATA/reliabuild [ORDERS [WORKERS]]
"""

# ruff: noqa: INP001, T201

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist

import numpy as np
from reproduce_published import asked_of, expectation, submit_distinct, workload_as_read

from placewise.formats.fleets.cluster_features import read_features
from placewise.formats.reading import read_json
from placewise.matching.bits import bitset
from placewise.model.fleets.cluster import Fleet
from placewise.model.jobs.workload import Workload
from placewise.model.studies.settings import Scoring, Settings
from placewise.model.studies.study import Study
from placewise.outcomes.questions import Questions
from placewise.outcomes.truth import Truth
from placewise.study.values import game_of, worth_of
from placewise.sweep.executors import runner

SCORINGS: tuple[Scoring, ...] = ("published", "corrected")
SEED = 0


@dataclass(frozen=True, slots=True, eq=False)
class Orders:
    """Random orders by number: for each scoring the expected success of matched jobs, and its std of single draws."""

    questions: Questions
    names: tuple[str, ...]
    truths: tuple[Truth, ...]
    width: int = 2 * len(SCORINGS)

    def __call__(self, number: int) -> list[float]:
        """Return the expectations and standard deviations of one order."""
        generator = np.random.default_rng(np.random.SeedSequence((SEED, number)))
        submitted = submit_distinct(self.questions, self.names, generator.permutation(len(self.questions.names)))
        return [figure for truth in self.truths for figure in expectation(submitted, truth)]


def main() -> None:
    """Print a line for each scoring."""
    data = Path(sys.argv[1])
    orders = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    workers = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    scores = read_json(data / "published" / "scores.json")
    published = scores["expanded-subsystems"]["build_success"]["mean"]
    fleet, workload = read_features(data / "cluster-features.json"), workload_as_read(data)
    asked = [asked_of(fleet, workload, scoring) for scoring in SCORINGS]
    questions, truths = asked[0].questions, tuple(one.truth for one in asked)
    with runner(workers) as where:
        task = Orders(questions, workload.names, truths)
        rows = where.rows("orders", task, orders, key="")
    print(f"published: {published:.4f}; {orders:,} random orders, distinct submissions")
    for at, scoring in enumerate(SCORINGS):
        means, stds = rows[:, 2 * at], rows[:, 2 * at + 1]
        reach = int((means >= published).sum())
        one_run = float(np.mean([1 - NormalDist(m, s).cdf(published) for m, s in zip(means, stds, strict=True)]))
        low, median, high = np.percentile(means, (2.5, 50, 97.5), method="weibull")
        print(
            f"  {scoring:<10} median {median:.4f}, central 95 % {low:.4f} to {high:.4f}, largest {means.max():.4f};"
            f" {reach} of {orders:,} reach it, and {one_run:.2%} of single runs would"
        )
    _print_traits(data, fleet, workload, questions)


def _print_traits(data: Path, fleet: Fleet, workload: Workload, questions: Questions) -> None:
    order = list(read_json(data / "published" / "subsystem-assignments.json"))
    place = np.array([order.index(name) for name in questions.names])
    subsystem, names = questions.question[questions.ids], len(questions.names)
    needed = np.bincount(subsystem, minlength=names)
    first = np.full(names, len(subsystem))
    np.minimum.at(first, subsystem, np.arange(len(subsystem)))
    met = np.bincount(subsystem, bitset.size_of(questions.table)[questions.ids], minlength=names) / needed
    print("published order, rank correlation in standard deviations:")
    for trait, values in (
        ("jobs that need it", needed),
        ("clusters that meet it", met),
        ("first job that needs it", first),
        ("name", np.arange(names)),
    ):
        ranks = np.argsort(np.argsort(values, kind="stable"))
        print(f"  {trait:<24} {np.corrcoef(ranks, place)[0, 1] * np.sqrt(names - 1):+.1f}")
    worth = worth_of(game_of(Study(fleet, workload, settings=Settings(scoring="published"))))
    print("added as number, the most valuable first:", end=" ")
    print(", ".join(f"{one.name} {order.index(one.name) + 1}" for one in worth.subsystems[:8]))


if __name__ == "__main__":
    main()
