"""Results made for tests of the report: scores and levels, whose numbers can be told apart."""

from dataclasses import replace

import numpy as np

from placewise.model.results.results import CostScore, LevelResult, Moments, Reasons, Score
from placewise.model.results.worth import (
    Difference,
    FleetSpread,
    Headline,
    Interval,
    LevelPoint,
    SensitivityPoint,
    SubsystemWorth,
    Sufficiency,
    Worth,
)
from placewise.prediction import fit_models


def score(total, unmatched, build, joint, *, clusters=40, failures=None):
    return Score(
        total_jobs=total,
        unmatched=unmatched,
        success_of_matched=Moments(build, 0.125 if build is not None else None),
        success=joint,
        best_possible=0.4321,
        marginal_score=Moments(0.8125, 0.0625) if build is not None else Moments(None, None),
        versions_correct=1234.5,
        versions_possible=2345,
        matched_clusters=Moments(12.345, 6.5),
        clusters=clusters,
        precision=0.0987 if build is not None else None,
        recall=0.7654,
        clusters_used=33.25,
        failures=failures or {},
    )


def fitted(*names, **settings):
    """Models of packages of 20 builds, on a rising line for every other package and a falling one for the rest."""
    random = np.random.default_rng(4)
    packages, memory, duration = ["few"], [1e9], [5.0]
    for place, name in enumerate(names):
        gib = random.uniform(1, 2, 20)
        packages += [name] * 20
        memory += (gib * 2**30).tolist()
        duration += (300 + (100 if place % 2 else -100) * gib + random.normal(0, 9, 20)).tolist()
    return fit_models(packages, memory, duration, minimum_builds=20, **settings)


def _per_build(each):
    """Percentiles of which a fifth lies below zero, and the last far above the others."""
    runtime = [3600.0 * each * (percent - 20) for percent in range(100)]
    runtime = sorted([*runtime, 1e6 * each])
    return {"runtime_s": tuple(runtime), "cost": tuple(value / 3600 for value in runtime)}


def level(name, told, *, unmatched=0, full=0, build=0.5, each=0.25, total=1000, fails=None):
    """A level whose costs go with how many builds are assigned; a tenth less against the faster reference."""
    assigned = total - unmatched - full
    joint = None if build is None else build * assigned / total
    fails = {} if fails is None else fails
    every = {}
    for reasons, count in fails.items():
        for reason in reasons:
            every[reason] = every.get(reason, 0.0) + count
    costs = {
        reference: CostScore(
            runtime_s=3600.0 * each * factor * assigned,
            cost=each * factor * assigned,
            runtime_of_successes_s=1800.0 * each * factor * assigned * (build or 0.0),
            cost_of_successes=0.5 * each * factor * assigned * (build or 0.0),
            predicted=float(assigned),
            predicted_successes=assigned * (build or 0.0),
            priced=float(assigned),
            priced_successes=assigned * (build or 0.0),
            by_package={f"package-{i}": (3600.0 * (i - 3), each * (i - 3)) for i in range(20)},
        )
        for reference, factor in (("fastest", 1.1), ("best-memory", 1.0))
    }
    return LevelResult(
        name=name,
        metadata=told,
        score=score(total, unmatched, build, joint, failures=every),
        no_capacity=full,
        costs=costs,
        outside_range=0.97,
        reasons=Reasons(every, {next(iter(every)): sum(fails.values())} if every else {}, fails),
        per_build=_per_build(each) if assigned and each is not None else {},
        jobs_by_cluster={f"c{i}": assigned / 2 ** (i + 1) for i in range(40)},
    )


def worthy(results, *, subsystems=60, names=None, hostile=None):
    """Add what subsystems are worth, with made-up numbers that go together as real ones do."""
    random = np.random.default_rng(7)
    names = names or [f"package-{i}" for i in range(subsystems)]
    if hostile:
        names[0] = hostile
    values = np.sort(random.exponential(1.0, len(names)) ** 2)[::-1]
    values *= 0.416 / values.sum()
    rows = tuple(
        SubsystemWorth(
            name,
            float(value),
            0.0,
            float(value * random.uniform(0.05, 0.6)),
            float(value * random.uniform(0, 1.6)),
            float(value * 2e6),
            int(value * 1e5),
            100 + i,
            Interval(float(value * 0.8), float(value * 1.25), "2,000 resampled workloads"),
        )
        for i, (name, value) in enumerate(zip(names, values, strict=True))
    )
    worth = Worth(rows, 0.0154, 0.4314, 0.4314, 10_506, 1_050_600, 812_345, 3_276, 0)
    greedy = 0.0154 + np.concatenate([[0.0], np.cumsum(values)])
    middle = 0.0154 + 0.416 * np.linspace(0, 1, len(names) + 1) ** 3
    band = np.stack([middle * 0.6, middle, np.minimum(greedy, middle * 1.5 + 0.01)])
    enough = int(np.searchsorted(greedy, 0.95 * 0.4314))
    sufficiency = Sufficiency(
        0.95, 0.4314, tuple(names[:enough]), float(greedy[enough]), float(enough), float(enough), tuple(names), greedy,
        band, 1000,
    )  # fmt: skip
    front = [LevelPoint("none", (), 0.0, 1.0, 0.0154, on_front=True)]
    front += [LevelPoint("single", (row.name,), 1.0, 0.97 - 0.001 * i, 0.0154 + row.single_lift, on_front=i == 0)
              for i, row in enumerate(rows)]  # fmt: skip
    front += [LevelPoint("pair", tuple(names[i : i + 2]), 2.0, 0.9, 0.02 + float(values[i]) / 2) for i in range(20)]
    front += [LevelPoint("greedy", tuple(names[:i]), float(i), float(1 - 0.57 * i / len(names)), float(greedy[i]),
                         on_front=True) for i in range(2, min(len(names), 99))]  # fmt: skip
    front.append(LevelPoint("all", tuple(names), float(len(names)), 0.43, 0.4314))
    over_jobs, over_fleets = "2,000 resampled workloads", "200 redrawn fleets"
    headlines = tuple(
        Headline(
            experiment,
            "success",
            value,
            (Interval(value * 0.96, value * 1.04, over_jobs), Interval(value * 0.8, value * 1.15, over_fleets)),
        )
        for experiment, value in (("none", 0.0154), ("expanded-subsystems", 0.1889), ("all", 0.4314))
    )
    differences = (
        Difference("all", "none", "success", 0.416, (Interval(0.40, 0.43, over_jobs),)),
        Difference("expanded-subsystems", "all", "success", -0.2425, (Interval(-0.25, -0.23, over_jobs),)),
        Difference("all", "greedy", "success", 0.001, (Interval(-0.004, 0.006, over_jobs),)),
    )
    ceiling = np.clip(random.normal(0.43, 0.03, 200), 0, 1)
    fleets = FleetSpread(("none", "all"), np.stack([ceiling * 0.04, ceiling - 0.004], axis=1), ceiling)
    sensitivity = tuple(
        SensitivityPoint(setting, amount, 0.015, top * share, 0.5, top, 20, top * share * 0.9, top * share * 1.08)
        for setting, amounts in (
            ("clusters", (10.0, 30.0, 100.0, 300.0, 1000.0)),
            ("range width", (-1.0, 0.0, 4.0)),
            ("wrong metadata", (0.0, 0.01, 0.05, 0.1)),
            ("missing metadata", (0.0, 0.1, 0.2)),
        )
        for amount, top, share in zip(amounts, np.linspace(0.2, 0.5, 5), np.linspace(1, 0.6, 5), strict=False)
    )
    return replace(
        results,
        worth=worth,
        sufficiency=sufficiency,
        front=tuple(front),
        headlines=headlines,
        differences=differences,
        fleets=fleets,
        sensitivity=sensitivity,
    )
