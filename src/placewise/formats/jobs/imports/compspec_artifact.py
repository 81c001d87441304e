"""compspec's artifacts: the attributes that an image was built for, each of which is asked for."""

from __future__ import annotations

from placewise.errors import InputError
from placewise.formats.given import Given
from placewise.formats.jobs.imports.draft import Draft
from placewise.formats.reading import name_of
from placewise.formats.values import mapping, scalar, sequence, text
from placewise.model.jobs.imported_job import ImportedJob
from placewise.model.requirements.requirement import Condition, Requirement, equality
from placewise.model.scalar import scalar_text

_READ = ("version", "kind", "metadata", "compatibilities")


def is_compspec_artifact(document: object) -> bool:
    """Whether a document is one."""
    return isinstance(document, dict) and document.get("kind") == "CompatibilitySpec"


def import_compspec_artifact(given: Given) -> list[ImportedJob]:
    """Return the job of an artifact, a test of one vertex a compatibility. Raises InputError naming the place."""
    document = mapping(given.yaml(), "document")
    draft = Draft(name_of(given.path) or "image", str(given.path))
    for key in sorted(document.keys() - set(_READ)):
        draft.leave_out(key, "is not understood, and may be a demand")
    for number, value in enumerate(sequence(document.get("compatibilities"), "compatibilities")):
        place = f"compatibilities[{number}]"
        entry = mapping(value, place)
        name = text(entry.get("name"), f"{place}.name")
        conditions = []
        for field, wanted in mapping(entry.get("attributes") or {}, f"{place}.attributes").items():
            said = scalar_text(scalar(wanted, f"{place}.attributes.{field}"))
            conditions.append(Condition(field, equality(field, said)))
        if conditions:
            draft.requirements.append(Requirement(name, tuple(conditions)))
    if not draft.requirements:
        raise InputError("asks for nothing", place="compatibilities", expected="attributes")
    return [draft.done()]
