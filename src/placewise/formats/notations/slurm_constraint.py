"""Slurm's constraints on features of nodes, such as ``(skl|icx)&ib``, as tests of properties.

As sbatch has it: ``&`` and ``,`` are and, ``|`` is or, both from left to right unless brackets say otherwise. Square
brackets ask that all nodes have the same one of the features, which is read as or. How many nodes must have a
feature, ``ib*4``, is not kept: all must.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from placewise.errors import InputError
from placewise.formats.node_facts import PROPERTY_NAME
from placewise.model.requirements.predicates import Equals
from placewise.model.requirements.requirement import Condition, Expression, Requirement, all_of, any_of, negated

LONGEST = 10_000
"""So many characters a constraint may have."""

_TOKEN = re.compile(r"\s*([&|,()\[\]!]|[A-Za-z0-9_][\w.=:+-]*)(?:\*\d+)?")
_CLOSES = {"(": ")", "[": "]"}
_JOINS: dict[str, Callable[[tuple[Expression, Expression]], Expression]] = {"&": all_of, ",": all_of, "|": any_of}


def parse_slurm_constraint(text: str) -> Expression:
    """Return what a constraint says. Raises InputError naming the column for a text that is none."""
    if len(text) > LONGEST:
        raise InputError("the constraint is too long", found=len(text), expected=f"at most {LONGEST} characters")
    # For each open bracket what is before it: the expression so far, the sign that joins it, and whether `!` is next.
    outer: list[tuple[Expression | None, str, bool, str]] = []
    left: Expression | None = None
    join, negate, wants = "&", False, True
    for sign, column in _tokens(text):
        place = f"column {column}"
        if sign == "!" and wants:
            negate = not negate
        elif sign in _CLOSES and wants:
            outer.append((left, join, negate, _CLOSES[sign]))
            left, join, negate = None, "&", False
        elif sign in _JOINS and not wants:
            join, wants = sign, True
        elif sign in (")", "]") and not wants and outer and outer[-1][3] == sign and left is not None:
            inner = left
            left, join, negate, _ = outer.pop()
            left, negate = _joined(left, join, inner, negate), False
        elif sign[0] not in "&|,()[]!" and wants:
            left = _joined(left, join, _feature(sign), negate)
            negate, wants = False, False
        else:
            raise InputError("is not understood", place=place, found=sign, expected="such as (a|b)&c")
    if outer or wants or left is None:
        raise InputError("ends too early", found=text, expected="such as (a|b)&c")
    return left


def _feature(name: str) -> Requirement:
    subsystem, field = PROPERTY_NAME
    return Requirement(subsystem, (Condition(field, Equals(name)),))


def _joined(left: Expression | None, join: str, right: Expression, negate: bool) -> Expression:
    right = negated(right) if negate else right
    return right if left is None else _JOINS[join]((left, right))


def _tokens(text: str) -> list[tuple[str, int]]:
    found = []
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            raise InputError(
                "is not understood", place=f"column {position + 1}", found=text, expected="such as (a|b)&c"
            )
        found.append((match[1], match.start(1) + 1))
        position = match.end()
    return found
