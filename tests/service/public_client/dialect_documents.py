"""Jobspecs as users of the public client write them, in each dialect."""


def document(dialect, ranges=(), *, equal=(), nodes=1, cores=1, command=("app",), parameters=None):
    """Return a jobspec: so many nodes, each with cores, at which versions lie in ranges and fields have values.

    ranges : (subsystem, minimum, maximum) of the field `version`, None for an open end. equal : (subsystem, field,
    value). parameters : attributes that selection may read, where the dialect's own schema allows them.
    """
    write, section = {"nextgen": (_nextgen, "parameter"), "task-resources": (_task_resources, "user")}[dialect]
    made = write(list(ranges), list(equal), nodes, cores, list(command))
    return made | ({"attributes": {section: parameters}} if parameters else {})


def _nextgen(ranges, equal, nodes, cores, command):
    requires = [{"name": name, **_range(low, high)} for name, low, high in ranges]
    requires += [{"name": name, "field": field, "match": value} for name, field, value in equal]
    shape = {"type": "node", "count": nodes, "with": [{"type": "core", "count": cores}]}
    named = shape | ({"requires": requires} if requires else {})
    return {"version": 1, "resources": {"app": named}, "tasks": [{"command": command, "resources": "app"}]}


def _task_resources(ranges, equal, nodes, cores, command):
    wanted = {}
    for name, low, high in ranges:
        wanted.setdefault(name, {}).setdefault("range", []).append(_range(low, high))
    for name, field, value in equal:
        wanted.setdefault(name, {}).setdefault("match", []).append({"field": field, "match": value})
    shape = {"type": "node", "count": nodes, "with": [{"type": "core", "count": cores}]}
    task = {"command": command, "count": {"per_slot": 1}, "resources": wanted}
    return {"version": 1, "resources": [shape], "task": task}


def _range(low, high):
    bounds = {"min": low, "max": high}
    return {"field": "version", **{name: bound for name, bound in bounds.items() if bound is not None}}
