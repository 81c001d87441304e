"""Who may do what: the registration secret, clusters' secrets and tokens, and the global token.

A wrong secret and an unknown cluster are answered alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from placewise.service.guard.credentials import is_secret
from placewise.service.guard.limits import check_guess
from placewise.service.guard.peers import is_loopback
from placewise.service.guard.refusals import Denied, Unauthenticated
from placewise.service.live.live_fleet import Member
from placewise.service.live.state import State


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a user shows: tokens by cluster name, in pairs, or the scheduler's global token."""

    tokens: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    global_token: str = field(default="", repr=False)

    def __bool__(self) -> bool:
        return bool(self.tokens or self.global_token)


def require_registration_secret(state: State, given: str) -> None:
    """Raise Unauthenticated unless this is the secret with which clusters register."""
    check_guess(given)
    if not is_secret(given, state.registration_hash):
        raise Unauthenticated("the registration secret is wrong")


def require_cluster(state: State, name: str, secret: str) -> Member:
    """Return the cluster of a name. Raises Unauthenticated unless the secret is its own."""
    member = state.fleet.member(name)
    if not is_secret(secret, None if member is None else member.secret_hash) or member is None:
        raise Unauthenticated("no such cluster, or the secret is not its own")
    return member


def usable_clusters(state: State, credentials: Credentials) -> frozenset[str] | None:
    """Return the names of the clusters that credentials allow to use; None for every one.

    Raises Unauthenticated when any of them is wrong, or there are none.
    """
    if credentials.global_token:
        if not _is_global(state, credentials.global_token):
            raise Unauthenticated("the global token is wrong")
        return None
    if not credentials.tokens:
        raise Unauthenticated("no token was given")
    # All are looked at, so that the time taken does not tell which one was wrong.
    right = [_may_submit(state, name, token) for name, token in credentials.tokens]
    if not all(right):
        raise Unauthenticated("no such cluster, or a token is not its own")
    return frozenset(name for name, _ in credentials.tokens)


def require_open(state: State, peer: str) -> None:
    """Raise Denied unless a peer may ask without credentials: from this machine, or as the settings allow."""
    settings = state.settings
    # With a certificate authority given, nobody connects without a certificate of its.
    if not (settings.open_satisfy or settings.tls_ca is not None or is_loopback(peer)):
        raise Denied(
            "without credentials, what matches is told on this machine only, to clients with a certificate, "
            "or where the scheduler runs with --open-satisfy"
        )


def _may_submit(state: State, name: str, token: str) -> bool:
    member = state.fleet.member(name)
    own = is_secret(token, None if member is None else member.token_hash)
    return member is not None and (own or _is_global(state, token))


def _is_global(state: State, given: str) -> bool:
    check_guess(given)
    return is_secret(given, state.global_hash)
