"""What a study file says decides success: the table `outcome`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from placewise.errors import InputError, Words
from placewise.formats import values
from placewise.formats.studies.study_settings import names_of

OutcomeSource: TypeAlias = Literal["rules", "model", "observed"]
SOURCES: tuple[OutcomeSource, ...] = ("rules", "model", "observed")
BESIDE_RULES = ("questions", "rules", "metadata", "records", "jobspecs", "trace", "clusters")
"""What means nothing where a model, or records, say what decides."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What decides success.

    source : rules, a learned model, or what records say. path : of the model, or of the records. facts : what metadata
    may be on, names of facts or of groups of them; empty for every group.
    """

    source: OutcomeSource = "rules"
    path: Path | None = None
    facts: tuple[str, ...] = ()


def outcome_of(document: Mapping[str, Any], folder: Path) -> Outcome:
    """Return what decides success; rules where the document does not say.

    Raises InputError for two sources, another than these, and what means nothing beside the source.
    """
    if "outcome" not in document:
        return Outcome()
    entry = values.known_keys(document["outcome"], (*SOURCES, "facts"), "outcome")
    given = [source for source in SOURCES if source in entry]
    if len(given) != 1:
        problem = "names several sources of outcomes" if given else "names no source of outcomes"
        expected = 'one of rules = true, model = "FILE", observed = "FILE"'
        raise InputError(problem, place="outcome", found=Words(", ".join(given)) if given else None, expected=expected)
    source = given[0]
    facts = names_of(entry["facts"], "outcome.facts") if "facts" in entry else ()
    if source == "rules":
        if not values.flag(entry["rules"], "outcome.rules"):
            raise InputError(
                "is false, and no other source of outcomes is given", place="outcome.rules", expected="true, or a model"
            )
        if "facts" in entry:
            raise InputError("has no effect where rules decide", place="outcome.facts", expected="a model, or records")
        return Outcome()
    if "facts" in entry and not facts:
        raise InputError("names nothing", place="outcome.facts", expected="one or more facts, or groups of them")
    for key in BESIDE_RULES:
        if key in document:
            problem = "has no effect where a model of outcomes decides"
            raise InputError(problem, place=key, expected=f"one of {key} and outcome.{source}")
    return Outcome(source, folder / values.text(entry[source], f"outcome.{source}"), facts)
