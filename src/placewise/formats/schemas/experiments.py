"""The documents of experiment folders as schemas: jobs, builds, cluster-features.json, prices."""

from __future__ import annotations

from placewise.formats.fleets import build_features
from placewise.formats.fleets.cluster_features import SPACK_BUILD_FIELDS, SPACK_BUILD_SET
from placewise.formats.jobs import build_lists, jobspec_lists
from placewise.formats.requirements.rows import REQUIRES
from placewise.formats.schemas.jobs import requirements
from placewise.formats.schemas.plain import (
    AMOUNT,
    AMOUNT_OR_ZERO,
    ANY_MAPPING,
    TEXT,
    VERSION,
    WHOLE,
    Schema,
    any_key,
    closed,
    has,
    list_of,
    mapping_of,
    or_null,
    ref,
    when,
)


def jobs() -> Schema:
    """Return the schema of a file of jobs, each with a range of versions for each package."""
    bound = or_null(VERSION)
    bounds = dict.fromkeys(("min", "max"), bound)
    given = {"anyOf": [has(**{key: VERSION}) for key in bounds]}
    packages = mapping_of({**closed(jobspec_lists.BOUNDS, bounds), **given})
    parts = {
        "name": TEXT,
        **dict.fromkeys(jobspec_lists.COLUMNS, bound),
        "resources": or_null(packages),
        REQUIRES: ref("entries"),
    }
    job = {**closed(sorted(jobspec_lists.FIELDS), parts, required=("name",)), **any_key(("resources", REQUIRES))}
    return {**list_of(job, least=1), "$defs": requirements.definitions()}


def builds() -> Schema:
    """Return the schema of a file of build records."""
    optional = dict.fromkeys(build_lists.OPTIONAL, or_null(AMOUNT))
    took = dict.fromkeys(build_lists.ATTRIBUTES, AMOUNT)
    memory = dict.fromkeys(build_lists.MEMORY, AMOUNT) | {"mem_min": AMOUNT_OR_ZERO}
    compiler = {"compiler_name": TEXT, "compiler_version": VERSION}
    sections = {"arch": _all(build_lists.ARCH, {"arch": TEXT}), "compiler": _all(build_lists.COMPILER, compiler)}
    sections["memory"] = _all(build_lists.MEMORY, memory)
    parts = {
        "name": TEXT,
        "package": TEXT,
        "attributes": closed((*took, *optional), took | optional, required=took),
        "resources": _all(build_lists.RESOURCES, sections),
    }
    return {**list_of(_all(sorted(build_lists.FIELDS), parts), least=1)}


def _all(keys: tuple[str, ...] | list[str], parts: dict[str, Schema]) -> Schema:
    return closed(keys, parts, required=keys)


def cluster_features() -> Schema:
    """Return the schema of a cluster-features.json of either kind."""
    of_builds = {
        "type": "object",
        "anyOf": [
            any_key(sorted(SPACK_BUILD_FIELDS)),
            {"required": sorted(SPACK_BUILD_SET)},
        ],
    }
    features = {
        **dict.fromkeys(("arch", "compiler"), TEXT),
        "memory": {**WHOLE, "minimum": 1, "description": "Bytes."},
        "compiler_version": VERSION,
        "cost_per_node_hour": or_null(AMOUNT_OR_ZERO),
        "nodes_free": WHOLE,
    }
    built = closed(build_features.ORDER, features, required=build_features.REQUIRED)
    return {
        "description": "What each cluster offers: a version a package, or what builds need to know of it.",
        **mapping_of(ANY_MAPPING, least=1),
        **when(
            {"additionalProperties": {"not": of_builds}},
            {"additionalProperties": mapping_of(VERSION, least=1)},
            {"additionalProperties": built},
        ),
    }


def prices() -> Schema:
    """Return the schema of a file of prices: what a node hour costs, by the name of the cluster."""
    return {**mapping_of(AMOUNT_OR_ZERO, names={})}
