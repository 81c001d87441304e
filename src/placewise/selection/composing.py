"""Policies that stand on one another: ``preferred,cheapest`` narrows to what is preferred, and chooses the cheapest."""

from __future__ import annotations

from collections.abc import Callable

from placewise import plugins
from placewise.errors import InputError
from placewise.selection.policies import Policy, Preferred

PREFERRED = "preferred"


def policy_named(name: str, alone: Callable[[str], Policy] = plugins.load_policy) -> Policy:
    """Return a policy by its name; after ``preferred,`` stands the one that decides between equals.

    alone : returns the policy of a name that is not composed. Raises InputError for a name that is none.
    """
    first, comma, then = name.partition(",")
    if not comma:
        return alone(name)
    if first.strip() != PREFERRED:
        raise InputError("only preferred leaves a choice to another policy", found=name, expected="preferred,POLICY")
    if then.strip().partition(",")[0] == PREFERRED:
        raise InputError("preferred stands there twice", found=name, expected="preferred,POLICY")
    return Preferred(alone(then.strip()))
