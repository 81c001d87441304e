"""Profiles as JSON: the statistics from which synthetic fleets and workloads are drawn.

The document, `{format: 1, requirements, pools, roots}`, holds names, versions and weights only::

    requirements  [[package, minimum, maximum], ...]; null leaves an end open
    pools         [{packages: [name, ...], picks: [[version, ...], ...]}, ...]; null for no version
    roots         {name: {stacks: [{weight, needs}, ...], releases: [{own, versions}, ...]}, ...}

A need is a position in `requirements` or, where there is a choice, a list of [position, weight]. `own` is
a position or null, and `versions` a list of [version or null, weight]. What the parts mean is said in
`placewise.model.profile`. A file may be compressed with gzip, which is told by its first bytes.
"""

from __future__ import annotations

import gzip
import importlib.resources
import io
import json
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from placewise.errors import InputError
from placewise.formats import values
from placewise.formats.reading import LARGEST_BYTES, decode, parse_json, read_bytes
from placewise.formats.writing import write_bytes
from placewise.model.profile import (
    Need,
    Releases,
    RootPackage,
    Stack,
    VersionPool,
    WorkloadProfile,
)
from placewise.model.requirement import Requirement, version_bounds, version_requirement

FORMAT = 1
SHIPPED = "reliabuild-profile.json"

_GZIP = b"\x1f\x8b"
_Value = TypeVar("_Value")


def read_profile(path: Path) -> WorkloadProfile:
    """Return the profile in a file, compressed or not. Raises InputError naming file and place."""
    content = read_bytes(path)
    if content.startswith(_GZIP):
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(content)) as unpacked:
                content = unpacked.read(LARGEST_BYTES + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"is not a whole gzip file: {error}", file=path) from error
        if len(content) > LARGEST_BYTES:
            raise InputError("the file is too large", file=path, expected=f"at most {LARGEST_BYTES} bytes unpacked")
    return profile_from_json(decode(content, path), path)


def shipped_profile() -> WorkloadProfile:
    """Return the profile that comes with the package, fitted to the reliabuild data of rainbow-experiments."""
    file = importlib.resources.files("placewise.formats") / "data" / SHIPPED
    return profile_from_json(file.read_text(encoding="utf-8"), SHIPPED)


def write_profile(profile: WorkloadProfile, path: Path) -> None:
    """Write a profile whole or not at all, compressed when the name ends in ``.gz``.

    Equal profiles give equal bytes. Raises InputError when the place cannot be written to.
    """
    content = profile_json(profile).encode()
    # Without name and time, so that the bytes depend on the profile alone.
    write_bytes(path, gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)


def profile_json(profile: WorkloadProfile) -> str:
    """Return the text that `profile_from_json` reads as this profile again: a line for each part."""
    sections = (
        _lines("requirements", ([r.subsystem, *version_bounds(r)] for r in profile.requirements)),
        _lines("pools", ({"packages": pool.dependencies, "picks": pool.picks} for pool in profile.pools)),
        '"roots": {\n' + ",\n".join(map(_root_json, profile.roots)) + "\n}",
    )
    return f'{{\n"format": {FORMAT},\n' + ",\n".join(sections) + "\n}\n"


def profile_from_json(text: str, source: object) -> WorkloadProfile:
    """Return the profile in a JSON text. Raises InputError naming `source` and the place."""
    document = parse_json(text, source)
    try:
        return _profile(document)
    except InputError as error:
        raise error.within(file=source) from None


def _profile(document: object) -> WorkloadProfile:
    # The format is looked at first: the fields of another would be no help.
    found = document.get("format") if isinstance(document, dict) else document
    if type(found) is not int or found != FORMAT:
        raise InputError("is not a profile", found=found, expected=f"a mapping with format {FORMAT}")
    parts = _fields(document, None, "format", "requirements", "pools", "roots")
    return WorkloadProfile(
        _each(parts["requirements"], "requirement", _requirement),
        _each(parts["pools"], "pool", _pool),
        tuple(
            _at(f"root package {name!r}", _root, name, root)
            for name, root in values.mapping(parts["roots"], "roots").items()
        ),
    )


def _requirement(value: object) -> Requirement:
    package, minimum, maximum = _tuple(value, 3)
    bounds = [None if bound is None else values.version_text(bound, "a bound") for bound in (minimum, maximum)]
    return version_requirement(_text(package), *bounds)


def _pool(value: object) -> VersionPool:
    pool = _fields(value, None, "packages", "picks")
    packages = _each(pool["packages"], "package", _text)
    return VersionPool(packages, _each(pool["picks"], "pick", lambda pick: _each(pick, "version", _version)))


def _root(name: str, value: object) -> RootPackage:
    root = _fields(value, None, "stacks", "releases")
    return RootPackage(name, _each(root["stacks"], "stack", _stack), _each(root["releases"], "releases", _releases))


def _stack(value: object) -> Stack:
    stack = _fields(value, None, "weight", "needs")
    return Stack(_weight(stack["weight"]), _each(stack["needs"], "need", _need))


def _need(value: object) -> Need:
    if isinstance(value, list):
        return tuple((_position(position), _weight(weight)) for position, weight in (_tuple(v, 2) for v in value))
    return ((_position(value), 1.0),)


def _releases(value: object) -> Releases:
    releases = _fields(value, None, "own", "versions")
    own = None if releases["own"] is None else _position(releases["own"])
    pairs = (_tuple(pair, 2) for pair in values.sequence(releases["versions"], "versions"))
    return Releases(own, tuple((_version(version), _weight(weight)) for version, weight in pairs))


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise InputError("is not a name", found=value, expected="text")
    return value


def _version(value: object) -> str | None:
    if value is None or (isinstance(value, str) and value):
        return value
    raise InputError("is not a version", found=value, expected="text, or null for none")


def _weight(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError("a weight is not a number", found=value, expected="a number of 0 or more")
    try:
        return float(value)
    except OverflowError:
        raise InputError("a weight is too large", found=value, expected="a finite number") from None


def _position(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InputError("is not a position of a requirement", found=value, expected="a whole number")
    return value


def _tuple(value: object, length: int) -> tuple[Any, ...]:
    if not isinstance(value, list) or len(value) != length:
        raise InputError("is not a list of the right length", found=value, expected=f"a list of {length} values")
    return tuple(value)


def _fields(value: object, place: str | None, *names: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError("is not a mapping", place=place, found=value, expected="fields " + ", ".join(names))
    if value.keys() != set(names):
        raise InputError("has other fields", place=place, found=sorted(value), expected=", ".join(names))
    return value


def _each(value: object, what: str, read: Callable[[Any], _Value]) -> tuple[_Value, ...]:
    """Read every item of a list, naming the one that cannot be read by its number from 1."""
    if not isinstance(value, list):
        raise InputError("is not a list", place=f"every {what}", found=value, expected="a list")
    return tuple(_at(f"{what} {number}", read, item) for number, item in enumerate(value, start=1))


def _at(place: str, read: Callable[..., _Value], *arguments: object) -> _Value:
    try:
        return read(*arguments)
    except InputError as error:
        raise error.within(place=place) from None


def _root_json(root: RootPackage) -> str:
    stacks = (
        {"weight": _number(stack.weight), "needs": [_need_json(need) for need in stack.needs]} for stack in root.stacks
    )
    releases = (
        {"own": one.own, "versions": [[version, _number(weight)] for version, weight in one.versions]}
        for one in root.releases
    )
    return f"{json.dumps(root.name)}: {{\n{_lines('stacks', stacks)},\n{_lines('releases', releases)}\n}}"


def _need_json(need: Need) -> object:
    return need[0][0] if len(need) == 1 else [[position, _number(weight)] for position, weight in need]


def _number(weight: float) -> float:
    # Counts are written as such; both forms are read as the same number.
    return int(weight) if float(weight).is_integer() else weight


def _lines(name: str, parts: Iterable[object]) -> str:
    lines = ",\n".join(json.dumps(part, separators=(",", ":"), allow_nan=False) for part in parts)
    return f"{json.dumps(name)}: [\n{lines}\n]" if lines else f"{json.dumps(name)}: []"
