"""The reference of files: a page for each JSON Schema, with a table of the fields of each object in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import command_pages

from placewise.formats import schemas

_TYPES = {
    "array": "list",
    "boolean": "true/false",
    "integer": "whole number",
    "null": "null",
    "number": "number",
    "object": "object",
    "string": "text",
}
_NAME = {"string", "integer"}  # a whole number is read as text where a name is wanted
_OPTIONS_OF = {
    "study": {("properties", "run"): "simulate", ("properties", "timed"): "replay"},
    "scenarios": {("properties", "scenarios", "additionalProperties"): "replay"},
}
_WORDS = ("description", "examples")
_BY_NAME = "by name: "
_LIST = "list of "
_LARGEST = 10**15  # a bound that only says what fits into 64 bits
_ALTERNATIVES = ("then", "else", "anyOf", "oneOf", "allOf")


def pages() -> dict[str, str]:
    """Return the page of each schema, by the name of its file."""
    return {f"{name}.md": page(name) for name in schemas.NAMES}


def overview() -> str:
    """Return the table of all kinds of documents."""
    rows = [f"| [`{name}`](files/{name}.md) | {_escaped(schemas.title_of(name))} |\n" for name in schemas.NAMES]
    return "\n\n## Documents\n\n| schema | documents |\n| --- | --- |\n" + "".join(rows)


def page(name: str) -> str:
    """Return the page of a schema: what its documents are, a section for each object, and the schema itself."""
    schema = _with_options(name, schemas.schema(name))
    sections = _Sections(schema.get("$defs", {}))
    top = sections.body(schema, "")
    text = f"# {name}\n\n{_sentence(schemas.title_of(name))}\n\n"
    if description := schema.get("description"):
        text += f"{_escaped(description)}\n\n"
    text += f"`placewise schema {name}` prints this schema. [Formats](../formats.md) has examples.\n\n" + top
    while sections.waiting:
        title, inner = sections.waiting.pop(0)
        later, sections.waiting = sections.waiting, []
        text += f"\n## {title}\n\n" + _described(inner) + sections.body(inner, title)
        sections.waiting += later  # what is inside follows
    written = json.dumps(schema, indent=1, ensure_ascii=False)
    summary = "<details><summary>JSON Schema (draft 2020-12)</summary>"
    return text + f"\n## The whole schema\n\n{summary}\n\n```json\n{written}\n```\n\n</details>\n"


def _with_options(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema in which settings that are options of a command have the words of its help."""
    for path, command in _OPTIONS_OF.get(name, {}).items():
        part = schema
        for step in path:
            part = part[step]
        words = command_pages.meanings(command)
        for key, inner in part["properties"].items():
            if "description" not in inner and key in words:
                part["properties"][key] = {**inner, "description": words[key]}
    return schema


@dataclass(slots=True)
class _Sections:
    """The sections of a page: those that are still to be written, and the titles of all, by their content."""

    definitions: dict[str, Any]
    waiting: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    titles: dict[str, str] = field(default_factory=dict)

    def body(self, schema: dict[str, Any], path: str) -> str:
        """Return the table of an object's fields, or a line for another value."""
        inside = f"{path}." if path else ""
        rows = [
            f"| {_code(name)} | {self.kind(found, inside + name)} "
            f"| {'**Required.** ' if name in schema.get('required', ()) else ''}{_meaning(found)} |\n"
            for name, found in _fields(schema).items()
        ]
        if others := _others(schema):
            rows.append(f"| *any name* | {self.kind(others, f'{inside}NAME')} | {_meaning(others)} |\n")
        if rows:
            referred = [one for part in _parts(schema) for one in _branches(part) if "$ref" in one]
            further = f"\nAnd what {self.kind(referred, path)} has.\n" if referred else ""
            head = "```{rst-class} fields\n```\n\n| field | type | meaning |\n| --- | --- | --- |\n"
            return head + "".join(rows) + further
        kind = self.kind([schema], path or "entries")
        return f"It is: {kind}.\n" if kind else ""

    def kind(self, found: list[dict[str, Any]], path: str) -> str:
        """Return what a value is in words, with links to the sections of fields; found : all that is said of it."""
        with_fields = [schema for schema in found if "$ref" not in schema and _fields(schema)]
        if len(with_fields) > 1:  # what is said on several conditions has one table
            found = [schema for schema in found if schema not in with_fields] + [{"allOf": with_fields}]
        words = [*dict.fromkeys(words for schema in found for words in self._kinds(schema, path))]
        if any(one.startswith(_LIST) for one in words):
            words = [one for one in words if one != f"{_LIST}values"] or words
        plain = [one for one in words if one not in {"object", _BY_NAME}] or words
        *some, last = sorted(plain, key=lambda one: one.startswith(_LIST)) or [""]
        return f"{', '.join(some)} or {last}" if some else last

    def _kinds(self, schema: dict[str, Any], path: str) -> list[str]:
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return [self.link(name, self.definitions[name])]
        if named := schema.get("enum", [schema["const"]] if "const" in schema else []):
            return [_value(one) for one in named]
        types = schema.get("type", "array" if "items" in schema else [])
        plain = [types] if isinstance(types, str) else types
        if set(plain) >= _NAME:
            plain = [one for one in plain if one != "integer"]
        words = []
        if _fields(schema):
            words = [self.link(path, schema)]
        elif others := _others(schema):
            words = [f"{_BY_NAME}{self.kind(others, f'{path}.NAME')}"]
        elif referred := [one for part in _parts(schema) for one in _branches(part) if "$ref" in one]:
            words = [kind for one in referred for kind in self._kinds(one, path)]
        elif not plain:
            words = [kind for one in _branches(schema) for kind in self._kinds(one, path)]
        if words:
            plain = [one for one in plain if one != "object" and not (one == "array" and not _items(schema))]
        return words + [self._of_type(one, schema, path) for one in plain]

    def _of_type(self, name: str, schema: dict[str, Any], path: str) -> str:
        if name == "array" and "prefixItems" in schema:
            items = [self.kind([one], f"{path}[]") or "value" for one in schema["prefixItems"]]
            return f"row of ({', '.join(items)})"
        if name == "array":
            items = self.kind(_items(schema), f"{path}[]") or "values"
            return f"{_LIST}({items})" if " or " in items else f"{_LIST}{items}"
        words = _TYPES[name]
        least, most = schema.get("minimum", schema.get("exclusiveMinimum")), schema.get("maximum")
        if name in {"integer", "number"} and least is not None and least > -_LARGEST:
            above = "above" if "exclusiveMinimum" in schema else "from"
            return f"{words} {above} {least:,}" + (f" to {most:,}" if most is not None and most < _LARGEST else "")
        return words

    def link(self, title: str, schema: dict[str, Any]) -> str:
        """Return a link to an object's section; what is the same has one."""
        content = json.dumps(_bare(schema), sort_keys=True)
        if content not in self.titles:
            self.titles[content] = title
            self.waiting.append((title, schema))
        title = self.titles[content]
        return f"[{_escaped(title)}](#{_anchor(title)})"


def _branches(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for key in _ALTERNATIVES:
        inner = schema.get(key)
        yield from (one for one in (inner if isinstance(inner, list) else [inner]) if isinstance(one, dict))


def _parts(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a schema and what it says on conditions."""
    yield schema
    for branch in _branches(schema):
        yield from _parts(branch)


def _fields(schema: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return what is said of each field, but for False, which is said of one that must not be there."""
    found: dict[str, list[dict[str, Any]]] = {}
    for part in _parts(schema):
        for name, inner in part.get("properties", {}).items():
            if name and inner is not False:
                found.setdefault(name, []).append(inner if isinstance(inner, dict) else {})
    return found


def _others(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what is said of fields of any name."""
    others = [part.get("additionalProperties") for part in _parts(schema)]
    patterns = [inner for part in _parts(schema) for inner in part.get("patternProperties", {}).values()]
    return [one for one in (*patterns, *others) if isinstance(one, dict) and one]


def _items(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [part["items"] for part in _parts(schema) if isinstance(part.get("items"), dict)]


def _bare(schema: Any) -> Any:
    """Return a schema without words, so that what is the same has one section."""
    if isinstance(schema, dict):
        return {
            key: _bare(inner) for key, inner in schema.items() if key not in _WORDS or not isinstance(inner, str | list)
        }
    return [_bare(inner) for inner in schema] if isinstance(schema, list) else schema


def _anchor(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _described(schema: dict[str, Any]) -> str:
    return f"{_escaped(schema['description'])}\n\n" if schema.get("description") else ""


def _meaning(found: list[dict[str, Any]]) -> str:
    said = []
    for schema in found:
        said += [_escaped(schema["description"])] if schema.get("description") else []
        said += ["For example " + ", ".join(map(_value, schema["examples"])) + "."] if schema.get("examples") else []
        said += ["Deprecated."] if schema.get("deprecated") else []
    return " ".join(dict.fromkeys(said))


def _value(value: object) -> str:
    return _code(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _code(text: str) -> str:
    return "`" + text.replace("|", "\\|") + "`"


def _sentence(text: str) -> str:
    return _escaped(text if text.endswith(".") else f"{text}.")


def _escaped(text: str) -> str:
    return re.sub(r"([|<>*_\\\[\]{}])", r"\\\1", text)
