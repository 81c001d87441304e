"""A cluster of which nobody can say whether it matches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

Wanted = TypeVar("Wanted")
"""A requirement, or what a client has of one: its text."""


@dataclass(frozen=True, slots=True)
class Incomparable(Generic[Wanted]):
    """A cluster of which it cannot be said whether it matches: a value there is of another kind than what is asked."""

    cluster: str
    requirement: Wanted
    problem: str
