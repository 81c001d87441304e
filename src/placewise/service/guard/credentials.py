"""Secrets and tokens: made at random, kept as hashes, compared in constant time.

A secret of 256 random bits needs neither salt nor a slow hash: there is nothing to guess and no two are alike.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

_NOBODYS = secrets.token_bytes(hashlib.sha256().digest_size)


@dataclass(frozen=True, slots=True)
class Issued:
    """A new secret and token of a cluster, returned once and kept as hashes only."""

    secret: str = field(repr=False)
    token: str = field(repr=False)


def issue() -> Issued:
    """Return a new secret and a new token of 256 random bits each."""
    return Issued(secrets.token_urlsafe(32), secrets.token_urlsafe(32))


def hash_of(secret: str) -> bytes:
    """Return the SHA-256 of a secret."""
    return hashlib.sha256(secret.encode()).digest()


def is_secret(given: str, kept: bytes | None) -> bool:
    """Whether a given secret is the one whose hash was kept; None, for no such thing, takes as long and is false."""
    return hmac.compare_digest(hash_of(given), _NOBODYS if kept is None else kept)
