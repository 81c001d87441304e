"""A file of expectations with some of what it says changed, and every other character as it was.

The text is edited at the places that the parser gives, so that comments, order and quotes stay. What comes out is
read again, and refused unless it says exactly what it should.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from placewise.errors import InputError
from placewise.formats.advice.expectations_file import items_of, parse_expectations, said, value_of
from placewise.formats.yaml_text import parse_marked
from placewise.formats.yaml_writing import yaml_text
from placewise.model.advice.expectations import Expectation, Expectations


def edited(text: str, before: Expectations, jobs: tuple[Expectation, ...]) -> str:
    """Return the text of a file with other expectations of the same jobs. before : what it says now.

    Raises InputError where they cannot be put in place, as with anchors.
    """
    wanted = replace(before, jobs=jobs)
    _, node = parse_marked(text, before.path)
    text = text if text.endswith("\n") else text + "\n"
    edits = _Edits(text)
    for entry, old, new in zip(items_of(value_of(node, "jobs")), before.jobs, jobs, strict=True):
        assert isinstance(entry, yaml.MappingNode)
        was, now = said(old), said(new)
        edits.remove(entry, was.keys() - now.keys())
        for key, value in now.items():
            if was.get(key) != value:
                edits.change(entry, key, value)
    found = edits.applied()
    try:
        equal = parse_expectations(found, before.path) == wanted
    except InputError:
        equal = False
    if not equal:
        expected = "entries that can be edited line by line, without YAML anchors; or edit the file by hand"
        raise InputError("cannot be updated in place", file=before.path, expected=expected)
    return found


@dataclass(slots=True)
class _Edits:
    """Changes to a text: what stands from one place to another, and what replaces it."""

    text: str
    found: list[tuple[int, int, str]] = field(default_factory=list)

    def change(self, entry: yaml.MappingNode, key: str, value: Any) -> None:
        """Say another value under a key, or put the key there."""
        pairs = [(name, one) for name, one in entry.value if name.value == key]
        write = _writer(entry)
        if not pairs:
            self._add(entry, f"{write(key)}: {write(value)}")
            return
        name, old = pairs[-1]
        if isinstance(value, list) and isinstance(old, yaml.SequenceNode) and not old.flow_style:
            self._change_items(name, old, value, write)
        else:
            self._replace(name, old, write(value))

    def remove(self, entry: yaml.MappingNode, keys: Collection[str]) -> None:
        """Take keys away; some other one stays."""
        leading = True
        for at, (name, old) in enumerate(entry.value):
            leading = leading and name.value in keys
            if name.value not in keys:
                continue
            start, end = name.start_mark.index, self._end(old)
            if leading:
                # The next key takes its place, but for a comment before that.
                following = entry.value[at + 1][0].start_mark.index
                commented = "#" in self.text[end:following].partition("\n")[2]
                self.found.append((start, self._line_end(end) if commented else following, ""))
            elif entry.flow_style:
                self.found.append((self._end(entry.value[at - 1][1]), end, ""))
            else:
                self.found.append((self._line_start(start), self._line_end(end) + 1, ""))

    def applied(self) -> str:
        """Return the text with all changes made."""
        parts, at = [], 0
        for start, end, new in sorted(self.found, key=lambda one: one[0]):
            parts += [self.text[at:start], new]
            at = max(at, end)
        return "".join([*parts, self.text[at:]])

    def _replace(self, name: yaml.Node, old: yaml.Node, new: str) -> None:
        end = self._end(old)
        if not isinstance(old, yaml.CollectionNode) or old.flow_style:
            self.found.append((old.start_mark.index, end, new))
            return
        # On the line of the key, whose comment stays.
        colon = self.text.index(":", name.end_mark.index) + 1
        self.found += [(colon, colon, f" {new}"), (self._line_end(colon), end, "")]

    def _change_items(self, name: yaml.Node, old: yaml.Node, new: list[str], write: Callable[[Any], str]) -> None:
        items = old.value
        kept = [one for one in items if one.value in new]
        if not kept:
            self._replace(name, old, write(new))
            return
        for one in items:
            if one not in kept:
                start = self._line_start(one.start_mark.index)
                self.found.append((start, self._line_end(self._end(one)) + 1, ""))
        known = {one.value for one in kept}
        lines = [f"{' ' * old.start_mark.column}- {write(one)}{self._break()}" for one in new if one not in known]
        at = self._line_end(self._end(kept[-1])) + 1
        self.found.append((at, at, "".join(lines)))

    def _add(self, entry: yaml.MappingNode, pair: str) -> None:
        end = self._end(entry.value[-1][1])
        if entry.flow_style:
            self.found.append((end, end, f", {pair}"))
            return
        at = self._line_end(end) + 1
        self.found.append((at, at, f"{' ' * entry.start_mark.column}{pair}{self._break()}"))

    def _end(self, node: yaml.Node) -> int:
        """Return where a node's text ends; for the parser, what has no brackets ends where the next thing begins."""
        if not isinstance(node, yaml.CollectionNode) or node.flow_style or not node.value:
            end: int = node.end_mark.index
            return len(self.text[:end].rstrip()) if getattr(node, "style", None) in ("|", ">") else end
        last = node.value[-1]
        return self._end(last[1] if isinstance(node, yaml.MappingNode) else last)

    def _line_start(self, at: int) -> int:
        return self.text.rfind("\n", 0, at) + 1

    def _line_end(self, at: int) -> int:
        """Return where the line break is that ends a line, without the carriage return before it."""
        return self.text.index("\n", at)

    def _break(self) -> str:
        return "\r\n" if "\r\n" in self.text else "\n"


def _writer(entry: yaml.MappingNode) -> Callable[[Any], str]:
    """Return what writes a value on a line, as JSON where the entry is written so."""
    if entry.flow_style and all(name.style == '"' for name, _ in entry.value):
        return lambda value: json.dumps(value, ensure_ascii=False)
    return lambda value: yaml_text(value, inline=True)
