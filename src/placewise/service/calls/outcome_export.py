"""The outcomes that a service was reported, exported for what learns from them: `placewise outcomes` and `fit`."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Engine

from placewise.errors import InputError, PlacewiseError
from placewise.formats import values
from placewise.formats.fleets.cluster_texts import parse_cluster
from placewise.formats.jobs.jobspec import jobspec_text
from placewise.formats.records.outcome_writing import OutcomeRow, writing_outcomes
from placewise.formats.writing import refuse_existing
from placewise.model.fleets.cluster import Cluster
from placewise.model.outcomes.outcome_records import DEPENDENCIES
from placewise.model.scalar import Scalar, decimal
from placewise.service.live.forecasts import package_of
from placewise.service.store.rows.clusters import load_clusters
from placewise.service.store.rows.ended import EndedJob, ended_jobs
from placewise.service.store.using import beside_servers
from placewise.synthesis.environments import runtime_facts_of, values_on

_FACTS = ("compiler", "compiler_version", "arch")
_LONGEST_NAME = 256
_LONGEST_S = 1e10
_LARGEST_BYTES = 1e20
_REMEMBERED = 256


@dataclass(slots=True)
class Exported:
    """What became of the jobs that were reported on.

    without_package : left out. changed_since : written, and their cluster has changed or gone since they ended, so that
    what is said of it need not be what it was. without_duration, without_memory : written without.
    """

    written: int = 0
    succeeded: int = 0
    without_package: int = 0
    changed_since: int = 0
    without_duration: int = 0
    without_memory: int = 0


def export_outcomes(database: str, path: Path, *, force: bool = False) -> Exported:
    """Write a row for each job that was reported as finished or failed and says its package.

    The store keeps no history of clusters: what a row says of one is what it is now. Servers may run meanwhile. Raises
    InputError, with nothing written, for a database that cannot be used, no such job, and, unless `force`, a file that
    is there.
    """
    if path.suffix.lower() != ".parquet":
        raise InputError("is not called as Parquet is", file=path, expected="a name that ends in .parquet")
    refuse_existing(path, force=force)
    found = Exported()
    with writing_outcomes(path) as take, beside_servers(database) as engine:
        clusters = _Clusters(engine)
        for batch in ended_jobs(engine):
            clusters.load({job.cluster_id for job in batch})
            rows = [row for job in batch if (row := _row(job, clusters, found)) is not None]
            take(rows)
            found.written += len(rows)
            found.succeeded += sum(row.succeeded for row in rows)
            found.without_package += len(batch) - len(rows)
            found.without_duration += sum(row.duration_s is None for row in rows)
            found.without_memory += sum(row.memory_bytes is None for row in rows)
    return found


class _Clusters:
    """What clusters are now, each read once; one that is gone, or cannot be read, is not described."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: dict[int, tuple[Cluster | None, Mapping[str, Scalar]]] = {}

    def load(self, ids: set[int]) -> None:
        missing = ids - self._known.keys()
        if not missing:
            return
        self._known |= dict.fromkeys(missing, (None, {}))
        with self._engine.connect() as connection:
            stored = load_clusters(connection, missing)
        for one in stored:
            with contextlib.suppress(InputError, ValueError):
                self._known[one.id] = parse_cluster(one.name, one.nodes, one.subsystems), json.loads(one.state)

    def __getitem__(self, cluster_id: int) -> tuple[Cluster | None, Mapping[str, Scalar]]:
        return self._known[cluster_id]


def _row(job: EndedJob, clusters: _Clusters, found: Exported) -> OutcomeRow | None:
    package, version, needs = _asked(job.jobspec)
    if package is None:
        return None
    cluster, state = clusters[job.cluster_id]
    facts: tuple[str | None, ...] = (None,) * len(_FACTS)
    dependencies: dict[str, str] = {}
    if cluster is not None:
        facts = tuple(map(_clean, runtime_facts_of(cluster, _FACTS, state)))
        versions = values_on(cluster, dict.fromkeys(needs, DEPENDENCIES), state)
        for name, there in zip(needs, versions, strict=True):
            if len(there) == 1 and (text := _clean(there[0])):
                dependencies[name] = text
    found.changed_since += cluster is None or job.cluster_changed_at > job.ended_at
    return OutcomeRow(
        str(job.id),
        job.succeeded,
        package,
        version,
        facts[0],
        facts[1],
        facts[2],
        dependencies,
        job.cluster,
        _amount(job.duration_s, _LONGEST_S),
        _amount(decimal(state.get("memory", "")), _LARGEST_BYTES),
        job.submitted_at,
    )


# Jobs repeat a few texts, which come from strangers: what cannot be read again is left out.
@lru_cache(maxsize=_REMEMBERED)
def _asked(jobspec: str) -> tuple[str | None, str | None, tuple[str, ...]]:
    """Return the package of a jobspec, its version, and the subsystems that it asks for, sorted."""
    try:
        job = jobspec_text(jobspec, "job", None)
    except PlacewiseError:
        return None, None, ()
    package, version = package_of(job)
    needs = {requirement.subsystem for requirement in job.requirements}
    return (
        _clean(package),
        _clean(version),
        tuple(sorted(name for name in needs if name not in _FACTS and _clean(name))),
    )


def _clean(text: str | None) -> str | None:
    """Return a text that readers of records take, None for another."""
    return None if not text or len(text) > _LONGEST_NAME or values.any_control([text]) else text


def _amount(number: float | None, most: float) -> float | None:
    return number if number is not None and 0 < number <= most else None
