"""A study as plain values: what `study.json` says of it, and the key by which parts of its runs are known."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

from placewise.formats.codec import to_document
from placewise.formats.results.study_record import study_record
from placewise.model.studies.study import Study


def described(study: Study, command: str, counts: dict[str, int]) -> dict[str, Any]:
    """Return what `study.json` says of a study; counts : of what took part in the run."""
    found = study_record(
        asdict(study.settings),
        source=study.source,
        command=command,
        inputs=study.hashes,
        parsed=study.parsed,
        counts=counts,
    )
    declared = {
        "levels": {level.name: list(level.metadata) for level in study.levels},
        "questions": [asdict(question) for question in study.questions],
        "rules": [asdict(rule) for rule in study.rules],
        "expanding": list(study.expanding),
        "everything": list(study.everything),
    }
    if study.truth is not None:
        names = {name: list(facts) for name, facts in study.truth.names.items()}
        declared["outcome"] = {"source": study.truth.model.kind, "facts": names}
    if study.trace is not None:
        declared["timed"] = to_document(study.timed)
    return found | {"study": declared}


def study_key(study: Study) -> str:
    """Return the text by which a later run knows parts of this one: inputs, settings and versions as JSON."""
    # Where files lie does not matter when their content is known.
    placed = replace(study, source="") if study.hashes else study
    return json.dumps(described(placed, "", {}), sort_keys=True)
