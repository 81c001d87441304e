"""Which records and facts a model of success is learned from, and the levels of facts that are compared."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError, Words, one_of
from placewise.model.outcomes.evidence import EvidenceSettings, Sample
from placewise.model.outcomes.outcome_records import (
    ABSENT,
    COMPILER,
    DEPENDENCIES,
    PACKAGE_VERSION,
    PRESENCE,
    Fact,
    OutcomeRecords,
)
from placewise.prediction.success import Known
from placewise.prediction.success.folds import PACKAGE
from placewise.study.evidence.summary import rate_of, spread_of

# What is known of an environment before a job runs there; variants are what the job itself asks for.
ENVIRONMENT = (PACKAGE_VERSION, COMPILER, DEPENDENCIES, PRESENCE)
MOST_GROUPS = 6
_LEAST_VERSIONS = 10
_COMMON = 0.5


def sampled(kept: OutcomeRecords, settings: EvidenceSettings) -> tuple[OutcomeRecords, Sample]:
    """Return the records whose packages are large and mixed enough, with the facts that enough of them have.

    Raises InputError if none is left.
    """
    builds = np.bincount(kept.package, minlength=len(kept.packages))
    good = np.bincount(kept.package[kept.succeeded], minlength=len(kept.packages))
    share = good / np.maximum(builds, 1)
    chosen = (builds >= settings.least_builds) & (share > settings.low) & (share < settings.high)
    rows = np.flatnonzero(chosen[kept.package])
    if not len(rows):
        raise InputError(
            "no package is left to learn from",
            found=Words(_none_left(builds, good, settings.least_builds)),
            expected=f"{settings.least_builds} or more, more than {settings.low:g} and less than {settings.high:g} "
            "of them a success",
        )
    records = with_common_facts(kept.select(rows), settings.least_records)
    return records, Sample(
        kept=rate_of("sample", records.succeeded),
        packages=int(chosen.sum()),
        dependencies=sum(fact.group == DEPENDENCIES for fact in records.facts),
        least_builds=settings.least_builds,
        low=settings.low,
        high=settings.high,
        least_records=settings.least_records,
    )


def _none_left(builds: NDArray[np.int64], good: NDArray[np.int64], least: int) -> str:
    large = builds >= least
    if not large.any():
        return f"{int(builds.max(initial=0))} records of the largest package"
    always, never = int((good == builds)[large].sum()), int((good == 0)[large].sum())
    return f"{int(large.sum())} so large, of which {always} always and {never} never succeeded"


def with_common_facts(records: OutcomeRecords, least: int) -> OutcomeRecords:
    """Return the records without the facts that fewer of them have than `least`."""
    common = [fact for fact in records.facts if int((fact.codes != ABSENT).sum()) >= least]
    return replace(records, facts=tuple(common))


def groups_of(records: OutcomeRecords, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Return the groups of facts to compare: those wanted, else those of an environment, else all.

    Raises InputError for a group that there is not, for none, and for more than can be compared in every combination.
    """
    there = [*records.groups]
    if DEPENDENCIES in there:
        there.insert(there.index(DEPENDENCIES) + 1, PRESENCE)
    for one in wanted:
        if one not in there:
            raise InputError("no such group of facts", found=one, expected=one_of(one, there))
    found = wanted or tuple(one for one in ENVIRONMENT if one in there) or tuple(there)
    if not 0 < len(found) <= MOST_GROUPS:
        expected = f"1 to {MOST_GROUPS} of {', '.join(there) or 'none that there are'}"
        raise InputError(
            "these are not as many groups of facts as can be compared", found=len(found), expected=expected
        )
    return tuple(dict.fromkeys(found))


def known_of(facts: Mapping[str, tuple[str, ...]], groups: Collection[str], hold_out: str) -> Known:
    """Return what a model knows with these groups. facts : names by group.

    Which dependencies there are follows from their versions, so that it changes nothing beside them. The package is
    known too, as its rate of success, unless packages are held out: one that was never seen has no rate, and a model
    that leans on rates does not do without.
    """
    names = tuple(name for group in facts if group in groups for name in facts[group])
    some = PRESENCE in groups and DEPENDENCIES not in groups
    return Known(names, facts.get(DEPENDENCIES, ()) if some else (), hold_out != PACKAGE)


def names_by_group(records: OutcomeRecords) -> dict[str, tuple[str, ...]]:
    """Return the names of the facts of each group."""
    return {group: tuple(fact.name for fact in records.facts if fact.group == group) for group in records.groups}


def tried_alone(records: OutcomeRecords, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Return the dependencies whose versions are tried alone.

    Those wanted, else those with ten versions or more that half of the records have. Raises InputError for one that
    no record has.
    """
    dependencies = {fact.name: fact for fact in records.facts if fact.group == DEPENDENCIES}
    for one in wanted:
        if one not in dependencies:
            raise InputError(
                "no dependency of this name is common enough", found=one, expected=one_of(one, dependencies)
            )
    return wanted or tuple(name for name, fact in dependencies.items() if _varies(fact, len(records)))


def _varies(fact: Fact, records: int) -> bool:
    spread = spread_of(fact)
    return spread.distinct >= _LEAST_VERSIONS and spread.records >= _COMMON * records
