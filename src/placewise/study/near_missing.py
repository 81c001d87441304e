"""Near misses of the inputs of a run, whatever their kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.matching.index import FleetIndex
from placewise.model.builds import BuildRecords
from placewise.model.requirement import (
    Condition,
    Equals,
    InNumericRange,
    InVersionRange,
    Predicate,
    Requirement,
)
from placewise.model.study import TEXT_COLUMNS, FieldForm, Form
from placewise.model.version_range import VersionRange, parse_bounds
from placewise.model.workload import Workload
from placewise.outcomes.truth import Scoring
from placewise.study.inputs import Inputs
from placewise.study.summing_up import Progress
from placewise.worth.near_misses.search import near_misses
from placewise.worth.near_misses.suggestions import NearMisses

_NEVER = InVersionRange(VersionRange.empty())


def near_misses_of(
    inputs: Inputs,
    *,
    scoring: Scoring = "corrected",
    first: int | None = None,
    top: int = 20,
    least: int = 1,
    progress: Progress | None = None,
) -> NearMisses:
    """Find the near misses of the first so many jobs, everything being told that a study tells at once.

    Jobs without requirements take no part. Raises InputError as `near_misses` does, for no job left, and for a
    scoring other than corrected where no build records are: there requirements decide, not rules beside them.
    """
    if scoring not in get_args(Scoring):
        raise InputError("no such scoring", found=scoring, expected=" or ".join(get_args(Scoring)))
    index = FleetIndex(inputs.fleet)
    if isinstance(inputs.jobs, BuildRecords):
        assert inputs.study is not None
        records = inputs.jobs if first is None else inputs.jobs.select(np.arange(min(first, len(inputs.jobs))))
        study = inputs.study
        forms = [rule.published or rule.form if scoring == "published" else rule.form for rule in study.rules]
        asked, rules = build_jobs(index, records, study.everything), build_jobs(index, records, forms)
        # Bounds on numbers stand at what is offered, so they say nothing of values that are not.
        return near_misses(index, asked, rules=rules, top=top, least=least, numbers=False, progress=progress)
    if scoring != "corrected":
        raise InputError("--scoring means nothing for jobs that ask for versions", found=scoring)
    jobs = np.arange(len(inputs.jobs))[:first]
    asking = jobs[inputs.jobs.requirement_counts[jobs] > 0]
    if not len(asking):
        raise InputError("no job has a requirement", found=f"{len(jobs)} jobs", expected="at least one")
    return near_misses(index, inputs.jobs.select(asking), top=top, least=least, progress=progress)


def build_jobs(index: FleetIndex, records: BuildRecords, forms: Sequence[Form]) -> Workload:
    """Return builds as jobs with one requirement a form.

    Numeric bounds are moved to the nearest number that the fleet offers, which changes no match and leaves few
    distinct requirements; where none is offered within them they stay. Raises InputError when no cluster has a
    subsystem, or a column asked for as a version holds something else.
    """
    requirements: dict[Requirement, int] = {}
    columns = [_asked(index, records, form, requirements) for form in forms]
    ids = np.stack(columns, axis=1).reshape(-1) if columns else np.zeros(0, dtype=np.int32)
    lengths = np.full(len(records), len(forms), dtype=np.int64)
    return Workload.from_flat(records.names, tuple(requirements), lengths, ids.astype(np.int32), {})


def _asked(
    index: FleetIndex, records: BuildRecords, form: Form, requirements: dict[Requirement, int]
) -> NDArray[np.int64]:
    """Return (builds,) positions in the requirements, to which those of a form are added."""
    index.require_known(form.subsystem)
    choices = [_choices(index, records, form.subsystem, field) for field in form.fields]
    distinct, of_build = np.unique(np.stack([codes for codes, _ in choices], axis=1), axis=0, return_inverse=True)
    numbers = []
    for row in distinct.tolist():
        conditions = tuple(
            Condition(field.field, predicates[code])
            for field, code, (_, predicates) in zip(form.fields, row, choices, strict=True)
        )
        numbers.append(requirements.setdefault(Requirement(form.subsystem, conditions), len(requirements)))
    return np.array(numbers, dtype=np.int64)[of_build.reshape(-1)]


def _choices(
    index: FleetIndex, records: BuildRecords, subsystem: str, field: FieldForm
) -> tuple[NDArray[np.int64], list[Predicate]]:
    """Return (builds,) codes, and the predicate of each code."""
    if field.columns[0] in TEXT_COLUMNS:
        columns = [np.array(getattr(records, name), dtype=np.str_) for name in field.columns]
        texts, codes = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)
        return codes.reshape(-1), [_text(field, row) for row in texts.tolist()]
    values = {dict(properties).get(field.field) for properties, _ in index.offered(subsystem)}
    offered = np.array(sorted({float(v) for v in values if isinstance(v, int | float) and not isinstance(v, bool)}))
    least = most = np.full(len(records), np.nan)
    if field.at_least is not None:
        least = np.asarray(getattr(records, field.at_least), dtype=np.float64)
    if field.at_most is not None:
        most = np.asarray(getattr(records, field.at_most), dtype=np.float64) * field.at_most_factor
    low = np.zeros(len(records), dtype=np.int64) if field.at_least is None else np.searchsorted(offered, least)
    high = (
        np.full(len(records), len(offered)) if field.at_most is None else np.searchsorted(offered, most, side="right")
    )
    within = low < high
    edge = np.append(offered, np.nan)
    bounds = np.stack(
        [
            np.where(within & (field.at_least is not None), edge[np.minimum(low, len(offered))], least),
            np.where(within & (field.at_most is not None), edge[high - 1], most),
        ],
        axis=1,
    )
    distinct, codes = np.unique(np.nan_to_num(bounds, nan=-1.0), axis=0, return_inverse=True)
    return codes.reshape(-1), [_between(field, *row) for row in distinct.tolist()]


def _text(field: FieldForm, row: Sequence[str]) -> Predicate:
    if field.equals is not None:
        return Equals(row[0])
    bounds = dict(zip(field.columns, row, strict=True))
    try:
        return InVersionRange(parse_bounds(bounds.get(field.at_least or ""), bounds.get(field.at_most or "")))
    except InputError as error:
        raise error.within(place=f"the field {field.field!r}") from None


def _between(field: FieldForm, least: float, most: float) -> Predicate:
    """Return the range between two bounds, of which -1 is not known; nothing is within bounds that cross."""
    asked = [bound for bound, name in ((least, field.at_least), (most, field.at_most)) if name is not None]
    if min(asked) < 0 or asked[0] > asked[-1]:
        return _NEVER
    return InNumericRange(
        None if field.at_least is None else least,
        None if field.at_most is None else most,
    )
