"""The reference of Python: a page for each public name, from its docstring, with the values that it leads to."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Iterator
from typing import Any

import placewise

_OPTIONS = "   :members:\n   :undoc-members:\n   :inherited-members: tuple, Exception, BaseException\n"


def pages() -> dict[str, str]:
    """Return the page of each public name, by the name of its file."""
    public = {getattr(placewise, name) for name in placewise.__all__}
    elsewhere = set(public)
    made = {}
    for name in placewise.__all__:
        parts = [part for part in _leads_to(getattr(placewise, name)) if part not in elsewhere]
        elsewhere.update(parts)
        made[f"{name}.md"] = _page(name, parts)
    return made


def overview() -> str:
    """Return the tables of all public names with the first sentences of their docstrings."""
    named = [(name, getattr(placewise, name)) for name in placewise.__all__]
    errors = [name for name, value in named if inspect.isclass(value) and issubclass(value, Exception)]
    functions = [name for name, value in named if not inspect.isclass(value)]
    values = [name for name, value in named if inspect.isclass(value) and name not in errors]
    tables = (("Functions", functions), ("Values", values), ("Errors", errors))
    return "".join(f"\n\n## {title}\n\n{_table(names)}" for title, names in tables)


def _table(names: list[str]) -> str:
    rows = [f"| [`{name}`](python/{name}.md) | {_first_sentence(getattr(placewise, name))} |\n" for name in names]
    return "| name | what it does |\n| --- | --- |\n" + "".join(rows)


def _first_sentence(documented: Any) -> str:
    paragraph = " ".join((inspect.getdoc(documented) or "").partition("\n\n")[0].split())
    return paragraph.replace("|", "\\|").replace("``", "`")


def _page(name: str, parts: list[type]) -> str:
    value = getattr(placewise, name)
    kind = "class" if inspect.isclass(value) else "function"
    options = _OPTIONS if kind == "class" else ""
    text = f"# {name}\n\n" + _directive(f"auto{kind}:: placewise.{name}", options)
    if parts:
        text += f"\n## {'Its parts' if kind == 'class' else 'What it returns'}\n"
    for part in parts:
        text += f"\n### {part.__name__}\n\n" + _directive(
            f"autoclass:: {part.__module__}.{part.__qualname__}", _OPTIONS
        )
    return text


def _directive(called: str, options: str) -> str:
    return f"```{{eval-rst}}\n.. {called}\n{options}```\n"


def _leads_to(public: Any) -> list[type]:
    """Return the classes of what a function returns, or of the fields and answers of a class, and of their fields."""
    if not inspect.isclass(public):
        returned = list(_classes(_hints(public).get("return")))
        return _once([*returned, *(found for one in returned for found in _of_fields(one))])
    calls = [
        getattr(value, "fget", None) or getattr(value, "__func__", value)
        for name, value in vars(public).items()
        if not name.startswith("_")
    ]
    answers = [found for call in calls if inspect.isfunction(call) for found in _classes(_hints(call).get("return"))]
    return _once([*_of_fields(public), *answers])


def _of_fields(value: type) -> Iterator[type]:
    for hint in _hints(value).values():
        yield from _classes(hint)


def _hints(documented: Any) -> dict[str, Any]:
    try:
        return typing.get_type_hints(documented)
    except NameError:  # imported for types only
        return {}


def _classes(hint: Any) -> Iterator[type]:
    if inspect.isclass(hint) and hint.__module__.startswith("placewise") and not hint.__name__.startswith("_"):
        yield hint
    for part in typing.get_args(hint):
        yield from _classes(part)


def _once(classes: list[type]) -> list[type]:
    return list(dict.fromkeys(classes))
