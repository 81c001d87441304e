"""Specs as Spack writes them on one line: ``openmpi@4.1.6%gcc@=12.3.0~cuda +pmi fabrics=ucx,verbs``.

Spack's own parser comes with all of Spack and is in no package index. This reader takes what one installed package
can be, by https://spack.readthedocs.io/en/latest/spec_syntax.html; lark reads the line, so that nothing recurses.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from placewise.errors import InputError
from placewise.formats.values import refuse_control
from placewise.model.scalar import Value

if TYPE_CHECKING:
    from lark import Lark, Token

LONGEST = 10_000
"""So many characters a spec may have."""

FLAGS = ("cflags", "cxxflags", "cppflags", "fflags", "ldflags", "ldlibs")
"""What a package was compiled with, one after another, where others have variants."""

_GRAMMAR = r"""
start: (PAIR | NAME | VERSIONS | FLAG | COMPILER | DEPENDENCY | HASH)*

// A dash is part of a name or a version that it follows without a blank, else it switches a variant off.
PAIR.3: /[A-Za-z0-9_][A-Za-z0-9_.-]*:?==?("(\\.|[^"\\])*"|'(\\.|[^'\\])*'|[^\s"']+)/
NAME.1: /[A-Za-z0-9_][A-Za-z0-9_.-]*/
VERSIONS: /@\s*(=?git\.[^\s%+~^@"']+|[^\s%+~^@"'\/]+)/
FLAG: /(\+\+|~~|--|[+~-])\s*[A-Za-z0-9_][A-Za-z0-9_.-]*/
COMPILER: /%%?\s*(\[[^\]]*\]\s*)?([a-z0-9,]+=)?[A-Za-z0-9_][A-Za-z0-9_.-]*(\s*@\s*[^\s%+~^@"'\/]+)?/
DEPENDENCY: /\^(.|\n)*/
HASH: /\/[a-z0-9]+/
%ignore /\s+/
"""
_CUT = 20


@dataclass(frozen=True, slots=True)
class PackageSpec:
    """One package, as a spec describes it; texts are empty where it does not say.

    version : exactly this one. variants : flags, and sets of values. left : parts that say nothing of the package
    itself, or nothing definite, such as dependencies and ranges.
    """

    name: str
    version: str = ""
    compiler: str = ""
    compiler_version: str = ""
    platform: str = ""
    os: str = ""
    target: str = ""
    variants: tuple[tuple[str, Value], ...] = ()
    left: tuple[str, ...] = ()


def parse_spec(text: str) -> PackageSpec:
    """Return the package that a spec describes.

    ``@1.2`` and ``@=1.2`` are both that version: of what is installed there is no range. Variants after ``%`` are the
    package's, as before Spack 1. Raises InputError for what is no spec, has no name, or says two things of one field.
    """
    if len(text) > LONGEST:
        raise InputError("a spec is too long", found=len(text), expected=f"at most {LONGEST} characters")
    refuse_control(text, None)
    from lark import Token  # noqa: PLC0415, loaded with the first spec: other files are looked at without it
    from lark.exceptions import UnexpectedInput  # noqa: PLC0415

    try:
        tokens = [token for token in _parser().parse(text).children if isinstance(token, Token)]
    except UnexpectedInput as error:
        column = error.column if error.column > 0 else len(text) + 1
        rest = text[column - 1 : column - 1 + _CUT]
        expected = "such as openmpi@4.1.6%gcc@12.3.0+pmi"
        raise InputError("is not a spec", place=f"column {column}", found=rest, expected=expected) from None
    if not tokens or tokens[0].type != "NAME":
        raise InputError("a spec has no name", found=text, expected="such as openmpi@4.1.6%gcc@12.3.0+pmi")
    said = _Said(name=str(tokens[0]).rpartition(".")[2])
    for token in tokens[1:]:
        said.take(token)
    return said.spec()


@dataclass(slots=True)
class _Said:
    """What a spec says, while its parts are read."""

    name: str
    fields: dict[str, str]
    variants: dict[str, Value]
    left: list[str]

    def __init__(self, name: str) -> None:
        self.name, self.fields, self.variants, self.left = name, {}, {}, []

    def take(self, token: Token) -> None:
        if token.type == "VERSIONS":
            self.version("version", token)
        elif token.type == "FLAG":
            self.variant(token.lstrip("+~- \t"), token[0] == "+")
        elif token.type == "COMPILER":
            self.compiler(token)
        elif token.type == "PAIR":
            self.pair(token)
        elif token.type == "NAME":
            raise InputError("a spec has two names", found=str(token), expected=f"only {self.name}")
        else:
            self.left.append(str(token))

    def version(self, field: str, text: str) -> None:
        found = exact_version(text)
        if found:
            self.field(field, found)
        else:
            self.left.append(str(text))

    def compiler(self, text: str) -> None:
        head, _, versions = text.partition("@")
        name = head.lstrip("% ").rpartition("]")[2].rpartition("=")[2].strip()
        if self.fields.get("compiler", name) != name:  # c from one and fortran from another
            self.left.append(str(text))
            return
        self.field("compiler", name)
        if versions:
            self.version("compiler_version", versions)

    def pair(self, text: str) -> None:
        name, _, value = text.partition("=")
        name, value = name.rstrip(":"), _unquoted(value.removeprefix("="))
        if name in ("arch", "architecture"):
            parts = value.split("-", 2)
            for field, part in zip(("platform", "os", "target"), parts, strict=False):
                self.target(field, part)
        elif name in ("platform", "os", "operating_system", "target"):
            self.target("os" if name == "operating_system" else name, value)
        elif value.lower() in ("true", "false"):
            self.variant(name, value.lower() == "true")
        else:
            members = value.split() if name in FLAGS else value.split(",")
            self.variant(name, tuple(dict.fromkeys(one for one in members if one)))

    def target(self, field: str, value: str) -> None:
        if value in ("", "None") or any(sign in value for sign in ":,"):
            self.left.append(f"{field}={value}")
        else:
            self.field(field, value)

    def field(self, field: str, value: str) -> None:
        if self.fields.setdefault(field, value) != value:
            raise InputError(
                f"a spec gives {field} twice", found=value, expected=f"one of the two, such as {self.fields[field]}"
            )

    def variant(self, name: str, value: Value) -> None:
        if self.variants.setdefault(name, value) != value:
            raise InputError(f"a spec gives {name!r} two values", found=value, expected="one value")

    def spec(self) -> PackageSpec:
        return PackageSpec(self.name, **self.fields, variants=tuple(self.variants.items()), left=tuple(self.left))


def exact_version(text: str) -> str:
    """Return the one version that a text names, empty for ranges and lists: ``@=1.2``, ``1.2``, ``git.main=1.2``."""
    version = text.lstrip("@ \t").removeprefix("=")
    return "" if any(sign in version for sign in ":,") else version


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


@cache
def _parser() -> Lark:
    from lark import Lark  # noqa: PLC0415

    return Lark(_GRAMMAR, parser="lalr")
