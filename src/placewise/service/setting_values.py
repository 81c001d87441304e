"""Values of settings, from the text of a flag or variable or as they are."""

from __future__ import annotations

import ipaddress
import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from placewise import errors
from placewise.errors import InputError, locating
from placewise.formats import values
from placewise.formats.reading import parse_yaml
from placewise.model.durations import seconds_of
from placewise.service.guard.given import check_name

Reader: TypeAlias = Callable[[Any, str], Any]
"""From a value and its place to the value meant; raises InputError for one that cannot be used."""

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\.?")
_ADDRESS_FORM = "host:port, such as 127.0.0.1:50051, 0.0.0.0:50051 or [::1]:50051"
_LONGEST_SECRET = 1024
_LONGEST_S = 10 * 365 * 86_400.0
_LONGEST_SPAN_S = 10 * _LONGEST_S
_SWITCH = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


@dataclass(frozen=True, slots=True)
class Address:
    """A host and port to listen on; port 0 is any free one."""

    host: str
    port: int

    @classmethod
    def of(cls, written: str, place: str) -> Address:
        """Read ``host:port`` or ``[IPv6]:port``. Raises InputError for anything else."""
        host, colon, port = written.rpartition(":")
        bracketed = host.startswith("[") and host.endswith("]")
        usable = _is_address(host[1:-1], 6) if bracketed else _is_address(host, 4) or _is_name(host)
        if not (colon and usable and port.isascii() and port.isdigit() and int(port[:6]) <= 65_535):
            raise InputError("is not an address to listen on", place=place, found=written, expected=_ADDRESS_FORM)
        return cls(host[1:-1] if bracketed else host, int(port))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it; of names, ``localhost`` alone is known to be so."""
        if _is_name(self.host) and not _is_address(self.host, 4):
            return self.host.lower() == "localhost"
        return ipaddress.ip_address(self.host).is_loopback


def _is_address(host: str, version: int) -> bool:
    try:
        return ipaddress.ip_address(host).version == version
    except ValueError:
        return False


def _is_name(host: str) -> bool:
    # What ends in digits alone would be read as an address, of a form that is easily mistaken.
    return bool(_HOST.fullmatch(host)) and not host.rpartition(".")[2].isdigit()


def or_none(reader: Reader) -> Reader:
    """Return a reader that reads None, and ``none``, as None."""

    def read(value: Any, place: str) -> Any:
        return None if value is None or value == "none" else reader(value, place)

    return read


def name(value: Any, place: str) -> str:
    """Return a name, as clusters and jobs have them."""
    return check_name(values.text(value, place), place)


def secret(value: Any, place: str) -> str:
    """Return a secret of 1 to 1,024 characters; one that is refused is not shown."""
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_SECRET or not value.isprintable():
        expected = f"1 to {_LONGEST_SECRET} printable characters"
        raise InputError("is not a usable secret", place=place, expected=expected)
    return value


def database(value: Any, place: str) -> str:
    """Return a path, whose ``~`` is the user's home, or a URL; one that is refused is not shown."""
    if isinstance(value, Path):
        value = str(value)
    if not isinstance(value, str) or not value.isprintable() or not value.strip():
        raise InputError(
            "is not a database", place=place, expected="a file of SQLite or a URL such as postgresql://host/name"
        )
    return value if "://" in value else str(path(value, place))


def address(value: Any, place: str) -> str:
    """Return ``host:port`` as it is written canonically."""
    return str(Address.of(values.text(value, place), place))


def path(value: Any, place: str) -> Path:
    """Return a path; ``~`` is the user's home."""
    if isinstance(value, Path):
        return value
    try:
        return Path(values.text(value, place)).expanduser()
    except RuntimeError as error:
        raise InputError(f"is not a path: {error}", place=place, found=value) from error


def paths(value: Any, place: str) -> tuple[Path, ...]:
    """Return paths: of a text those that `os.pathsep` separates, as in PATH."""
    several = value.split(os.pathsep) if isinstance(value, str) else [value] if isinstance(value, Path) else value
    return tuple(path(one, place) for one in several)


def switch(value: Any, place: str) -> bool:
    """Return true or false."""
    if isinstance(value, bool):
        return value
    known = _SWITCH.get(value.strip().lower()) if isinstance(value, str) else None
    if known is None:
        raise InputError("is neither true nor false", place=place, found=value, expected="true or false")
    return known


def seconds(value: Any, place: str) -> float:
    """Return a duration above 0, of at most ten years."""
    number = _number(value)
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 < number <= _LONGEST_S:
        raise InputError("is not a usable duration", place=place, found=value, expected="seconds above 0")
    return float(number)


def span(value: Any, place: str) -> float:
    """Return a length of time above 0 in seconds, of a number or a text such as 90d, of at most a hundred years."""
    with locating(place=place):
        length = seconds_of(value if isinstance(value, str | int | float) else str(value))
    if not 0 < length <= _LONGEST_SPAN_S:
        raise InputError("is not a usable duration", place=place, found=value, expected="such as 90d, or none")
    return length


def whole(least: int, most: int = 2**63 - 1) -> Reader:
    """Return a reader of whole numbers within bounds."""

    def read(value: Any, place: str) -> int:
        number = _number(value)
        if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= most:
            expected = f"a whole number from {least:,}" + (f" to {most:,}" if most < 2**63 - 1 else " on")
            raise InputError("is not a usable number", place=place, found=value, expected=expected)
        return number

    return read


def _number(value: Any) -> Any:
    """Return the number that a text writes; anything else as it is, and NaN for a text that writes none."""
    if not isinstance(value, str):
        return value
    try:
        return int(value) if re.fullmatch(r"\s*[-+]?[0-9]{1,20}\s*", value) else float(value)
    except ValueError:
        return math.nan


def one_of(*words: str) -> Reader:
    """Return a reader of one of some words, whatever their case."""

    def read(value: Any, place: str) -> str:
        if not isinstance(value, str) or value.lower() not in words:
            raise InputError(
                "is not one of the words known", place=place, found=value, expected=errors.one_of(value, words)
            )
        return value.lower()

    return read


def hosts(value: Any, place: str) -> tuple[str, ...]:
    """Return names of hosts, from a list or from a text with commas."""
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list | tuple):
        raise InputError("is not a list of names", place=place, found=value, expected="names separated by commas")
    found = tuple(values.text(one, place).strip().lower().rstrip(".") for one in names)
    for one in found:
        if not _is_name(one):
            raise InputError("is not a host's name", place=place, found=one, expected="names such as scheduler.example")
    return found


def options(value: Any, place: str) -> Mapping[str, str]:
    """Return texts by name, from a mapping or from YAML or JSON that holds one."""
    if isinstance(value, str):
        with locating(place=place):
            value = parse_yaml(value, None)
    found = values.mapping(
        value if isinstance(value, dict) else dict(value) if isinstance(value, Mapping) else value, place
    )
    for key, one in found.items():
        # Steps of a policy are YAML of several lines.
        if not isinstance(one, str):
            raise InputError("is not text", place=f"{place}, {key}", found=one, expected="text (quote it)")
    return found


def sqlite_file(database: str) -> Path | None:
    """Return the file of a SQLite database, from a path or URL; None for any other, or one in memory."""
    if "://" not in database:
        return None if database == ":memory:" else Path(database)
    try:
        url = make_url(database)
    except ArgumentError:
        return None  # whoever opens it says so
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return Path(str(url.database))
