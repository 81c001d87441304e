"""One thing that a site has, as a file of Spack's names it: fields of a package, and those of the compiler it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from placewise.formats.fleets.imports.spack.spec import PackageSpec
from placewise.model.scalar import Value

Fields: TypeAlias = tuple[tuple[str, Value], ...]

ARCH, OS, COMPILER = "arch", "os", "compiler"
EXTERNALS, COMPILERS, CONCRETE = "externals", "compilers", "concrete specs"
_OWN = frozenset(
    (
        *("name", "version", "compiler", "compiler_version", "platform", "os", "target"),
        *("prefix", "modules", "hash", "build_hash", "namespace"),
    )
)


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """An external, a compiler or a concrete spec.

    what : which of these. place : where it is in the file. package : what it is called, empty where only the compiler
    has a name. fields : of its vertex, None where they could not be read. compiler : those of its vertex among
    compilers, None for what is none. whole : whether its version is known.
    """

    what: str
    file: str
    place: str
    package: str
    fields: Fields | None
    compiler: Fields | None = None
    whole: bool = True


def spec_fields(spec: PackageSpec) -> Iterator[tuple[str, Value]]:
    """Yield the fields of a package; a variant that is called as one of the others has `variant_` before its name."""
    for name in ("version", "compiler", "compiler_version", "platform", "os", "target"):
        value: str = getattr(spec, name)
        if value:
            yield name, value
    yield from variant_fields(spec.variants)


def variant_fields(variants: Fields) -> Iterator[tuple[str, Value]]:
    """Yield the fields of variants, but for those that are an empty set."""
    for name, value in variants:
        if value != ():
            yield f"variant_{name}" if name in _OWN else name, value
