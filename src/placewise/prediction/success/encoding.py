"""Facts and packages as the numbers that trees compare."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError, one_of
from placewise.model.outcomes.outcome_records import Fact, OutcomeRecords
from placewise.model.outcomes.success_model import KnownFact, PackageRates, SuccessModel
from placewise.model.versions.version import Version

SMOOTHING = 10.0


@dataclass(frozen=True, slots=True)
class Known:
    """What a model is given of each record.

    facts : names of those with their values. presence : names of those of which it only knows whether they are there;
    one that is among `facts` too counts there. package : whether it knows the package, as its rate of success.
    """

    facts: tuple[str, ...]
    presence: tuple[str, ...] = ()
    package: bool = True


def package_rates(
    package: NDArray[np.int32], succeeded: NDArray[np.bool_], packages: Sequence[str], smoothing: float = SMOOTHING
) -> PackageRates:
    """Return the rate of each package that has records, as if it had `smoothing` further ones of the overall rate."""
    size = np.bincount(package, minlength=len(packages))
    good = np.bincount(package, weights=succeeded, minlength=len(packages))
    overall = float(succeeded.mean())
    order = [code for code in sorted(range(len(packages)), key=packages.__getitem__) if size[code]]
    rates = (good[order] + smoothing * overall) / (size[order] + smoothing)
    return PackageRates(tuple(packages[code] for code in order), rates, overall)


def rate_of(rates: PackageRates, packages: Sequence[str]) -> NDArray[np.float64]:
    """Return the rate of each of these packages, (packages,)."""
    found = dict(zip(rates.packages, rates.rates.tolist(), strict=True))
    return np.array([found.get(package, rates.other) for package in packages], dtype=np.float64)


def known_facts(records: OutcomeRecords, known: Known) -> tuple[KnownFact, ...]:
    """Return the facts that are known, with the values that occur, in the order of the records' facts.

    Raises InputError for a name that the records have no fact of.
    """
    wanted, named = {*known.facts, *known.presence}, {fact.name for fact in records.facts}
    if not wanted <= named:
        unknown = min(wanted - named)
        raise InputError(
            "the records have no fact of this name", found=unknown, expected=one_of(unknown, sorted(named))
        )
    return tuple(
        KnownFact(
            fact.name,
            fact.group,
            fact.kind,
            tuple(fact.values[code] for code in np.unique(fact.codes[fact.codes >= 0]).tolist()),
            presence=fact.name not in known.facts,
        )
        for fact in records.facts
        if fact.name in wanted
    )


def places(known: KnownFact, values: Sequence[str]) -> NDArray[np.float64]:
    """Return the place of each value among those known, (values,).

    A version or number between two known ones is halfway between their places; one below or above all is half a place
    outside. NaN, as if the fact were missing, for a text that is not known, and for what is not of the fact's kind.
    """
    exactly = {value: float(place) for place, value in enumerate(known.values)}
    key = _KEYS.get(known.kind)
    ordered = [key(value) for value in known.values] if key and not all(map(exactly.__contains__, values)) else []
    return np.array([exactly[v] if v in exactly else _between(ordered, key, v) for v in values], dtype=np.float64)


def encoded(known: Sequence[KnownFact], facts: Sequence[Fact], rows: int) -> NDArray[np.float64]:
    """Return the facts of records or environments as numbers, (rows, known facts); NaN where one is missing.

    facts : by name; others than the known ones do not count, and known ones that are not among them are missing.
    """
    found = {fact.name: fact for fact in facts}
    columns = np.full((len(known), rows), np.nan)
    for column, one in zip(columns, known, strict=True):
        fact = found.get(one.name)
        if one.presence:
            column[:] = 0.0 if fact is None else fact.codes >= 0
        elif fact is not None:
            column[:] = np.append(places(one, fact.values), np.nan)[fact.codes]
    return columns.T


def unseen(model: SuccessModel, facts: Sequence[Fact], rows: int) -> NDArray[np.bool_]:
    """Return whether the value of each known fact is one that the model never learned from, (rows, known facts).

    A fact that is missing is not unseen.
    """
    found = {fact.name: fact for fact in facts}
    columns = np.zeros((len(model.facts), rows), dtype=np.bool_)
    for column, known in zip(columns, model.facts, strict=True):
        fact = found.get(known.name)
        if fact is not None:
            seen = set(known.values)
            column[:] = np.array([*(value not in seen for value in fact.values), False])[fact.codes]
    return columns.T


def _between(ordered: list[Any], key: Callable[[str], Any] | None, value: str) -> float:
    if key is None:
        return np.nan
    try:
        wanted = key(value)
    except (InputError, ValueError):
        return np.nan
    if wanted != wanted:
        return np.nan
    place = bisect.bisect_left(ordered, wanted)
    return float(place) if place < len(ordered) and ordered[place] == wanted else place - 0.5


_KEYS: dict[str, Callable[[str], Any]] = {"version": lambda text: Version(text).key, "number": float}
