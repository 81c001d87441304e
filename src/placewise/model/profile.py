"""What is typical of a fleet and of its jobs, in figures only: synthetic ones are drawn from it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from placewise.errors import InputError
from placewise.model.requirement import Requirement, version_bounds
from placewise.model.version import parse_version

Need: TypeAlias = tuple[tuple[int, float], ...]
"""What one dependency is asked for: positions of requirements of one package, each with its weight."""


@dataclass(frozen=True, slots=True)
class VersionPool:
    """The versions that the clusters of a fleet take turns to take.

    Each cluster takes one pick, without replacement until none is left; then all are there again.

    dependencies : the packages whose versions are taken together; one, unless they were seen in step.
    picks : (picks, dependencies) version texts, sorted; None where a cluster goes without the package.
        A pick that is taken twice in a round stands twice.

    Raises InputError for a pool without packages or picks, a package twice, a pick of the wrong
    length, or a text that is no version.
    """

    dependencies: tuple[str, ...]
    picks: tuple[tuple[str | None, ...], ...]

    def __post_init__(self) -> None:
        if not self.dependencies or not all(self.dependencies):
            raise InputError("a pool names no package", found=self.dependencies, expected="names of packages")
        if len(set(self.dependencies)) < len(self.dependencies):
            raise InputError("a pool names one package twice", found=self.dependencies, expected="names that differ")
        if not self.picks:
            raise InputError(f"the pool of {self.dependencies[0]!r} is empty", expected="at least one pick")
        for pick in self.picks:
            if len(pick) != len(self.dependencies):
                raise InputError(
                    f"a pick of the pool of {self.dependencies[0]!r} has the wrong length",
                    found=pick,
                    expected=f"{len(self.dependencies)} versions",
                )
            for text in pick:
                if text is not None:
                    parse_version(text)
        ordered = sorted(self.picks, key=lambda pick: [(text is not None, text or "") for text in pick])
        object.__setattr__(self, "picks", tuple(ordered))


@dataclass(frozen=True, slots=True)
class Stack:
    """A set of dependencies that came along together.

    weight : how common the stack is beside the other stacks of its root package; as fitted, a number of jobs.
    needs : what each dependency is asked for. A need that leaves no choice weighs 1.

    Raises InputError for weights that are negative, not finite, or a need whose weights sum to 0.
    """

    weight: float
    needs: tuple[Need, ...]

    def __post_init__(self) -> None:
        refuse_weights([self.weight], "a stack")
        for need in self.needs:
            refuse_weights((weight for _, weight in need), "a need", sum_to_zero=True)
        alone = tuple(((need[0][0], 1.0),) if len(need) == 1 else need for need in self.needs)
        object.__setattr__(self, "needs", alone)


@dataclass(frozen=True, slots=True)
class Releases:
    """Which versions of a root package were built by the jobs with one requirement on the package itself.

    own : position of that requirement; None for the jobs without one.
    versions : (text, weight); None for jobs that do not say.
    """

    own: int | None
    versions: tuple[tuple[str | None, float], ...]

    def __post_init__(self) -> None:
        refuse_weights((weight for _, weight in self.versions), "the versions built", sum_to_zero=True)


@dataclass(frozen=True, slots=True)
class RootPackage:
    """What the jobs that build one package have in common; its share of jobs is that of its stacks' weights.

    A job whose own requirement no release names is drawn without a package version.
    """

    name: str
    stacks: tuple[Stack, ...]
    releases: tuple[Releases, ...] = ()

    def __post_init__(self) -> None:
        if not self.name:
            raise InputError("a root package has no name", expected="a name")
        refuse_weights((stack.weight for stack in self.stacks), "the stacks", sum_to_zero=True)

    @property
    def weight(self) -> float:
        """How common the package is beside the other root packages."""
        return math.fsum(stack.weight for stack in self.stacks)


@dataclass(frozen=True, slots=True)
class WorkloadProfile:
    """The statistics of one experiment: pools of versions for clusters, root packages with stacks for jobs.

    requirements : the distinct requirements, each one inclusive range of versions of a package.
    pools : every dependency of a stack is in one of them.

    Raises InputError when the parts do not fit together.
    """

    requirements: tuple[Requirement, ...]
    pools: tuple[VersionPool, ...]
    roots: tuple[RootPackage, ...]

    def __post_init__(self) -> None:
        _refuse_repeats(self.requirements, "two requirements are one")
        for requirement in self.requirements:
            version_bounds(requirement)
        known = [name for pool in self.pools for name in pool.dependencies]
        _refuse_repeats(known, "one package is in two pools")
        _refuse_repeats([root.name for root in self.roots], "two root packages share a name")
        if not self.roots:
            raise InputError("a profile has no root packages", expected="at least one")
        packages = set(known)
        for root in self.roots:
            for number, stack in enumerate(root.stacks, start=1):
                try:
                    self._refuse_stack(stack, packages)
                except InputError as error:
                    raise error.within(place=f"root package {root.name!r}, stack {number}") from None
            self._refuse_releases(root)

    def _refuse_releases(self, root: RootPackage) -> None:
        place = f"root package {root.name!r}, releases"
        _refuse_repeats([releases.own for releases in root.releases], f"releases of {root.name!r} overlap")
        for number, releases in enumerate(root.releases, start=1):
            if releases.own is None:
                continue
            try:
                package = self._package(releases.own)
            except InputError as error:
                raise error.within(place=f"{place} {number}") from None
            if package != root.name:
                raise InputError(
                    "releases name a requirement on another package", place=f"{place} {number}", found=package
                )

    def _refuse_stack(self, stack: Stack, packages: set[str]) -> None:
        asked: list[str] = []
        for need in stack.needs:
            names = {self._package(position) for position, _ in need}
            if len(names) > 1:
                raise InputError("a need names several packages", found=sorted(names), expected="ranges of one package")
            _refuse_repeats([position for position, _ in need], "a need names one requirement twice")
            asked.extend(names)
        _refuse_repeats(asked, "a stack needs one package twice")
        for name in asked:
            if name not in packages:
                raise InputError("a stack needs an unknown package", found=name, expected="a package that has a pool")

    def _package(self, position: int) -> str:
        if not 0 <= position < len(self.requirements):
            raise InputError(
                "no such requirement", found=position, expected=f"a position below {len(self.requirements)}"
            )
        return self.requirements[position].subsystem


def refuse_weights(weights: Iterable[float], what: str, *, sum_to_zero: bool = False) -> None:
    """Raise InputError for a weight that is negative or not finite and, if asked, for weights that sum to 0."""
    total = 0.0
    for weight in weights:
        if not math.isfinite(weight) or weight < 0:
            raise InputError(f"a weight of {what} is not usable", found=weight, expected="a number of 0 or more")
        total += weight
    if sum_to_zero and not 0 < total < math.inf:
        raise InputError(f"the weights of {what} cannot be drawn from", found=total, expected="a finite sum above 0")


def _refuse_repeats(values: Iterable[object], problem: str) -> None:
    for value in _repeated(values):
        raise InputError(problem, found=str(value), expected="values that differ")


def _repeated(values: Iterable[object]) -> Iterator[object]:
    seen = set()
    for value in values:
        if value in seen:
            yield value
        seen.add(value)
