"""Records with outcomes as descriptions: what each says of its job, and what of the environment it ran in."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from placewise.errors import InputError, Words
from placewise.model.outcomes.outcome_model import PACKAGE, Described
from placewise.model.outcomes.outcome_records import ABSENT, DEPENDENCIES, PACKAGE_VERSION, VARIANTS, OutcomeRecords

YES = "yes"
_OF_JOBS = (PACKAGE_VERSION, VARIANTS)


def environment_facts(records: OutcomeRecords) -> dict[str, str]:
    """Return the facts that are not a job's own, and the group of each.

    Raises InputError for two of one name.
    """
    found: dict[str, str] = {}
    for fact in records.facts:
        if fact.group in _OF_JOBS:
            continue
        if fact.name in found:
            problem = f"two facts of environments are called {fact.name!r}"
            raise InputError(problem, found=Words(f"{found[fact.name]}, {fact.group}"), expected="names that differ")
        found[fact.name] = fact.group
    return found


def described_environments(records: OutcomeRecords, facts: tuple[str, ...]) -> Described:
    """Return what each record says of its environment, by facts."""
    by_name = {fact.name: fact for fact in records.facts if fact.group not in _OF_JOBS}
    columns = []
    for name in facts:
        fact = by_name[name]
        texts: tuple[str | None, ...] = (*fact.values, None)  # the last is that of ABSENT, -1
        columns.append([texts[code] for code in fact.codes.tolist()])
    return Described(facts, tuple(zip(*columns, strict=True)) if columns else ((),) * len(records))


def described_jobs(records: OutcomeRecords) -> Described:
    """Return the package and version of each record, its variants, and which dependencies it needs."""
    own = [fact for fact in records.facts if fact.group in _OF_JOBS]
    columns: list[list[str | None]] = [[records.packages[code] for code in records.package.tolist()]]
    for fact in own:
        texts: tuple[str | None, ...] = (*fact.values, None)
        columns.append([texts[code] for code in fact.codes.tolist()])
    needed = [fact for fact in records.facts if fact.group == DEPENDENCIES]
    columns += [[YES if code != ABSENT else None for code in fact.codes.tolist()] for fact in needed]
    names = (
        PACKAGE,
        *(name_of_own(fact.name, fact.group) for fact in own),
        *(name_of_need(fact.name) for fact in needed),
    )
    return Described(names, tuple(zip(*columns, strict=True)))


def described_by_needs(
    packages: Sequence[str], versions: Sequence[str | None], needs: Sequence[Collection[str]]
) -> Described:
    """Return jobs that no record describes: the package of each, its version, and the subsystems that it asks for."""
    every = sorted({name for some in needs for name in some})
    rows = (
        (package, version, *(YES if name in some else None for name in every))
        for package, version, some in zip(packages, versions, needs, strict=True)
    )
    return Described((PACKAGE, PACKAGE_VERSION, *map(name_of_need, every)), tuple(rows))


def name_of_own(name: str, group: str) -> str:
    """Return what a fact of a job is called: variants apart from everything else, which may share their names."""
    return f"variant {name}" if group == VARIANTS else name


def name_of_need(dependency: str) -> str:
    """Return what the fact is called that a job needs a dependency, in whichever version."""
    return f"needs {dependency}"


def values_by_package(records: OutcomeRecords, facts: tuple[str, ...]) -> dict[str, dict[str, set[str | None]]]:
    """Return, by package and fact, the values that records of the package have, None where one has none."""
    described = described_environments(records, facts)
    found: dict[str, dict[str, set[str | None]]] = {}
    for code, row in zip(records.package.tolist(), described.rows, strict=True):
        known = found.setdefault(records.packages[code], {fact: set() for fact in facts})
        for fact, value in zip(facts, row, strict=True):
            known[fact].add(value)
    return found
