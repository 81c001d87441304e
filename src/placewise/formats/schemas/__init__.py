"""JSON Schemas (draft 2020-12) of the documents that people write, made of the tables that their readers use."""

from __future__ import annotations

import importlib
from typing import Any

from placewise.errors import InputError, one_of
from placewise.formats.schemas.meanings import with_meanings

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_KINDS = {
    "jobspec": ("jobs.jobspecs", "A jobspec in any of the three dialects"),
    "vocabulary": ("vocabulary", "vocabulary.yaml: what the words of a fleet mean"),
    "graph": ("graphs", "nodes.json or another graph of resources (JGF), as of Fluxion"),
    "subsystem": ("graphs", "NAME-subsystem.json: the graph of a subsystem (JGF)"),
    "state": ("graphs", "state.json: plain values of a cluster"),
    "resource-set": ("graphs", "R, the resources of a Flux instance or job"),
    "cluster-features": ("experiments", "cluster-features.json: what each cluster offers"),
    "jobs": ("experiments", "jobspecs/*.yaml of an experiment: jobs that ask for versions"),
    "builds": ("experiments", "jobspecs/*.yaml of an experiment: build records"),
    "study": ("studies", "A study file (TOML)"),
    "scenarios": ("scenarios", "A scenario file of replays (TOML)"),
    "expectations": ("expectations", "expectations.yaml: which clusters should match which jobs"),
    "order": ("studies", "An order file that is JSON"),
    "costs": ("studies", "What collecting each subsystem costs"),
    "prices": ("experiments", "What a node hour costs on each cluster"),
    "priorities": ("choosing", "Priorities, alone or inside a rainbow configuration"),
    "rainbow-config": ("choosing", "rainbow-config.yaml: the configuration of a rainbow scheduler"),
    "profile": ("profiles", "A profile that fleets and jobs are drawn from"),
}

NAMES = tuple(_KINDS)
"""The names of the schemas."""


def schema(name: str) -> dict[str, Any]:
    """Return the schema of a kind of document, one of NAMES. Raises InputError for another name.

    Its ``$id`` is ``urn:placewise:schema:NAME``: no host has it, and it refers to no other document.
    """
    module, title = _kind(name)
    made: dict[str, Any] = getattr(importlib.import_module(f"{__name__}.{module}"), name.replace("-", "_"))()
    return {"$schema": DIALECT, "$id": id_of(name), "title": title, **with_meanings(name, made)}


def id_of(name: str) -> str:
    """Return the ``$id`` of a schema."""
    return f"urn:placewise:schema:{name}"


def title_of(name: str) -> str:
    """Return what documents a schema is of, in a line. Raises InputError as `schema` does."""
    return _kind(name)[1]


def _kind(name: str) -> tuple[str, str]:
    if name not in _KINDS:
        raise InputError("no such schema", found=name, expected=one_of(name, NAMES))
    return _KINDS[name]
