"""How often a peer may call, and how often it may offer a wrong credential.

Counted here and not by a library: `limits` keeps every address it has seen until it expires and looks through all of
them up to a hundred times a second, which with 100,000 addresses takes half a core.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import ContextVar
from ipaddress import IPv6Address, IPv6Network

from placewise.service.guard.peers import address_in
from placewise.service.guard.refusals import Exhausted

MOST_PEERS = 65_536
UNGUESSABLE = 32
"""Characters of a secret from which on it is not guessed; those that are made have 43."""
_MINUTE_S = 60.0
_IPV6_NETWORK_BITS = 64


def counted_under(peer: str) -> str:
    """Return what a gRPC peer is counted under: its IPv4 address, its IPv6 network of 64 bits, or its text.

    Whoever has one address of such a network usually has them all.
    """
    address = address_in(peer)
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address), _IPV6_NETWORK_BITS), strict=False))
    return peer if address is None else str(address)


_NO_GUESSES: ContextVar[str] = ContextVar("no_guesses", default="")


class Limiter:
    """Counts calls by second and refused credentials by minute for each peer's address.

    calls_a_second : 0 for no limit. refused_a_minute : wrong credentials after which the address is shut out until the
    minute is over: what it shows is not compared where it could be guessed. clock : seconds that never go back. At most
    65,536 addresses are counted at a time; past that the one first seen in this second or minute is forgotten.
    """

    __slots__ = ("_calls", "_refused")

    def __init__(
        self, calls_a_second: int, refused_a_minute: int, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._calls = _Window(calls_a_second, 1.0, clock) if calls_a_second else None
        self._refused = _Window(refused_a_minute, _MINUTE_S, clock)

    def admit(self, peer: str) -> None:
        """Count a call. Raises Exhausted where the peer calls too often.

        Where it offered too many wrong credentials, `check_guess` refuses what could be guessed during this call.
        """
        if self.idle:
            return
        address = counted_under(peer)
        if self._calls is not None and not self._calls.take(address):
            raise Exhausted(f"too many calls; at most {self._calls.most} a second are answered")
        if self._refused.is_full(address):
            _NO_GUESSES.set(self._too_many())

    def refused(self, peer: str) -> str:
        """Count a credential that was wrong; return what to say where there were too many, or nothing."""
        return "" if self._refused.take(counted_under(peer)) else self._too_many()

    def _too_many(self) -> str:
        return f"too many refused credentials; try again in {self._refused.left_s():.0f} s"

    @property
    def idle(self) -> bool:
        """Whether `admit` would admit anybody, so that nobody need ask who calls."""
        return self._calls is None and not self._refused.counts


def check_guess(given: str) -> None:
    """Raise Exhausted for a secret short enough to be guessed, where this call's address offered too many wrong ones.

    Longer ones are compared whoever shows them: nobody guesses them, and honest callers may share the address.
    """
    if len(given) < UNGUESSABLE and (why := _NO_GUESSES.get()):
        raise Exhausted(why)


class _Window:
    """Counts by address, all forgotten together when the window is over."""

    __slots__ = ("_clock", "_ends", "_length_s", "counts", "most")

    def __init__(self, most: int, length_s: float, clock: Callable[[], float]) -> None:
        self.most = most
        self.counts: dict[str, int] = {}
        self._length_s = length_s
        self._clock = clock
        self._ends = clock() + length_s

    def take(self, address: str) -> bool:
        self._roll()
        count = self.counts.get(address, 0)
        if count >= self.most:
            return False
        if not count and len(self.counts) >= MOST_PEERS:
            del self.counts[next(iter(self.counts))]
        self.counts[address] = count + 1
        return True

    def is_full(self, address: str) -> bool:
        self._roll()
        return self.counts.get(address, 0) >= self.most

    def left_s(self) -> float:
        return max(1.0, self._ends - self._clock())

    def _roll(self) -> None:
        now = self._clock()
        if now >= self._ends:
            self.counts.clear()
            self._ends = now + self._length_s
