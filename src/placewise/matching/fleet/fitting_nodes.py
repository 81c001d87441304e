"""The nodes on which a job fits: those at which its requirements hold, and which hold a part of its shape."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from placewise.matching.bits import bitset
from placewise.matching.fleet.index import FleetIndex
from placewise.matching.shapes.asks import drawn_types
from placewise.model.fleets.cluster import Cluster
from placewise.model.jobs.job import NODE, Job, ResourceRequest, Shape

_HOST, _NAME = "host", "name"


def fitting_nodes(
    index: FleetIndex, job: Job, position: int, cluster: Cluster, *, possible: bool = False
) -> tuple[str, ...]:
    """Return the names of nodes of a cluster that matches a job, in the cluster's order; none for one without nodes.

    Nodes fit any of the job's groups: all of its requirements hold there, and a node or slot of its shape has room,
    were that node the only one. cluster : the one of this position, with the names of its nodes.
    possible : whether those count too on which it may fit. Raises InputError as `match` does.
    """
    index = index.asked_by(job)
    places: set[int] = set()
    for group in job.groups:
        usable = index.everything.copy()
        for requirement in group.requirements:
            met = index.meeting(requirement)
            usable &= met.possible if possible else met.yes
        counted = index.copies.wanted(group.shape)
        if counted is not None:
            usable &= bitset.pack(np.asarray(counted[0]) > 0)
            places.update(index.layout.places_of(position, usable))
            continue
        here = index.layout.here(position, bitset.to_number(usable))
        for part in _on_one_node(group.shape):
            places.update(index.hosting_alone_at(index.hosting_of([(part,)], possible=possible), position, here))
    vertices = cluster.graph.vertices
    hosts = {
        where: str(value)
        for subsystem in cluster.subsystems
        if subsystem.name == _HOST
        for vertex in subsystem.vertices
        for field, value in vertex.properties
        if field == _NAME
        for where in vertex.attached_to
    }
    return tuple(hosts.get(place, vertices[place].id) for place in sorted(places) if vertices[place].type == NODE)


def _on_one_node(requests: Shape) -> list[ResourceRequest]:
    """Return what requests ask of one node: one of each node in them with what holds it, or one of what they are."""
    with_nodes = [one for one in requests if NODE in drawn_types(one)]
    if not with_nodes:
        return [replace(one, count=1) for one in requests]
    parts = []
    for one in with_nodes:
        inside = [one.contents] if one.type == NODE else [(part,) for part in _on_one_node(one.contents)]
        parts += [replace(one, count=1, contents=contents) for contents in inside]
    return parts
