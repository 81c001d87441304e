"""What readers of traces share: columns of text as labels, jobs in the order of their submission."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from placewise.model.requirements.requirement import Expression
from placewise.model.traces.trace import UNKNOWN, Ints, Labels, Trace


def labels_of(numbers: Ints) -> Labels:
    """Return the labels that are written as numbers; negative ones say nothing."""
    distinct, codes = np.unique(numbers, return_inverse=True)
    unsaid = int((distinct < 0).sum())
    return Labels(
        tuple(map(str, distinct[unsaid:].tolist())), np.maximum(codes - unsaid, UNKNOWN).astype(np.int32, copy=False)
    )


def labels_of_texts(texts: Sequence[str]) -> Labels:
    """Return labels in the order in which they first come; empty texts say nothing."""
    places: dict[str, int] = {}
    codes = [places.setdefault(text, len(places)) if text else UNKNOWN for text in texts]
    return Labels(tuple(places), np.array(codes, dtype=np.int32))


def requests_nothing(jobs: int) -> dict[str, Any]:
    """Return the columns of a trace whose jobs ask for nothing but size."""
    return {"asks": ((),), "ask": np.zeros(jobs, dtype=np.int32)}


def requests_of(asked: Sequence[tuple[Expression, ...]]) -> dict[str, Any]:
    """Return the columns of a trace whose jobs ask for these sets of requirements."""
    places: dict[tuple[Expression, ...], int] = {(): 0}
    ask = np.array([places.setdefault(one, len(places)) for one in asked], dtype=np.int32)
    return {"asks": tuple(places), "ask": ask}


def rows_after(numbers: Ints, before: Ints) -> Ints:
    """Return the row of each job's preceding job by its number; UNKNOWN where no earlier row has that number."""
    found = np.full(len(numbers), UNKNOWN, dtype=np.int64)
    rows = np.flatnonzero(before >= 0)
    if len(rows):
        order = np.argsort(numbers, kind="stable")
        at = np.searchsorted(numbers[order], before[rows])
        at = np.minimum(at, len(numbers) - 1)
        row = order[at]
        found[rows] = np.where((numbers[row] == before[rows]) & (row < rows), row, UNKNOWN)
    return found


def finished(trace: Trace, notes: Sequence[str] = ()) -> Trace:
    """Return the trace with notes, and in order of submission; equal times keep the order of the file."""
    earlier = int((np.diff(trace.submit_s) < 0).sum())
    if not earlier:
        return replace(trace, notes=(*trace.notes, *notes))
    jobs = "1 job was" if earlier == 1 else f"{earlier:,} jobs were"
    unordered = f"{jobs} submitted before the one above in the file; all were put in order of submission."
    ordered = trace.of(np.argsort(trace.submit_s, kind="stable"))
    later = ordered.after >= np.arange(len(trace))
    return replace(
        ordered,
        after=np.where(later, UNKNOWN, ordered.after),
        think_s=np.where(later, UNKNOWN, ordered.think_s),
        notes=(*trace.notes, *notes, unordered),
    )
