"""The results folder: the files of the prior work's shape, and `summary.json` for what it had no place for.

`scores.json` and `subsystem-scores.json` hold, for each experiment, entries with a value or a mean and a
std beside a description; readers of the prior work's results find every key they look for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from placewise.errors import InputError, locating
from placewise.formats import values
from placewise.formats.codec import Codecs, Layout
from placewise.formats.reading import found_at, read_json
from placewise.formats.results.level_files import LEVELS, read_levels, write_levels
from placewise.formats.results.model_files import MODELS, read_models, write_models
from placewise.formats.results.results_names import (
    ASSIGNMENTS,
    JOBSPECS,
    SCORES,
    STUDY,
    SUBSYSTEM_SCORES,
    SUMMARY,
    UNMATCHED,
    UNMATCHED_RAW,
)
from placewise.formats.results.score_files import UNMATCHED_AT, read_scores, score_document, subsystem_document
from placewise.formats.results.score_tables import REASONS_CSV, SCORES_CSV, reasons_csv, scores_csv
from placewise.formats.results.timed_files import is_timed, read_timed
from placewise.formats.results.worth_files import with_worth, write_worth
from placewise.formats.writing import write_bytes, write_json
from placewise.model.jobs.records import Records
from placewise.model.jobs.workload import Workload
from placewise.model.requirements.requirement import Expression, version_bounds
from placewise.model.results.results import (
    CurvePoint,
    OrderSpread,
    Results,
    SingleSummary,
    SubsystemScore,
    TruthNote,
    UnmatchedJob,
)


@dataclass(frozen=True, slots=True)
class _Expanding:
    last_level: float | None
    percent_matched: float | None
    curve: tuple[CurvePoint, ...]


@dataclass(frozen=True, slots=True)
class _Summary:
    """What `summary.json` holds."""

    scoring: str | None
    exact: bool
    ceiling: float | None
    single: SingleSummary | None
    subsystem_baselines: Mapping[str, float | None]
    expanding: _Expanding
    orders: OrderSpread | None
    incomparable: int = 0
    truth: TruthNote | None = None


_INCOMPARABLE = "clusters_not_comparable"
_TRUTH = "outcome"
_CODECS = Codecs(
    {
        _Summary: Layout(keys={"incomparable": _INCOMPARABLE, "truth": _TRUTH}),
        TruthNote: Layout(
            keys={"kind": "source", "asked": "jobs_have_requirements"},
            description="what decides success in place of rules; unknown: share of (job, cluster) pairs of which "
            "nothing is known, no candidates; unseen: share of pairs of which no record tells",
        ),
        SingleSummary: Layout(
            description="success of matched jobs with metadata on one subsystem: mean over subsystems (macro; "
            "baseline: without metadata, same jobs) and over submissions (pooled)"
        ),
        _Expanding: Layout(
            description="last_level: mean success at the last level with a match; percent_matched: over the jobs "
            "that ran out; curve: over all jobs, by number of subsystems with metadata"
        ),
        CurvePoint: Layout(keys={"success_of_matched": "build_success"}),
        OrderSpread: Layout(
            keys={"success_of_matched": "build_success"},
            description="one value a random order: success of matched jobs, over all (job, level) pairs; over "
            "jobs at the last level with a match; means over the jobs that ran out; submissions",
        ),
        UnmatchedJob: Layout(
            keys={"name": "jobid", "needed": "total_subsystems"}, derived={"max_percent_matched": "percent_matched"}
        ),
    }
)


def write_results(
    folder: Path,
    results: Results,
    jobs: Workload | Records,
    assignments: Mapping[str, Mapping[str, Sequence[str]]],
    repeats: int,
) -> None:
    """Write every JSON file of a results folder; those of the prior work's version jobs for such jobs alone.

    assignments : for `single`, by subsystem and cluster, jobs by name. repeats : jobs dropped as equal.
    """
    write_scores(folder, results)
    if not isinstance(jobs, Workload):
        return
    write_json(folder / SUBSYSTEM_SCORES, {s.subsystem: subsystem_document(s.score) for s in results.subsystems})
    unmatched = results.unmatched or ()
    rows = _CODECS.write(unmatched)
    if results.scoring == "published":  # which counted the subsystem at which nothing matched any more as matched
        rows = [row | {"max_percent_matched": row["unmatched_at"] / row["total_subsystems"]} for row in rows]
    write_json(folder / UNMATCHED, rows)
    write_json(folder / UNMATCHED_RAW, {job.name: job.unmatched_at for job in unmatched})
    write_json(folder / ASSIGNMENTS, assignments)
    write_bytes(folder / JOBSPECS, _jobspecs(jobs, repeats))


def write_scores(folder: Path, results: Results) -> None:
    """Write what every results folder has, and levels and models where there are any."""
    write_json(folder / SCORES, scores_document(results))
    if results.scores:
        write_bytes(folder / SCORES_CSV, scores_csv(results))
    write_json(folder / SUMMARY, summary_document(results))
    write_json(folder / STUDY, dict(results.study))
    if results.levels:
        write_levels(folder / LEVELS, results.levels)
        write_bytes(folder / REASONS_CSV, reasons_csv(results))
    if results.models is not None:
        write_models(results.models, folder)
    write_worth(folder, results)


def scores_document(results: Results) -> dict[str, Any]:
    """Return the content of `scores.json`."""
    document: dict[str, Any] = {name: score_document(score) for name, score in results.scores.items()}
    if results.timed is not None:  # whose figures are in a file of their own
        return document
    at = np.array([job.unmatched_at for job in results.unmatched or ()], dtype=np.float64)
    document[UNMATCHED_AT] = {
        "mean": float(at.mean()) if len(at) else None,
        "std": float(at.std()) if len(at) else None,
        "description": "subsystems with metadata when nothing matched any more, over the jobs that ran out",
    }
    return document


def summary_document(results: Results) -> dict[str, Any]:
    """Return the content of `summary.json`."""
    percents = [job.percent_matched for job in results.unmatched or ()]
    summary = _Summary(
        results.scoring,
        results.exact,
        results.ceiling,
        results.single,
        {one.subsystem: one.baseline for one in results.subsystems},
        _Expanding(results.last_level, float(np.mean(percents)) if percents else None, results.curve),
        results.orders,
        results.incomparable,
        results.truth,
    )
    document: dict[str, Any] = _CODECS.write(summary)
    if not results.incomparable:
        del document[_INCOMPARABLE]
    if results.truth is None:
        del document[_TRUTH]
    return document


def read_results(folder: Path) -> Results:
    """Read a results folder, ours or one of the prior work, whose missing parts stay empty.

    Raises InputError when there is no `scores.json`, or a file does not have the expected shape.
    """
    if found_at(folder) != "folder":
        raise InputError("is not a folder", file=folder, expected="a results folder")
    if not _holds(folder, SCORES):
        raise InputError(f"has no {SCORES}", file=folder, expected="a results folder")
    scores = read_scores(folder / SCORES)
    by_subsystem = read_scores(folder / SUBSYSTEM_SCORES) if _holds(folder, SUBSYSTEM_SCORES) else {}
    unmatched = _read(tuple[UnmatchedJob, ...], folder / UNMATCHED) if _holds(folder, UNMATCHED) else None
    levels = read_levels(folder / LEVELS, scores) if _holds(folder, LEVELS) else ()
    with locating(file=folder / STUDY):
        study = values.mapping(read_json(folder / STUDY), "the document") if _holds(folder, STUDY) else {}
    if not _holds(folder, SUMMARY):
        found = tuple(SubsystemScore(name, score, None) for name, score in by_subsystem.items())
        return with_worth(folder, Results(scores, exact=False, subsystems=found, unmatched=unmatched))
    summary: _Summary = _read(_Summary, folder / SUMMARY)
    lacking = by_subsystem.keys() - summary.subsystem_baselines.keys()
    if lacking:
        raise InputError("a baseline is missing", file=folder / SUMMARY, expected=min(lacking))
    results = Results(
        scores,
        scoring=summary.scoring,
        exact=summary.exact,
        ceiling=summary.ceiling,
        subsystems=tuple(
            SubsystemScore(name, score, summary.subsystem_baselines[name]) for name, score in by_subsystem.items()
        ),
        single=summary.single,
        curve=summary.expanding.curve,
        last_level=summary.expanding.last_level,
        unmatched=unmatched,
        orders=summary.orders,
        levels=levels,
        models=read_models(folder) if _holds(folder, MODELS) else None,
        study=study,
        incomparable=summary.incomparable,
        truth=summary.truth,
        timed=read_timed(folder) if is_timed(folder) else None,
    )
    return with_worth(folder, results)


def _holds(folder: Path, name: str) -> bool:
    return found_at(folder / name) != "nothing"


def _read(kind: Any, path: Path) -> Any:
    with locating(file=path):
        return _CODECS.of(kind).read(read_json(path), path.stem)


def _jobspecs(workload: Workload, repeats: int) -> bytes:
    """Write jobs by name; equal ones share their text, which is what makes ten thousand of them quick."""
    entries = [f"{json.dumps(r.subsystem)}: {json.dumps(_resource(r))}" for r in workload.requirements]
    profiles = workload.profiles()
    resources = ["{" + ", ".join(entries[i] for i in workload.row(job)) + "}" for job in profiles.first.tolist()]
    encode = json.JSONEncoder().encode  # json.dumps looks at all its options each time
    extra = [(encode(key), column) for key, column in workload.columns.items()]
    lines = {}
    for job, (name, profile) in enumerate(zip(workload.names, profiles.of_job.tolist(), strict=True)):
        facts = "".join(f"{key}: {encode(column[job])}, " for key, column in extra)
        quoted = encode(name)
        lines[name] = f'{quoted}: {{"name": {quoted}, {facts}"resources": {resources[profile]}}}'
    text = '{"jobspecs": {\n' + ",\n".join(lines.values()) + f'\n}},\n"removed_repeated": {repeats}}}\n'
    return text.encode()


def _resource(requirement: Expression) -> Any:
    try:
        low, high = version_bounds(requirement)
    except InputError:
        return str(requirement)
    return {"max": high, "min": low}
