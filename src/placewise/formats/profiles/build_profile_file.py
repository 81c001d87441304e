"""Profiles of builds as JSON: the statistics from which synthetic fleets and build records are drawn.

The document, `{format: 1, kind: "builds", clusters, platforms, probabilities, packages}`, holds names,
versions and figures only::

    clusters       {archs: [[arch, weight], ...], toolchains: [[compiler, version, weight], ...],
                    memory: [least, most], prices: [four a node hour]}; memory in bytes
    platforms      [[arch, compiler, version], ...]
    probabilities  [0, ..., 1]
    packages       {name: {shares: [[platform, weight, shift of each measure ...], ...],
                           quantiles: {measure: [a value a probability], ...},
                           correlations: [one a pair of measures]}, ...}

`platform` is a position in `platforms`. Measures are memory_mean, memory_max, memory_min (bytes) and
duration (seconds), pairs of them in that order too. What the parts mean is said in
`placewise.model.build_profile`. A file may be compressed with gzip.
"""

from __future__ import annotations

import importlib.resources
import json
from pathlib import Path
from typing import Any

from placewise.errors import InputError
from placewise.formats import values
from placewise.formats.profiles import profile_parts as parts
from placewise.formats.profiles.profile_file import (
    FORMAT,
    profile_from_json,
    profile_text,
    refuse_other_format,
    write_profile,
    write_profile_text,
)
from placewise.formats.reading import parse_json
from placewise.model.build_profile import (
    MEASURES,
    BuildProfile,
    BuiltPackage,
    ClusterProfile,
    Platform,
    Share,
    Toolchain,
)
from placewise.model.profile import WorkloadProfile

KIND = "builds"
SHIPPED = "spack-build-profile.json"


def read_either_profile(path: Path) -> WorkloadProfile | BuildProfile:
    """Return the profile in a file, of whichever kind it is. Raises InputError naming file and place."""
    text = profile_text(path)
    document = parse_json(text, path)
    if isinstance(document, dict) and "kind" in document:
        return _of(document, path)
    return profile_from_json(text, path)


def write_either_profile(profile: WorkloadProfile | BuildProfile, path: Path) -> None:
    """Write a profile of either kind, whole or not at all."""
    if isinstance(profile, BuildProfile):
        write_build_profile(profile, path)
    else:
        write_profile(profile, path)


def read_build_profile(path: Path) -> BuildProfile:
    """Return the profile of builds in a file. Raises InputError naming file and place."""
    return build_profile_from_json(profile_text(path), path)


def shipped_build_profile() -> BuildProfile:
    """Return the profile that comes with the package, fitted to the spack-build data of rainbow-experiments."""
    file = importlib.resources.files("placewise.formats") / "data" / SHIPPED
    return build_profile_from_json(file.read_text(encoding="utf-8"), SHIPPED)


def write_build_profile(profile: BuildProfile, path: Path) -> None:
    """Write a profile whole or not at all, compressed when the name ends in ``.gz``.

    Equal profiles give equal bytes. Raises InputError when the place cannot be written to.
    """
    write_profile_text(build_profile_json(profile), path)


def build_profile_json(profile: BuildProfile) -> str:
    """Return the text that `build_profile_from_json` reads as this profile again: a line for each part."""
    clusters = {
        "archs": [[arch, parts.figure(weight)] for arch, weight in profile.clusters.archs],
        "toolchains": [
            [toolchain.compiler, toolchain.version, parts.figure(weight)]
            for toolchain, weight in profile.clusters.toolchains
        ],
        "memory": [profile.clusters.least_bytes, profile.clusters.most_bytes],
        "prices": _figures(profile.clusters.prices),
    }
    sections = (
        f'"kind": {json.dumps(KIND)}',
        f'"clusters": {parts.compact(clusters)}',
        parts.lines("platforms", ([p.arch, p.toolchain.compiler, p.toolchain.version] for p in profile.platforms)),
        f'"probabilities": {parts.compact(_figures(profile.probabilities))}',
        '"packages": {\n' + ",\n".join(map(_package_json, profile.packages)) + "\n}",
    )
    return f'{{\n"format": {FORMAT},\n' + ",\n".join(sections) + "\n}\n"


def build_profile_from_json(text: str, source: object) -> BuildProfile:
    """Return the profile of builds in a JSON text. Raises InputError naming `source` and the place."""
    return _of(parse_json(text, source), source)


def _of(document: Any, source: object) -> BuildProfile:
    try:
        return _profile(document)
    except InputError as error:
        raise error.within(file=source) from None


def _profile(document: Any) -> BuildProfile:
    refuse_other_format(document)
    if document.get("kind") != KIND:
        raise InputError("is a profile of another kind", found=document.get("kind"), expected=f"the kind {KIND}")
    found = parts.fields(document, None, "format", "kind", "clusters", "platforms", "probabilities", "packages")
    return BuildProfile(
        parts.at("clusters", _clusters, found["clusters"]),
        parts.each(found["platforms"], "platform", _platform),
        parts.each(found["probabilities"], "probability", parts.number),
        tuple(
            parts.at(f"package {name!r}", _package, name, package)
            for name, package in values.mapping(found["packages"], "packages").items()
        ),
    )


def _clusters(value: object) -> ClusterProfile:
    clusters = parts.fields(value, None, "archs", "toolchains", "memory", "prices")
    return ClusterProfile(
        parts.each(clusters["archs"], "arch", _weighted_arch),
        parts.each(clusters["toolchains"], "toolchain", _weighted_toolchain),
        *parts.at("memory", _range, clusters["memory"]),
        parts.each(clusters["prices"], "price", parts.number),
    )


def _weighted_arch(value: object) -> tuple[str, float]:
    arch, weight = parts.items(value, 2)
    return parts.name(arch), parts.weight(weight)


def _weighted_toolchain(value: object) -> tuple[Toolchain, float]:
    compiler, version, weight = parts.items(value, 3)
    return _toolchain(compiler, version), parts.weight(weight)


def _range(value: object) -> tuple[int, int]:
    least, most = parts.items(value, 2)
    for one in (least, most):
        if isinstance(one, bool) or not isinstance(one, int):
            raise InputError("is not a number of bytes", found=one, expected="a whole number")
    return least, most


def _platform(value: object) -> Platform:
    arch, compiler, version = parts.items(value, 3)
    return Platform(parts.name(arch), _toolchain(compiler, version))


def _toolchain(compiler: object, version: object) -> Toolchain:
    return Toolchain(parts.name(compiler), values.version_text(version, "a version"))


def _package(name: str, value: object) -> BuiltPackage:
    package = parts.fields(value, None, "shares", "quantiles", "correlations")
    quantiles = parts.fields(package["quantiles"], "quantiles", *MEASURES)
    return BuiltPackage(
        name,
        parts.each(package["shares"], "share", _share),
        tuple(parts.each(quantiles[measure], f"quantile of {measure}", parts.number) for measure in MEASURES),
        parts.each(package["correlations"], "correlation", parts.number),
    )


def _share(value: object) -> Share:
    platform, weight, *shifts = parts.items(value, 2 + len(MEASURES))
    return Share(parts.position(platform, "platform"), parts.weight(weight), parts.each(shifts, "shift", parts.number))


def _package_json(package: BuiltPackage) -> str:
    shares = [[share.platform, parts.figure(share.weight), *_figures(share.shifts)] for share in package.shares]
    document = {
        "shares": shares,
        "quantiles": {measure: _figures(values) for measure, values in zip(MEASURES, package.quantiles, strict=True)},
        "correlations": _figures(package.correlations),
    }
    return f"{json.dumps(package.name)}: {parts.compact(document)}"


def _figures(numbers: tuple[float, ...]) -> list[float]:
    return [parts.figure(number) for number in numbers]
