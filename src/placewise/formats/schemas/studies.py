"""Study files, orders and costs as schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin, get_type_hints

from placewise.formats.schemas.plain import (
    AMOUNT,
    AMOUNT_OR_ZERO,
    COUNT,
    END,
    NAME,
    READ_BY,
    TEXT,
    WHOLE,
    Schema,
    any_key,
    closed,
    has,
    lacks_both,
    list_of,
    mapping_of,
    when,
)
from placewise.formats.schemas.scenarios import POLICY, setting_schemas
from placewise.formats.studies import outcome_table, study_file, timed_table
from placewise.formats.studies.study_settings import (
    FORMER_SETTINGS,
    MOST_CLUSTERS,
    MOST_JOBS,
    SETTINGS,
    names_of,
    share_of,
)
from placewise.formats.traces.format_names import TraceFormat
from placewise.model.jobs.records import Kind
from placewise.model.outcomes.outcome_model import EnvironmentDraw
from placewise.model.studies.settings import BOUNDS, Settings
from placewise.model.studies.study import CHOSEN, EXPERIMENTS, FOLDER_NAMES, NONE, TIMED, UNMATCHED_AT
from placewise.model.traces.trace_cleaning import Cleaning

_A_NAME: Schema = {**TEXT, "pattern": rf"^[^,\u0000-\u001f\u007f-\u009f]*{END}"}
_NAMES = list_of(_A_NAME, uniqueItems=True)
# Beside those of plain values; seeds are read as all whole numbers of a run are.
_READ_BY: Mapping[Any, Schema] = {
    **READ_BY,
    names_of: _NAMES,
    share_of: {**AMOUNT_OR_ZERO, "maximum": 1},
    SETTINGS["seed"]: WHOLE,
}


def study() -> Schema:
    """Return the schema of a study file, which is TOML."""
    column = {"enum": list(get_args(Kind))}
    parts = {
        **dict.fromkeys(study_file.PATHS, TEXT),
        "fleet": _draw("clusters", MOST_CLUSTERS),
        "workload": _draw("jobs", MOST_JOBS),
        "columns": mapping_of(column, names={}),
        "run": _run(),
        "timed": _timed(),
        "questions": mapping_of(_question()),
        "rules": list_of(_rule()),
        "metadata": closed(study_file.METADATA_KEYS, dict.fromkeys(study_file.METADATA_KEYS, _NAMES)),
        "levels": _levels(),
        "outcome": _outcome(),
    }
    former, parts = _with_former(parts, study_file.FORMER)
    names_of_key = {new: [new, old] for old, new in study_file.FORMER.items()}
    all_of_them = (*study_file.DECLARING, "levels")
    declaring = [name for key in study_file.DECLARING for name in names_of_key.get(key, [key])]
    complete = {
        "allOf": [any_key(names_of_key.get(key, [key])) for key in all_of_them],
        "properties": {
            "rules": {"minItems": 1},
            **{name: {"required": list(study_file.METADATA_KEYS)} for name in names_of_key["metadata"]},
        },
    }
    beside = [
        lacks_both(one, name)
        for one, other in study_file.EXCLUSIVE
        for name in (names_of_key.get(other, [other]) if one == "trace" else [other])
    ]
    timed = [when({"required": ["timed"]}, {"required": ["trace"]}), *_experiments_of_traces()]
    return {
        "description": "Fleet and jobs, how to run, the questions, the levels of metadata, and what decides success.",
        **closed((*study_file.KEYS, *study_file.FORMER), parts),
        "allOf": [*beside, *timed, *former, when(any_key(declaring), complete), *_learned(names_of_key)],
    }


def _outcome() -> Schema:
    """Return the schema of what decides success: one source, and facts where it is not the rules."""
    file = {**TEXT, "description": "A path, relative to this file."}
    parts = {"rules": {"const": True}, "model": file, "observed": file, "facts": {**_NAMES, "minItems": 1}}
    sources = [{"required": [source]} for source in outcome_table.SOURCES]
    return {
        **closed(parts, parts),
        "oneOf": sources,
        "allOf": [lacks_both("rules", "facts")],
        "description": "What decides success: the rules, a learned model, or what records say.",
    }


def _learned(names_of_key: Mapping[str, list[str]]) -> list[Schema]:
    """Return what says that rules are not beside a model, and that what is drawn from records has one."""
    rules = [name for key in outcome_table.BESIDE_RULES for name in names_of_key.get(key, [key])]
    learned = has(outcome={"type": "object", **any_key(("model", "observed"))})
    drawn = has(**{part: {"type": "object", "required": ["records"]} for part in ("fleet", "workload")})
    either = {"anyOf": [has(**{part: drawn["properties"][part]}) for part in drawn["properties"]]}
    return [when(learned, {"not": any_key(rules)}), when(either, {"allOf": [drawn, learned]})]


def order() -> Schema:
    """Return the schema of an order file that is JSON; one of lines has none."""
    return {**list_of(TEXT, least=1, uniqueItems=True)}


def costs() -> Schema:
    """Return the schema of a file of what collecting each subsystem costs."""
    return {**mapping_of(AMOUNT_OR_ZERO, least=1)}


def _with_former(parts: dict[str, Schema], former: Mapping[str, str]) -> tuple[list[Schema], dict[str, Schema]]:
    """Return what says that no part stands there under two names, and the parts under their former names as well."""
    old = {one: {**parts[new], "deprecated": True} for one, new in former.items()}
    return [lacks_both(one, new) for one, new in former.items()], parts | old


def _draw(counted: str, most: int) -> Schema:
    parts = {
        "profile": {**TEXT, "description": "A shipped profile, or the path of a file.", "examples": ["reliabuild"]},
        counted: {**COUNT, "maximum": most},
        "seed": WHOLE,
        "records": {**TEXT, "description": "Records with outcomes to draw from: a path, relative to this file."},
    }
    ways = {"draw": {"enum": list(get_args(EnvironmentDraw))}} if counted == "clusters" else {}
    limits = [lacks_both("profile", "records"), *(when({"required": [way]}, {"required": ["records"]}) for way in ways)]
    return {**closed(parts | ways, parts | ways), "allOf": limits}


def _run() -> Schema:
    former, parts = _with_former({key: _setting(key) for key in SETTINGS}, FORMER_SETTINGS)
    some = {"type": "array", "minItems": 1}
    named = {"anyOf": [has(**{key: some}) for key in ("metadata", *FORMER_SETTINGS)]}
    chosen = when(has(experiments={"type": "array", "contains": {"const": CHOSEN}}), named)
    return {**closed(parts, parts), "allOf": [*former, chosen], "description": "The options of placewise simulate."}


def _timed() -> Schema:
    """Return the schema of how a trace is read and replayed."""
    parts = {
        **{key: _READ_BY[read] for key, read in timed_table.READ.items()},
        **setting_schemas(),
        "policies": list_of(POLICY, least=1, uniqueItems=True),
        "levels": {**_NAMES, "description": "Levels of metadata: none, single, all, and those of the study."},
        "clean": {"enum": list(get_args(Cleaning))},
        "format": {"enum": list(get_args(TraceFormat))},
        "machines": {**TEXT, "description": "A path, relative to this file."},
    }
    return {
        **closed(timed_table.KEYS, parts),
        "description": "How the trace is read, and replayed: every queue policy with every level of metadata.",
    }


def _experiments_of_traces() -> list[Schema]:
    """Return what says that a trace has the experiment timed alone, and no other study has it."""
    run = {"type": "object", "properties": {"experiments": {"items": {"const": TIMED}}}}
    other = {"type": "object", "properties": {"experiments": {"items": {"not": {"const": TIMED}}}}}
    return [when({"required": ["trace"]}, {"properties": {"run": run}}, {"properties": {"run": other}})]


def _setting(key: str) -> Schema:
    """Return what a setting is: as its reader takes it, within what `Settings` does."""
    found = dict(_READ_BY[SETTINGS[key]])
    if key in BOUNDS:
        found["minimum"], found["maximum"] = BOUNDS[key]
    hint = get_type_hints(Settings).get(key)
    literal = next((one for one in (hint, *get_args(hint)) if get_origin(one) is Literal), None)
    return {"enum": list(get_args(literal))} if literal is not None else found


def _question() -> Schema:
    parts = {"subsystem": TEXT, "fields": list_of(_comparison(), least=1)}
    return closed(study_file.QUESTION_KEYS, parts, required=study_file.QUESTION_KEYS)


def _comparison() -> Schema:
    columns = {key: {**TEXT, "description": "A column of the records."} for key in ("equals", "at_least", "at_most")}
    parts = {"field": TEXT, **columns, "at_most_factor": AMOUNT}
    bounded = any_key(("at_least", "at_most"))
    return {
        **closed(study_file.FIELD_KEYS, parts, required=("field",)),
        "oneOf": [{"required": ["equals"]}, bounded],
        "allOf": [when({"required": ["at_most"]}, {}, {"properties": {"at_most_factor": {"const": 1}}})],
    }


def _rule() -> Schema:
    question = {**TEXT, "description": "The name of a question."}
    parts: dict[str, Schema] = {"name": TEXT, "question": question, "published": question}
    former, parts = _with_former(parts, study_file.FORMER_OF_RULES)
    asked = ["question", *(old for old, new in study_file.FORMER_OF_RULES.items() if new == "question")]
    keys = (*study_file.RULE_KEYS, *study_file.FORMER_OF_RULES)
    return {**closed(keys, parts, required=("name",)), **any_key(asked), "allOf": former}


def _levels() -> Schema:
    taken = [name for name in (*EXPERIMENTS, *FOLDER_NAMES.values(), UNMATCHED_AT) if name != NONE]
    return {
        **mapping_of(_NAMES, names={**NAME, "not": {"enum": taken}}),
        "properties": {NONE: {**_NAMES, "maxItems": 0}},
    }
