"""ClassAds as HTCondor prints them: plain values are read, expressions are kept as their text and never evaluated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from placewise.errors import InputError, locating
from placewise.formats.given import Given
from placewise.formats.reading import parse_json
from placewise.formats.values import mapping, sequence
from placewise.model.scalar import Scalar

_LINE = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_.]*)\s*=(?!=)\s*(.*?)\s*")
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_REAL = re.compile(r"[+-]?(?:[0-9]{1,25}\.[0-9]{0,25}|\.[0-9]{1,25}|[0-9]{1,25})(?:[eE][+-]?[0-9]{1,2})?")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_EXPRESSION = re.compile(r"\\?/Expr\((.*)\)\\?/", re.DOTALL)
_WORDS = {"true": True, "false": False}
MOST_ADS = 1 << 20


class Expression(NamedTuple):
    """An expression as its text; what it comes to depends on more than the ad."""

    text: str


Ad = dict[str, Scalar | Expression]
"""An ad: values by attribute. Attributes that are undefined are not there."""


def ads_in(given: Given) -> Iterator[tuple[str, Ad]]:
    """Yield the ads of a file with their places: of ``-long`` a paragraph each, of ``-json`` an object each.

    Raises InputError for what is neither, and for an attribute that stands twice in an ad, in whatever case.
    """
    text = given.text()
    if text.lstrip().startswith(("[", "{")):
        document = parse_json(text, given.path)
        ads = [document] if isinstance(document, dict) else sequence(document, "document")
        for number, value in enumerate(ads):
            with locating(place=f"ad {number + 1}"):
                yield f"ad {number + 1}", _of_json(mapping(value, "ad"))
        return
    yield from _paragraphs(text)


def _of_json(entry: dict[str, Any]) -> Ad:
    ad: Ad = {}
    if len({name.lower() for name in entry}) < len(entry):
        raise InputError(
            "an attribute occurs twice", expected="each attribute once (upper and lower case are the same)"
        )
    for name, value in entry.items():
        if isinstance(value, str) and (match := _EXPRESSION.fullmatch(value)):
            ad[name] = Expression(match[1])
        elif isinstance(value, str | int | float | bool):
            ad[name] = value
        elif value is not None:
            # Lists and ads inside of ads are expressions to everybody else.
            ad[name] = Expression(f"a {'list' if isinstance(value, list) else 'nested ad'}")
    return ad


def _paragraphs(text: str) -> Iterator[tuple[str, Ad]]:
    ad: Ad = {}
    seen: set[str] = set()
    start = 1
    for number, line in enumerate((*text.split("\n"), ""), 1):
        if not line.strip():
            if ad:
                yield f"ad at line {start}", ad
            ad, seen, start = {}, set(), number + 1
            continue
        if line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise InputError("is not an attribute", place=f"line {number}", found=line, expected="such as Cpus = 8")
        if match[1].lower() in seen:
            raise InputError("an attribute occurs twice", place=f"line {number}", found=match[1], expected="each once")
        seen.add(match[1].lower())
        value = literal(match[2])
        if value is not None:
            ad[match[1]] = value


def literal(text: str) -> Scalar | Expression | None:
    """Return the plain value that a text writes, None for undefined, and the text of anything else."""
    word = text.lower()
    if word in _WORDS:
        return _WORDS[word]
    if word == "undefined":
        return None
    if _WHOLE.fullmatch(text):
        return int(text)
    if _REAL.fullmatch(text):
        return float(text)
    if match := _STRING.fullmatch(text):
        return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), match[1], flags=re.DOTALL)
    return Expression(text)
