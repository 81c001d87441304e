"""What each field of the schemas means, in a line for editors and for the reference.

A key is the end of a field's path: `clusters` is that field anywhere, `fleet.clusters` that of a `fleet`; the longest
that fits counts. In a path `NAME` is any name and `[]` an entry of a list. A definition begins a path of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_EVERYWHERE = {
    "all": "Entries that must all hold.",
    "any": "Entries of which one must hold.",
    "as": "A label: entries with the same label describe the same vertex.",
    "contains": "The values that the set must have.",
    "description": "Words for people; they are not read.",
    "descriptions": "Words for people; they are not read.",
    "edge.metadata": "Which subsystem the edge belongs to, and its relation.",
    "edge.metadata.name": "The relations by subsystem.",
    "edge.metadata.name.containment": "Whether the source contains the target, or is in it.",
    "edge.metadata.relationship": "Whether the source contains the target, or is in it.",
    "edge.metadata.subsystem": "The subsystem that the edge belongs to; containment if not given.",
    "edge.relation": "Whether the source contains the target, or is in it.",
    "edge.source": "The id of the vertex that the edge starts from.",
    "edge.target": "The id of the vertex that the edge leads to.",
    "entry.NAME": "The subsystem of that name, with what its fields must be.",
    "entry.attribute": "A field of the same vertex that holds the value to match.",
    "entry.field": "The field that is compared.",
    "entry.name": "The subsystem that must have a vertex; with `field`, one whose field meets the test.",
    "entry.not": "Entries that no vertex may meet.",
    "entry.type": "The subsystem, in compspec's form.",
    "entry.value": "The value to match, in compspec's form.",
    "fields.NAME": "What the field of that name must be: a value, a list of which one will do, or tests.",
    "match": "The value, or a list of which one will do.",
    "max": "The largest value that will do.",
    "min": "The smallest value that will do.",
    "wish.NAME": "The subsystem of that name, with what its fields should be.",
    "wish.attribute": "A field of the same vertex that holds the value to match.",
    "wish.field": "The field that is compared.",
    "wish.name": "The subsystem that should have a vertex; with `field`, one whose field meets the test.",
    "wish.not": "Entries that no vertex should meet.",
    "wish.type": "The subsystem, in compspec's form.",
    "wish.value": "The value to match, in compspec's form.",
}

_GRAPH = {
    "directed": "Whether edges have a direction; they are read from source to target either way.",
    "edges": "The edges between vertices.",
    "graph": "The graph: its vertices and edges.",
    "metadata": "What the vertex is.",
    "metadata.attributes": "Further fields of the vertex.",
    "metadata.basename": "With `id`, the hostname of a node that has no name.",
    "metadata.name": "The hostname of a node.",
    "metadata.properties": "Properties of the vertex: names, or values by name.",
    "metadata.rank": "The rank of the node's broker; -1 for none.",
    "metadata.size": "How many of the type the vertex is.",
    "metadata.type": "What kind of resource the vertex is.",
    "metadata.unit": "The unit of the size, such as GB.",
    "metadata.status": "The state of a node: 0 is up, 1 and 2 are down.",
    "name": "The name of the cluster.",
    "nodes": "The vertices, by id or as a list in which each has its id.",
    "nodes.NAME": "The vertex with that id.",
    "nodes[].id": "The id of the vertex.",
    "properties.NAME": "The value of the property.",
}

_SHAPE = {
    "attributes": "Further facts of the job, such as its duration.",
    "batch": "Not used.",
    "command": "The command, or its words.",
    "constraint.and": "Constraints that must all hold.",
    "constraint.hostlist": "The hosts of which the node must be one.",
    "constraint.not": "Constraints that must not all hold.",
    "constraint.or": "Constraints of which one must hold.",
    "constraint.properties": "Properties that the node must have; with ^ before it, must not have.",
    "constraint.ranks": "The ranks of which the node's must be one.",
    "constraints": "What must hold of each node (RFC 31).",
    "count": "How many are needed.",
    **{
        f"{count}.{key}": meaning
        for count in ("count", "count-or-0")
        for key, meaning in {
            "max": "The largest count that will do; without it there is no bound.",
            "min": "The smallest count that will do.",
            "operand": "How far apart the counts are, as the operator has it.",
            "operator": "How one count follows from another: + adds, * multiplies, ^ raises to a power.",
        }.items()
    },
    "cwd": "The working folder; kept as an attribute of the job.",
    "dependencies": "Jobs to wait for; kept as text.",
    "depends_on": "What must run before it; not used.",
    "distribution": "How tasks are spread; checked, not used.",
    "entrypoint": "Not used.",
    "environment": "Variables of the environment; not used.",
    "exclusive": "Whether the job has the resource alone; checked, not used.",
    "files": "Not used.",
    "group": "The group of tasks that it belongs to or runs.",
    "groups": "Groups of tasks, each with resources of its own.",
    "job": "The name of the job.",
    "job.name": "The name of the job.",
    "launch": "The groups that it starts.",
    "launch[].count": "How many of the group it starts.",
    "local": "Not used.",
    "name": "A name for people.",
    "parameter": "Plain values; kept as attributes of the job.",
    "per_resource": "Tasks for each resource of a type; checked, not used.",
    "per_resource.count": "How many tasks each of them gets.",
    "per_resource.type": "The type of resource.",
    "per_slot": "Tasks for each slot; checked, not used.",
    "prefer": "Wishes: entries with a weight each.",
    "preemptible-after": "When the job may be stopped for others; kept as an attribute of the job.",
    "project": "The project; kept as an attribute of the job.",
    "queue": "The queue, as a site calls it.",
    "replicas": "How many are needed.",
    "requires": "What must hold where the job runs: entries, or fields by subsystem.",
    "requires.NAME": "The entries of that name, or what the fields of that subsystem must be.",
    "requirements.NAME": "What the fields of that subsystem must be.",
    "resources": "The resources that the job needs.",
    "schedule": "Whether the job needs the resource; without any, those that tasks name.",
    "scripts": "Not used.",
    "shell": "Not used.",
    "steps": "Not used.",
    "system": "Facts that schedulers read: duration, queue, constraints.",
    "task": "The one task.",
    "tasks": "The tasks.",
    "total": "How many tasks there are; checked, not used.",
    "transform": "Not used.",
    "transformer": "Not used.",
    "user": "Not used.",
    "version": "The version of the form.",
}

_BLOCK = {
    "block.NAME": "The field of that name: a value, a list of which one will do, or tests.",
    "block.match": "Fields that must have a value.",
    "block.range": "Fields that must lie in a range.",
    "matched.NAME": "The field of that name, with its value.",
    "matched.field": "The field that is compared; `type` if not given.",
    "matched.match": "The value, or a list of which one will do.",
    "matched.value": "The value to match, in compspec's form.",
    "ranged.field": "The field that is compared.",
    "ranged.max": "The largest value that will do.",
    "ranged.min": "The smallest value that will do.",
    "resources.NAME": "What that subsystem must offer.",
}

_RAINBOW = {
    "algorithms": "How clusters are matched and selected.",
    "cluster": "The cluster that a client speaks for; not used by the server.",
    "cluster.name": "The cluster's name.",
    "cluster.secret": "The cluster's secret.",
    "clusters": "Clusters that a client submits to; not used by the server.",
    "clusters[].name": "The cluster's name.",
    "clusters[].token": "The token with which jobs are submitted to it.",
    "graphdatabase": "The graph database of a rainbow scheduler; not used.",
    "graphdatabase.host": "Its address.",
    "graphdatabase.name": "Its kind.",
    "graphdatabase.options": "Its options.",
    "match": "How clusters are matched.",
    "match.name": "The match algorithm; `serve --match-algorithm` takes the same.",
    "match.options": "Not used.",
    "options": "Options of the policy, for requests that give none.",
    "options.host": "Its address.",
    "options.priorities": "The priorities, as text or as a list.",
    "scheduler": "The scheduler.",
    "scheduler.name": "The scheduler's name, for people.",
    "scheduler.secret": "The secret with which clusters register.",
    "selection": "How one of the clusters that match is selected.",
    "selection.name": "The selection policy; `serve --select` takes the same.",
    "steps": "What is done with the clusters, in order.",
    "steps[].calc": "A new number, as NAME = EXPRESSION.",
    "steps[].filter": "An expression; clusters for which it is true stay.",
    "steps[].select": "Which cluster is taken: first, last or random.",
    "steps[].sort_ascending": "A number by which clusters are sorted, the smallest first.",
    "steps[].sort_descending": "A number by which clusters are sorted, the largest first.",
}

_REPLAYED = {
    "cool_down_s": "Jobs submitted within so many seconds of the last are left out of the figures.",
    "fail_after": "How much of its runtime a job runs before it fails, as a share.",
    "fail_after_s": "How many seconds a job runs before it fails, at most its runtime.",
    "warm_up_s": "Jobs submitted within so many seconds of the first are left out of the figures.",
}

_OF: Mapping[str, Mapping[str, str]] = {
    "builds": {
        "[].attributes": "What the build took.",
        "[].name": "The name of the build.",
        "[].package": "The package that was built.",
        "[].resources": "Where the build ran, and its memory.",
        "arch.arch": "The architecture that the build ran on.",
        "attributes.duration": "Seconds.",
        "attributes.memory_global_best_runtime": "Memory of the package's fastest build, in bytes; checked, not used.",
        "attributes.memory_of_top_ten_percent_runtime": "Memory of its fastest tenth, in bytes; checked, not used.",
        "compiler.compiler_name": "The compiler.",
        "memory.mem_max": "The most memory used, in bytes.",
        "memory.mem_mean": "The mean memory used, in bytes.",
        "memory.mem_min": "The least memory used, in bytes.",
        "resources.arch": "The architecture.",
        "resources.compiler": "The compiler and its version.",
        "resources.memory": "The memory used.",
    },
    "cluster-features": {
        "NAME": "A cluster: the version of each package, or what builds need to know.",
        "NAME.arch": "The architecture.",
        "NAME.compiler": "The compiler.",
        "NAME.cost_per_node_hour": "The price of a node hour; null or missing if not known.",
        "NAME.nodes_free": "How many nodes are free.",
    },
    "costs": {"NAME": "What collecting metadata on the subsystem of that name costs."},
    "expectations": {
        "jobs": "The jobs, with what is expected of each.",
        "jobs[].matches": "The clusters that match and no others; or none, some, or which do and which do not.",
        "jobs[].success_at_least": "The least probability of success, by the model, over the clusters that match.",
        "matches.at_least": "Clusters that match.",
        "matches.not": "Clusters that do not match.",
    },
    "graph": _GRAPH,
    "jobs": {
        "[].name": "The name of the job.",
        "[].requires": "What must hold where the job runs.",
        "[].resources": "The versions of packages that the job needs.",
    },
    "jobspec": {**_SHAPE, **_BLOCK},
    "prices": {"NAME": "The price of a node hour on the cluster of that name."},
    "priorities": _RAINBOW,
    "profile": {
        "clusters": "What the clusters are drawn from.",
        "clusters.archs": "Architectures, each with its weight.",
        "clusters.prices": "The price of a node hour for each quarter of the range of memory, the smallest first.",
        "clusters.toolchains": "Compilers with their versions, each with its weight.",
        "format": "The version of the form.",
        "kind": "What the jobs are: builds; without it, jobs that ask for versions.",
        "packages": "The packages that are built.",
        "packages.NAME.correlations": "How closely the measures go together, for each two of them.",
        "packages.NAME.quantiles": "The values of each measure at the probabilities.",
        "packages.NAME.shares": "The builds by platform: its position, weight, and how far each measure lies above.",
        "platforms": "Architecture, compiler and version of each platform.",
        "pools": "The versions that clusters take in turn.",
        "pools[].packages": "The packages whose versions are taken together.",
        "pools[].picks": "The versions of these packages on a cluster; null where it goes without.",
        "probabilities": "The probabilities of the quantiles, from 0.",
        "quantiles.duration": "Seconds.",
        "quantiles.memory_max": "The most memory used, in bytes.",
        "quantiles.memory_mean": "The mean memory used, in bytes.",
        "quantiles.memory_min": "The least memory used, in bytes.",
        "releases[].own": "The position of a requirement on the package itself; null without one.",
        "releases[].versions": "The versions that were built, each with its weight.",
        "requirements": "All requirements; jobs refer to them by position.",
        "requirements[].requires": "The entries of the requirement.",
        "roots": "The packages that jobs build.",
        "roots.NAME.releases": "The versions that were built, by the requirement on the package itself.",
        "roots.NAME.stacks": "The sets of dependencies that come together.",
        "stacks[].needs": "For each dependency, its requirement by position, or several with weights.",
        "stacks[].weight": "How common the set is beside the others.",
    },
    "rainbow-config": _RAINBOW,
    "resource-set": {
        **_GRAPH,
        "R_lite": "Ranks with the resources of each.",
        "R_lite[].children": "How many of each resource a rank has, as ids such as 0-63.",
        "R_lite[].node": "The hostname.",
        "children.NAME": "The ids of that resource.",
        "execution": "The resources by rank.",
        "execution.nodelist": "The hostnames, in order of rank.",
        "execution.properties": "The ranks that have each property.",
        "scheduling": "The graph, if there is one; then it counts.",
        "version": "The version of R, 1.",
    },
    "scenarios": {
        **_REPLAYED,
        "NAME.policies": "The queue policy of each cluster that has another.",
        "NAME.policy": "The queue policy of the clusters.",
        "levels": "Levels of metadata.",
        "policies": "Queue policies; with levels, each pair is a scenario.",
        "scenarios": "The scenarios, each with what it changes.",
        "values": "Whether to work out what each piece of metadata is worth.",
    },
    "state": {"NAME": "A plain value, such as a price or free nodes; policies and requirements read it."},
    "study": {
        "clusters": "The fleet on which the records or jobs are tried: a path, relative to this file.",
        "forms": "The former name of `questions`.",
        "jobspecs": "A folder of lists of jobs: a path, relative to this file.",
        "records": "A table of records: a path, relative to this file.",
        "run.experiments": "The experiments to run; the study's own if not given.",
        "source": "An experiment folder, with fleet and jobs: a path, relative to this file.",
        "told": "The former name of `metadata`.",
        "trace": "Recorded jobs: a path, relative to this file.",
        "columns": "What the columns of the records hold.",
        "fields[].at_most_factor": "What the column is multiplied by for `at_most`.",
        "fields[].field": "The field of the subsystem.",
        "fleet": "A fleet to draw.",
        "fleet.clusters": "How many clusters to draw.",
        "fleet.draw": "What is drawn from records: whole environments, or each fact by itself.",
        "fleet.seed": "The seed of the draw.",
        "levels": "Lists of subsystems or questions, each an experiment with metadata on just these.",
        "levels.NAME": "The subsystems or questions that have metadata.",
        "levels.none": "A level without metadata.",
        "metadata": "Which questions get metadata in the experiments of records.",
        "metadata.everything": "The questions that are all metadata.",
        "metadata.expanding": "The questions that get metadata one after the other, in this order.",
        "outcome.facts": "The facts that metadata may be on.",
        "outcome.rules": "The rules decide, as without this table.",
        "forms.NAME.fields": "The fields that one vertex must have, compared with columns of the record.",
        "forms.NAME.subsystem": "The subsystem that is asked.",
        "questions": "What can be asked of a cluster about a record.",
        "questions.NAME.fields": "The fields that one vertex must have, compared with columns of the record.",
        "questions.NAME.subsystem": "The subsystem that is asked.",
        "rules": "Why jobs fail.",
        "rules[].name": "The reason for failure.",
        **{f"timed.{key}": meaning for key, meaning in _REPLAYED.items()},
        "timed.format": "The format of the trace; seen in the file if not given.",
        "timed.policies": "The queue policies that are replayed.",
        "timed.values": "Whether to work out what each piece of metadata is worth; true if not given.",
        "run.metadata": "The subsystems or questions with metadata in the experiment `chosen`.",
        "run.tell": "The former name of `metadata`.",
        "told.everything": "The questions that are all metadata.",
        "told.expanding": "The questions that get metadata one after the other, in this order.",
        "workload": "Jobs to draw.",
        "workload.jobs": "How many jobs to draw.",
        "workload.seed": "The seed of the draw.",
    },
    "subsystem": {
        **_GRAPH,
        "fields.NAME": "A field that requirements can ask about.",
        "fields.attributes": "Further fields, by name.",
        "fields.ephemeral": "What Flux holds there just now; not used.",
        "fields.paths": "Where the vertex lies; not used.",
        "fields.properties": "Further fields, by name.",
    },
    "vocabulary": {
        "clusters": "What is described of each cluster.",
        "clusters.NAME.subsystems": "What is described of each subsystem of the cluster.",
        "fields": "Fields of every subsystem.",
        "subsystems": "The subsystems that are known, whether a cluster has them now or not.",
        "subsystems.NAME.fields": "The fields of the subsystem.",
    },
}

_CONDITIONS = ("then", "else", "allOf", "anyOf", "oneOf")


def with_meanings(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of that name with a description of each field that has none."""
    known = {**_EVERYWHERE, **_OF.get(name, {})}
    described = _described(schema, "", known)
    definitions = {one: _described(inner, one, known) for one, inner in schema.get("$defs", {}).items()}
    return {**described, "$defs": definitions} if definitions else described


def _described(schema: Any, path: str, known: Mapping[str, str]) -> Any:
    if not isinstance(schema, Mapping):
        return schema
    found = dict(schema)
    for key in ("properties", "patternProperties"):
        if key in found:
            found[key] = {
                one: _field(inner, f"{path}.{one if key == 'properties' else 'NAME'}", known)
                for one, inner in found[key].items()
            }
    if isinstance(found.get("additionalProperties"), Mapping):
        found["additionalProperties"] = _field(found["additionalProperties"], f"{path}.NAME", known)
    if "items" in found:
        found["items"] = _described(found["items"], f"{path}[]", known)
    for key in _CONDITIONS:
        if key in found:
            inner = found[key]
            parts = [_described(one, path, known) for one in (inner if isinstance(inner, list) else [inner])]
            found[key] = parts if isinstance(inner, list) else parts[0]
    return found


def _field(schema: Any, path: str, known: Mapping[str, str]) -> Any:
    described = _described(schema, path, known)
    meaning = _meaning(path, known)
    if meaning is None or not isinstance(described, dict) or "description" in described:
        return described
    return {**described, "description": meaning}


def _meaning(path: str, known: Mapping[str, str]) -> str | None:
    parts = path.lstrip(".").split(".")
    ends = (".".join(parts[start:]) for start in range(len(parts)))
    return next((known[end] for end in ends if end in known), None)
