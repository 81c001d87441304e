"""Text documents read strictly: what cannot be read is one clear error that names file and place."""

from __future__ import annotations

import contextlib
import gc
import itertools
import json
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import yaml
from yaml.constructor import ConstructorError

from placewise.errors import InputError

LARGEST_BYTES = 1 << 30
DEEPEST = 100
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
                raise ConstructorError(None, None, f"the key {key.value!r} stands twice", key.start_mark)
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


def read_text(path: Path) -> str:
    """Return the text of a file. Raises InputError when it is missing, unreadable, too large or not UTF-8."""
    return decode(read_bytes(path), path)


def read_bytes(path: Path) -> bytes:
    """Return the content of a file of at most 1 GiB. Raises InputError when it cannot be read."""
    found = found_at(path)
    if found != "file":
        problem = "cannot be read: No such file or directory" if found == "nothing" else "is a folder"
        raise InputError(problem, file=path, expected="a file")
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            content = b"" if size > LARGEST_BYTES else file.read(size + 1)
            if len(content) > size:  # a pipe, whose size is 0, or a file that grows
                content += file.read(LARGEST_BYTES + 1 - len(content))
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=path) from error
    if max(size, len(content)) > LARGEST_BYTES:
        raise InputError("the file is too large", file=path, expected=f"at most {LARGEST_BYTES} bytes")
    return content


def found_at(path: Path) -> Literal["file", "folder", "nothing"]:
    """Return what is at a path; a link is what it leads to, and a link to nothing is nothing.

    What was piped into standard input counts as a file. Raises InputError for devices, for other pipes and
    sockets, and for a path that cannot be looked at.
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return "nothing"
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=path) from error
    except ValueError as error:
        raise InputError(f"is not a path: {error}", file=path) from error
    if stat.S_ISDIR(mode):
        return "folder"
    # Pipes that are open already; opening any other would wait for somebody to write to it.
    if stat.S_ISREG(mode) or (stat.S_ISFIFO(mode) and path.as_posix().startswith(("/dev/stdin", "/dev/fd/"))):
        return "file"
    raise InputError("is neither a file nor a folder", file=path, expected="a file or a folder")


def entries_of(folder: Path) -> list[Path]:
    """Return what a folder holds, by name. Raises InputError when it cannot be listed."""
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise InputError(f"cannot be listed: {error.strerror}", file=folder) from error


def decode(content: bytes, source: object) -> str:
    """Return UTF-8 text that is not empty. Raises InputError otherwise."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8 text", file=source, place=f"byte {error.start}") from error
    if not text.strip():
        raise InputError("the document is empty", file=source, found=f"{len(content)} bytes")
    return text


def parse_yaml(text: str, source: object) -> Any:
    """Return the one document of a YAML (or JSON) text. Raises InputError with line and column."""
    try:
        _refuse_depth(text, source)
        with _garbage_collector_off():
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
        raise _too_deep(source) from error


def _load(text: str) -> Any:
    loader = _StrictLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        if "&" in text and "*" in text:
            _refuse_expansion(node, LARGEST_EXPANSION + 10 * len(text))
        return loader.construct_document(node)
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
                    raise _too_deep(source, event.start_mark)
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    except yaml.MarkedYAMLError as error:
        # The library reads ahead of what it reports, and may meet a limit of its own there.
        mark = error.problem_mark
        before = _QUOTED.sub("", text[: mark.index]) if mark else ""
        if before.count("[") + before.count("{") - before.count("]") - before.count("}") > DEEPEST:
            raise _too_deep(source, mark) from error
        raise


def _too_deep(source: object, mark: Any = None) -> InputError:
    place = f"line {mark.line + 1}" if mark else None
    return InputError("is nested too deeply", file=source, place=place, expected=f"at most {DEEPEST} levels")


def parse_document(text: str, source: object) -> Any:
    """Return the document of a YAML or JSON text, as `parse_yaml` does, which reads what both languages are.

    JSON is read as such, in a fortieth of the time, wherever YAML would read the same or nothing: it has no
    pairs of surrogates for one character, and no keys of more than 1024.
    """
    if text.startswith("{") and not ("\x7f" in text if text.isascii() else _OTHERWISE_IN_YAML.search(text)):
        with contextlib.suppress(ValueError, RecursionError, InputError):
            value = _JSON_AS_IN_YAML.decode(text)
            if not _is_deep(value, text):
                _refuse_surrogates(value, text)
                return value
    return parse_yaml(text, source)


# What YAML does not take as it stands, or takes for a line break.
_OTHERWISE_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


def _is_deep(value: Any, text: str) -> bool:
    if text.count("[") + text.count("{") <= DEEPEST:
        return False
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) is dict or type(inner) is list
        ]
        if not level:
            return False
    return True


def parse_json(text: str, source: object) -> Any:
    """Return a JSON text's value, refusing depth, repeated keys, NaN, infinities and halves of surrogate pairs.

    Raises InputError with line and column.
    """
    try:
        with _garbage_collector_off():
            value = _JSON.decode(text)
        if _is_deep(value, text):
            raise _too_deep(source)
        _refuse_surrogates(value, text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InputError(f"is not valid JSON: {error.msg}", file=source, place=place) from error
    except RecursionError as error:
        raise _too_deep(source) from error
    except ValueError as error:
        raise InputError(f"is not valid JSON: {error}", file=source) from error
    except InputError as error:
        raise error.within(file=source) from None
    return value


def read_yaml(path: Path) -> Any:
    """Return the document in a YAML file."""
    return parse_yaml(read_text(path), path)


def read_json(path: Path) -> Any:
    """Return the document in a JSON file."""
    return parse_json(read_text(path), path)


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise InputError(f"the key {twice!r} stands twice in one object", expected="keys that differ")
    return mapping


def _refuse_constant(text: str) -> None:
    raise InputError("a number is not finite", found=text, expected="a finite number")


def _as_in_yaml(text: str) -> float | str:
    # To the YAML reader 1e5 is text, as the version of a package may be.
    return float(text) if "." in text else text


_JSON = json.JSONDecoder(object_pairs_hook=_unrepeated, parse_constant=_refuse_constant)
_JSON_AS_IN_YAML = json.JSONDecoder(object_pairs_hook=_unrepeated, parse_constant=str, parse_float=_as_in_yaml)


def _refuse_surrogates(value: Any, text: str) -> None:
    if "\\ud" not in text and "\\uD" not in text:
        return
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        found = error.object[max(0, error.start - 20) : error.start + 1]
        raise InputError("a text is not Unicode", found=found, expected="no half of a surrogate pair alone") from None


@contextlib.contextmanager
def _garbage_collector_off() -> Iterator[None]:
    # Parsing makes millions of objects and no cycles; collecting among them costs half the time.
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
