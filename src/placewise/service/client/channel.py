"""The channel to a scheduler: TLS, message sizes, and the retries that are gRPC's own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from placewise.errors import InputError
from placewise.formats.reading import read_bytes

DEFAULT_TARGET = "127.0.0.1:50051"

_SERVICE = "placewise.v1.Scheduler"
# Calls that do no harm when a lost answer makes gRPC send them again: a submission carries its request's id, a
# report is answered as before, and jobs received twice wait out their leases. The others would meet their own traces.
_REPEATABLE = (
    "Submit",
    "Match",
    "Explain",
    "GetJob",
    "ListJobs",
    "ListClusters",
    "Identify",
    "ReceiveJobs",
    "ReportOutcome",
    "Heartbeat",
)
_RETRY = {
    "maxAttempts": 5,
    "initialBackoff": "0.1s",
    "maxBackoff": "2s",
    "backoffMultiplier": 2,
    # A server that stops under load cancels what it did not begin; what the caller cancels is never tried again.
    "retryableStatusCodes": ["UNAVAILABLE", "CANCELLED"],
}
# A list of many clusters is longer than what gRPC accepts by default.
_LONGEST_ANSWER_BYTES = 64 << 20
# gRPC servers end connections that ping more often than every five minutes.
_KEEPALIVE_MS = 360_000
_LONGEST_RECONNECT_MS = 10_000


@dataclass(frozen=True, slots=True)
class ClientTls:
    """How to talk TLS.

    ca : certificates (PEM) of those who may vouch for the server; the system's if None.
    cert, key : this client's own certificate and key (PEM), where the server asks for one.
    """

    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None

    def __post_init__(self) -> None:
        if (self.cert is None) != (self.key is None):
            raise InputError("a certificate and its key belong together", expected="both, or neither")


def channel_options(*, retries: bool = True) -> list[tuple[str, Any]]:
    """Return what a channel is opened with.

    retries : whether gRPC tries again what may be repeated; it does not ask who answers at the second attempt.
    """
    names = [{"service": _SERVICE, "method": method} for method in _REPEATABLE]
    config = {"methodConfig": [{"name": names, "retryPolicy": _RETRY}]}
    return [
        ("grpc.service_config", json.dumps(config)),
        ("grpc.enable_retries", int(retries)),
        ("grpc.max_receive_message_length", _LONGEST_ANSWER_BYTES),
        ("grpc.keepalive_time_ms", _KEEPALIVE_MS),
        ("grpc.max_reconnect_backoff_ms", _LONGEST_RECONNECT_MS),
        # Connections shared between channels would share the memory of failed attempts too.
        ("grpc.use_local_subchannel_pool", 1),
    ]


def channel_credentials(tls: ClientTls) -> grpc.ChannelCredentials:
    """Return the credentials of a TLS channel. Raises InputError for a file that cannot be read."""
    ca, key, cert = (None if path is None else read_bytes(path) for path in (tls.ca, tls.key, tls.cert))
    return grpc.ssl_channel_credentials(root_certificates=ca, private_key=key, certificate_chain=cert)
