"""The resource groups that a compspec document asks for, of its named resources and the uses of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from placewise.errors import InputError, Words, locating
from placewise.formats.jobs.jobspec.compspec.groups import Use, Uses
from placewise.formats.jobs.jobspec.compspec.parts import Parts
from placewise.formats.requirements.preferences import PREFER
from placewise.formats.requirements.reading import Reading
from placewise.formats.requirements.requires import NamedLists, parse_requires
from placewise.model.jobs.job import XOR_SLOT, ResourceGroup, ResourceRequest
from placewise.model.requirements.requirement import Expression, all_of, any_of

_Wanted = tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Resource:
    """A named resource.

    scheduled : whether it is to be scheduled on its own; None where that is not said.
    durations : how long it is wanted, and the place that says so.
    """

    group: ResourceGroup
    scheduled: bool | None = None
    durations: list[tuple[str, Any]] = field(default_factory=list)


def asked_groups(
    resources: Mapping[str, Resource], uses: Uses, of_all: _Wanted, named: NamedLists, reading: Reading
) -> tuple[ResourceGroup, ...]:
    """Return the groups that are asked for together, in the document's order, then the alternatives.

    of_all : what holds of every group. named : lists of requirements; one that nothing names holds of every group too.
    Raises InputError where what runs inside of a group asks for what the group does not.
    """
    plain = not (of_all or named.lists or uses.inner or uses.loose)
    if plain and all(one.scheduled is None for one in resources.values()) and all(map(_is_plain, uses.outer)):
        used = {use.alternatives[0][0] for use in uses.outer}
        return tuple(one.group for name, one in resources.items() if name in used or not used)
    choices = {use.alternatives: use for use in uses.outer if len(use.alternatives) > 1}
    chosen = _chosen(resources, uses, bool(choices))
    besides: dict[str, list[Expression]] = {name: [] for name in chosen}
    for use in (*uses.outer, *uses.loose, *uses.inner):
        if use.requires is not None:
            more = parse_requires(use.requires, f"{use.place}, requires", reading, named)
            for name in _targets(use, besides) if more else ():
                besides[name] += named.spend(more, use.place)
    of_all = (*of_all, *named.unmentioned())
    groups = {
        name: _with(resources[name].group, (*named.spend(of_all, f"resources.{name}"), *besides[name]))
        for name in chosen
    }
    asked, wishing = list(groups.values()), set(groups)
    scheduled = any(one.scheduled for one in resources.values())
    for use in () if scheduled else choices.values():
        if not any(groups.keys() >= set(one) for one in use.alternatives):
            with locating(place=use.place):
                wishing.update(name for one in use.alternatives for name in one)
                asked.append(_choice(use, resources, named.spend(of_all, use.place)))
    _note_wishes(resources, wishing, reading)
    said = any(one.scheduled is not None for one in resources.values())
    inside = [*uses.inner, *(use for use in uses.outer if scheduled or (said and len(use.alternatives) == 1))]
    _refuse_more({use.alternatives: use for use in inside}.values(), resources, groups, asked)
    if not asked:
        raise InputError("no resource is scheduled", place="resources", expected="schedule: true on one")
    return tuple(asked)


def _note_wishes(resources: Mapping[str, Resource], wishing: set[str], reading: Reading) -> None:
    """Note the wishes of resources that are not asked for on their own: they count nothing."""
    for name, one in resources.items():
        if one.group.preferences and name not in wishing:
            reading.notes.keep(f"resources.{name}.{PREFER}")


def _is_plain(use: Use) -> bool:
    """Whether a use is of one resource, and asks for nothing besides."""
    return use.requires is None and len(use.alternatives) == 1 and len(use.alternatives[0]) == 1


def _refuse_more(
    uses: Iterable[Use],
    resources: Mapping[str, Resource],
    groups: Mapping[str, ResourceGroup],
    asked: list[ResourceGroup],
) -> None:
    """Raise InputError for a use of more than what is asked for."""
    parts = Parts(asked)
    within: dict[str, bool] = dict.fromkeys(groups, True)
    for use in uses:
        for one in use.alternatives:
            for name in one:
                if name not in within:
                    with locating(place=use.place):
                        within[name] = parts.hold(resources[name].group)
        if use.alternatives and not any(all(within[name] for name in one) for one in use.alternatives):
            raise InputError(
                "asks for more than the resources that contain it",
                place=use.place,
                found=Words(" or ".join(" and ".join(one) for one in use.alternatives)),
                expected="at most those, or `schedule: true` for separate resources",
            )


def _chosen(resources: Mapping[str, Resource], uses: Uses, choices: bool) -> list[str]:
    """Return the resources that are asked for on their own, whether they are one of several or not."""
    scheduled = [name for name, one in resources.items() if one.scheduled]
    if scheduled:
        return scheduled
    used = {name for use in uses.outer if len(use.alternatives) == 1 for name in use.alternatives[0]}
    usual = resources if not (used or choices) else [name for name in resources if name in used]
    return [name for name in usual if resources[name].scheduled is not False]


def _targets(use: Use, chosen: Mapping[str, Any]) -> Iterable[str]:
    """Return the chosen resources of which a task's own requirements hold."""
    if not use.alternatives and chosen:
        return chosen
    names = use.alternatives[0] if len(use.alternatives) == 1 else ()
    if not (names and chosen.keys() >= set(names)):
        raise InputError(
            "it is unclear which resources the task's requirements are about",
            place=use.place,
            expected="`requires` on the named resource",
        )
    return dict.fromkeys(names)


def _with(group: ResourceGroup, more: _Wanted) -> ResourceGroup:
    return replace(group, requirements=(*group.requirements, *more)) if more else group


def _choice(use: Use, resources: Mapping[str, Resource], more: _Wanted) -> ResourceGroup:
    """Return one group of several alternatives, exactly one of which is taken; what any of them wishes, it wishes."""
    sides = [[resources[name].group for name in one] for one in use.alternatives]
    names = dict.fromkeys(name for one in use.alternatives for name in one)
    preferences = tuple([wish for name in names for wish in resources[name].group.preferences])
    shaped = {bool(group.shape) for side in sides for group in side}
    if shaped == {True}:
        slots = tuple(ResourceRequest(XOR_SLOT, 1, tuple(map(_request, side))) for side in sides)
        return ResourceGroup(slots, more, preferences)
    if shaped == {False}:
        parts = [all_of([part for group in side for part in group.requirements]) for side in sides]
        return ResourceGroup((), (any_of(parts), *more), preferences)
    raise InputError(
        "some alternatives have a resource type and others have none", expected="a type in each of them, or in none"
    )


def _request(group: ResourceGroup) -> ResourceRequest:
    (request,) = group.shape
    return replace(request, requirements=(*request.requirements, *group.requirements))
