"""YAML read strictly: scalars mean what they look like, and no key, depth or alias surprises anybody."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

import yaml
from yaml.constructor import ConstructorError

from placewise.errors import InputError
from placewise.formats.parsing import DEEPEST, garbage_collector_off, too_deep

LARGEST_EXPANSION = 1_000_000

try:
    from yaml import CSafeLoader as _SafeLoader
except ImportError:  # a PyYAML built without libyaml: the same documents, read more slowly
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]


class _StrictLoader(_SafeLoader):
    """YAML whose scalars mean what they look like, and whose mappings have no key twice.

    Octal, sexagesimal and underscored numbers, dates and yes/no stay text, so that a version such as
    2021-04-01 or a package named ``on`` survives. Numbers are decimal under an explicit tag as well: the further
    forms of ``!!int`` and ``!!float`` take long to read, and make numbers that Python would not write again.
    """

    def construct_decimal(self, node: yaml.ScalarNode) -> int:
        text = str(self.construct_scalar(node))
        if not text.lstrip("+-").isdecimal():
            raise ConstructorError(None, None, "the value does not fit its tag", node.start_mark)
        return int(text)

    def construct_fraction(self, node: yaml.ScalarNode) -> float:
        text = str(self.construct_scalar(node)).lower()
        try:
            return float(_WRITTEN_OTHERWISE.get(text, text))
        except ValueError:
            raise ConstructorError(None, None, "the value does not fit its tag", node.start_mark) from None

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        written = node.value.copy()  # before merge keys are resolved in place
        mapping = super().construct_mapping(node, deep=deep)
        if len(mapping) < len(written):
            _refuse_repeated_key(written)
        return mapping


def _refuse_repeated_key(pairs: list[tuple[yaml.Node, yaml.Node]]) -> None:
    seen: set[str] = set()
    for key, _ in pairs:
        if isinstance(key, yaml.ScalarNode):
            if key.value in seen:
                raise ConstructorError(None, None, f"the key {key.value!r} occurs twice", key.start_mark)
            seen.add(key.value)


_MERGE = "tag:yaml.org,2002:merge"

# Block nesting takes at least one of these characters a level at the start of a line.
_DEEP_INDENT = re.compile(rf"^[ \-?:]{{{DEEPEST},}}", re.MULTILINE)


def _set_resolvers() -> None:
    _StrictLoader.yaml_implicit_resolvers = {}
    for tag, pattern, first in (
        ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
        ("int", r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
        (
            "float",
            r"[-+]?(?:(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|\.(?:inf|Inf|INF))|\.(?:nan|NaN|NAN)",
            "-+.0123456789",
        ),
        ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
        ("merge", r"<<", "<"),
    ):
        _StrictLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(first))


_set_resolvers()
_WRITTEN_OTHERWISE = {".inf": "inf", "+.inf": "inf", "-.inf": "-inf", ".nan": "nan"}
_StrictLoader.add_constructor("tag:yaml.org,2002:int", _StrictLoader.construct_decimal)
_StrictLoader.add_constructor("tag:yaml.org,2002:float", _StrictLoader.construct_fraction)


def parse(text: str, source: object) -> Any:
    """Return the one document of a YAML (or JSON) text. Raises InputError with line and column."""
    return parse_marked(text, source)[0]


def parse_marked(text: str, source: object) -> tuple[Any, yaml.Node | None]:
    """Return the document with the node that it was made of, which says where its parts are. Raises as `parse`."""
    try:
        _refuse_depth(text, source)
        with garbage_collector_off():
            return _load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = None if mark is None else f"line {mark.line + 1}, column {mark.column + 1}"
        problem = error.problem or error.context or "not YAML"
        raise InputError(f"is not valid YAML: {problem}", file=source, place=place) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise InputError(f"is not valid YAML: {error}", file=source) from error
    except (AttributeError, LookupError, TypeError) as error:
        # What the loader raises for an explicit tag that its value does not fit.
        raise InputError("is not valid YAML: a value does not fit its tag", file=source) from error
    except RecursionError as error:
        raise too_deep(source) from error


def _load(text: str) -> tuple[Any, yaml.Node | None]:
    loader = _StrictLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None, None
        if "&" in text and "*" in text:
            _refuse_expansion(node, LARGEST_EXPANSION + 10 * len(text))
        return loader.construct_document(node), node
    finally:
        loader.dispose()


def _refuse_expansion(root: yaml.Node, most: int) -> None:
    """Raise ConstructorError when aliases make a document stand for much more than its text.

    An alias costs its readers what it stands for, and one under a merge key is copied. The size is in characters,
    with 8 for every value; without aliases none exceeds 10 a character. A value inside itself is no expansion,
    since the readers look no further than they know, but what it is merged into would have no end.
    """
    sizes: dict[yaml.Node, int] = {}
    waiting = [root]
    while waiting:
        node = waiting[-1]
        if sizes.get(node):
            waiting.pop()
            continue
        inner = _inner(node)
        if node not in sizes:
            sizes[node] = 0  # as long as what is inside it is looked at
            if any(sizes.get(merged) == 0 for merged in _merged(node)):
                raise ConstructorError(None, None, "a mapping is merged into itself", node.start_mark)
            waiting += [one for one in inner if one not in sizes]
            continue
        waiting.pop()
        own = len(node.value) if isinstance(node, yaml.ScalarNode) else 0
        sizes[node] = 8 + own + sum([sizes[one] for one in inner])
        if sizes[node] > most:
            raise ConstructorError(None, None, "aliases stand for too much", node.start_mark)


def _inner(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return list(itertools.chain.from_iterable(node.value))
    return node.value if isinstance(node, yaml.SequenceNode) else []


def _merged(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.tag == _MERGE:
                yield from value.value if isinstance(value, yaml.SequenceNode) else (value,)


_QUOTED = re.compile(r"\"[^\"]*\"?|'[^']*'?")


def _refuse_depth(text: str, source: object) -> None:
    """Raise InputError for nesting on which libyaml's recursive composer would overflow the C stack.

    The parser below the composer does not recurse, so it can be asked for the depth; asking costs as
    much as reading, so only a text that could be that deep is asked.
    """
    if text.count("[") + text.count("{") <= DEEPEST and not _DEEP_INDENT.search(text):
        return
    depth = 0
    try:
        for event in yaml.parse(text, Loader=_SafeLoader):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > DEEPEST:
                    raise too_deep(source, event.start_mark)
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    except yaml.MarkedYAMLError as error:
        # The library reads ahead of what it reports, and may meet a limit of its own there.
        mark = error.problem_mark
        before = _QUOTED.sub("", text[: mark.index]) if mark else ""
        if before.count("[") + before.count("{") - before.count("]") - before.count("}") > DEEPEST:
            raise too_deep(source, mark) from error
        raise
