"""The numbers that a server gives to Prometheus; each server has its own registry."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST

# When each series began is nobody's question, and would add one to each. The switch is the process's.
disable_created_metrics()

MOST_SUBSYSTEMS = 50
MOST_TOKENS = 50
OTHER = "other"
_LATENCIES_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
_COUNTS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)
_BATCHES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1024)


class Metrics:
    """Counters, histograms and gauges of one server; every method takes microseconds and never fails.

    submissions : by result: assigned to a cluster; refused, for it fits nowhere or none was chosen; repeated, for its
    request id was known.
    """

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        counter, gauge = partial(Counter, registry=registry), partial(Gauge, registry=registry)
        histogram = partial(Histogram, registry=registry)
        ProcessCollector(registry=registry)
        GCCollector(registry=registry)
        self._requests = counter("placewise_requests", "Calls answered, by method and gRPC code.", ("method", "code"))
        self._request: dict[tuple[str, str], Counter] = {}
        about = "Seconds from the request to the answer, without streams."
        self._latencies = histogram("placewise_request_seconds", about, ("method",), buckets=_LATENCIES_S)
        self._latency: dict[str, Histogram] = {}
        self.open_streams = gauge("placewise_open_streams", "Streams open.")
        self.submissions = counter("placewise_submissions", "Jobs submitted, by result.", ("result",))
        self.matches = histogram("placewise_matches", "Clusters that match a job.", buckets=_COUNTS)
        about = f"Jobs that a subsystem alone kept from every cluster; past {MOST_SUBSYSTEMS} names, {OTHER}."
        self._unmatched = counter("placewise_unmatched", about, ("subsystem",))
        self._unmatched_by: dict[str, Counter] = {}
        self.jobs_waiting = gauge("placewise_jobs_waiting", "Jobs assigned and not accepted.")
        self.jobs_running = gauge("placewise_jobs_running", "Jobs accepted and not over.")
        self.longest_queue = gauge("placewise_longest_queue", "Jobs waiting for one cluster, at most.")
        self.clusters = gauge("placewise_clusters", "Clusters registered.")
        self.subsystems = gauge("placewise_subsystems", "Subsystems of all clusters.")
        self.index_bytes = gauge("placewise_index_bytes", "Memory of the compiled index.")
        self.index_rows = gauge("placewise_index_rows", "Conditions in the compiled index.")
        self.commit_batches = histogram("placewise_commit_batch", "Changes in one transaction.", buckets=_BATCHES)
        self.lease_expiries = counter("placewise_lease_expiries", "Leases that ran out.")
        self.agents = gauge("placewise_agents", "Agents that send heartbeats and were heard of lately.")
        self.orphans = counter("placewise_orphans", "Jobs of lost agents, by what became of them.", ("result",))
        about = "Work done beside the event loop, by what became of it: done, refused, gone (its caller is) or late."
        self._heavy = counter("placewise_heavy_work", about, ("result",))
        self.database_bytes = gauge("placewise_database_bytes", "Bytes of the database.")
        self.database_free_bytes = gauge("placewise_database_free_bytes", "Those of an SQLite file that are free.")
        self.keep_s = gauge("placewise_keep_seconds", "How long jobs that are over are kept; 0 for ever.")
        self.pruned = counter("placewise_pruned", "Jobs deleted by this server, since they were over for so long.")
        self.oldest_over_s = gauge("placewise_oldest_over_seconds", "How long the oldest job that is kept is over.")
        self.quota = gauge("placewise_quota", "The most that a token may use, by what; none for no bound.", ("quota",))
        self.quota_refusals = counter("placewise_quota_refusals", "Submissions refused by a quota.", ("quota",))
        about = f"{{}} of the {MOST_TOKENS} tokens that use most."
        self._token_jobs = gauge("placewise_token_jobs", about.format("Jobs that wait or run,"), ("token",))
        self._token_bytes = gauge("placewise_token_bytes", about.format("Bytes of jobspecs kept,"), ("token",))
        self.refused_credentials = counter("placewise_refused_credentials", "Secrets and tokens that were wrong.")

    def answered(self, method: str, code: str, seconds: float | None) -> None:
        """Count a call.

        method : of a known handler, since every name is a series of its own. seconds : None for a stream.
        """
        counter = self._request.get((method, code))
        if counter is None:
            counter = self._request[method, code] = self._requests.labels(method, code)
        counter.inc()
        if seconds is not None:
            histogram = self._latency.get(method)
            if histogram is None:
                histogram = self._latency[method] = self._latencies.labels(method)
            histogram.observe(seconds)

    def used(self, uses: Sequence[tuple[str, int, int]]) -> None:
        """Set what tokens use: names with jobs and bytes, those that use most first; past 50 they are not shown."""
        self._token_jobs.clear()
        self._token_bytes.clear()
        for name, jobs, size in uses[:MOST_TOKENS]:
            self._token_jobs.labels(name).set(jobs)
            self._token_bytes.labels(name).set(size)

    def unmatched(self, subsystem: str) -> None:
        """Count a job that a subsystem kept from every cluster; the first 50 names are counted one by one."""
        counter = self._unmatched_by.get(subsystem)
        if counter is None:
            if len(self._unmatched_by) >= MOST_SUBSYSTEMS:
                self._unmatched.labels(OTHER).inc()
                return
            counter = self._unmatched_by[subsystem] = self._unmatched.labels(subsystem)
        counter.inc()

    def heavy_work(self, result: str) -> None:
        """Count a piece of work that was done, refused or stopped."""
        self._heavy.labels(result).inc()

    def render(self) -> tuple[bytes, str]:
        """Return everything as Prometheus reads it, and its content type."""
        return generate_latest(self.registry), CONTENT_TYPE_LATEST
