"""Jobs: the shape of the resources they ask for, and what must hold where they run."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import attrgetter, itemgetter
from typing import TypeAlias

from placewise.errors import InputError
from placewise.model.requirements.preference import Preference, counted
from placewise.model.requirements.requirement import Expression
from placewise.model.scalar import Scalar

SLOT = "slot"
OR_SLOT = "or_slot"
XOR_SLOT = "xor_slot"
SLOTS = (SLOT, OR_SLOT, XOR_SLOT)
NODE = "node"


@dataclass(frozen=True, slots=True)
class ResourceRequest:
    """So many of one type of resource, each with what is asked for inside it.

    The type ``slot`` is the unit of Flux RFC 14: a bundle of what is inside it, all on one node unless
    it holds nodes itself, and then under one vertex of the level above. The types ``or_slot`` and ``xor_slot`` are
    alternatives, as of Fluxion's flexible traverser. The or_slots of one count side by side are one choice: so many
    slots, each of any of their shapes. or_slots of another count are another choice, and one choice is taken. Of the
    xor_slots side by side exactly one is taken with its count, and the same one wherever the request is repeated.

    Siblings of one type without contents are added up. `unit` is that of the count; sizes are converted to it.
    `requirements` are what each vertex that is counted must meet.

    Raises InputError for an empty type, a count below 1, or an empty slot.
    """

    type: str
    count: int = 1
    contents: tuple[ResourceRequest, ...] = ()
    unit: str = ""
    requirements: tuple[Expression, ...] = ()

    def __post_init__(self) -> None:
        if not self.type:
            raise InputError("a resource request has no type", expected="a type such as node, core or slot")
        if isinstance(self.count, bool) or not isinstance(self.count, int) or self.count < 1:
            raise InputError(
                f"the count of {self.type!r} is not usable", found=self.count, expected="a whole number of 1 or more"
            )
        if self.type in SLOTS and not self.contents:
            raise InputError(f"a {self.type} holds nothing", expected="resources inside the slot")
        object.__setattr__(self, "contents", _add_up(self.contents))
        if self.requirements:
            if self.type in SLOTS:
                raise InputError(f"a {self.type} is not a vertex", expected="requirements of what the slot holds")
            once = dict.fromkeys(self.requirements)
            object.__setattr__(self, "requirements", tuple(sorted(once, key=_by_subsystem)))

    def __str__(self) -> str:
        inside = " with " + " and ".join(map(str, self.contents)) if self.contents else ""
        which = "".join(f" ({requirement})" for requirement in self.requirements)
        return f"{self.count} {self.unit + ' ' if self.unit else ''}{self.type}{which}{inside}"


Shape: TypeAlias = tuple[ResourceRequest, ...]


@dataclass(frozen=True, slots=True)
class ResourceGroup:
    """Resources that are wanted together, on nodes at which every requirement of the group holds.

    shape : the resources asked for. requirements : sorted by subsystem, each once. preferences : what is wished of
    these nodes besides.
    """

    shape: Shape = ()
    requirements: tuple[Expression, ...] = field(default=(), compare=False)
    preferences: tuple[Preference, ...] = field(default=(), compare=False)
    # Equal requirements may be written differently and then sort apart, so equality is that of the set.
    _distinct: frozenset[Expression] = field(init=False, repr=False)
    _wished: frozenset[tuple[Preference, int]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", _add_up(self.shape))
        object.__setattr__(self, "_wished", counted(self.preferences))
        once = dict.fromkeys(self.requirements)
        alone = len({requirement.subsystem for requirement in once}) == len(once)
        key = attrgetter("subsystem") if alone else _by_subsystem
        object.__setattr__(self, "requirements", tuple(sorted(once, key=key)))
        object.__setattr__(self, "_distinct", frozenset(once))


@dataclass(frozen=True, slots=True)
class Job:
    """A request: what must hold where, the command, and further attributes for policies and records.

    name : what it is called. groups : the resources asked for, with what must hold on each.
    command : what it runs, word by word. attributes : what else is known of it in pairs, such as (``duration``, 3600).
    preferences : what is wished of all nodes; a group may have wishes of its own.
    """

    name: str
    groups: tuple[ResourceGroup, ...] = field(default_factory=lambda: (ResourceGroup(),))
    command: tuple[str, ...] = ()
    attributes: tuple[tuple[str, Scalar], ...] = ()
    preferences: tuple[Preference, ...] = field(default=(), compare=False)
    _wished: frozenset[tuple[Preference, int]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_wished", counted(self.preferences))
        counted(self.wishes)
        if not self.groups:
            raise InputError(f"job {self.name!r} asks for nothing", expected="at least one resource group")
        object.__setattr__(self, "attributes", tuple(sorted(self.attributes, key=itemgetter(0))))

    @property
    def requirements(self) -> tuple[Expression, ...]:
        """The requirements of all groups, each once, in order."""
        if len(self.groups) == 1:
            return self.groups[0].requirements
        return tuple(dict.fromkeys(r for group in self.groups for r in group.requirements))

    @property
    def wishes(self) -> tuple[Preference, ...]:
        """The preferences of the job and of all groups."""
        return (*self.preferences, *(one for group in self.groups for one in group.preferences))


def _by_subsystem(requirement: Expression) -> tuple[str, str]:
    return requirement.subsystem, str(requirement)


def _add_up(requests: tuple[ResourceRequest, ...]) -> Shape:
    """Merge childless siblings of one type, so that equal demands are one value."""
    if len(requests) < 2:
        return tuple(requests)
    totals: dict[tuple[str, str, tuple[Expression, ...]], int] = {}
    nested = []
    for request in requests:
        if request.contents:
            nested.append(request)
        else:
            key = (request.type, request.unit, request.requirements)
            totals[key] = totals.get(key, 0) + request.count
    simple = [
        ResourceRequest(kind, count, unit=unit, requirements=wanted) for (kind, unit, wanted), count in totals.items()
    ]
    return tuple(sorted((*nested, *simple), key=str))
