"""What records with outcomes are: labels, repeats, packages, jobs with both outcomes, and how much facts vary."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from placewise.model.outcomes.evidence import FactSpread, Rate, RecordSummary
from placewise.model.outcomes.outcome_records import ABSENT, COMPILER, Fact, OutcomeRecords


def without_contradictions(records: OutcomeRecords) -> tuple[OutcomeRecords, int]:
    """Return the records whose identity has one outcome alone, and how many identities have both."""
    known: dict[str, bool] = {}
    both: set[str] = set()
    for name, succeeded in zip(records.names, records.succeeded.tolist(), strict=True):
        if known.setdefault(name, succeeded) != succeeded:
            both.add(name)
    if not both:
        return records, 0
    kept = np.fromiter((name not in both for name in records.names), dtype=np.bool_, count=len(records))
    return records.select(np.flatnonzero(kept)), len(both)


def summarised(records: OutcomeRecords, kept: OutcomeRecords, contradictory: int) -> RecordSummary:
    """Return what all records are, and those kept, as `without_contradictions` returns them."""
    alike = alternatives(kept)
    packages = np.bincount(kept.package, minlength=len(kept.packages))
    return RecordSummary(
        records=len(records),
        succeeded=int(records.succeeded.sum()),
        contradictory=contradictory,
        kept=rate_of("kept", kept.succeeded),
        packages=int((packages > 0).sum()),
        mixed_packages=int(has_both(kept.package, kept.succeeded, len(kept.packages)).sum()),
        groups=len(np.unique(kept.job[alike])),
        grouped=rate_of("with both outcomes", kept.succeeded[alike]),
        compilers=tuple(_compilers(kept)),
        facts=tuple(spread_of(fact) for fact in kept.facts),
    )


def rate_of(name: str, succeeded: NDArray[np.bool_]) -> Rate:
    """Return how many there are, and how many succeeded."""
    return Rate(name, len(succeeded), int(succeeded.sum()))


def has_both(codes: NDArray[np.int32], succeeded: NDArray[np.bool_], size: int) -> NDArray[np.bool_]:
    """Return (size,) which codes occur with both outcomes."""
    good = np.bincount(codes[succeeded], minlength=size) > 0
    bad = np.bincount(codes[~succeeded], minlength=size) > 0
    both: NDArray[np.bool_] = good & bad
    return both


def alternatives(records: OutcomeRecords) -> NDArray[np.bool_]:
    """Return (records,) which belong to a job that both succeeded and failed: among those a choice matters."""
    among: NDArray[np.bool_] = has_both(records.job, records.succeeded, len(records.jobs))[records.job]
    return among


def spread_of(fact: Fact) -> FactSpread:
    """Return how much a fact varies; the commonest value is the first in order of those that are as common."""
    counts = np.bincount(fact.codes[fact.codes != ABSENT], minlength=max(1, len(fact.values)))
    most = int(np.argmax(counts))
    commonest = fact.values[most] if fact.values else ""
    return FactSpread(fact.group, fact.name, int(counts.sum()), int((counts > 0).sum()), commonest, int(counts[most]))


def _compilers(records: OutcomeRecords) -> Iterator[Rate]:
    facts = [fact for fact in records.facts if fact.group == COMPILER]
    if not facts:
        return
    rows, which = np.unique(np.stack([fact.codes for fact in facts], axis=1), axis=0, return_inverse=True)
    which = which.reshape(-1)
    for number, codes in enumerate(rows.tolist()):
        words = [fact.values[code] for fact, code in zip(facts, codes, strict=True) if code != ABSENT]
        yield rate_of(" ".join(words) or "not known", records.succeeded[which == number])
