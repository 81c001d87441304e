"""The nodes on which a job fits: those at which its requirements hold, and which hold a part of its shape."""

from __future__ import annotations

import numpy as np

from placewise.matching import bitset
from placewise.matching.index import FleetIndex
from placewise.model.fleets.cluster import Cluster
from placewise.model.jobs.job import NODE, Job

_HOST, _NAME = "host", "name"


def fitting_nodes(index: FleetIndex, job: Job, position: int, cluster: Cluster) -> tuple[str, ...]:
    """Return the names of nodes of a cluster that matches a job, in the cluster's order; none for one without nodes.

    Nodes fit any of the job's groups: all of its requirements hold there, and one slot of its shape at least has room,
    where slots are counted node by node. cluster : the one of this position, with the names of its nodes.
    Raises InputError as `match` does.
    """
    index = index.asked_by(job)
    places: set[int] = set()
    for group in job.groups:
        usable = index.everything.copy()
        for requirement in group.requirements:
            usable &= index.meeting(requirement).yes
        counted = index.copies(group.shape)
        if counted is not None:
            usable &= bitset.pack(np.asarray(counted[0]) > 0)
        places.update(index.places_of(position, usable))
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
