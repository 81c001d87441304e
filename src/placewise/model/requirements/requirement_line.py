"""Requirements on one line: ``compiler{name=gcc, version=12:14} and (mpi{name=openmpi} or not gpu)``.

lark reads the line and calls back for each part as soon as it is whole, so that nothing here recurses, however deep
the brackets of a stranger go.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from placewise.errors import InputError, Words, locating
from placewise.model.requirements.contradictions import refuse_contradiction
from placewise.model.requirements.predicates import Contains, Equals, InVersionRange, Predicate, Within, refuse_crossed
from placewise.model.requirements.requirement import (
    MOST_TESTS,
    VERSION,
    AllOf,
    AnyOf,
    Condition,
    Expression,
    Requirement,
    all_of,
    any_of,
    equality,
    holds_version,
    names_release,
    negated,
    one_of,
)
from placewise.model.scalar import Scalar, number_of
from placewise.model.versions.range_notation import has_epoch, is_range, may_have_epochs
from placewise.model.versions.version_range import parse_versions

LONGEST = 100_000
"""So many characters a line may have."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

_GRAMMAR = r"""
start: either

?either: both (OR both)*
?both: one (AND one)*
?one: NOT one             -> negation
    | "(" either ")"      -> bracketed
    | name at? conditions? -> test

at: "@" (VERSIONS | QUOTED)
conditions: "{" [condition ("," condition)*] "}"
condition: name OPERATOR value                       -> compared
         | name "@" value                            -> versions
         | name IN "(" value ("," value)* ")"        -> one_of
         | name CONTAINS value                       -> contains
         | name CONTAINS "(" value ("," value)* ")"  -> contains
name: NAME | QUOTED
value: VALUE | QUOTED

// A word of the notation ends where no letter of a name follows.
AND.2: /and(?![A-Za-z0-9_.+\/-])/
OR.2: /or(?![A-Za-z0-9_.+\/-])/
NOT.2: /not(?![A-Za-z0-9_.+\/-])/
IN.2: /in(?![A-Za-z0-9_.+\/-])/
CONTAINS.2: /contains(?![A-Za-z0-9_.+\/-])/
OPERATOR: "==" | ">=" | "<=" | "!=" | "=" | "<" | ">"
NAME: /(?!(?:and|or|not|in|contains)(?![A-Za-z0-9_.+\/-]))[^\W](?:\w|[.+\/-])*/
// Single quotes are no quotes here, and no part of a value either: it would be another one than its writer means.
VALUE: /[^\s,(){}"'=<>!@]+/
VERSIONS: /[^\s(){}"']+/
QUOTED: /"(?:\\.|[^"\\])*"/
%ignore / +/
"""

_CALLED = {
    "NAME": "a name",
    "QUOTED": 'a text in "quotes"',
    "VALUE": "a value",
    "VERSIONS": "versions",
    "OPERATOR": "= or another comparison",
    "AND": "'and'",
    "OR": "'or'",
    "NOT": "'not'",
    "IN": "'in'",
    "CONTAINS": "'contains'",
    "LPAR": "'('",
    "RPAR": "')'",
    "LBRACE": "'{'",
    "RBRACE": "'}'",
    "COMMA": "a comma",
    "AT": "'@'",
    "__ANON_0": "'@'",
    "$END": "the end",
}
_SHOWN = 20


def parse_requirement(text: str) -> Expression:
    """Return the expression that a line writes; `str` of an expression is such a line.

    Each test of an `and` speaks of a vertex of its own, and the conditions in one pair of braces of one vertex:
    ``gpu{vendor=amd} and gpu{memory>=40}`` may be two. `not` binds tighter than `and`, and `and` tighter than `or`.
    After `@` versions are as in Spack: ``gcc@12`` is the family, ``gcc@=12`` exactly that, ``gcc@12:14`` a range. In
    braces `=` is as in documents: ``version=12`` is that text, ``version=12:14`` a range; `==` keeps a text as it is.
    ``version!=12`` is every other version of that one vertex. Raises InputError naming the column for anything else,
    and for conditions in one pair of braces that no vertex meets together.
    """
    if len(text) > LONGEST:
        raise InputError("a requirement is too long", found=len(text), expected=f"at most {LONGEST} characters")
    if control := _CONTROL.search(text):
        raise InputError(
            "holds a control character",
            place=_column(control.start() + 1),
            found=control[0],
            expected="one line of printable text",
        )
    if not text.strip(" "):
        raise InputError("the requirement is empty", expected="such as gcc@12: or gpu{memory>=40}")
    try:
        # The tree's place is taken by what the callback of its root returned.
        found: Any = _parser().parse(text)
    except UnexpectedInput as error:
        raise _refusal(error, text) from None
    expression: Expression = found
    return expression


@dataclass(slots=True)
class _Joined:
    """Parts that are still being joined, so that a thousand of them are put in order once."""

    kind: type[AllOf | AnyOf]
    parts: list[Expression]


_Part: TypeAlias = Expression | _Joined
_Pair: TypeAlias = tuple[str, Predicate]


def _whole(part: _Part) -> Expression:
    if not isinstance(part, _Joined):
        return part
    return all_of(part.parts) if part.kind is AllOf else any_of(part.parts)


def _join(kind: type[AllOf | AnyOf], parts: tuple[_Part | Token, ...]) -> _Part:
    joined: list[Expression] | None = None
    for part in parts:
        if isinstance(part, Token):
            continue
        same = isinstance(part, _Joined) and part.kind is kind
        more = part.parts if isinstance(part, _Joined) and same else [_whole(part)]
        # The first list grows, so that brackets to the left cost no copies.
        joined = more if joined is None else joined
        if joined is not more:
            joined += more
        if len(joined) > MOST_TESTS:
            raise InputError("an expression has too many requirements", expected=f"at most {MOST_TESTS}")
    return _Joined(kind, joined or [])


@v_args(inline=True)
class _Expressions(Transformer[Token, Any]):
    def start(self, part: _Part) -> Expression:
        return _whole(part)

    def either(self, *parts: _Part | Token) -> _Part:
        return _join(AnyOf, parts)

    def both(self, *parts: _Part | Token) -> _Part:
        return _join(AllOf, parts)

    def negation(self, _word: Token, part: _Part) -> Expression:
        return negated(_whole(part))

    def bracketed(self, part: _Part) -> _Part:
        return part

    def test(self, name: Token, *more: Any) -> Expression:
        conditions = [Condition(field, predicate) for one in more for field, predicate in one]
        with locating(place=_column(name.column)):
            found = Requirement(str(name), tuple(conditions))
            refuse_contradiction(
                found, "`and` between two tests, if they are of two vertices; `contains`, if the field is a set"
            )
            return found

    def at(self, versions: Token) -> list[_Pair]:
        return [(VERSION, _spack(_unquoted(versions)))]

    def conditions(self, *pairs: _Pair | None) -> list[_Pair]:
        found: list[_Pair] = []
        for pair in pairs:
            if pair is None:
                continue
            field = pair[0]
            with locating(place=field):
                both = _two_sided(found[-1], pair) if found else None
            if both is not None:
                found[-1] = (field, both)
            else:
                found.append(pair)
        return found

    def compared(self, name: Token, operator: Token, value: Token) -> _Pair:
        with locating(place=_column(value.column)):
            return str(name), _comparison(str(name), operator, value)

    def versions(self, name: Token, value: Token) -> _Pair:
        return str(name), _spack(value)

    def one_of(self, name: Token, word: Token, *values: Token) -> _Pair:
        with locating(place=_column(word.column)):
            return str(name), one_of(str(name), tuple(map(str, values)))

    def contains(self, name: Token, _word: Token, *values: Token) -> _Pair:
        return str(name), Contains(tuple(map(str, values)))

    def name(self, token: Token) -> Token:
        found = _unquoted(token)
        if not found:
            raise InputError("a name is empty", place=_column(token.column), expected="a name")
        return found

    def value(self, token: Token) -> Token:
        return _unquoted(token)


def _two_sided(first: _Pair, second: _Pair) -> Within | None:
    """Return one range of ``memory>=40, memory<=80``, in this order and side by side."""
    (field, low), (other, high) = first, second
    if field != other or not (isinstance(low, Within) and isinstance(high, Within)):
        return None
    if low.maximum is not None or high.minimum is not None:
        return None
    refuse_crossed(low.minimum, high.maximum)
    return Within(low.minimum, high.maximum)


def _comparison(field: str, operator: str, value: Token) -> Predicate:
    text = str(value)
    if operator == "==":
        return Equals(text)
    if operator == "=":
        return equality(field, text)
    if holds_version(field) and not has_epoch(text):
        if is_range(text):
            raise InputError(f"{operator} compares with one version", found=text, expected=f"a version, or {field}=")
        return InVersionRange(parse_versions(f"{operator}{text}"))
    if operator == "!=" and not holds_version(field):
        raise InputError(
            "!= is said of versions only",
            found=text,
            expected=f"`not SUBSYSTEM{{{field}={text}}}`, which says that no vertex is so, or `{field} in (...)`",
        )
    if operator in (">=", "<="):
        # A version has lost digits as a number.
        bound = _bound(value)
        bound = text if isinstance(bound, float) and names_release(field) else bound
        return Within(minimum=bound) if operator == ">=" else Within(maximum=bound)
    # What lies strictly beyond a bound depends on the kind of the field, as `">16 GB"` in a document does.
    return Equals(f"{operator}{text}")


def _bound(value: Token) -> Scalar:
    number = number_of(value) if value.type == "VALUE" else None
    return str(value) if number is None else number


def _spack(value: Token) -> Predicate:
    text = str(value)
    with locating(place=_column(value.column)):
        return Equals(text) if may_have_epochs(text) else InVersionRange(parse_versions(text))


def _unquoted(token: Token) -> Token:
    if token.type != "QUOTED":
        return token
    try:
        text = json.loads(token)
        text.encode()
    except ValueError:
        raise InputError(
            "is not a text in quotes", place=_column(token.column), found=str(token), expected='such as "a \\"b\\""'
        ) from None
    if _CONTROL.search(text):
        raise InputError(
            "holds a control character", place=_column(token.column), found=text, expected="no control characters"
        )
    return token.update(value=text)


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", transformer=_Expressions(), maybe_placeholders=False)


def _refusal(error: UnexpectedInput, text: str) -> InputError:
    if isinstance(error, UnexpectedToken) and error.token.type != "$END":
        column, found, accepted = error.token.column or 1, str(error.token), error.accepts or error.expected
    elif isinstance(error, UnexpectedCharacters):
        column, found, accepted = error.column, text[error.column - 1 :], error.allowed or set()
    else:
        column, found, accepted = len(text) + 1, "", set(getattr(error, "expected", ()))
    expected = _listed(list(dict.fromkeys(_CALLED.get(name, name) for name in sorted(accepted, key=_rank))))
    shown = found if len(found) <= _SHOWN else found[:_SHOWN] + "..."
    return InputError(
        "is not a requirement",
        place=_column(column),
        found=shown or Words("the end of the line"),
        expected=expected or None,
    )


def _listed(names: list[str]) -> str:
    return " or ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def _rank(name: str) -> int:
    names = list(_CALLED)
    return names.index(name) if name in names else len(names)


def _column(number: int | None) -> str:
    return f"column {number}"
