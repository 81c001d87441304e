"""Policies of two parts: ``preferred,cheapest`` narrows to what is preferred, and chooses the cheapest."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

from placewise import plugins
from placewise.errors import InputError
from placewise.selection.offered import offered
from placewise.selection.policies import Policy, Preferred

PREFERRED = "preferred"


def policy_named(
    name: str, alone: Callable[[str], Policy] | None = None, *, known: Collection[str] | None = None
) -> Policy:
    """Return a policy by its name; ``preferred,`` comes before the name of the one that decides between equals.

    alone : returns the policy of a name that is not composed. known : the numbers that are known where it is named;
    the error for an unknown name lists the policies that they are enough for. Raises InputError for an unknown name.
    """
    if alone is None:
        alone = partial(plugins.load_policy, offered=() if known is None else offered(known))
    first, comma, then = name.partition(",")
    if not comma:
        return alone(name)
    if first.strip() != PREFERRED:
        raise InputError("only preferred leaves a choice to another policy", found=name, expected="preferred,POLICY")
    if then.strip().partition(",")[0] == PREFERRED:
        raise InputError("preferred is named twice", found=name, expected="preferred,POLICY")
    return Preferred(alone(then.strip()))
