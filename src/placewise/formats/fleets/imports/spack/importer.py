"""Sites whose software Spack manages: a cluster a site, a subsystem a package, and a vertex for each that is there.

What a chain of packages.yaml and compilers.yaml lists is there, and more may be; what a lockfile lists is all.
Alternatives at the end of a chain are merged with it one by one: unless `compiler` picks one, a site has what any of
them has, and only packages that all of them leave unbuilt are all known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from placewise.errors import InputError
from placewise.formats.fleets.imports.account import Account
from placewise.formats.fleets.imports.import_settings import ImportSettings
from placewise.formats.fleets.imports.spack.concrete import read_concrete
from placewise.formats.fleets.imports.spack.configuration import (
    ALL,
    BUILDABLE,
    PACKAGES,
    PROVIDERS,
    entries_in,
    read_configuration,
)
from placewise.formats.fleets.imports.spack.entry import COMPILER, Entry
from placewise.formats.fleets.imports.spack.files import SiteFiles, SpackFile, read_spack_file, sites_of
from placewise.formats.fleets.imports.spack.known import MPI, OF_MACHINES
from placewise.formats.fleets.imports.spack.known import PROVIDERS as KNOWN_PROVIDERS
from placewise.formats.fleets.imports.spack.merging import merged
from placewise.formats.fleets.imports.spack.site import Site
from placewise.formats.given import Given
from placewise.formats.plain_fields import UNSAID
from placewise.kinds.vocabulary.builtin import kind_of
from placewise.model.fleets.imported import Imported
from placewise.model.fleets.vocabulary import EVERY, FieldKind, FieldName, Vocabulary

_NAME = "spack"
_TEXT, _SET = FieldKind("text"), FieldKind("set")
_TEXTS = ("hash", "build_hash")


def import_spack(files: Sequence[Given], asked: ImportSettings) -> Imported:
    """Return a cluster for each site, in the order of their names. Raises InputError naming file and place."""
    sites = sites_of([read_spack_file(given) for given in files], asked.name)
    if asked.compiler and not any(asked.compiler in site.alternatives for site in sites):
        there = sorted({compiler for site in sites for compiler in site.alternatives})
        raise InputError(
            "no site has packages of this compiler",
            place="--compiler",
            found=asked.compiler,
            expected=" or ".join(there)
            if there
            else "no --compiler, since no file is named SITE.packages_COMPILER.yaml",
        )
    account = Account()
    read = _Read(account)
    gathered = [_site(site, asked.compiler, read, account) for site in sites]
    mixed = _sets(gathered)
    clusters = tuple(site.cluster(mixed) for site in gathered)
    name = asked.name or (clusters[0].name if len(clusters) == 1 else _NAME)
    # A job may ask for what a file names as something to build, and for machines: whether it is there is not known.
    words = {*OF_MACHINES, *KNOWN_PROVIDERS[MPI], *(word for site in gathered for word in site.named)}
    known = {word: frozenset[str]() for word in sorted(words)}
    return Imported(
        name,
        clusters,
        account.vocabulary().over(Vocabulary(kinds=_kinds(mixed), known=known)),
        account.counts(),
        account.dropped(),
        account.unknowns(),
    )


class _Read:
    """Configuration files, each read once: what is common belongs to the chain of every site."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._found: dict[str, dict[str, Any]] = {}

    def __call__(self, file: SpackFile) -> dict[str, Any]:
        key = str(file.path)
        if key not in self._found:
            self._found[key] = read_configuration(file.document, file.path, self._account)
        return self._found[key]


def _site(files: SiteFiles, compiler: str, read: _Read, account: Account) -> Site:
    site = Site(files.name)
    chains = list(_chains(files, compiler))
    found = [merged(map(read, chain)) for chain in chains]
    used: dict[Entry, None] = {}
    for one in found:
        used.update(dict.fromkeys(entries_in(one)))
        site.named.update(one.get(PACKAGES, {}).keys() - {ALL})
        for virtual, names in _of_package(one, ALL).get(PROVIDERS, {}).items():
            site.provides(virtual, names)
    for entry in used:
        site.add(entry, account)
    _drop_unused(files, chains, used, read, account)
    whole = [_add_concrete(site, file, account) for file in files.concrete]
    site.of_virtuals()
    if chains:
        site.describe_externals(_buildable(found, site.providers[MPI]), account)
    else:
        site.describe_list(all(whole), account)
    return site


def _chains(files: SiteFiles, compiler: str) -> Iterator[tuple[SpackFile, ...]]:
    """Yield the chain of files with each alternative that counts at its end, and as it is where there is none."""
    picked = [one for name, one in files.alternatives.items() if compiler in ("", name)]
    if files.chain or picked:
        for alternative in picked or [()]:
            yield (*files.chain, *alternative)


def _of_package(found: Mapping[str, Any], package: str) -> Mapping[str, Any]:
    said: Mapping[str, Any] = found.get(PACKAGES, {}).get(package, {})
    return said


def _buildable(found: Sequence[Mapping[str, Any]], mpi: Iterable[str]) -> dict[str, bool]:
    """Return by package, empty for those not named, whether Spack builds it by any of several configurations.

    mpi : the packages that provide MPI. Spack builds none of them on its own account where it does not build mpi.
    """
    said: list[dict[str, bool]] = []
    for one in found:
        flags = {name: package[BUILDABLE] for name, package in one.get(PACKAGES, {}).items() if BUILDABLE in package}
        flags[EVERY] = flags.pop(ALL, True)
        if MPI in flags:
            flags = {**dict.fromkeys(mpi, flags[MPI]), **flags}
        said.append(flags)
    names = {name for flags in said for name in flags}
    return {name: any(flags.get(name, flags[EVERY]) for flags in said) for name in names}


def _drop_unused(
    files: SiteFiles, chains: Sequence[Sequence[SpackFile]], used: Mapping[Entry, None], read: _Read, account: Account
) -> None:
    """Say of each entry that the site does not have why not."""
    for file in files.chain:
        _drop(read(file), used, f"a later file of {files.name} replaces it with ::", account)
    for compiler, alternative in files.alternatives.items():
        for file in alternative:
            if any(file in chain for chain in chains):
                _drop(read(file), used, f"a later file of {files.name} replaces it with ::", account)
            else:
                # What such a file says besides is of no interest.
                apart = read_configuration(file.document, file.path, Account())
                _drop(apart, used, f"is of another compiler: --compiler {compiler} reads it", account)


def _drop(section: Mapping[str, Any], used: Mapping[Entry, None], why: str, account: Account) -> None:
    for entry in entries_in(section):
        if entry not in used:
            account.drop(entry.what, entry.file, entry.place, why)


def _add_concrete(site: Site, file: SpackFile, account: Account) -> bool:
    """Add the concrete specs of a file, and return whether these are all that are there."""
    concrete = read_concrete(file.document, file.path, account)
    for entry in concrete.entries:
        site.add(entry, account)
    for virtual, names in concrete.providers.items():
        site.provides(virtual, names)
    for fields in concrete.compilers:
        site.vertex(COMPILER, fields)
    for machine in concrete.machines:
        site.machine(*machine)
    return concrete.whole


def _sets(sites: Sequence[Site]) -> dict[str, frozenset[str]]:
    """Return by subsystem the fields of variants that are sets, though some or all of them look like flags.

    They are where one vertex has a flag and another a set, and where the field's name says another kind anywhere else.
    """
    kinds: dict[FieldName, set[type]] = {}
    for site in sites:
        for subsystem, vertices in site.vertices.items():
            for fields in vertices:
                for key, value in fields:
                    if not isinstance(value, str):
                        kinds.setdefault((subsystem, key), set()).add(type(value))
    found: dict[str, set[str]] = {}
    for (subsystem, key), types in kinds.items():
        if len(types) > 1 or kind_of(UNSAID, subsystem, key) is not None:
            found.setdefault(subsystem, set()).add(key)
    return {subsystem: frozenset(keys) for subsystem, keys in found.items()}


def _kinds(sets: Mapping[str, frozenset[str]]) -> dict[FieldName, FieldKind]:
    """Return the kinds that nothing else says: of hashes, and of variants that are called as what they are not."""
    called = {
        (subsystem, key): _SET
        for subsystem, keys in sets.items()
        for key in keys
        if kind_of(UNSAID, subsystem, key) is not None
    }
    return {**dict.fromkeys(((EVERY, key) for key in _TEXTS), _TEXT), **called}
