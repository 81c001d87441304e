"""Profiles as JSON: the statistics from which synthetic fleets and jobs are drawn.

The document holds names, versions and figures only. That of versions, `{format: 1, requirements, pools, roots}`::

    requirements  [[package, minimum, maximum], ...]; null leaves an end open
    pools         [{packages: [name, ...], picks: [[version, ...], ...]}, ...]; null for no version
    roots         {name: {stacks: [{weight, needs}, ...], releases: [{own, versions}, ...]}, ...}

A need is a position in `requirements` or, where there is a choice, a list of [position, weight]. `own` is
a position or null, and `versions` a list of [version or null, weight]. That of builds,
`{format: 1, kind: "builds", clusters, platforms, probabilities, packages}`::

    clusters       {archs: [[arch, weight], ...], toolchains: [[compiler, version, weight], ...],
                    memory: [least, most], prices: [four a node hour]}; memory in bytes
    platforms      [[arch, compiler, version], ...]
    probabilities  [0, ..., 1]
    packages       {name: {shares: [[platform, weight, shift of each measure ...], ...],
                           quantiles: {measure: [a value a probability], ...},
                           correlations: [one a pair of measures]}, ...}

`platform` is a position in `platforms`. Measures are memory_mean, memory_max, memory_min (bytes) and
duration (seconds), pairs of them in that order too. What the parts mean is said in
`placewise.model.studies.version_profile` and `placewise.model.studies.build_profile`. A file may be compressed with
gzip, which its first bytes show.
"""

from __future__ import annotations

import gzip
import importlib.resources
import io
import json
import zlib
from pathlib import Path
from typing import Any

from placewise.errors import InputError, locating, one_of
from placewise.formats import values
from placewise.formats.codec import Codec, Codecs, Layout
from placewise.formats.reading import LARGEST_BYTES, decode, parse_json, read_bytes
from placewise.formats.requirements.rows import requirement_of, requirement_row
from placewise.formats.writing import write_bytes
from placewise.model.requirements.requirement import Requirement
from placewise.model.studies.build_profile import (
    BUILDS,
    MEASURES,
    BuildFleet,
    BuildJobs,
    Platform,
    Quantiles,
    Share,
    Toolchain,
)
from placewise.model.studies.profile import Profile
from placewise.model.studies.version_profile import VERSIONS, Need, VersionFleet, VersionJobs, VersionPool

FORMAT = 1
SHIPPED = {"reliabuild": "reliabuild-profile.json", "spack-build": "spack-build-profile.json"}
"""The data sets of rainbow-experiments whose profiles come with the package, and their files."""

_GZIP = b"\x1f\x8b"
# The sections of a document, each with how many of its levels have a line for each entry.
SECTIONS = {
    VERSIONS: {"requirements": 1, "pools": 1, "roots": 3},
    BUILDS: {"kind": 0, "clusters": 0, "platforms": 1, "probabilities": 0, "packages": 1},
}


def shipped_profile(dataset: str) -> Profile:
    """Return the profile that comes with the package for a data set. Raises InputError for another name."""
    if dataset not in SHIPPED:
        raise InputError("no such data set", found=dataset, expected=one_of(dataset, SHIPPED))
    file = importlib.resources.files("placewise.formats") / "data" / SHIPPED[dataset]
    return profile_from_json(file.read_text(encoding="utf-8"), SHIPPED[dataset])


def read_profile(path: Path) -> Profile:
    """Return the profile in a file, compressed or not. Raises InputError naming file and place."""
    return profile_from_json(_text(path), path)


def write_profile(profile: Profile, path: Path) -> None:
    """Write a profile whole or not at all, compressed when the name ends in ``.gz``.

    Equal profiles give equal bytes. Raises InputError when the place cannot be written to.
    """
    content = profile_json(profile).encode()
    # Without name and time, so that the bytes depend on the profile alone.
    write_bytes(path, gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)


def profile_json(profile: Profile) -> str:
    """Return the text that `profile_from_json` reads as this profile again: a line for each part."""
    document: dict[str, Any] = _CODECS.write(profile.jobs)
    fleet = _CODECS.write(profile.fleet)
    document |= fleet if profile.kind == VERSIONS else {"kind": profile.kind, "clusters": fleet}
    lines = [f"{json.dumps(name)}: {_lines(document[name], levels)}" for name, levels in SECTIONS[profile.kind].items()]
    return f'{{\n"format": {FORMAT},\n' + ",\n".join(lines) + "\n}\n"


def profile_from_json(text: str, source: object) -> Profile:
    """Return the profile in a JSON text. Raises InputError naming `source` and the place."""
    with locating(file=source):
        document = parse_json(text, source)
        # Looked at first: the fields of another document would be no help.
        found = document.pop("format", None) if isinstance(document, dict) else document
        if not isinstance(document, dict) or type(found) is not int or found != FORMAT:
            raise InputError("is not a profile", found=found, expected=f"a mapping with format {FORMAT}")
        kind = document.get("kind", VERSIONS)
        if kind not in (VERSIONS, BUILDS) or (kind == VERSIONS and "kind" in document):
            raise InputError("is a profile of another kind", found=kind, expected=f"the kind {BUILDS}, or no kind")
        sections = values.exactly(document, SECTIONS[kind], "profile")
        if kind == VERSIONS:
            fleet = _CODECS.read(VersionFleet, {"pools": sections.pop("pools")}, "profile")
            return Profile(fleet, _CODECS.read(VersionJobs, sections, "profile"))
        del sections["kind"]
        clusters = _CODECS.read(BuildFleet, sections.pop("clusters"), "profile.clusters")
        return Profile(clusters, _CODECS.read(BuildJobs, sections, "profile"))


def _text(path: Path) -> str:
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


def _lines(value: Any, levels: int) -> str:
    """Return JSON without spaces, but with a line for each entry of the outer `levels` levels."""
    if not levels or not value:
        return json.dumps(value, separators=(",", ":"), allow_nan=False)
    if isinstance(value, dict):
        entries = ",\n".join(f"{json.dumps(name)}: {_lines(one, levels - 1)}" for name, one in value.items())
        return f"{{\n{entries}\n}}"
    return "[\n" + ",\n".join(_lines(one, levels - 1) for one in value) + "\n]"


def _figure(value: float) -> float:
    """Return the shorter form of a number: counts are written as such, and both are read as the same."""
    return int(value) if float(value).is_integer() and abs(value) < 1e15 else value


def _write_need(need: Need) -> Any:
    return need[0][0] if len(need) == 1 else _FIGURES.of(Need).write(need)


def _read_need(document: Any, place: str) -> Need:
    if not isinstance(document, list):
        return ((values.whole(document, place), 1.0),)
    need: Need = _FIGURES.of(Need).read(document, place)
    return need


def _write_quantiles(quantiles: Quantiles) -> dict[str, Any]:
    return dict(zip(MEASURES, _FIGURES.of(Quantiles).write(quantiles), strict=True))


def _read_quantiles(document: Any, place: str) -> Quantiles:
    entry, numbers = values.exactly(document, MEASURES, place), _FIGURES.of(tuple[float, ...])
    return tuple(numbers.read(entry[measure], f"{place}.{measure}") for measure in MEASURES)


_FLOAT = Codec(_figure, values.finite)
_FIGURES = Codecs({float: _FLOAT})
_CODECS = Codecs(
    {
        float: _FLOAT,
        Requirement: Codec(requirement_row, requirement_of),
        VersionPool: Layout(keys={"dependencies": "packages"}),
        Need: Codec(_write_need, _read_need),
        VersionJobs: Layout(by_name=frozenset(("roots",))),
        BuildFleet: Layout(keys={"memory_bytes": "memory"}),
        Toolchain: Layout(row=True),
        Platform: Layout(row=True),
        Share: Layout(row=True),
        Quantiles: Codec(_write_quantiles, _read_quantiles),
        BuildJobs: Layout(by_name=frozenset(("packages",))),
    }
)
