"""Results made for tests of the report: scores and levels, whose numbers can be told apart."""

import numpy as np

from placewise.model.results import CostScore, LevelResult, Moments, Reasons, Score
from placewise.prediction import fit_models


def score(total, unmatched, build, joint, *, clusters=40, failures=None):
    return Score(
        total_jobs=total,
        unmatched=unmatched,
        build_success=Moments(build, 0.125 if build is not None else None),
        joint_success=joint,
        ceiling=0.4321,
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
        told=told,
        score=score(total, unmatched, build, joint, failures=every),
        no_capacity=full,
        costs=costs,
        outside_range=0.97,
        reasons=Reasons(every, {next(iter(every)): sum(fails.values())} if every else {}, fails),
        per_build=_per_build(each) if assigned and each is not None else {},
        jobs_by_cluster={f"c{i}": assigned / 2 ** (i + 1) for i in range(40)},
    )
