"""Text documents read strictly: what cannot be read is one clear error that names file and place."""

from __future__ import annotations

import contextlib
import json
import re
import stat
import sys
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, Literal, TextIO

from placewise.errors import InputError, Words
from placewise.formats.parsing import DEEPEST, garbage_collector_off, too_deep

STANDARD_INPUT = Path("-")
LARGEST_BYTES = 1 << 30
# Texts from this length on are read by the faster parser first.
_LONG = 1 << 16


def read_text(path: Path) -> str:
    """Return the text of a file. Raises InputError when it is missing, unreadable, too large or not UTF-8."""
    return decode(read_bytes(path), path)


def read_bytes(path: Path) -> bytes:
    """Return the content of a file of at most 1 GiB, ``-`` for standard input.

    Raises InputError when it cannot be read.
    """
    if path == STANDARD_INPUT:
        return _bytes_of(sys.stdin)
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


@lru_cache(maxsize=1)
def _bytes_of(stream: TextIO | None) -> bytes:
    # Kept, since a pipe gives its content once, and some documents are read again, such as for their digest.
    try:
        content = b"" if stream is None else stream.buffer.read(LARGEST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read: {getattr(error, 'strerror', None) or error}", file=STANDARD_INPUT) from error
    if len(content) > LARGEST_BYTES:
        raise InputError("is too large", file=STANDARD_INPUT, expected=f"at most {LARGEST_BYTES} bytes")
    return content


def name_of(path: Path) -> str:
    """Return the name of what has none in its document: the file's without its ending, ``stdin`` for standard input."""
    return "stdin" if path == STANDARD_INPUT else path.stem


def found_at(path: Path) -> Literal["file", "folder", "nothing"]:
    """Return what is at a path; a link is what it leads to, and a link to nothing is nothing.

    Standard input counts as a file, as ``-`` and by the paths of what was piped into it. Raises InputError for
    devices, for other pipes and sockets, and for a path that cannot be looked at.
    """
    if path == STANDARD_INPUT:
        return "file"
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
        raise InputError("the document is empty", file=source, found=Words(f"{len(content)} bytes"))
    return text


def parse_yaml(text: str, source: object) -> Any:
    """Return the one document of a YAML (or JSON) text. Raises InputError with line and column."""
    # Loaded when there is YAML: inputs from the cache, and all that is JSON, do without.
    from placewise.formats.yaml_text import parse  # noqa: PLC0415

    return parse(text, source)


def parse_document(text: str, source: object) -> Any:
    """Return the document of a YAML or JSON text, as `parse_yaml` does, which reads what both languages are.

    JSON is read as such, in a fortieth of the time, wherever YAML would read the same or nothing: it has no
    pairs of surrogates for one character, and no keys of more than 1024.
    """
    value = json_document(text)
    return parse_yaml(text, source) if value is None else value


def json_document(text: str) -> dict[str, Any] | None:
    """Return the object of a JSON text, as `parse_document` does; None where that has to be read as YAML."""
    if text.startswith("{") and not ("\x7f" in text if text.isascii() else _OTHERWISE_IN_YAML.search(text)):
        with contextlib.suppress(ValueError, RecursionError, InputError):
            value = _JSON_AS_IN_YAML.decode(text)
            if not _is_deep(value, text):
                _refuse_surrogates(value, text)
                return value  # type: ignore[no-any-return]  # it begins with a brace
    return None


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
        with garbage_collector_off():
            value = _without_repeats(text) if len(text) >= _LONG else None
            if value is None:
                value = _JSON.decode(text)
                if _is_deep(value, text):
                    raise too_deep(source)
        _refuse_surrogates(value, text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InputError(f"is not valid JSON: {error.msg}", file=source, place=place) from error
    except RecursionError as error:
        raise too_deep(source) from error
    except ValueError as error:
        raise InputError(f"is not valid JSON: {error}", file=source) from error
    except InputError as error:
        raise error.within(file=source) from None
    return value


def _without_repeats(text: str) -> Any:
    """Return the value of a long JSON text by a parser that does not see repeated keys; None where there may be some.

    Each key has its colon. If there are no more colons than keys in all that was read, then no key was lost to
    another; and a colon in a text only makes us read it again. Null and what is deep is left to the slower way, too.
    """
    value = _JSON_WITH_REPEATS.decode(text)
    keys = 0
    mappings, lists = _containers((value,))
    for _ in range(DEEPEST):
        keys += sum(map(len, mappings))
        within = chain(chain.from_iterable(map(dict.values, mappings)), chain.from_iterable(lists))
        mappings, lists = _containers(within)
        if not mappings and not lists:
            return value if keys == text.count(":") else None
    return None


def _containers(values: Iterable[Any]) -> tuple[list[dict[str, Any]], list[list[Any]]]:
    both = [one for one in values if type(one) is dict or type(one) is list]
    return [one for one in both if type(one) is dict], [one for one in both if type(one) is list]


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
        raise InputError(f"the key {twice!r} occurs twice in one object", expected="keys that differ")
    return mapping


def _refuse_constant(text: str) -> None:
    raise InputError("a number is not finite", found=text, expected="a finite number")


def _as_in_yaml(text: str) -> float | str:
    # To the YAML reader 1e5 is text, as the version of a package may be.
    return float(text) if "." in text else text


_JSON_WITH_REPEATS = json.JSONDecoder(parse_constant=_refuse_constant)
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
