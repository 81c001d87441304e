"""The resource groups that a compspec document asks for, of its named resources and the uses of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from placewise.errors import InputError, locating
from placewise.formats.jobs.jobspec.document import Reading
from placewise.formats.jobs.jobspec.groups import Use, Uses
from placewise.formats.jobs.jobspec.requires import parse_requires
from placewise.model.job import XOR_SLOT, ResourceGroup, ResourceRequest, Shape
from placewise.model.requirement import Expression, all_of, any_of

_Wanted = tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Resource:
    """A named resource.

    scheduled : whether it is to be scheduled on its own; None where that is not said.
    lists : the lists of requirements that it names.
    durations : how long it is wanted, and the place that says so.
    """

    group: ResourceGroup
    scheduled: bool | None = None
    lists: set[str] = field(default_factory=set)
    durations: list[tuple[str, Any]] = field(default_factory=list)


def asked_groups(
    resources: Mapping[str, Resource], uses: Uses, of_all: _Wanted, named: Mapping[str, _Wanted], reading: Reading
) -> tuple[ResourceGroup, ...]:
    """Return the groups that are asked for together, in the document's order, then the alternatives.

    of_all : what holds of every group. named : lists of requirements; one that nothing names holds of every group too.
    Raises InputError where what runs inside of a group asks for what the group does not.
    """
    alone = [use for use in uses.outer if len(use.alternatives) == 1]
    used = {name for use in alone for name in use.alternatives[0]}
    choices = [use for use in uses.outer if len(use.alternatives) > 1]
    scheduled = [name for name, one in resources.items() if one.scheduled]
    if scheduled:
        chosen = scheduled
    else:
        usual = [name for name in resources if name in used or not (used or choices)]
        chosen = [name for name in usual if resources[name].scheduled is not False]
    besides = {name: list(of_all) for name in chosen}
    mentioned = set().union(*(one.lists for one in resources.values()))
    for use in (*uses.outer, *uses.loose, *uses.inner):
        if use.requires is not None:
            more = parse_requires(use.requires, f"{use.place}, requires", reading, named)
            mentioned |= {use.requires} if isinstance(use.requires, str) else set()
            for name in _targets(use, chosen, more):
                besides[name] += more
    unnamed = [part for name, parts in named.items() if name not in mentioned for part in parts]
    groups = {name: _with(resources[name].group, (*besides[name], *unnamed)) for name in chosen}
    asked = list(groups.values())
    for use in () if scheduled else choices:
        if not any(set(one) <= set(chosen) for one in use.alternatives):
            with locating(place=use.place):
                asked.append(_choice(use, resources, (*of_all, *unnamed)))
    said = any(one.scheduled is not None for one in resources.values())
    inside = [*uses.inner, *(use for use in uses.outer if scheduled or (said and use in alone))]
    for use in inside:
        if use.alternatives and not any(
            all(any(_inside(resources[name].group, group) for group in asked) for name in one)
            for one in use.alternatives
        ):
            raise InputError(
                "asks for more than the resources around it",
                place=use.place,
                found=" or ".join(" and ".join(one) for one in use.alternatives),
                expected="a part of them, or `schedule: true` for resources of their own",
            )
    if not asked:
        raise InputError("no resource is to be scheduled", place="resources", expected="schedule: true on one")
    return tuple(asked)


def _targets(use: Use, chosen: list[str], more: _Wanted) -> list[str]:
    """Return the chosen resources of which a task's own requirements hold."""
    names = list(dict.fromkeys(name for one in use.alternatives for name in one))
    found = (names if len(use.alternatives) == 1 else []) if use.alternatives else chosen
    if more and not (found and set(found) <= set(chosen)):
        raise InputError(
            "the requirements of a task that has no resources on its own are not understood",
            place=use.place,
            expected="`requires` on the named resource",
        )
    return found if more else []


def _with(group: ResourceGroup, more: _Wanted) -> ResourceGroup:
    return replace(group, requirements=(*group.requirements, *more)) if more else group


def _choice(use: Use, resources: Mapping[str, Resource], more: _Wanted) -> ResourceGroup:
    """Return one group of several alternatives, exactly one of which is taken."""
    sides = [[resources[name].group for name in one] for one in use.alternatives]
    shaped = {bool(group.shape) for side in sides for group in side}
    if shaped == {True}:
        slots = tuple(ResourceRequest(XOR_SLOT, 1, tuple(map(_request, side))) for side in sides)
        return ResourceGroup(slots, more)
    if shaped == {False}:
        parts = [all_of([part for group in side for part in group.requirements]) for side in sides]
        return ResourceGroup((), (any_of(parts), *more))
    raise InputError("alternatives with a shape and without one", expected="a type in each of them, or in none")


def _request(group: ResourceGroup) -> ResourceRequest:
    (request,) = group.shape
    return replace(request, requirements=(*request.requirements, *group.requirements))


def _inside(inner: ResourceGroup, outer: ResourceGroup) -> bool:
    """Whether what one group asks for is a part of what another does."""
    return set(inner.requirements) <= set(outer.requirements) and all(
        any(_part(one, whole, 1) for whole in _taken(outer.shape)) for one in inner.shape
    )


def _taken(shape: Shape) -> list[ResourceRequest]:
    """Return the requests of a shape, those of a choice only where there is no other."""
    slots = [one for one in shape if one.type == XOR_SLOT]
    return list(shape) if not slots else list(slots[0].contents) if len(slots) == 1 else []


def _part(inner: ResourceRequest, outer: ResourceRequest, times: int) -> bool:
    if (inner.type, inner.unit) != (outer.type, outer.unit):
        return any(_part(inner, one, times * outer.count) for one in outer.contents)
    left = list(outer.contents)
    for one in inner.contents:
        whole = next((whole for whole in left if _part(one, whole, 1)), None)
        if whole is None:
            return False
        left.remove(whole)
    return inner.count <= outer.count * times and set(inner.requirements) <= set(outer.requirements)
