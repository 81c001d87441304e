"""One site: vertices of packages, compilers and virtual packages, and how much of each is described."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from placewise.errors import locating
from placewise.formats.fleets.imports.account import Account
from placewise.formats.fleets.imports.spack.entry import ARCH, COMPILER, OS, Entry, Fields
from placewise.formats.fleets.imports.spack.known import MPI, OF_MACHINES, PROVIDERS, VIRTUAL
from placewise.formats.node_facts import Facts
from placewise.formats.plain_fields import UNSAID
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.vocabulary import EVERY
from placewise.model.scalar import Value

_PART = "externals are all listed, and not all that is so of them"
_TAKEN = (ARCH, OS, COMPILER, MPI)
_ROOT = 0


@dataclass(slots=True)
class Site:
    """What is known of a site while it is gathered.

    vertices : the fields of each, by subsystem, without repetition. providers : the packages that provide each virtual
    one. partly : packages of which something was not understood, with the reason. named : packages that a file
    names for any reason.
    """

    name: str
    vertices: dict[str, dict[Fields, None]] = field(default_factory=dict)
    providers: dict[str, dict[str, None]] = field(
        default_factory=lambda: {virtual: dict.fromkeys(names) for virtual, names in PROVIDERS.items()}
    )
    partly: dict[str, str] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)

    def add(self, entry: Entry, account: Account) -> None:
        """Take an external, a compiler or a concrete spec, and count it."""
        if entry.package in _TAKEN:
            why = f"{entry.package} is not the name of a package that can be there"
            account.drop(entry.what, entry.file, entry.place, why)
            self.partly[entry.package] = "one that is listed under this name is not taken"
            return
        if not entry.whole and entry.package:
            self.partly[entry.package] = "of one that is there not all is understood"
        if entry.fields is None:  # the account has the reason
            return
        account.read(entry.what)
        if entry.package:
            self.vertex(entry.package, tuple(pair for pair in entry.fields if pair[0] != "name"))
        if entry.compiler is not None:
            self.vertex(COMPILER, entry.compiler)
            said = dict(entry.compiler)
            self.machine(said.get("architecture", ""), said.get("os", ""))

    def machine(self, architecture: Value, os: Value, platform: Value = "") -> None:
        """Note what is said of machines; empty for nothing."""
        if architecture:
            self.vertex(ARCH, (("architecture", architecture),))
        if os:
            self.vertex(OS, (("name", os), *((("platform", platform),) if platform else ())))

    def vertex(self, subsystem: str, fields: Fields) -> None:
        """Add a vertex."""
        self.vertices.setdefault(subsystem, {})[tuple(sorted(fields, key=lambda pair: pair[0]))] = None

    def provides(self, virtual: str, packages: Iterable[str]) -> None:
        """Note which packages provide a virtual one."""
        self.providers.setdefault(virtual, {}).update(dict.fromkeys(packages))

    def of_virtuals(self) -> None:
        """Add a vertex of a virtual package for each package that provides it, with its name beside its fields."""
        for virtual, packages in self.providers.items():
            for package in packages:
                if package in self.partly:
                    self.partly.setdefault(virtual, self.partly[package])
                for fields in list(self.vertices.get(package, ())):
                    self.vertex(virtual, (("name", package), *fields))

    def describe_externals(self, buildable: Mapping[str, bool], account: Account) -> None:
        """Say what is known of packages that Spack may have built, and of those that it does not build.

        buildable : by package, empty for those that are not named.
        """
        closed = not buildable[EVERY]
        if closed:
            self._describe_all("no file of Spack's is about machines", account)
            account.described_in_part(self.name, EVERY, _PART)
        else:
            account.unknown(self.name, EVERY, "externals are listed, and Spack may have built more")
            account.unknown(self.name, COMPILER, "compilers that Spack uses are listed, and there may be more")
            account.unknown(self.name, ARCH, "architectures are named, and not the targets of machines")
            account.unknown(self.name, OS, "systems that compilers are for are listed, and there may be more")
        for package in sorted({*buildable, *self.partly} - {EVERY}):
            if buildable.get(package, not closed):
                if closed:
                    account.unknown(self.name, package, "externals are listed, and Spack may have built more")
            elif package in VIRTUAL and package != MPI:
                account.unknown(self.name, package, "nothing more is built, but not all that provide it are known here")
            elif package in self.partly:
                account.unknown(self.name, package, self.partly[package])
            elif not closed:
                account.described_in_part(self.name, package, _PART)

    def describe_list(self, whole: bool, account: Account) -> None:
        """Say what is known where concrete specs are listed; whole : whether these are all, as in a lockfile."""
        if not whole:
            why = "what was asked for is listed, and more may be installed"
            account.unknown(self.name, EVERY, why)
            return
        self._describe_all("a lockfile says nothing of machines", account)
        for package, why in self.partly.items():
            account.unknown(self.name, package, why)

    def _describe_all(self, nothing: str, account: Account) -> None:
        """Say that all packages are described, and what is no package."""
        account.described(self.name, EVERY)
        account.unknown(self.name, COMPILER, "only those are listed that Spack uses")
        for subsystem in (ARCH, OS, *OF_MACHINES):
            account.unknown(self.name, subsystem, nothing)
        for virtual in sorted(VIRTUAL - {MPI}):
            account.unknown(self.name, virtual, "not all that provide it are known here")

    def cluster(self, sets: Mapping[str, frozenset[str]]) -> Cluster:
        """Return the cluster; sets : by subsystem the fields of which flags become sets, as others have them.

        Raises InputError for a value that a field cannot hold.
        """
        facts = Facts(UNSAID)
        with locating(place=f"site {self.name}"):
            for subsystem, vertices in self.vertices.items():
                wanted = sets.get(subsystem, frozenset())
                for fields in vertices:
                    pairs = [(key, _as_set(value) if key in wanted else value) for key, value in fields]
                    facts.add(subsystem, pairs, _ROOT, subsystem)
        return Cluster(self.name, subsystems=facts.subsystems())


def _as_set(value: Value) -> Value:
    return ("true" if value else "false",) if isinstance(value, bool) else value
