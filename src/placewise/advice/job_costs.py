"""What a job would cost where it fits: the price of an hour, by what the job takes and how long it may run."""

from __future__ import annotations

from collections.abc import Iterable
from math import isnan

from placewise.errors import locating
from placewise.formats.fleets.prices import prices_of
from placewise.model.advice.job_cost import ClusterCost, JobCost, Per
from placewise.model.durations import seconds_of
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.jobs.job import NODE, OR_SLOT, XOR_SLOT, Job, ResourceRequest
from placewise.replays.inputs.sites import processor_price
from placewise.replays.start_estimates import cores_of

_HOUR_S = 3600
_DURATION = "duration"


def job_cost(
    fleet: Fleet, matched: Iterable[int], job: Job, *, processors: int | None = None, limit_s: float | None = None
) -> JobCost:
    """Return what a job would cost on each cluster that it matches, if it runs as long as it may.

    matched : positions of those clusters. processors, limit_s : of the job; what it says itself if None.

    A job that asks for nodes pays for whole ones, by `cost_per_node_hour`; any other for its cores, by
    `cost_per_processor_hour` or else what a node costs by the cores that nodes have on average. Raises InputError for a
    price that is no number of 0 or more, and for a duration that is no length of time.
    """
    if limit_s is None and (said := dict(job.attributes).get(_DURATION)):
        with locating(place=f"job {job.name!r}, {_DURATION}"):
            limit_s = seconds_of(said)
    requests = [one for group in job.groups for one in group.shape]
    nodes, cores = sum(map(nodes_of, requests)), processors or sum(map(cores_of, requests))
    prices = prices_of(fleet)
    hours = (limit_s or _HOUR_S) / _HOUR_S
    found, unpriced = [], []
    for position in sorted(matched):
        cluster = fleet.clusters[position]
        priced = _priced(cluster, float(prices[position]), nodes, cores)
        if priced is None:
            unpriced.append(cluster.name)
            continue
        price, per, amount = priced
        cost = None if amount is None else price * amount * hours
        found.append(ClusterCost(cluster.name, price, per, amount, cost))
    found.sort(key=lambda one: (one.cost is None, one.cost or 0.0, one.price, one.cluster))
    return JobCost(job.name, limit_s or None, tuple(found), tuple(unpriced))


def nodes_of(request: ResourceRequest) -> int:
    """Return how many nodes a request asks for, not those inside of nodes; of alternatives the largest counts."""
    if request.type == NODE:
        return request.count
    chosen = [nodes_of(one) for one in request.contents if one.type in (OR_SLOT, XOR_SLOT)]
    always = sum(nodes_of(one) for one in request.contents if one.type not in (OR_SLOT, XOR_SLOT))
    return request.count * (always + max(chosen, default=0))


def _priced(cluster: Cluster, of_node: float, nodes: int, cores: int) -> tuple[float, Per, int | None] | None:
    of_processor = processor_price(cluster)
    if nodes and not isnan(of_node):
        return of_node, "node", nodes
    if cores and not isnan(of_processor):
        return of_processor, "processor", cores
    if not isnan(of_node):
        return of_node, "node", None
    return None if isnan(of_processor) else (of_processor, "processor", None)
