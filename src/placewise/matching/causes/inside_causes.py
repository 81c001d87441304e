"""Why what is required inside a shape keeps a cluster from matching, or why it cannot be told."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.kinds.vertex_test import Answer, VertexTest
from placewise.matching.causes.cause import FEW, UNDESCRIBED, Cause
from placewise.matching.causes.causes import Causes
from placewise.matching.causes.wording import listed, vertex_there
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.match import hosting
from placewise.matching.shapes.hosting import inner_by_type, inner_requirements
from placewise.matching.shapes.work import Work
from placewise.model.fleets.resources import ResourceGraph, Subsystem
from placewise.model.jobs.job import Job, Shape
from placewise.model.requirements.requirement import Expression, Requirement, tests_of

_MOST = 16


def inside_causes(
    index: FleetIndex, job: Job, too_small: NDArray[np.bool_], work: Work
) -> list[tuple[str, tuple[Cause, ...]]]:
    """Return the clusters that could host a job's shape but for what is required inside it, and of which that is so.

    One requirement alone where it alone is in the way, else all of them.
    """
    wanted = list(dict.fromkeys(one for group in job.groups for one in inner_requirements(group.shape)))
    found: dict[int, list[Cause]] = {}
    # What takes too much work is not looked for.
    with contextlib.suppress(InputError):
        freed = too_small & _hosting_but_for(index, job, wanted, work) if wanted and too_small.any() else too_small[:0]
        for cluster in np.flatnonzero(freed).tolist():
            found[cluster] = [_too_few_meet(wanted)]
        alone: dict[int, list[Cause]] = {}
        for one in wanted[:_MOST] if len(wanted) > 1 and found else ():
            for cluster in np.flatnonzero(freed & _hosting_but_for(index, job, [one], work)).tolist():
                alone.setdefault(cluster, []).append(_too_few_meet([one]))
        found |= alone
    return [(index.names[cluster], tuple(causes)) for cluster, causes in found.items()]


def _hosting_but_for(index: FleetIndex, job: Job, dropped: Sequence[Expression], work: Work) -> NDArray[np.bool_]:
    def freed(shape: Shape) -> Shape:
        return tuple(
            replace(
                request,
                contents=freed(request.contents),
                requirements=tuple([one for one in request.requirements if one not in dropped]),
            )
            for request in shape
        )

    return hosting(index, [(freed(group.shape), index.everything) for group in job.groups], work=work)


def _too_few_meet(wanted: Sequence[Expression]) -> Cause:
    asked = " and ".join(map(str, wanted))
    subsystems = "|".join(sorted({test.subsystem for one in wanted for test in tests_of(one)}))
    line = f"too few: not enough of the resources asked for meet {asked}"
    return Cause(FEW, subsystems, "", asked, "", line)


def which_untold(index: FleetIndex, causes: Causes, cluster: int, job: Job) -> Iterator[Cause]:
    """Yield where unlike vertices are attached above resources of their type: it is not said which describes which."""
    wanted = [pair for group in job.groups for pair in inner_by_type(group.shape)]
    for test in dict.fromkeys(test for kind, one in wanted for test in tests_of(one) if test.subsystem == kind):
        subsystem = index.subsystem(cluster, test.subsystem)
        if subsystem is not None and causes.spend(len(subsystem.vertices)):
            yield from _unlike(index, index.compiled(cluster).cluster.graph, subsystem, test)


def _unlike(index: FleetIndex, graph: ResourceGraph, subsystem: Subsystem, test: Requirement) -> Iterator[Cause]:
    name, asked = test.subsystem, VertexTest.of(test, index.vocabulary_of(test.subsystem))
    answers: dict[int, dict[str, Answer]] = {}
    for vertex in subsystem.vertices:
        values = dict(vertex.properties)
        answer = asked.ask(values)
        if answer in (Answer.YES, Answer.NO):
            text = vertex_there(values, [condition.field for condition in test.conditions])
            for position in vertex.attached_to:
                answers.setdefault(position, {})[text] = answer
    where: dict[str, list[str]] = {}
    for position, told in answers.items():
        holder = graph.vertices[position]
        if len(set(told.values())) > 1 and holder.type != name:
            where.setdefault(listed(told), []).append(f"{holder.type} {holder.id}")
    for found, places in where.items():
        line = f"{name} {found} are attached to {listed(places)}: that does not say which {name} meets {test}"
        yield Cause(UNDESCRIBED, name, "", str(test), found, line)
