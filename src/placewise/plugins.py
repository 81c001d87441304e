"""Plugins by name: whatever an installed distribution registers under one of the entry-point groups.

The groups are ``placewise.policies``, ``placewise.predicates`` and ``placewise.formats``; what comes with
Placewise is registered there as well, by its own distribution.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Callable, Collection, Iterator
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal, TypeAlias

from placewise.errors import InputError, PlacewiseError, one_of

Group: TypeAlias = Literal["policies", "predicates", "formats"]


@cache
def _registered(group: Group) -> dict[str, tuple[EntryPoint, Callable[[], Any]]]:
    """Return the entry points of a group by name, each with what loads it, once."""
    return {entry.name: (entry, cache(entry.load)) for entry in entry_points(group=f"placewise.{group}")}


def names(group: Group) -> tuple[str, ...]:
    """Return the names registered in a group, sorted."""
    return tuple(sorted(_registered(group)))


def load(group: Group, name: str, offered: Collection[str] = ()) -> Any:
    """Return the object registered under a name.

    offered : the names that an error lists, where they are not all that are registered.

    Raises InputError for an unknown name and PlacewiseError for a plugin that cannot be imported.
    """
    registered = _registered(group).get(name)
    if registered is None:
        known = offered or names(group)
        raise InputError(
            f"no such {_SINGULAR[group]}",
            found=name,
            expected=one_of(name, known) if known else "a plugin, but none is installed",
        )
    entry, loaded = registered
    try:
        return loaded()
    except Exception as error:
        raise PlacewiseError(f"the plugin {name!r} of {entry.value} cannot be loaded: {error}") from error


def load_policy(name: str, offered: Collection[str] = ()) -> Any:
    """Return a policy by its name, or by `module:function` for one that no distribution registers.

    offered : see `load`.

    Raises InputError for an unknown name, module or function, and for what cannot be called.
    """
    module, colon, function = name.partition(":")
    if not colon:
        return load("policies", name, offered)
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
