"""Docstrings as the house writes them, with their parameters as a list.

A docstring names its parameters in running text: "unknown : what counts. seed : of chance. Raises InputError if empty."
"""

from __future__ import annotations

import contextlib
import inspect
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
    """Write what a docstring says of parameters and errors as fields, on the event autodoc-process-docstring."""
    del app, what, name, options
    known = parameters(documented)
    paragraphs = "\n".join(lines).strip("\n").split("\n\n")
    lines[:] = [*"\n\n".join(linked(_rewritten(one, known)) for one in paragraphs).splitlines(), ""]


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


def _rewritten(paragraph: str, known: Collection[str]) -> str:
    if paragraph.lstrip().startswith((">>>", "- ", "* ", "..")) or paragraph.startswith(" "):
        return paragraph
    text = " ".join(line.strip() for line in _SECTION.sub("", paragraph).splitlines())
    fields: list[str] = []
    if raised := _RAISED.search(text):
        fields.append(f":raises {raised[1]}: {raised[2]}.")
        text = text[: raised.start()].rstrip()
    named = [one for one in _NAMED.finditer(text) if all(name in known for name in one[1].split(", "))]
    ends = [*(one.start() for one in named[1:]), len(text)] if named else []
    said = [
        f":param {name}: {text[one.end() : end].strip()}"
        for one, end in zip(named, ends, strict=True)
        for name in one[1].split(", ")
    ]
    text = text[: named[0].start()].rstrip() if named else text
    return "\n\n".join(part for part in (text, "\n".join(said + fields)) if part)
