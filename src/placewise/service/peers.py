"""Who is calling, as far as the connection tells."""

from __future__ import annotations

import ipaddress
from urllib.parse import unquote

from placewise.service.refusals import Denied
from placewise.service.state import State


def address_of(peer: str) -> str:
    """Return the address in gRPC's name of a peer, ``ipv4:127.0.0.1:50`` or ``ipv6:%5B::1%5D:50``, without the port."""
    kind, _, rest = unquote(peer).partition(":")
    return rest.rpartition(":")[0].strip("[]") if kind in ("ipv4", "ipv6") else kind


def is_loopback(peer: str) -> bool:
    """Whether a peer is on this machine."""
    kind = peer.partition(":")[0]
    if kind not in ("ipv4", "ipv6"):
        return kind == "unix"
    try:
        address = ipaddress.ip_address(address_of(peer).partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def require_open(state: State, peer: str) -> None:
    """Raise Denied unless a peer may ask without credentials: from this machine, or as the settings allow."""
    settings = state.settings
    # With a certificate authority given, nobody connects without a certificate of its.
    if not (settings.open_satisfy or settings.tls_ca is not None or is_loopback(peer)):
        raise Denied(
            "without credentials, what matches is told on this machine only, to clients with a certificate, "
            "or where the scheduler runs with --open-satisfy"
        )
