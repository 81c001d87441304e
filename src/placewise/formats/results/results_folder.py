"""The results folder: the files of the prior work's shape, and `summary.json` for what it had no place for.

`scores.json` and `subsystem-scores.json` hold, for each experiment, entries with a value or a mean and a
std beside a description; readers of the prior work's results find every key they look for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from placewise.errors import InputError
from placewise.formats import values
from placewise.formats.locating import locating
from placewise.formats.reading import found_at, read_json
from placewise.formats.results.level_files import LEVELS, SCORES_CSV, read_levels, write_levels
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
from placewise.formats.results.score_files import (
    UNMATCHED_AT,
    maybe_number,
    read_scores,
    score_document,
    subsystem_document,
)
from placewise.formats.results.scores_table import scores_csv
from placewise.formats.results.worth_files import with_worth, write_worth
from placewise.formats.writing import write_bytes, write_json
from placewise.model.records import Records
from placewise.model.requirement import InVersionRange, Requirement
from placewise.model.results import (
    CurvePoint,
    OrderSpread,
    Results,
    SingleSummary,
    SubsystemScore,
    UnmatchedJob,
)
from placewise.model.workload import Workload


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
    _write_scores(folder, results)
    if not isinstance(jobs, Workload):
        return
    write_bytes(folder / SCORES_CSV, scores_csv(results))
    write_json(folder / SUBSYSTEM_SCORES, {s.subsystem: subsystem_document(s.score) for s in results.subsystems})
    unmatched = results.unmatched or ()
    # The prior work counted the subsystem at which nothing matched any more as matched.
    counted = 0 if results.scoring == "published" else 1
    write_json(
        folder / UNMATCHED,
        [
            {
                "jobid": job.name,
                "unmatched_at": job.unmatched_at,
                "total_subsystems": job.needed,
                "max_percent_matched": (job.unmatched_at - counted) / job.needed,
            }
            for job in unmatched
        ],
    )
    write_json(folder / UNMATCHED_RAW, {job.name: job.unmatched_at for job in unmatched})
    write_json(folder / ASSIGNMENTS, assignments)
    write_bytes(folder / JOBSPECS, _jobspecs(jobs, repeats))


def _write_scores(folder: Path, results: Results) -> None:
    """Write what every results folder has, and levels and models where there are any."""
    write_json(folder / SCORES, scores_document(results))
    write_json(folder / SUMMARY, summary_document(results))
    write_json(folder / STUDY, dict(results.study))
    if results.levels:
        write_levels(folder, results.levels)
    if results.models is not None:
        write_models(results.models, folder)
    write_worth(folder, results)


def scores_document(results: Results) -> dict[str, Any]:
    """Return the content of `scores.json`."""
    document: dict[str, Any] = {name: score_document(score) for name, score in results.scores.items()}
    at = np.array([job.unmatched_at for job in results.unmatched or ()], dtype=np.float64)
    document[UNMATCHED_AT] = {
        "mean": float(at.mean()) if len(at) else None,
        "std": float(at.std()) if len(at) else None,
        "description": "subsystems told when nothing matched any more, over the jobs of `expanding` that ran out",
    }
    return document


def summary_document(results: Results) -> dict[str, Any]:
    """Return the content of `summary.json`."""
    single = results.single
    return {
        "scoring": results.scoring,
        "exact": results.exact,
        "ceiling": results.ceiling,
        "single": None
        if single is None
        else {
            "macro": single.macro,
            "baseline": single.baseline,
            "pooled": single.pooled,
            "subsystems": single.subsystems,
            "description": "build success told one subsystem: mean over subsystems (macro; baseline: nothing told, "
            "same jobs) and over submissions (pooled)",
        },
        "subsystem_baselines": {s.subsystem: s.baseline for s in results.subsystems},
        "expanding": {
            "last_level": results.last_level,
            "percent_matched": _mean([job.percent_matched for job in results.unmatched or ()]),
            "curve": [
                {
                    "level": point.level,
                    "share_matched": point.share_matched,
                    "build_success": point.success_of_matched,
                    "success": point.success,
                }
                for point in results.curve
            ],
            "description": "last_level: build success over jobs at the last level with a match; percent_matched: "
            "over the jobs that ran out; curve: over all jobs, by number of subsystems told",
        },
        "orders": None if results.orders is None else _orders_document(results.orders),
    }


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
    unmatched = _read_unmatched(folder / UNMATCHED) if _holds(folder, UNMATCHED) else None
    levels = read_levels(folder / LEVELS, scores) if _holds(folder, LEVELS) else ()
    with locating(file=folder / STUDY):
        study = values.mapping(read_json(folder / STUDY), "the document") if _holds(folder, STUDY) else {}
    if not _holds(folder, SUMMARY):
        found = tuple(SubsystemScore(name, score, None) for name, score in by_subsystem.items())
        return with_worth(folder, Results(scores, exact=False, subsystems=found, unmatched=unmatched))
    path = folder / SUMMARY
    try:
        with locating(file=path):
            summary = values.mapping(read_json(path), "the document")
            single, expanding, orders = summary["single"], summary["expanding"], summary["orders"]
            baselines = summary["subsystem_baselines"]
            results = Results(
                scores,
                scoring=None if summary["scoring"] is None else values.text(summary["scoring"], "scoring"),
                exact=bool(summary["exact"]),
                ceiling=maybe_number(summary["ceiling"], "ceiling"),
                subsystems=tuple(
                    SubsystemScore(name, s, maybe_number(baselines[name], f"subsystem_baselines.{name}"))
                    for name, s in by_subsystem.items()
                ),
                single=_read_single(single) if single else None,
                curve=tuple(_read_point(point) for point in values.sequence(expanding["curve"], "expanding.curve")),
                last_level=maybe_number(expanding["last_level"], "expanding.last_level"),
                unmatched=unmatched,
                orders=_read_orders(orders) if orders else None,
                levels=levels,
                models=read_models(folder) if _holds(folder, MODELS) else None,
                study=study,
            )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"does not have the expected shape: {error!r}", file=path) from error
    return with_worth(folder, results)


def _holds(folder: Path, name: str) -> bool:
    return found_at(folder / name) != "nothing"


def _read_single(entry: Mapping[str, Any]) -> SingleSummary:
    macro, baseline, pooled = (maybe_number(entry[key], f"single.{key}") for key in ("macro", "baseline", "pooled"))
    return SingleSummary(macro, baseline, pooled, values.whole(entry["subsystems"], "single.subsystems"))


def _read_point(entry: Mapping[str, Any]) -> CurvePoint:
    place = "expanding.curve"
    return CurvePoint(
        values.whole(entry["level"], f"{place}, level"),
        values.number(entry["share_matched"], f"{place}, share_matched"),
        maybe_number(entry["build_success"], f"{place}, build_success"),
        values.number(entry["success"], f"{place}, success"),
    )


def _orders_document(orders: OrderSpread) -> dict[str, Any]:
    return {
        "build_success": _without_nan(orders.success_of_matched),
        "last_level": orders.last_level.tolist(),
        "unmatched_at": _without_nan(orders.unmatched_at),
        "percent_matched": _without_nan(orders.percent_matched),
        "submissions": orders.submissions.tolist(),
        "description": "one value a random order of telling: build success over all matched (job, level) pairs; over "
        "jobs at the last level with a match; means over the jobs that ran out; submissions",
    }


def _read_orders(document: Mapping[str, Any]) -> OrderSpread:
    def column(name: str) -> Any:
        place = f"orders.{name}"
        listed = (maybe_number(value, place) for value in values.sequence(document[name], place))
        return np.array([np.nan if value is None else value for value in listed], dtype=np.float64)

    columns = [column(name) for name in ("build_success", "last_level", "unmatched_at", "percent_matched")]
    listed = values.sequence(document["submissions"], "orders.submissions")
    submissions = np.array([values.whole(value, "orders.submissions") for value in listed], dtype=np.int64)
    lengths = {len(one) for one in (*columns, submissions)}
    if len(lengths) > 1 or not len(submissions):
        found = ", ".join(map(str, sorted(lengths)))
        raise InputError("its lists are not of one length", place="orders", found=found, expected="a value an order")
    success, last, at, percent = columns
    return OrderSpread(success, last, at, percent, submissions)


def _without_nan(array: Any) -> list[float | None]:
    return [None if value != value else value for value in array.tolist()]


def _read_unmatched(path: Path) -> tuple[UnmatchedJob, ...]:
    jobs = []
    with locating(file=path):
        for number, row in enumerate(values.sequence(read_json(path), "the document")):
            place = f"row {number + 1}"
            entry = values.mapping(row, place)
            for key in ("jobid", "unmatched_at", "total_subsystems"):
                if key not in entry:
                    raise InputError(f"lacks {key!r}", place=place)
            at, needed = (values.whole(entry[key], place, least=1) for key in ("unmatched_at", "total_subsystems"))
            jobs.append(UnmatchedJob(str(entry["jobid"]), at, needed))
    return tuple(jobs)


def _jobspecs(workload: Workload, repeats: int) -> bytes:
    """Write jobs by name; equal ones share their text, which is what makes ten thousand of them quick."""
    entries = [f"{json.dumps(r.subsystem)}: {json.dumps(_resource(r))}" for r in workload.requirements]
    profiles = workload.profiles()
    resources = ["{" + ", ".join(entries[i] for i in workload.row(job)) + "}" for job in profiles.first.tolist()]
    extra = [(json.dumps(key), column) for key, column in workload.columns.items()]
    lines = {}
    for job, (name, profile) in enumerate(zip(workload.names, profiles.of_job.tolist(), strict=True)):
        facts = "".join(f"{key}: {json.dumps(column[job])}, " for key, column in extra)
        quoted = json.dumps(name)
        lines[name] = f'{quoted}: {{"name": {quoted}, {facts}"resources": {resources[profile]}}}'
    text = '{"jobspecs": {\n' + ",\n".join(lines.values()) + f'\n}},\n"removed_repeated": {repeats}}}\n'
    return text.encode()


def _resource(requirement: Requirement) -> Any:
    if len(requirement.conditions) == 1 and isinstance(requirement.conditions[0].predicate, InVersionRange):
        low, high = requirement.conditions[0].predicate.versions.bounds
        return {"max": high, "min": low}
    return str(requirement)


def _mean(numbers: Sequence[float]) -> float | None:
    return float(np.mean(numbers)) if numbers else None
