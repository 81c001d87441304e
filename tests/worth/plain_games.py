"""The game once more, each set of subsystems submitted in plain loops: slow, obvious, apart from what is tested."""

from __future__ import annotations

from itertools import combinations, permutations
from math import factorial

import plain_experiments as plain
from studies import KERNELS, study_of

from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.resources import package_subsystem
from placewise.model.studies.settings import Settings
from placewise.study.values import game_of

fleets, workloads, PACKAGES = plain.fleets, plain.workloads, plain.PACKAGES


def game(fleet, workload, scoring="corrected"):
    return game_of(study_of(fleet, workload, Settings(scoring=scoring)), KERNELS)


def design(**settings):
    return Settings(**settings)


def names_of(workload):
    return sorted({requirement.subsystem for requirement in workload.requirements})


def plain_worth(fleet, workload, told, scoring="corrected"):
    """Return matched share and joint success when the named subsystems are told."""
    matched = success = 0.0
    for job in range(len(workload)):
        wanted = [r for r in workload.job(job).requirements if r.subsystem in told]
        found = plain.submit(fleet, workload, job, wanted, len(wanted), exclusive=scoring == "published")
        matched += bool(found.matched)
        success += found.success
    return matched / len(workload), success / len(workload)


def plain_worths(fleet, workload, scoring="corrected"):
    """Return joint success by set of names."""
    names = names_of(workload)
    return {
        frozenset(told): plain_worth(fleet, workload, set(told), scoring)[1]
        for size in range(len(names) + 1)
        for told in combinations(names, size)
    }


def plain_values(worths, names):
    """Return Shapley values as their first definition has them: the mean gain over all orders."""
    values = dict.fromkeys(names, 0.0)
    for order in permutations(names):
        told = frozenset()
        for name in order:
            values[name] += worths[told | {name}] - worths[told]
            told |= {name}
    return {name: value / factorial(len(names)) for name, value in values.items()}


def fleet_of(*rows):
    """Return a fleet of clusters given as mappings from packages to versions."""
    return Fleet(
        tuple(
            Cluster(f"c{at}", subsystems=tuple(package_subsystem(p, v) for p, v in row.items()))
            for at, row in enumerate(rows)
        )
    )
