"""The keys by which a later sweep knows scenarios that were replayed before: all that a replay depends on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import fields

import numpy as np

import placewise
from placewise.formats.fleets.vocabulary.reading import vocabulary_document
from placewise.formats.requirements.rows import requirement_row
from placewise.model.fleets.cluster import Fleet
from placewise.model.traces.scenarios import Scenario
from placewise.model.traces.trace import Labels, Trace


def scenario_keys(trace: Trace, scenarios: Sequence[Scenario]) -> list[str]:
    """Return a text for each scenario, the same only if version, jobs, fleet, settings and metadata are."""
    jobs = _jobs(trace)
    fleets = {id(one.fleet): _fleet(one.fleet) for one in scenarios}
    return [
        json.dumps(
            [
                placewise.__version__,
                jobs,
                fleets[id(one.fleet)],
                {each.name: getattr(one.settings, each.name) for each in fields(one.settings)}
                | {"policies": dict(one.settings.policies)},
                one.metadata,
            ],
            sort_keys=True,
        )
        for one in scenarios
    ]


def _jobs(trace: Trace) -> str:
    """Return a hash of what a trace says of its jobs, but for their names."""
    found = hashlib.sha256()
    for each in fields(trace):
        value = getattr(trace, each.name)
        column = value.codes if isinstance(value, Labels) else value
        if isinstance(column, np.ndarray):
            found.update(f"{each.name} {column.dtype.str} {len(column)}\n".encode())
            found.update(np.ascontiguousarray(column).tobytes())
    asks = [[requirement_row(one) for one in requirements] for requirements in trace.asks]
    found.update(json.dumps([asks, trace.processor_parts], sort_keys=True).encode())
    return found.hexdigest()


def _fleet(fleet: Fleet) -> str:
    """Return a hash of a fleet, whose clusters are frozen values that show all they hold."""
    found = hashlib.sha256(json.dumps(vocabulary_document(fleet.vocabulary), sort_keys=True).encode())
    for cluster in fleet.clusters:
        found.update(repr(cluster).encode(errors="replace"))
    return found.hexdigest()
