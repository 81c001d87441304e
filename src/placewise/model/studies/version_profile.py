"""What is typical of clusters and jobs that are about versions of packages."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from placewise.errors import InputError, locating
from placewise.model.requirements.requirement import Requirement, version_bounds
from placewise.model.versions.version import parse_version
from placewise.model.weights import refuse_repeats, refuse_weights

VERSIONS = "versions"
"""The kind of these profiles."""

Need: TypeAlias = tuple[tuple[int, float], ...]
"""What one dependency is asked for: positions of requirements of one package, each with its weight."""


@dataclass(frozen=True, slots=True)
class VersionPool:
    """The versions that the clusters of a fleet take turns to take.

    Each cluster takes one pick, without replacement until none is left; then all are there again.

    dependencies : the packages whose versions are taken together; one, unless they were seen in step.
    picks : (picks, dependencies) version texts, sorted; None where a cluster goes without the package.
        A pick that is taken twice in a round is there twice.

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
class VersionFleet:
    """The pools that the clusters of a fleet take their versions from. Raises InputError for a package in two."""

    pools: tuple[VersionPool, ...]

    def __post_init__(self) -> None:
        refuse_repeats(self.packages, "one package is in two pools")

    @property
    def packages(self) -> tuple[str, ...]:
        """The packages that clusters may have."""
        return tuple(name for pool in self.pools for name in pool.dependencies)


@dataclass(frozen=True, slots=True)
class VersionJobs:
    """What jobs build and ask for.

    requirements : the distinct requirements, each one inclusive range of versions of a package.

    Raises InputError when the parts do not fit together.
    """

    kind: ClassVar[str] = VERSIONS

    requirements: tuple[Requirement, ...]
    roots: tuple[RootPackage, ...]

    def __post_init__(self) -> None:
        refuse_repeats(self.requirements, "two requirements are one")
        for requirement in self.requirements:
            version_bounds(requirement)
        refuse_repeats([root.name for root in self.roots], "two root packages have the same name")
        if not self.roots:
            raise InputError("a profile has no root packages", expected="at least one")
        for root in self.roots:
            for number, stack in enumerate(root.stacks, start=1):
                with locating(place=f"root package {root.name!r}, stack {number}"):
                    refuse_repeats(self._asked(stack), "a stack needs one package twice")
            self._refuse_releases(root)

    def refuse_fleet(self, fleet: object) -> None:
        """Raise InputError for the profile of a fleet that these jobs cannot be tried on."""
        if not isinstance(fleet, VersionFleet):
            raise InputError("the profiles are of two kinds", expected="a fleet and jobs of one kind")
        packages = set(fleet.packages)
        if packages.issuperset(requirement.subsystem for requirement in self.requirements):
            return
        for root in self.roots:
            for number, stack in enumerate(root.stacks, start=1):
                for name in self._asked(stack):
                    if name not in packages:
                        raise InputError(
                            "a stack needs an unknown package",
                            place=f"root package {root.name!r}, stack {number}",
                            found=name,
                            expected="a package that has a pool",
                        )

    def _refuse_releases(self, root: RootPackage) -> None:
        refuse_repeats([releases.own for releases in root.releases], f"releases of {root.name!r} overlap")
        for number, releases in enumerate(root.releases, start=1):
            if releases.own is None:
                continue
            with locating(place=f"root package {root.name!r}, releases {number}"):
                package = self._package(releases.own)
                if package != root.name:
                    raise InputError("releases name a requirement on another package", found=package)

    def _asked(self, stack: Stack) -> list[str]:
        """Return the package of each need of a stack."""
        asked: list[str] = []
        for need in stack.needs:
            names = {self._package(position) for position, _ in need}
            if len(names) > 1:
                raise InputError("a need names several packages", found=sorted(names), expected="ranges of one package")
            refuse_repeats([position for position, _ in need], "a need names one requirement twice")
            asked.extend(names)
        return asked

    def _package(self, position: int) -> str:
        if not 0 <= position < len(self.requirements):
            raise InputError(
                "no such requirement", found=position, expected=f"a position below {len(self.requirements)}"
            )
        return self.requirements[position].subsystem
