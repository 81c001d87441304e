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
from pathlib import Path
from typing import Any

from placewise.errors import InputError
from placewise.formats import values
from placewise.formats.profiles import profile_parts as parts
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


def read_profile(path: Path) -> WorkloadProfile:
    """Return the profile in a file, compressed or not. Raises InputError naming file and place."""
    return profile_from_json(profile_text(path), path)


def profile_text(path: Path) -> str:
    """Return the text of a profile file, compressed or not. Raises InputError when it cannot be read."""
    content = read_bytes(path)
    if content.startswith(_GZIP):
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(content)) as unpacked:
                content = unpacked.read(LARGEST_BYTES + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"is not a whole gzip file: {error}", file=path) from error
        if len(content) > LARGEST_BYTES:
            raise InputError("the file is too large", file=path, expected=f"at most {LARGEST_BYTES} bytes unpacked")
    return decode(content, path)


def refuse_other_format(document: Any) -> None:
    """Raise InputError for what is no profile of this format; its fields would be no help."""
    found = document.get("format") if isinstance(document, dict) else document
    if type(found) is not int or found != FORMAT:
        raise InputError("is not a profile", found=found, expected=f"a mapping with format {FORMAT}")


def shipped_profile() -> WorkloadProfile:
    """Return the profile that comes with the package, fitted to the reliabuild data of rainbow-experiments."""
    file = importlib.resources.files("placewise.formats") / "data" / SHIPPED
    return profile_from_json(file.read_text(encoding="utf-8"), SHIPPED)


def write_profile(profile: WorkloadProfile, path: Path) -> None:
    """Write a profile whole or not at all, compressed when the name ends in ``.gz``.

    Equal profiles give equal bytes. Raises InputError when the place cannot be written to.
    """
    write_profile_text(profile_json(profile), path)


def write_profile_text(text: str, path: Path) -> None:
    """Write the text of a profile, as `write_profile` does."""
    content = text.encode()
    # Without name and time, so that the bytes depend on the profile alone.
    write_bytes(path, gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)


def profile_json(profile: WorkloadProfile) -> str:
    """Return the text that `profile_from_json` reads as this profile again: a line for each part."""
    sections = (
        parts.lines("requirements", ([r.subsystem, *version_bounds(r)] for r in profile.requirements)),
        parts.lines("pools", ({"packages": pool.dependencies, "picks": pool.picks} for pool in profile.pools)),
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


def _profile(document: Any) -> WorkloadProfile:
    refuse_other_format(document)
    if "kind" in document:
        raise InputError("is a profile of another kind", found=document["kind"], expected="one without a kind")
    found = parts.fields(document, None, "format", "requirements", "pools", "roots")
    return WorkloadProfile(
        parts.each(found["requirements"], "requirement", _requirement),
        parts.each(found["pools"], "pool", _pool),
        tuple(
            parts.at(f"root package {name!r}", _root, name, root)
            for name, root in values.mapping(found["roots"], "roots").items()
        ),
    )


def _requirement(value: object) -> Requirement:
    package, minimum, maximum = parts.items(value, 3)
    bounds = [None if bound is None else values.version_text(bound, "a bound") for bound in (minimum, maximum)]
    return version_requirement(parts.name(package), *bounds)


def _pool(value: object) -> VersionPool:
    pool = parts.fields(value, None, "packages", "picks")
    packages = parts.each(pool["packages"], "package", parts.name)
    return VersionPool(packages, parts.each(pool["picks"], "pick", lambda pick: parts.each(pick, "version", _version)))


def _root(name: str, value: object) -> RootPackage:
    root = parts.fields(value, None, "stacks", "releases")
    return RootPackage(
        name, parts.each(root["stacks"], "stack", _stack), parts.each(root["releases"], "releases", _releases)
    )


def _stack(value: object) -> Stack:
    stack = parts.fields(value, None, "weight", "needs")
    return Stack(parts.weight(stack["weight"]), parts.each(stack["needs"], "need", _need))


def _need(value: object) -> Need:
    if isinstance(value, list):
        return tuple(
            (parts.position(position, "requirement"), parts.weight(weight))
            for position, weight in (parts.items(v, 2) for v in value)
        )
    return ((parts.position(value, "requirement"), 1.0),)


def _releases(value: object) -> Releases:
    releases = parts.fields(value, None, "own", "versions")
    own = None if releases["own"] is None else parts.position(releases["own"], "requirement")
    pairs = (parts.items(pair, 2) for pair in values.sequence(releases["versions"], "versions"))
    return Releases(own, tuple((_version(version), parts.weight(weight)) for version, weight in pairs))


def _version(value: object) -> str | None:
    if value is None or (isinstance(value, str) and value):
        return value
    raise InputError("is not a version", found=value, expected="text, or null for none")


def _root_json(root: RootPackage) -> str:
    stacks = (
        {"weight": parts.figure(stack.weight), "needs": [_need_json(need) for need in stack.needs]}
        for stack in root.stacks
    )
    releases = (
        {"own": one.own, "versions": [[version, parts.figure(weight)] for version, weight in one.versions]}
        for one in root.releases
    )
    return f"{json.dumps(root.name)}: {{\n{parts.lines('stacks', stacks)},\n{parts.lines('releases', releases)}\n}}"


def _need_json(need: Need) -> object:
    return need[0][0] if len(need) == 1 else [[position, parts.figure(weight)] for position, weight in need]
