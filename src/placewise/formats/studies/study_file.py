"""Study files: fleet and jobs, how to run, the questions, what levels have metadata on, what decides success (TOML)."""

from __future__ import annotations

import hashlib
import importlib.resources
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from placewise.errors import InputError, locating, one_of
from placewise.formats import values
from placewise.formats.fleets.cluster_features import RELIABUILD, SPACK_BUILD
from placewise.formats.reading import decode, read_bytes
from placewise.formats.studies.outcome_table import Outcome, outcome_of
from placewise.formats.studies.study_settings import (
    MOST_CLUSTERS,
    MOST_JOBS,
    Draw,
    Setting,
    columns_of,
    draw_of,
    names_of,
    run_of,
)
from placewise.formats.studies.timed_table import TimedTable, timed_of
from placewise.formats.studies.toml_text import parse_toml
from placewise.model.jobs.records import BUILD_COLUMNS, Kind, Records
from placewise.model.jobs.workload import Workload
from placewise.model.studies.study import Comparison, Level, Question, Rule, Study

SHIPPED = "spack-build-study.toml"
QUESTION_KEYS = ("subsystem", "fields")
FIELD_KEYS = ("field", "equals", "at_least", "at_most", "at_most_factor")
RULE_KEYS = ("name", "question", "published")
METADATA_KEYS = ("expanding", "everything")
_DATASETS = (RELIABUILD, SPACK_BUILD)
DECLARING = ("questions", "rules", "metadata")
PATHS = ("source", "records", "jobspecs", "trace", "clusters")
KEYS = (*PATHS, "fleet", "workload", "columns", "run", "timed", *DECLARING, "levels", "outcome")
"""What stands at the top of a study file."""
EXCLUSIVE = (
    *(("source", other) for other in ("fleet", "workload", "records", "jobspecs")),
    *(("records", other) for other in ("fleet", "jobspecs")),
    *(("jobspecs", other) for other in ("fleet", "workload")),
    *(("trace", other) for other in ("source", "records", "jobspecs", "fleet", "workload", "columns", *DECLARING)),
)
"""What cannot stand side by side."""
FORMER = {"forms": "questions", "told": "metadata"}
FORMER_OF_RULES = {"form": "question"}
"""Names of former versions, which are still read."""


@dataclass(frozen=True, slots=True, eq=False)
class StudyFile:
    """All that a study file says.

    source : the experiment folder. fleet, workload : what to draw instead; None where there is no such table.
    records, clusters : a table of records and the fleet they are tried on, instead. columns : what columns hold.
    jobspecs : a folder of jobspecs, instead of records. trace : recorded jobs, instead of either; timed : how it is
    read and replayed.
    run : settings, by the names of the options of `simulate`. outcome : what decides success.
    questions, rules, levels, expanding, everything : as in `Study`. sha256 : of the file, in hex.
    """

    path: Path
    source: Path | None
    fleet: Draw | None
    workload: Draw | None
    records: Path | None
    jobspecs: Path | None
    trace: Path | None
    clusters: Path | None
    columns: Mapping[str, Kind]
    run: Mapping[str, Setting]
    timed: TimedTable
    outcome: Outcome
    questions: tuple[Question, ...]
    rules: tuple[Rule, ...]
    levels: tuple[Level, ...]
    expanding: tuple[str, ...]
    everything: tuple[str, ...]
    sha256: str

    def declared(self, study: Study) -> dict[str, Any]:
        """Return what the file says of the fields of a study of its jobs; what it leaves open stays as it is.

        Raises InputError for levels on questions that the study does not have.
        """
        if self.rules or self.questions:
            return {
                "questions": self.questions,
                "rules": self.rules,
                "levels": self.levels,
                "expanding": self.expanding,
                "everything": self.everything,
            }
        if not self.levels:
            return {}
        known = {question.name for question in study.questions}
        for level in self.levels if known else ():
            for name in level.metadata:
                if name not in known:
                    raise InputError(
                        "no such question",
                        place=f"levels.{level.name}",
                        found=name,
                        expected=one_of(name, sorted(known)),
                    )
        return {"levels": self.levels}


def read_study_file(path: Path) -> StudyFile:
    """Return what a study file says; its paths are relative to it.

    Raises InputError naming file and place, also for a source beside draws.
    """
    content = read_bytes(path)
    document = values.renamed(parse_toml(decode(content, path), path), FORMER, str(path))
    with locating(file=path):
        values.known_keys(document, KEYS, "the study")
        paths = {key: path.parent / values.text(document[key], key) for key in PATHS if key in document}
        for one, other in EXCLUSIVE:
            if one in document and other in document:
                raise InputError(f"is given together with {one}", place=other, expected="one of the two")
        fleet, workload = (
            draw_of(document[key], key, counted, most, _DATASETS, path.parent) if key in document else None
            for key, counted, most in (("fleet", "clusters", MOST_CLUSTERS), ("workload", "jobs", MOST_JOBS))
        )
        run = run_of(document.get("run", {}), "run", path.parent)
        if "timed" in document and "trace" not in document:
            raise InputError("has no effect without a trace", place="timed", expected='trace = "FILE"')
        timed = timed_of(document.get("timed", {}), "timed", path.parent)
        outcome = outcome_of(document, path.parent)
        _refuse_halves(fleet, workload, outcome)
        columns = columns_of(document.get("columns", {}), "columns")
        # The columns of a table are known when it is read.
        found = _declared(document, None if "records" in paths else {**BUILD_COLUMNS, **columns})
    return StudyFile(
        path,
        paths.get("source"),
        fleet,
        workload,
        paths.get("records"),
        paths.get("jobspecs"),
        paths.get("trace"),
        paths.get("clusters"),
        columns,
        run,
        timed,
        outcome,
        **found,
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _refuse_halves(fleet: Draw | None, workload: Draw | None, outcome: Outcome) -> None:
    """Raise InputError where one alone of fleet and jobs is drawn from records, or nothing says what happens."""
    drawn = [one is not None and one.records is not None for one in (fleet, workload)]
    if drawn[0] != drawn[1]:
        place = "workload" if drawn[0] else "fleet"
        raise InputError(
            "is not drawn from records, but the other is", place=place, expected='records = "FILE" in both'
        )
    if drawn[0] and outcome.source == "rules":
        expected = "outcome.model, or outcome.observed"
        raise InputError("is drawn from records, but nothing says which jobs succeed", place="fleet", expected=expected)


def declared_for(jobs: Workload | Records) -> dict[str, Any]:
    """Return the fields of a study that no file describes: for build records those that come with the package."""
    return {} if isinstance(jobs, Workload) else shipped_declarations()


@cache
def shipped_declarations() -> dict[str, Any]:
    """Return questions, rules, levels, expanding and everything of the study that comes with the package."""
    file = importlib.resources.files("placewise.formats") / "data" / SHIPPED
    return _declared(parse_toml(file.read_text(encoding="utf-8"), SHIPPED), BUILD_COLUMNS)


def _declared(document: Mapping[str, Any], columns: Mapping[str, Kind] | None) -> dict[str, Any]:
    """Return the fields of a study that a document declares; columns : those of the records, None where not known."""
    declares = any(key in document for key in DECLARING)
    listed = values.mapping(document.get("questions", {}), "questions")
    questions = {name: _question(name, entry, columns) for name, entry in listed.items()}
    metadata = values.known_keys(document.get("metadata", {}), METADATA_KEYS, "metadata")
    if declares:
        for key in (*DECLARING, "levels"):
            if key not in document:
                raise InputError("is missing", place=key, expected=f"tables {', '.join((*DECLARING, 'levels'))}")
    rules = tuple(
        _rule(values.mapping(entry, f"rules[{number}]"), questions, f"rules[{number}]")
        for number, entry in enumerate(values.sequence(document.get("rules", []), "rules"))
    )
    if declares and not rules:
        raise InputError("the study has no outcome rules", place="rules", expected="at least one")
    found: dict[str, Any] = {
        "questions": tuple(questions.values()),
        "rules": rules,
        "levels": tuple(
            _level(name, entry, questions if declares else None)
            for name, entry in values.mapping(document.get("levels", {}), "levels").items()
        ),
    }
    for key in METADATA_KEYS:
        place = f"metadata.{key}"
        found[key] = _chosen(metadata.get(key), questions, place) if declares else ()
    return found


def _level(name: str, value: Any, questions: Mapping[str, Question] | None) -> Level:
    place = values.inside("levels", name)
    metadata = names_of(value, place) if questions is None else _chosen(value, questions, place)
    with locating(place=place):
        return Level(values.text(name, "the name"), metadata)


def _question(name: str, value: Any, columns: Mapping[str, Kind] | None) -> Question:
    place = values.inside("questions", name)
    values.text(name, "questions")
    entry = values.known_keys(value, QUESTION_KEYS, place)
    subsystem = values.text(entry.get("subsystem"), f"{place}.subsystem")
    listed = values.sequence(entry.get("fields"), f"{place}.fields")
    with locating(place=place):
        return Question(
            name, subsystem, tuple(_field(one, f"fields[{number}]", columns) for number, one in enumerate(listed))
        )


def _field(value: Any, place: str, columns: Mapping[str, Kind] | None) -> Comparison:
    entry = values.known_keys(value, FIELD_KEYS, place)
    compared = {
        key: values.text(entry[key], f"{place}.{key}") for key in ("equals", "at_least", "at_most") if key in entry
    }
    factor = values.amount(entry.get("at_most_factor", 1.0), f"{place}.at_most_factor")
    with locating(place=place):
        found = Comparison(values.text(entry.get("field"), "field"), **compared, at_most_factor=factor)
        if columns is not None:
            found.check(columns)
        return found


def _rule(entry: dict[str, Any], questions: Mapping[str, Question], place: str) -> Rule:
    entry = values.known_keys(values.renamed(entry, FORMER_OF_RULES, place), RULE_KEYS, place)
    published = _named(entry["published"], questions, f"{place}.published") if "published" in entry else None
    name = values.text(entry.get("name"), f"{place}.name")
    return Rule(name, _named(entry.get("question"), questions, place), published)


def _chosen(value: Any, questions: Mapping[str, Question], place: str) -> tuple[str, ...]:
    return tuple(_named(name, questions, place).name for name in names_of(value, place))


def _named(value: Any, questions: Mapping[str, Question], place: str) -> Question:
    name = values.text(value, place)
    if name not in questions:
        raise InputError("no such question", place=place, found=name, expected=one_of(name, questions))
    return questions[name]
