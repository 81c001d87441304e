"""Selection policies by name and options, as a request gives them; nothing of one request reaches the next."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from placewise import plugins
from placewise.errors import InputError
from placewise.formats.studies.selection_config import priorities_of_text
from placewise.selection.composing import policy_named
from placewise.selection.constraint import constraint_policy
from placewise.selection.offered import CONSTRAINT
from placewise.selection.policies import Policy

_PRIORITIES = "priorities"
LONGEST_PRIORITIES = 64 << 10


def policy_of(name: str, options: Mapping[str, str]) -> Policy:
    """Return the policy of a name, made from its options; after ``preferred,`` the name of that for equals.

    Clients send the options that they are configured with whatever policy they name, so `priorities` is
    understood beside every policy and used by `constraint`. Raises InputError for an unknown policy, another
    option, and priorities that cannot be used.
    """
    for option in options:
        if option != _PRIORITIES:
            raise InputError(
                "is not an option of selection", place="select_options", found=option, expected=_PRIORITIES
            )
    return policy_named(name, lambda one: _alone(one, options))


def _alone(name: str, options: Mapping[str, str]) -> Policy:
    if name != CONSTRAINT:
        return plugins.load("policies", name)  # type: ignore[no-any-return]  # its group holds policies
    text = options.get(_PRIORITIES)
    if text is None:
        raise InputError("the priorities are missing", place="select_options", expected=f"the option {_PRIORITIES}")
    if len(text) > LONGEST_PRIORITIES:
        expected = f"at most {LONGEST_PRIORITIES} characters"
        raise InputError("the priorities are too long", place="select_options", found=len(text), expected=expected)
    return _constraint(text)


# Requests repeat a few texts; the policy made of one is a frozen value.
@lru_cache(maxsize=32)
def _constraint(text: str) -> Policy:
    return constraint_policy(priorities_of_text(text))
