"""NFD's image compatibility: what an image needs of the features of a node. Its sets are alternatives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from placewise.errors import InputError
from placewise.formats.given import Given
from placewise.formats.jobs.imports.draft import Draft
from placewise.formats.jobs.imports.match_expressions import FLAGS, INSTANCES, feature_condition, one_of
from placewise.formats.node_facts import NAMES
from placewise.formats.notations.nfd_regexps import literals
from placewise.formats.reading import name_of
from placewise.formats.values import mapping, sequence, text
from placewise.model.jobs.imported_job import ImportedJob
from placewise.model.requirements.predicates import Contains, Equals
from placewise.model.requirements.requirement import Condition, Expression, Requirement, all_of, any_of, negated

NOT_ASKED = "has no meaning here, so the job does not ask for it"


def is_image_compatibility(document: object) -> bool:
    """Whether a document is one: sets of rules."""
    found = document.get("compatibilities") if isinstance(document, dict) else None
    return isinstance(found, list) and bool(found) and isinstance(found[0], dict) and "rules" in found[0]


def import_image_compatibility(given: Given) -> list[ImportedJob]:
    """Return the job of an image. Raises InputError naming the place of what cannot be read."""
    document = mapping(given.yaml(), "document")
    draft = Draft(name_of(given.path) or "image", str(given.path))
    sets: list[Expression] = []
    for number, value in enumerate(sequence(document.get("compatibilities"), "compatibilities")):
        place = f"compatibilities[{number}]"
        entry = mapping(value, place)
        for key in sorted(entry.keys() & {"weight"}):
            draft.leave_out(f"{place}.{key}", "is a wish")
        parts = []
        for at, one in enumerate(sequence(entry.get("rules"), f"{place}.rules")):
            parts += _rule(mapping(one, f"{place}.rules[{at}]"), f"{place}.rules[{at}]", draft)
        if parts:
            sets.append(all_of(parts))
    if not sets:
        raise InputError("asks for nothing that Placewise reads", place="compatibilities", expected="rules of features")
    draft.requirements.append(any_of(sets))
    return [draft.done()]


def _rule(rule: Mapping[str, Any], place: str, draft: Draft) -> list[Expression]:
    parts = _features(rule.get("matchFeatures"), f"{place}.matchFeatures", draft)
    branches = []
    for number, value in enumerate(sequence(rule.get("matchAny") or [], f"{place}.matchAny")):
        at = f"{place}.matchAny[{number}]"
        branch = _features(mapping(value, at).get("matchFeatures"), f"{at}.matchFeatures", draft)
        if not branch:
            # A branch of which nothing is left would always hold.
            draft.leave_out(f"{place}.matchAny", NOT_ASKED)
            return parts
        branches.append(all_of(branch))
    return [*parts, any_of(branches)] if branches else parts


def _features(value: Any, place: str, draft: Draft) -> list[Expression]:
    found: list[Expression] = []
    for number, term in enumerate(sequence(value or [], place)):
        at = f"{place}[{number}]"
        entry = mapping(term, at)
        feature = text(entry.get("feature"), f"{at}.feature")
        if entry.get("matchName"):
            found += _names(feature, mapping(entry["matchName"], f"{at}.matchName"), f"{at}.matchName", draft)
        expressions = mapping(entry.get("matchExpressions") or {}, f"{at}.matchExpressions")
        asked = {name: _asked(one, f"{at}.matchExpressions.{name}") for name, one in expressions.items()}
        found += _of_flags(feature, asked, at, draft) if feature in FLAGS else _of_vertex(feature, asked, at, draft)
    return found


def _asked(value: Any, place: str) -> tuple[str, tuple[str, ...]]:
    entry = mapping(value, place)
    values = entry.get("value")
    listed = values if isinstance(values, list) else [] if values is None else [values]
    return text(entry.get("op"), f"{place}.op"), tuple([text(one, f"{place}.value") for one in listed])


def _names(feature: str, entry: Mapping[str, Any], place: str, draft: Draft) -> list[Expression]:
    operator, values = _asked(entry, place)
    found = [literals(one) for one in values] if operator == "InRegexp" else [values]
    names = tuple([name for one in found for name in one or ()])
    if operator in ("In", "InRegexp") and names and None not in found:
        if feature in FLAGS:
            return [Requirement(feature, (Condition("name", one_of(names)),))]
        return [any_of(Requirement(feature, (Condition(NAMES, Contains((name,))),)) for name in names)]
    if operator == "Exists":
        return [Requirement(feature)]
    draft.leave_out(f"{place} {operator}", NOT_ASKED)
    return []


def _of_flags(
    feature: str, asked: Mapping[str, tuple[str, tuple[str, ...]]], place: str, draft: Draft
) -> list[Expression]:
    """Return a test a flag: each is a vertex with its name."""
    found: list[Expression] = []
    for name, (operator, _) in asked.items():
        wanted = Requirement(feature, (Condition("name", Equals(name)),))
        if operator in ("Exists", "DoesNotExist"):
            found.append(wanted if operator == "Exists" else negated(wanted))
        else:
            draft.leave_out(f"{place}, {name} {operator}", NOT_ASKED)
    return found


def _of_vertex(
    feature: str, asked: Mapping[str, tuple[str, tuple[str, ...]]], place: str, draft: Draft
) -> list[Expression]:
    """Return one test of one vertex that is all that is asked; what one cannot be asked is left out."""
    conditions: list[Condition] = []
    absent: list[str] = []
    # Of attributes there is one vertex. Of several each would have to lack a field, and none may be what is meant.
    one_alone = feature not in INSTANCES
    for name, (operator, values) in asked.items():
        condition = feature_condition(name, operator, values, f"{place}, {name}")
        if condition is not None:
            conditions.append(condition)
        elif operator == "DoesNotExist" and one_alone:
            absent.append(name)
        else:
            draft.leave_out(f"{place}, {name} {operator}", NOT_ASKED)
    found: list[Expression] = [Requirement(feature, tuple(conditions))] if conditions or absent else []
    return [*found, *(negated(Requirement(feature, (Condition(NAMES, Contains((name,))),))) for name in absent)]
