"""The numbers a server tells Prometheus; each server has its own registry."""

from __future__ import annotations

from typing import Literal, TypeAlias

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST

Submission: TypeAlias = Literal["assigned", "refused", "repeated"]
"""assigned to a cluster; refused, for it fits nowhere or none was chosen; repeated, for its request id was known."""

MOST_SUBSYSTEMS = 50
OTHER = "other"
_LATENCIES_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
_COUNTS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)
_BATCHES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1024)


class Metrics:
    """Counters, histograms and gauges of one server; every method takes microseconds and never fails."""

    __slots__ = (
        "_batches", "_clusters", "_expiries", "_index_bytes", "_index_rows", "_latencies", "_latency", "_longest",
        "_matches", "_refused_credentials", "_request", "_requests", "_running", "_streams", "_submitted",
        "_subsystems", "_unmatched", "_unmatched_by", "_waiting", "registry",
    )  # fmt: skip

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        GCCollector(registry=registry)
        self._requests = Counter(
            "placewise_requests", "Calls answered, by method and gRPC code.", ("method", "code"), registry=registry
        )
        self._request: dict[tuple[str, str], Counter] = {}
        self._latencies = Histogram(
            "placewise_request_seconds",
            "Seconds from the request to the answer, without streams.",
            ("method",),
            buckets=_LATENCIES_S,
            registry=registry,
        )
        self._latency: dict[str, Histogram] = {}
        self._streams = Gauge("placewise_open_streams", "Streams open.", registry=registry)
        self._submitted = Counter("placewise_submissions", "Jobs submitted, by result.", ("result",), registry=registry)
        self._matches = Histogram("placewise_matches", "Clusters that match a job.", buckets=_COUNTS, registry=registry)
        self._unmatched = Counter(
            "placewise_unmatched",
            f"Jobs that a subsystem alone kept from every cluster; past {MOST_SUBSYSTEMS} names, {OTHER}.",
            ("subsystem",),
            registry=registry,
        )
        self._unmatched_by: dict[str, Counter] = {}
        self._waiting = Gauge("placewise_jobs_waiting", "Jobs assigned and not accepted.", registry=registry)
        self._running = Gauge("placewise_jobs_running", "Jobs accepted and not over.", registry=registry)
        self._longest = Gauge("placewise_longest_queue", "Jobs waiting for one cluster, at most.", registry=registry)
        self._clusters = Gauge("placewise_clusters", "Clusters registered.", registry=registry)
        self._subsystems = Gauge("placewise_subsystems", "Subsystems of all clusters.", registry=registry)
        self._index_bytes = Gauge("placewise_index_bytes", "Memory of the compiled index.", registry=registry)
        self._index_rows = Gauge("placewise_index_rows", "Conditions in the compiled index.", registry=registry)
        self._batches = Histogram(
            "placewise_commit_batch", "Changes in one transaction.", buckets=_BATCHES, registry=registry
        )
        self._expiries = Counter("placewise_lease_expiries", "Leases that ran out.", registry=registry)
        self._refused_credentials = Counter(
            "placewise_refused_credentials", "Secrets and tokens that were wrong.", registry=registry
        )

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

    def stream_opened(self) -> None:
        """Count a stream in."""
        self._streams.inc()

    def stream_closed(self) -> None:
        """Count a stream out."""
        self._streams.dec()

    def submitted(self, result: Submission) -> None:
        """Count a submission."""
        self._submitted.labels(result).inc()

    def matched(self, clusters: int) -> None:
        """Count a match, by how many clusters it found."""
        self._matches.observe(clusters)

    def unmatched(self, subsystem: str) -> None:
        """Count a job that a subsystem kept from every cluster; the first 50 names are told apart."""
        counter = self._unmatched_by.get(subsystem)
        if counter is None:
            if len(self._unmatched_by) >= MOST_SUBSYSTEMS:
                self._unmatched.labels(OTHER).inc()
                return
            counter = self._unmatched_by[subsystem] = self._unmatched.labels(subsystem)
        counter.inc()

    def queues(self, *, waiting: int, running: int, longest: int) -> None:
        """Tell how many jobs wait and run, and how many wait for the cluster with the longest queue."""
        self._waiting.set(waiting)
        self._running.set(running)
        self._longest.set(longest)

    def fleet(self, *, clusters: int, subsystems: int) -> None:
        """Tell how many clusters are registered, and how many subsystems they have together."""
        self._clusters.set(clusters)
        self._subsystems.set(subsystems)

    def index(self, *, size_bytes: int, rows: int) -> None:
        """Tell how large the compiled index is."""
        self._index_bytes.set(size_bytes)
        self._index_rows.set(rows)

    def committed(self, changes: int) -> None:
        """Count a transaction, by how many changes it held."""
        self._batches.observe(changes)

    def leases_expired(self, count: int = 1) -> None:
        """Count leases that ran out."""
        self._expiries.inc(count)

    def credential_refused(self) -> None:
        """Count a secret or token that was wrong."""
        self._refused_credentials.inc()

    def render(self) -> tuple[bytes, str]:
        """Return everything as Prometheus reads it, and its content type."""
        return generate_latest(self.registry), CONTENT_TYPE_LATEST
