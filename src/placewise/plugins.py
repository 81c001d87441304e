"""Plugins by name: whatever an installed distribution registers under one of the entry-point groups.

The groups are ``placewise.policies``, ``placewise.predicates`` and ``placewise.formats``; what comes with
Placewise is registered there as well, by its own distribution.
"""

from __future__ import annotations

import contextlib
import difflib
import importlib
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal, TypeAlias

from placewise.errors import InputError, PlacewiseError

Group: TypeAlias = Literal["policies", "predicates", "formats"]


@cache
def _registered(group: Group) -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=f"placewise.{group}")}


def names(group: Group) -> tuple[str, ...]:
    """Return the names registered in a group, sorted."""
    return tuple(sorted(_registered(group)))


def load(group: Group, name: str) -> Any:
    """Return the object registered under a name.

    Raises InputError for an unknown name and PlacewiseError for a plugin that cannot be imported.
    """
    entry = _registered(group).get(name)
    if entry is None:
        known = names(group)
        close = difflib.get_close_matches(name, known, n=1)
        hint = f" (did you mean {close[0]}?)" if close else ""
        expected = f"one of {', '.join(known)}" if known else "a plugin, but none is installed"
        raise InputError(f"no such {_SINGULAR[group]}{hint}", found=name, expected=expected)
    try:
        return entry.load()
    except Exception as error:
        raise PlacewiseError(f"the plugin {name!r} of {entry.value} cannot be loaded: {error}") from error


def load_policy(name: str) -> Any:
    """Return a policy by its name, or by `module:function` for one that no distribution registers.

    Raises InputError for an unknown name, module or function, and for what cannot be called.
    """
    module, colon, function = name.partition(":")
    if not colon:
        return load("policies", name)
    try:
        with _importing_from_here():
            found = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        problem = f"no such policy: {' '.join(str(error).split())}"
        raise InputError(problem, found=name, expected="module:function that can be imported") from error
    if not callable(found):
        raise InputError("the policy cannot be called", found=name, expected="module:function")
    return found


@contextlib.contextmanager
def _importing_from_here() -> Iterator[None]:
    # An installed command does not look for modules in the working directory, where a user's script is.
    sys.path.insert(0, "")
    try:
        yield
    finally:
        sys.path.remove("")


_SINGULAR = {"policies": "policy", "predicates": "match predicate", "formats": "format"}
