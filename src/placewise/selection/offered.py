"""Which policies can be named where: each needs some numbers, and each place where one is named knows some."""

from __future__ import annotations

from collections.abc import Collection

from placewise import plugins
from placewise.errors import InputError, one_of

PREFERENCE_SCORE = "preference_score"
"""The name under which policies find what a job's wishes count on each cluster."""

CONSTRAINT = "constraint"
"""The policy that is made of priorities, where they can be given."""

NEEDS = {
    "random": None,
    "first": None,
    "least-loaded": None,
    "cheapest": "predicted_cost",
    "fastest": "predicted_runtime_s",
    "earliest-start": "estimated_start_s",
    "preferred": PREFERENCE_SCORE,
}
"""The built-in policies, and the number without which each is refused."""

BY_CHUNK = ("cheapest", "first", "random")
"""What `place` chooses by, chunk by chunk; by prices, which are all that it knows."""

IN_A_STUDY: tuple[str, ...] = ()
WITH_COSTS = ("predicted_cost", "predicted_runtime_s")
IN_A_REPLAY = (*WITH_COSTS, "estimated_start_s")
IN_A_SERVICE = ("predicted_cost", PREFERENCE_SCORE)


def built_in(known: Collection[str]) -> tuple[str, ...]:
    """Return the built-in policies that need nothing but what is known by name."""
    return tuple(name for name, needed in NEEDS.items() if needed is None or needed in known)


def offered(known: Collection[str]) -> tuple[str, ...]:
    """Return these, and the plugins of other distributions: what those need is seen when they are asked."""
    return (*built_in(known), *(name for name in plugins.names("policies") if name not in NEEDS))


def refuse_other_names(written: str, known: Collection[str]) -> None:
    """Raise InputError for the name of no policy; it lists those that are taken where these numbers are known."""
    for name in map(str.strip, written.split(",")):
        if ":" not in name and name not in plugins.names("policies"):
            expected = f"{one_of(name, offered(known))}, or module:function"
            raise InputError("no such policy", found=name, expected=expected)
