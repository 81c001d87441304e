"""Concrete specs, as Spack writes them in lockfiles, in `spack find --json`, and in the index of a build cache.

All hold nodes of one form, which has changed with the years: the name within or around, the compiler as a field or as
a dependency, the virtual packages that a dependency provides within it or not at all. `spack.spec` and
`spack.environment` of https://github.com/spack/spack have them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from placewise.errors import locating
from placewise.formats.fleets.imports.account import Account
from placewise.formats.fleets.imports.spack.configuration import architecture_of, modules_of, prefix_of
from placewise.formats.fleets.imports.spack.entry import CONCRETE, Entry, Fields, variant_fields
from placewise.formats.fleets.imports.spack.known import COMPILER_OF
from placewise.formats.values import flag, mapping, scalar, sequence, text
from placewise.model.scalar import Value

_NODE = frozenset(
    (
        *("name", "version", "versions", "arch", "compiler", "namespace", "parameters", "hash", "dependencies"),
        *("external", "patches"),
        # Further names of the same, and how it came about; the parameters have the patches.
        *("package_hash", "full_hash", "build_hash", "runtime_hash", "annotations", "concrete"),
    )
)
_LOCK = ("_meta", "spack", "concrete_specs", "include_concrete")
_LANGUAGES_OF_COMPILERS = ("c", "cxx", "fortran")


@dataclass(frozen=True, slots=True)
class Concrete:
    """The concrete specs of a file.

    entries : a package each. providers : the packages that provide each virtual one, as far as the file says.
    compilers : the fields of what they were compiled with. machines : the architecture, system and platform of what
    they were compiled for, empty where not said. whole : whether nothing else is there.
    """

    entries: tuple[Entry, ...]
    providers: Mapping[str, tuple[str, ...]]
    compilers: tuple[Fields, ...]
    machines: tuple[tuple[str, str, str], ...]
    whole: bool


def is_concrete(document: Any) -> bool:
    """Whether a document is one that `read_concrete` reads."""
    if isinstance(document, list):
        first = document[0] if document else None
        return (
            isinstance(first, dict) and "name" in first and "arch" in first and bool({"version", "versions"} & {*first})
        )
    if not isinstance(document, dict):
        return False
    database = document.get("database")
    return "concrete_specs" in document or (isinstance(database, dict) and "installs" in database)


def read_concrete(document: Any, file: object, account: Account) -> Concrete:
    """Return the concrete specs of a document. Raises InputError naming file and place for what has another form."""
    with locating(file=file):
        nodes = list(_nodes(document, file, account))
        by_hash = {node.hash: node for node in nodes}
        packages: list[Entry] = []
        providers: dict[str, dict[str, None]] = {}
        compilers: dict[Fields, None] = {}
        machines: dict[tuple[str, str, str], None] = {}
        for node in nodes:
            for virtual, name in node.virtuals():
                providers.setdefault(virtual, {})[name] = None
            compiler = node.compiler(by_hash)
            if compiler:
                compilers[tuple(zip(("name", "version"), compiler, strict=False))] = None
            machines[node.machine()] = None
            packages.append(node.entry(compiler, str(file)))
        if any(node.dependencies for node in nodes):
            account.drop("dependencies", file, CONCRETE, "which package needs which is not kept")
    return Concrete(
        tuple(packages),
        {virtual: tuple(names) for virtual, names in providers.items()},
        tuple(compilers),
        tuple(machines),
        whole=isinstance(document, dict) and "concrete_specs" in document,
    )


@dataclass(frozen=True, slots=True)
class _Dependency:
    name: str
    hash: str
    virtuals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Node:
    """A concrete spec, of which every part is plain."""

    place: str
    name: str
    hash: str
    version: str
    arch: dict[str, str]
    said_compiler: tuple[str, ...]
    fields: Fields
    dependencies: tuple[_Dependency, ...]

    def virtuals(self) -> Iterator[tuple[str, str]]:
        for one in self.dependencies:
            for virtual in one.virtuals:
                yield virtual, one.name

    def compiler(self, by_hash: Mapping[str, _Node]) -> tuple[str, ...]:
        """Return the name and version of what compiled it: C before others, where a language each has its own."""
        if self.said_compiler:
            return self.said_compiler
        for language in _LANGUAGES_OF_COMPILERS:
            for one in self.dependencies:
                if language in one.virtuals:
                    node = by_hash.get(one.hash)
                    name = COMPILER_OF.get(one.name, one.name)
                    return (name, node.version) if node is not None and node.version else (name,)
        return ()

    def machine(self) -> tuple[str, str, str]:
        """Return the architecture, system and platform of the machines it is for; their targets may be newer ones."""
        target = self.arch.get("target", "")
        architecture = architecture_of(target) if target else ""
        return architecture, self.arch.get("os", ""), self.arch.get("platform", "")

    def entry(self, compiler: tuple[str, ...], file: str) -> Entry:
        made = dict(zip(("compiler", "compiler_version"), compiler, strict=False))
        version = {"version": self.version} if self.version else {}
        fields: dict[str, Value] = {**version, **made, **self.arch, **dict(self.fields)}
        as_compiler: Fields | None = None
        if self.name in COMPILER_OF:
            kept = ("version", "prefix", "modules", "languages")
            as_compiler = (
                ("name", COMPILER_OF[self.name]),
                *((key, value) for key, value in fields.items() if key in kept),
            )
        return Entry(
            CONCRETE, file, self.place, self.name, tuple(fields.items()), as_compiler, whole=bool(self.version)
        )


def _nodes(document: Any, file: object, account: Account) -> Iterator[_Node]:
    if isinstance(document, list):
        for number, value in enumerate(document):
            yield _node(value, "", f"[{number}]", file, account)
    elif "concrete_specs" in document:
        yield from _locked(document, file, account)
    else:
        database = mapping(document["database"], "database")
        for key, value in mapping(database.get("installs"), "database.installs").items():
            place = f"database.installs.{key}"
            install = mapping(value, place)
            there = [flag(install[one], f"{place}.{one}") for one in ("installed", "in_buildcache") if one in install]
            if there and not any(there):
                account.drop(CONCRETE, file, place, "is only needed by others, and neither installed nor in the cache")
            else:
                yield _node(install.get("spec"), key, f"{place}.spec", file, account)


def _locked(document: Mapping[str, Any], file: object, account: Account) -> Iterator[_Node]:
    """Yield the nodes of a lockfile, and those of the environments that it includes, which lie within, each once."""
    seen: set[str] = set()
    waiting: list[tuple[str, Any]] = [("", document)]
    while waiting:
        at, value = waiting.pop()
        lock = mapping(value, at.rstrip(".") or "document")
        for name in lock:
            if name == "roots":
                account.drop("roots", file, f"{at}{name}", "which packages were asked for by name is not kept")
            elif name not in _LOCK:
                account.drop("parts of lockfiles", file, f"{at}{name}", "is not kept")
        place = f"{at}concrete_specs"
        for key, node in mapping(lock.get("concrete_specs", {}), place).items():
            if key not in seen:
                seen.add(key)
                yield _node(node, key, f"{place}.{key}", file, account)
        included = f"{at}include_concrete"
        inner = mapping(lock.get("include_concrete", {}), included)
        waiting += [(f"{included}.{path}.", one) for path, one in inner.items()]


def _node(value: Any, key: str, place: str, file: object, account: Account) -> _Node:
    node = mapping(value, place)
    if "name" not in node and len(node) == 1:  # before version 4, the name was around the rest
        ((name, inner),) = node.items()
        node = {"name": name, **mapping(inner, f"{place}.{name}")}
    name = text(node.get("name"), f"{place}.name")
    for one in node:
        if one not in _NODE:
            account.drop("parts of concrete specs", file, f"{place}.{one}", "is not kept")
    digest = text(node["hash"], f"{place}.hash") if node.get("hash") else key
    there: list[tuple[str, Value]] = []
    if digest:
        there.append(("hash", digest))
    if key and key != digest:
        text(key, place)
        there.append(("build_hash", key))
    if node.get("namespace"):
        there.append(("namespace", text(node["namespace"], f"{place}.namespace")))
    return _Node(
        place,
        name,
        key or digest,
        _version(node, place),
        _arch(node.get("arch"), f"{place}.arch"),
        _compiler(node.get("compiler"), f"{place}.compiler"),
        (
            *variant_fields(tuple(_variants(node.get("parameters"), f"{place}.parameters"))),
            *there,
            *_external(node.get("external"), f"{place}.external", file, account),
        ),
        tuple(_dependencies(node.get("dependencies"), f"{place}.dependencies")),
    )


def _version(node: Mapping[str, Any], place: str) -> str:
    if node.get("version"):
        return text(node["version"], f"{place}.version")
    listed = node.get("versions")
    if isinstance(listed, list) and len(listed) == 1:
        return text(listed[0], f"{place}.versions").removeprefix("=")
    return ""


def _arch(value: Any, place: str) -> dict[str, str]:
    if value is None:
        return {}
    if isinstance(value, str):
        parts = dict(zip(("platform", "os", "target"), text(value, place).split("-", 2), strict=False))
        return {key: part for key, part in parts.items() if part}
    said = mapping(value, place)
    found: dict[str, str] = {}
    for field, key in (("platform", "platform"), ("os", "platform_os"), ("target", "target")):
        one = said.get(key)
        if field == "target" and isinstance(one, dict):  # one that archspec did not know has its features here
            one = one.get("name")
        if one is not None:
            found[field] = text(one, f"{place}.{key}")
    return found


def _compiler(value: Any, place: str) -> tuple[str, ...]:
    if value is None:
        return ()
    said = mapping(value, place)
    name = text(said.get("name"), f"{place}.name")
    version = said.get("version")
    return (name,) if version is None else (name, text(version, f"{place}.version"))


def _variants(value: Any, place: str) -> Iterator[tuple[str, Value]]:
    for name, said in ({} if value is None else mapping(value, place)).items():
        where = f"{place}.{name}"
        text(name, place)
        if said is None:
            continue
        if isinstance(said, bool):
            yield name, said
        elif isinstance(said, list):
            yield name, tuple(dict.fromkeys(text(scalar(one, where), where) for one in said))
        else:
            yield name, (text(said, where),) if said != "" else ()


def _external(value: Any, place: str, file: object, account: Account) -> Fields:
    if value is None:
        return ()
    said = mapping(value, place)
    modules = said.get("module", said.get("modules"))
    if said.get("extra_attributes"):
        account.drop("attributes of externals", file, f"{place}.extra_attributes", "is not kept")
    return (*prefix_of(said.get("path"), f"{place}.path"), *modules_of(modules, f"{place}.module"))


def _dependencies(value: Any, place: str) -> Iterator[_Dependency]:
    if isinstance(value, dict):  # before version 4, a mapping from names
        value = [{"name": name, **mapping(said, f"{place}.{name}")} for name, said in mapping(value, place).items()]
    for number, one in enumerate([] if value is None else sequence(value, place)):
        where = f"{place}[{number}]"
        said = mapping(one, where)
        digest = next((said[key] for key in ("hash", "build_hash") if said.get(key)), None)
        parameters = said.get("parameters")
        virtuals = None if parameters is None else mapping(parameters, f"{where}.parameters").get("virtuals")
        yield _Dependency(
            text(said.get("name"), f"{where}.name"),
            "" if digest is None else text(digest, f"{where}.hash"),
            tuple(text(name, where) for name in ([] if virtuals is None else sequence(virtuals, f"{where}.virtuals"))),
        )
