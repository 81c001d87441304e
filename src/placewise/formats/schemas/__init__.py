"""JSON Schemas (draft 2020-12) of the documents that people write, made of the tables that their readers use."""

from __future__ import annotations

import importlib
from typing import Any

from placewise.errors import InputError

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_WHERE = {
    "jobspec": "jobspecs",
    "jobs": "experiments",
    "builds": "experiments",
    "cluster-features": "experiments",
    "prices": "experiments",
    "graph": "graphs",
    "subsystem": "graphs",
    "state": "graphs",
    "resource-set": "graphs",
    "vocabulary": "vocabulary",
    "rainbow-config": "choosing",
    "priorities": "choosing",
    "study": "studies",
    "order": "studies",
    "costs": "studies",
    "profile": "profiles",
}
"""The module of each schema, in which a function of its name makes it."""

NAMES = tuple(_WHERE)


def schema(name: str) -> dict[str, Any]:
    """Return the schema of a kind of document, one of NAMES. Raises InputError for another name."""
    if name not in _WHERE:
        raise InputError("no such schema", found=name, expected=" or ".join(NAMES))
    made: dict[str, Any] = getattr(importlib.import_module(f"{__name__}.{_WHERE[name]}"), name.replace("-", "_"))()
    return {"$schema": DIALECT, "$id": f"urn:placewise:schema:{name}", **made}
