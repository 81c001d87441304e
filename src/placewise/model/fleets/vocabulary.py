"""What the words of a fleet mean: the kinds of fields, other names of values, and what descriptions leave out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal, TypeAlias

from placewise.errors import InputError, one_of

KINDS = ("text", "flag", "number", "quantity", "version", "target", "set")
SCHEMES = ("spack", "semver", "pep440", "debian", "rpm")

FieldName: TypeAlias = tuple[str, str]
"""A subsystem and a field of its vertices; the empty subsystem stands for every one."""

EVERY = ""

VERTICES: Final = "vertices"
"""How complete a description is that names all vertices, and does not say all of each."""

Completeness: TypeAlias = bool | Literal["vertices"]
"""Whether all there is is described: all of it, all vertices but not all of their fields, or not all vertices."""


def fullest(said: Iterable[Completeness]) -> Completeness:
    """Return the most that is said of completeness; not complete where nothing is said."""
    found = set(said)
    return next((one for one in (True, VERTICES) if one in found), False)


@dataclass(frozen=True, slots=True)
class FieldKind:
    """What the values of a field are, and so how they compare.

    name : one of KINDS. unit : that of numbers without one, for a quantity. scheme : one of SCHEMES, for a version.
    inferred : whether nobody said it, and it follows from what was first offered; that makes no other kind of it.
    Raises InputError for anything else.
    """

    name: str
    unit: str = ""
    scheme: str = ""
    inferred: bool = field(default=False, compare=False)

    def __post_init__(self) -> None:
        if self.name not in KINDS:
            raise InputError("is not a kind of field", found=self.name, expected=one_of(self.name, KINDS))
        if self.unit and self.name != "quantity":
            raise InputError(f"a {self.name} has no unit", found=self.unit, expected="kind: quantity")
        if self.scheme and self.name != "version":
            raise InputError(f"a {self.name} has no scheme", found=self.scheme, expected="kind: version")
        if self.name == "version" and self.scheme not in ("", *SCHEMES):
            raise InputError("is not a scheme of versions", found=self.scheme, expected=one_of(self.scheme, SCHEMES))


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """The vocabulary of a fleet; it never changes.

    kinds : of fields. aliases : for a field, the text that each other text stands for. known : the subsystems that
    there are or ever were, each with the fields that its vertices have or had. complete : by cluster and subsystem,
    empty for every one, whether all there is of it is described, or its VERTICES are and a field that one lacks is
    unknown; what is not said is complete. types : those of resources that there are or ever were.
    """

    kinds: Mapping[FieldName, FieldKind] = field(default_factory=dict)
    aliases: Mapping[FieldName, Mapping[str, str]] = field(default_factory=dict)
    known: Mapping[str, frozenset[str]] = field(default_factory=dict)
    complete: Mapping[tuple[str, str], Completeness] = field(default_factory=dict)
    types: frozenset[str] = frozenset()

    def kind_of(self, subsystem: str, name: str) -> FieldKind | None:
        """Return the kind of a field, of this subsystem or else of every one; None where none is said."""
        return self.kinds.get((subsystem, name)) or self.kinds.get((EVERY, name))

    def aliases_of(self, subsystem: str, name: str) -> Mapping[str, str]:
        """Return the text that each other text of a field stands for."""
        found = self.aliases.get((EVERY, name), {})
        own = self.aliases.get((subsystem, name))
        return {**found, **own} if own else found

    def is_complete(self, cluster: str, subsystem: str) -> bool:
        """Whether a cluster has no vertex of a subsystem beyond those that its description names."""
        return bool(self.completeness(cluster, subsystem))

    def says_all_fields(self, cluster: str, subsystem: str) -> bool:
        """Whether a vertex of a subsystem of a cluster has no field beyond those that its description gives it."""
        return self.completeness(cluster, subsystem) is True

    def completeness(self, cluster: str, subsystem: str) -> Completeness:
        """Return how complete the description of a subsystem of a cluster is."""
        said = self.complete
        for key in ((cluster, subsystem), (cluster, EVERY), (EVERY, subsystem), (EVERY, EVERY)):
            if key in said:
                return said[key]
        return True

    def may_be_incomplete(self, subsystem: str) -> bool:
        """Whether some cluster, there today or not, may have more of a subsystem than is described, be it fields."""
        return any(said is not True for (_, name), said in self.complete.items() if name in (EVERY, subsystem))

    def may_have_more(self, subsystem: str) -> bool:
        """Whether some cluster, there today or not, may have vertices of a subsystem that are not described."""
        return any(not said for (_, name), said in self.complete.items() if name in (EVERY, subsystem))

    @property
    def all_complete(self) -> bool:
        """Whether nothing is said to be incomplete."""
        return all(said is True for said in self.complete.values())

    def over(self, other: Vocabulary) -> Vocabulary:
        """Return both vocabularies as one; where they differ, this one counts."""
        return Vocabulary(
            {**other.kinds, **self.kinds},
            {**other.aliases, **self.aliases},
            {
                name: self.known.get(name, frozenset()) | other.known.get(name, frozenset())
                for name in (*other.known, *self.known)
            },
            {**other.complete, **self.complete},
            self.types | other.types,
        )

    def with_known(self, known: Mapping[str, frozenset[str]], kinds: Mapping[FieldName, FieldKind]) -> Vocabulary:
        """Return the vocabulary with further subsystems and fields, and kinds of fields that had none."""
        merged = {**self.known, **{name: self.known.get(name, frozenset()) | fields for name, fields in known.items()}}
        return replace(self, known=merged, kinds={**kinds, **self.kinds})

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Vocabulary):
            return NotImplemented
        return (self.kinds, self.aliases, self.known, self.complete, self.types) == (
            other.kinds,
            other.aliases,
            other.known,
            other.complete,
            other.types,
        )

    __hash__ = None  # type: ignore[assignment]
