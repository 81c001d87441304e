"""Who is calling, as far as the connection shows."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import unquote


def address_in(peer: str) -> IPv4Address | IPv6Address | None:
    """Return the address of a peer, as gRPC names it (``ipv4:127.0.0.1:50``, ``ipv6:%5B::1%5D:50``), None for others.

    An IPv4 address that is written as one of IPv6 is one of IPv4.
    """
    kind, _, rest = peer.partition(":")
    if kind not in ("ipv4", "ipv6"):
        return None
    try:
        address = ip_address(unquote(rest).rpartition(":")[0].strip("[]").partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_loopback(peer: str) -> bool:
    """Whether a peer is on this machine."""
    address = address_in(peer)
    return peer.startswith("unix:") if address is None else address.is_loopback
