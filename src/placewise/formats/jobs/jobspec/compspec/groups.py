"""Which named resources compspec's tasks and groups use: on their own, or inside of another group's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from placewise.errors import InputError
from placewise.formats.jobs.jobspec.attributes import DURATION
from placewise.formats.requirements.reading import Reading
from placewise.formats.values import count, flag, known_keys, mapping, sequence, text

GROUPS, ENTRY_POINT = "groups", "entrypoint"
# What a task does, and when: nothing of where.
_TASK_NOTED = ("name", "depends_on", "steps", "attributes", "transform", "scripts")
TASK_KEYS = ("command", "resources", "replicas", "requires", "group", "local", *_TASK_NOTED)
GROUP_KEYS = ("name", "resources", "depends_on", "tasks", GROUPS, "launch", "attributes")
_DEEPEST = 32
_MOST = 10_000
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Use:
    """A use of named resources: one of several alternatives, each of several together, and what is asked besides."""

    place: str
    alternatives: tuple[tuple[str, ...], ...]
    requires: Any = None


@dataclass(slots=True)
class Uses:
    """The uses of named resources.

    outer : those on their own. inner : those inside of a group. loose : what tasks without resources ask besides.
    durations : how long tasks and groups may take, and the places that say so.
    """

    outer: list[Use] = field(default_factory=list)
    inner: list[Use] = field(default_factory=list)
    loose: list[Use] = field(default_factory=list)
    durations: list[tuple[str, Any]] = field(default_factory=list)


def uses_of(
    document: dict[str, Any], tasks: list[tuple[str, dict[str, Any]]], names: Mapping[str, Any], reading: Reading
) -> Uses:
    """Return what the tasks and groups of a document use of the named resources.

    A group that a task of another group runs, or that another group launches, stands inside of that one; with an
    `entrypoint` every other group does. Raises InputError for anything that is not understood.
    """
    walk = _Walk(names, reading)
    for place, task in tasks:
        walk.task(task, place)
    listed = walk.groups(document[GROUPS], GROUPS, 1) if GROUPS in document else []
    start = document.get(ENTRY_POINT)
    if start is not None:
        text(start, ENTRY_POINT)
        if not any(group.get("name") == start for _, group in listed):
            raise InputError("names no group", place=ENTRY_POINT, found=start, expected="the name of a group")
    for place, group in listed:
        name = group.get("name")
        inside = name != start if start is not None else name is not None and name in walk.run_inside
        walk.group(group, place, walk.uses.inner if inside else walk.uses.outer)
    if GROUPS in document:
        reading.notes.keep(GROUPS)
    return walk.uses


@dataclass(slots=True)
class _Walk:
    names: Mapping[str, Any]
    reading: Reading
    uses: Uses = field(default_factory=Uses)
    run_inside: set[str] = field(default_factory=set)
    left: int = _MOST

    def groups(self, value: Any, place: str, depth: int) -> list[tuple[str, dict[str, Any]]]:
        """Return (place, group) pairs of a list, having walked what stands inside of each."""
        if depth > _DEEPEST:
            raise InputError("groups are nested too deeply", place=place, expected=f"at most {_DEEPEST} levels")
        found = []
        for number, one in enumerate(sequence(value, place)):
            self._spend(place)
            at = f"{place}[{number}]"
            group = known_keys(one, GROUP_KEYS, at)
            if "name" in group:
                text(group["name"], f"{at}.name")
            for number_of_task, listed in enumerate(sequence(group.get("tasks", []), f"{at}.tasks")):
                here = f"{at}.tasks[{number_of_task}]"
                self._spend(here)
                self.task(mapping(listed, here), here, group)
            for launched in self._launched(group.get("launch", []), f"{at}.launch"):
                self.run_inside.add(launched)
            for inner_place, inner in self.groups(group.get(GROUPS, []), f"{at}.{GROUPS}", depth + 1):
                self.group(inner, inner_place, self.uses.inner)
            found.append((at, group))
        return found

    def group(self, group: dict[str, Any], place: str, uses: list[Use]) -> None:
        self._attributes(group, place)
        if "resources" in group:
            uses.append(self._use(group["resources"], f"{place}.resources", None))

    def _attributes(self, of: dict[str, Any], place: str) -> None:
        attributes = mapping(of["attributes"], f"{place}.attributes") if "attributes" in of else {}
        if DURATION in attributes:
            self.uses.durations.append((f"{place}.attributes.{DURATION}", attributes[DURATION]))

    def task(self, task: dict[str, Any], place: str, around: dict[str, Any] | None = None) -> None:
        """Walk a task, which has the resources of the group around it unless it names its own."""
        known_keys(task, TASK_KEYS, place)
        if "replicas" in task:
            count(task["replicas"], f"{place}.replicas")
        if "local" in task:
            flag(task["local"], f"{place}.local")
        for key in task:
            if key in _TASK_NOTED and key != "name":
                self.reading.notes.keep(f"{place}.{key}")
        self._attributes(task, place)
        if "group" in task:
            name = text(task["group"], f"{place}.group")
            if around is not None:
                self.run_inside.add(name)
        requires = task.get("requires")
        inherited = (around or {}).get("resources")
        if "resources" in task or (requires is not None and inherited is not None):
            uses = self.uses.outer if around is None else self.uses.inner
            uses.append(self._use(task.get("resources", inherited), f"{place}.resources", requires))
        elif requires is not None:
            self.uses.loose.append(Use(place, (), requires))

    def _spend(self, place: str) -> None:
        self.left -= 1
        if self.left < 0:
            raise InputError("too many tasks and groups", place=place, expected=f"at most {_MOST}")

    def _launched(self, value: Any, place: str) -> Iterator[str]:
        for number, one in enumerate(sequence(value, place)):
            self._spend(place)
            launch = known_keys(one, ("group", "count"), f"{place}[{number}]")
            count(launch.get("count", 1), f"{place}[{number}].count")
            yield text(launch.get("group"), f"{place}[{number}].group")

    def _use(self, value: Any, place: str, requires: Any) -> Use:
        """Read ``a``, ``a|b``: one of them, or ``a&b``: both."""
        if isinstance(value, dict):
            raise InputError(
                "resources cannot be written inline here",
                place=place,
                expected="the name of an entry under the top-level resources",
            )
        written = text(value, place)
        if written in self.names:
            return Use(place, ((written,),), requires)
        alternatives = tuple(tuple(part.strip() for part in one.split("&")) for one in written.split("|"))
        for name in (name for one in alternatives for name in one):
            if name not in self.names:
                shown = " or ".join(list(self.names)[:_SHOWN])
                raise InputError("names no resource of the jobspec", place=place, found=written, expected=shown)
        return Use(place, alternatives, requires)
