"""Which site a file is of, and what it is: by its name and by its content.

| name | is |
| --- | --- |
| ``SITE.packages.yaml``, ``SITE.compilers.yaml`` | of the chain of a site |
| ``SITE.packages_COMPILER.yaml`` | one of several alternatives at the end of that chain |
| ``common.packages.yaml`` | of the chain of every site, before the site's own |
| ``SITE/packages.yaml`` and such | the same, with the site as folder |
| ``SITE.spack.lock``, ``SITE.json`` | concrete specs |
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from placewise.errors import InputError, locating
from placewise.formats.fleets.imports.spack.concrete import is_concrete
from placewise.formats.fleets.imports.spack.configuration import is_configuration
from placewise.formats.given import Given
from placewise.formats.values import refuse_control

COMMON = "common"
_NAME = re.compile(
    r"(?:(?P<site>.+)\.)?(?:packages(?:_(?P<compiler>[^/]+?))?\.ya?ml|compilers\.ya?ml|spack\.(?:ya?ml|lock)|index\.json)"
)
_CONFIGURATION = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]*(?:packages|compilers|spack)::?[ \t]*(?:#[^\n]*)?(?:\n|$)")
_READS = "packages.yaml, compilers.yaml, spack.lock, spack find --json, or the index.json of a build cache"


@dataclass(frozen=True, slots=True)
class SpackFile:
    """A file: the site that it is of, empty where its name says none; the compiler whose alternative it is, if any."""

    path: Path
    site: str
    compiler: str
    document: Any

    @property
    def is_configuration(self) -> bool:
        """Whether it is part of a chain of configuration; otherwise it holds concrete specs."""
        return not is_concrete(self.document)


@dataclass(frozen=True, slots=True)
class SiteFiles:
    """The files of a site: those that are always read, the first of which count least, and alternatives by compiler."""

    name: str
    chain: tuple[SpackFile, ...]
    alternatives: Mapping[str, tuple[SpackFile, ...]]
    concrete: tuple[SpackFile, ...]


def read_spack_file(given: Given) -> SpackFile:
    """Return a file of Spack's. Raises InputError naming file and place for any other."""
    text = given.text()
    document = given.json() if text.lstrip()[:1] in ("{", "[") else given.yaml()
    found = isinstance(document, dict) and is_configuration(document)
    if not found and not is_concrete(document):
        keys = sorted(map(str, document))[:5] if isinstance(document, dict) else document
        raise InputError("is not a Spack file that Placewise reads", file=given.path, found=keys, expected=_READS)
    base = given.path.name.removesuffix(".gz")
    named = _NAME.fullmatch(base)
    site = (named["site"] or "") if named else given.name
    if named and not site:
        site = given.path.parent.name.lstrip(".")
    with locating(file=given.path):
        refuse_control(site, "the file's name")
    return SpackFile(given.path, site, (named["compiler"] or "") if named else "", document)


def is_spack_json(document: object) -> bool:
    """Whether a JSON document holds concrete specs, or externals or compilers."""
    return is_concrete(document) or (isinstance(document, dict) and is_configuration(document))


def is_spack_text(text: str) -> bool:
    """Whether a text is YAML that begins with externals or compilers."""
    return _CONFIGURATION.match(text) is not None


def sites_of(files: Sequence[SpackFile], name: str) -> tuple[SiteFiles, ...]:
    """Return the files by site, sorted by name; name : what the site is called if there is one.

    Raises InputError for files of no site.
    """
    shared = [file for file in files if file.site == COMMON and file.is_configuration]
    names = dict.fromkeys(file.site for file in files if file not in shared) or dict.fromkeys([COMMON])
    if name and _no_site_in_names(files):  # a chain whose files are called alike: defaults/, site/, user/
        shared, names = [], {name: None}
        files = [SpackFile(file.path, name, file.compiler, file.document) for file in files]
    elif "" in names:
        file = next(file for file in files if not file.site)
        raise InputError(
            "the file's name does not say which site it describes",
            file=file.path,
            expected="--name, or SITE.packages.yaml",
        )
    found = []
    for site in sorted(names):
        own = [file for file in files if file.site == site and file not in shared]
        configuration = [file for file in own if file.is_configuration]
        configuration = [*shared, *configuration] if configuration else []
        found.append(
            SiteFiles(
                name if name and len(names) == 1 else site,
                tuple(file for file in configuration if not file.compiler),
                {
                    compiler: tuple(file for file in configuration if file.compiler == compiler)
                    for compiler in sorted({file.compiler for file in configuration if file.compiler})
                },
                tuple(file for file in own if not file.is_configuration),
            )
        )
    return tuple(found)


def _no_site_in_names(files: Sequence[SpackFile]) -> bool:
    """Whether no file has a site in its name: what is known of them is the folder that each is in."""
    bare = [_NAME.fullmatch(file.path.name.removesuffix(".gz")) for file in files]
    return all(match is not None and not match["site"] for match in bare)
