"""packages.yaml and compilers.yaml: externals, compilers, what is not built, and who provides what.

What such a file says besides is how Spack is to build, such as versions, variants and targets that it prefers. None of
that is there yet, so it is dropped, and said. The result keeps the keys of the file with their marks, to be merged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from placewise.errors import InputError, locating
from placewise.formats.fleets.imports.account import Account
from placewise.formats.fleets.imports.spack.entry import COMPILERS, EXTERNALS, Entry, Fields, spec_fields
from placewise.formats.fleets.imports.spack.known import COMPILER_OF, LANGUAGES
from placewise.formats.fleets.imports.spack.merging import plain_key
from placewise.formats.fleets.imports.spack.spec import PackageSpec, parse_spec
from placewise.formats.values import flag, mapping, sequence, text
from placewise.model.scalar import Value

ALL, PACKAGES = "all", "packages"
EXTERNALS_KEY, BUILDABLE, PROVIDERS = "externals", "buildable", "providers"
_SECTIONS = (
    *("bootstrap", "cdash", "ci", "concretizer", "config", "definitions", "develop", "env_vars", "include", "mirrors"),
    *("modules", "repos", "specs", "toolchains", "upstreams", "view"),
)
_PREFERENCE = "says what Spack is to build, not what is there"
_FAMILY_UNSAID = ("any", "None")


def is_configuration(document: Mapping[str, Any]) -> bool:
    """Whether a document is made of sections of Spack's configuration."""
    known = (PACKAGES, COMPILERS, "spack", *_SECTIONS)
    return bool(document) and all(isinstance(key, str) and plain_key(key)[0] in known for key in document)


def read_configuration(document: Mapping[str, Any], file: object, account: Account) -> dict[str, Any]:
    """Return the sections on packages and compilers, each external and each compiler an `Entry`.

    Raises InputError naming file and place for what is built otherwise; a spec that cannot be read is dropped.
    """
    found: dict[str, Any] = {}
    with locating(file=file):
        for key, value in _sections(document):
            name, mark = plain_key(key)
            if name == PACKAGES:
                packages = {} if value is None else mapping(value, key)
                found[name + mark] = {one: _package(one, said, file, account) for one, said in packages.items()}
            elif name == COMPILERS:
                listed = [] if value is None else sequence(value, key)
                found[name + mark] = [
                    _compiler(said, file, f"{name}[{number}]", account) for number, said in enumerate(listed)
                ]
            else:
                account.drop("sections", file, key, "are not about what is there")
    return found


def entries_in(section: Any) -> Iterator[Entry]:
    """Yield the entries of sections, as read or as merged."""
    if isinstance(section, Entry):
        yield section
    elif isinstance(section, dict | list):
        for one in section.values() if isinstance(section, dict) else section:
            yield from entries_in(one)


def architecture_of(target: str) -> str:
    """Return the architecture of a target, its family in archspec; what archspec does not know is returned as it is."""
    import archspec.cpu  # noqa: PLC0415, its table is read when it is asked for

    known = archspec.cpu.TARGETS.get(target)
    return target if known is None else str(known.family.name)


def modules_of(value: Any, place: str) -> Fields:
    """Return the field of the modules to load, if there are any."""
    if value is None or value == []:
        return ()
    names = sequence(value, place) if isinstance(value, list) else [value]
    return (("modules", tuple(dict.fromkeys(text(one, place) for one in names))),)


def prefix_of(value: Any, place: str) -> Fields:
    """Return the field of the folder that a package is in, if it is said."""
    return () if value in (None, "None", "") else (("prefix", text(value, place)),)


def _sections(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in document.items():
        if key == "spack":
            yield from mapping(value, key).items()
        else:
            yield key, value


def _package(key: str, value: Any, file: object, account: Account) -> dict[str, Any]:
    package, _ = plain_key(key)
    place = f"{PACKAGES}.{package}"
    text(package, PACKAGES)
    found: dict[str, Any] = {}
    for name, said in ({} if value is None else mapping(value, place)).items():
        option, mark = plain_key(name)
        where = f"{place}.{option}"
        if option == EXTERNALS_KEY:
            listed = [] if said is None else sequence(said, where)
            found.setdefault(name, []).extend(
                _external(package, one, file, f"{where}[{number}]", account) for number, one in enumerate(listed)
            )
        elif option in ("paths", "modules") and isinstance(said, dict):
            found.setdefault(EXTERNALS_KEY + mark, []).extend(_former(package, option, said, file, where, account))
        elif option == BUILDABLE:
            found[name] = flag(said, where)
        elif option == PROVIDERS:
            found[name] = _providers(said, where)
        else:
            account.drop("preferences", file, where, _PREFERENCE)
    return found


def _former(
    package: str, option: str, said: Mapping[str, Any], file: object, place: str, account: Account
) -> Iterator[Entry]:
    """Yield the externals of files before Spack 0.16: a mapping from specs to folders or to modules."""
    key = "prefix" if option == "paths" else "modules"
    for spec, value in said.items():
        yield _external(package, {"spec": spec, key: value}, file, f"{place}.{spec}", account)


def _providers(value: Any, place: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for virtual, listed in ({} if value is None else mapping(value, place)).items():
        where = f"{place}.{plain_key(virtual)[0]}"
        names = sequence(listed, where) if isinstance(listed, list) else [listed]
        specs = [text(one, where) for one in names if one is not None]
        with locating(place=where):
            found[virtual] = [parse_spec(one).name for one in specs]
    return found


def _external(package: str, value: Any, file: object, place: str, account: Account) -> Entry:
    entry = mapping(value, place)
    spec = _spec(text(entry.get("spec"), f"{place}.spec"), package, file, place, account)
    there = (*prefix_of(entry.get("prefix"), f"{place}.prefix"), *modules_of(entry.get("modules"), f"{place}.modules"))
    languages: Fields = ()
    for key, said in entry.items():
        if key == "extra_attributes" and said is not None:
            languages = _attributes(mapping(said, f"{place}.{key}"), file, f"{place}.{key}", account)
        elif key not in ("spec", "prefix", "modules"):
            account.drop("attributes of externals", file, f"{place}.{key}", "is not kept")
    if spec is None:
        return Entry(EXTERNALS, str(file), place, package, None, whole=False)
    fields = (*spec_fields(spec), *there)
    return Entry(
        EXTERNALS, str(file), place, package, fields, _as_compiler(package, fields, languages), bool(spec.version)
    )


def _spec(written: str, package: str, file: object, place: str, account: Account) -> PackageSpec | None:
    """Return a spec, or None for one that is of no use, which is said."""
    try:
        spec = parse_spec(written)
    except InputError as error:
        account.drop(EXTERNALS, file, place, f"its spec cannot be read: {error}")
        return None
    if spec.name != package:
        account.drop(EXTERNALS, file, place, f"its spec is of another package, {spec.name}")
        return None
    for part in spec.left:
        account.drop("parts of specs", file, f"{place}, {part}", "says nothing definite of the package itself")
    return spec


def _attributes(said: Mapping[str, Any], file: object, place: str, account: Account) -> Fields:
    """Return the languages that an external compiles, as Spack 1 has them."""
    languages: Fields = ()
    for key, value in said.items():
        if key == "compilers" and value is not None:
            languages = _languages(value, f"{place}.{key}")
        else:
            account.drop("attributes of externals", file, f"{place}.{key}", "is not kept")
    return languages


def _languages(value: Any, place: str) -> Fields:
    paths = mapping(value, place)
    there = {LANGUAGES[key] for key, path in paths.items() if key in LANGUAGES and path not in (None, "None", "")}
    return (("languages", tuple(sorted(there))),) if there else ()


def _as_compiler(package: str, fields: Fields, languages: Fields) -> Fields | None:
    """Return the fields of the compiler that a package is, None for one that is none."""
    name = COMPILER_OF.get(package, package if languages else None)
    if name is None:
        return None
    kept = ("version", "os", "target", "prefix", "modules", "languages")
    found: dict[str, Value] = {"name": name, **{key: value for key, value in fields if key in kept}, **dict(languages)}
    return tuple(found.items())


def _compiler(value: Any, file: object, place: str, account: Account) -> Entry:
    entry = mapping(mapping(value, place).get("compiler"), f"{place}.compiler")
    place = f"{place}.compiler"
    written = text(entry.get("spec"), f"{place}.spec")
    try:
        spec = parse_spec(written)
    except InputError as error:
        account.drop(COMPILERS, file, place, f"its spec cannot be read: {error}")
        return Entry(COMPILERS, str(file), place, "", None, whole=False)
    fields: list[tuple[str, Value]] = [("name", spec.name), *(pair for pair in spec_fields(spec))]
    for key, said in entry.items():
        where = f"{place}.{key}"
        if key == "operating_system" and said is not None:
            fields.append(("os", text(said, where)))
        elif key == "target" and said not in (None, *_FAMILY_UNSAID):
            fields.append(("architecture", architecture_of(text(said, where))))
        elif key == "paths" and said is not None:
            fields += _languages(said, where)
        elif key == "modules":
            fields += modules_of(said, where)
        elif key != "spec" and said not in (None, {}, []):
            account.drop("settings of compilers", file, where, "says how to build with it")
    found = tuple(dict(fields).items())
    package = spec.name if spec.name in COMPILER_OF else ""
    return Entry(COMPILERS, str(file), place, package, found, found, bool(spec.version))
