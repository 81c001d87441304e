"""Docstrings as the house writes them, with their parameters as a list.

A docstring names its parameters in running text: "unknown : what counts. seed : of chance. Raises InputError if empty."
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import pkgutil
import re
from collections.abc import Collection
from typing import Any

import placewise

_SECTION = re.compile(r"^(?:Attributes|Parameters|Returns|Raises|Notes|Examples)\n-+\n")
_NAMED = re.compile(r"(?:^|(?<=[.;:] ))(\w+(?:, \w+)*) : ")
_RAISED = re.compile(r"(?:^|(?<=\. ))Raises (\w+(?:Error|Exception)) ((?:(?!\bRaises\b).)+?)\.?$")

_QUOTED = re.compile(r"(?<![`:\w])`([^`]+)`(?!`)")


_LONG = 400


def with_parameters(app: object, what: str, name: str, documented: Any, options: object, lines: list[str]) -> None:
    """Write what a docstring says of parameters and errors as fields, on the event autodoc-process-docstring.

    What a class's docstring says of attributes stands with the attributes, and not with the class.
    """
    del app, options
    if what == "attribute":
        owner = pkgutil.resolve_name(name.rpartition(".")[0])
        said = explanations(owner).get(name.rpartition(".")[2])
        lines[:] = [*linked(said[:1].upper() + said[1:]).splitlines(), ""] if said else lines
        return
    paragraphs, said, errors = _read("\n".join(lines), parameters(documented))
    elsewhere = attributes(documented) if inspect.isclass(documented) else ()
    named = [f":param {one}: {meaning}" for one, meaning in said.items() if one not in elsewhere]
    text = "\n\n".join(filter(None, [*paragraphs, "\n".join(named + errors)]))
    lines[:] = [*linked(text).splitlines(), ""]


def attributes(documented: type) -> tuple[str, ...]:
    """Return the public attributes of a class and of those that it inherits from: fields and properties."""
    found: dict[str, None] = {}
    for base in reversed(documented.__mro__[:-1]):
        names = [*vars(base).get("__annotations__", {}), *(one for one in vars(base) if _is_property(base, one))]
        found |= dict.fromkeys(name for name in names if not name.startswith("_"))
    return tuple(found)


def explanations(documented: type) -> dict[str, str]:
    """Return what docstrings of a class, those that it inherits from and its properties say of its attributes."""
    found: dict[str, str] = {}
    for base in reversed(documented.__mro__[:-1]):
        found |= _read(inspect.cleandoc(vars(base).get("__doc__") or ""), parameters(base))[1]
        found |= {name: inspect.getdoc(vars(base)[name]) or "" for name in vars(base) if _is_property(base, name)}
    return {name: found[name] for name in attributes(documented) if found.get(name)}


def _is_property(owner: type, name: str) -> bool:
    return isinstance(vars(owner)[name], property | functools.cached_property)


def without_long_signature(
    app: object, what: str, name: str, documented: object, options: object, signature: str | None, returns: str | None
) -> tuple[str, str | None] | None:
    """Leave out a class's signature that is long or no Python, on the event autodoc-process-signature."""
    del app, name, documented, options
    shown = signature or ""
    return ("", returns) if what == "class" and (len(shown) > _LONG or "<" in shown or "lambda" in shown) else None


def linked(text: str) -> str:
    """Return a docstring's text with names in single backquotes as links where they are public, as code elsewhere."""

    def role(quoted: re.Match[str]) -> str:
        public = quoted[1].partition(".")[0] in placewise.__all__
        return f":py:obj:`{quoted[1]} <placewise.{quoted[1]}>`" if public else f"``{quoted[1]}``"

    return _QUOTED.sub(role, text)


def parameters(documented: Any) -> frozenset[str]:
    """Return the names that a docstring may say something of: parameters of a call, fields of a value."""
    names = {*getattr(documented, "__annotations__", {}), *getattr(documented, "__slots__", ())}
    if inspect.isclass(documented):
        names |= {name for base in documented.__mro__[:-1] for name in vars(base).get("__annotations__", {})}
        names |= {name for name, value in vars(documented).items() if isinstance(value, property)}
    with contextlib.suppress(TypeError, ValueError):  # not to be called
        names |= set(inspect.signature(documented).parameters)
    return frozenset(names)


def _read(docstring: str, known: Collection[str]) -> tuple[list[str], dict[str, str], list[str]]:
    """Return a docstring's paragraphs, and apart from them what it says of each name that is known, and errors."""
    paragraphs: list[str] = []
    said: dict[str, str] = {}
    errors: list[str] = []
    for paragraph in docstring.strip("\n").split("\n\n"):
        if paragraph.lstrip().startswith((">>>", "- ", "* ", "..")) or paragraph.startswith(" "):
            paragraphs.append(paragraph)
            continue
        text = " ".join(line.strip() for line in _SECTION.sub("", paragraph).splitlines())
        if raised := _RAISED.search(text):
            errors.append(f":raises {raised[1]}: {raised[2]}.")
            text = text[: raised.start()].rstrip()
        named = [one for one in _NAMED.finditer(text) if all(name in known for name in one[1].split(", "))]
        ends = [*(one.start() for one in named[1:]), len(text)] if named else []
        for one, end in zip(named, ends, strict=True):
            said |= dict.fromkeys(one[1].split(", "), text[one.end() : end].strip())
        paragraphs.append(text[: named[0].start()].rstrip() if named else text)
    return paragraphs, said, errors
