"""Study files: fleet and jobs, how to run, what is told in which combinations, and what decides success (TOML)."""

from __future__ import annotations

import hashlib
import importlib.resources
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from placewise.errors import InputError
from placewise.formats import values
from placewise.formats.fleets.cluster_features import RELIABUILD, SPACK_BUILD
from placewise.formats.locating import locating
from placewise.formats.reading import decode, read_bytes
from placewise.formats.studies.study_settings import MOST_CLUSTERS, MOST_JOBS, Draw, Setting, draw_of, names_of, run_of
from placewise.model.study import BuildStudy, FieldForm, Form, Level, Rule

SHIPPED = "spack-build-study.toml"
_FIELD_KEYS = ("field", "equals", "at_least", "at_most", "at_most_factor")


_DATASETS = (RELIABUILD, SPACK_BUILD)
_BUILDS = ("forms", "rules", "told")


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """All that a study file says.

    source : the experiment folder. fleet, workload : what to draw instead; None where there is no such table.
    run : settings, by the names of the options of `simulate`. levels : names, with the names that each tells.
    builds : what is told of build records and decides their success, if the file says so; the levels are in it then.
    sha256 : of the file, in hex.
    """

    path: Path
    source: Path | None
    fleet: Draw | None
    workload: Draw | None
    run: Mapping[str, Setting]
    levels: tuple[tuple[str, tuple[str, ...]], ...]
    builds: BuildStudy | None
    sha256: str

    def of_builds(self) -> BuildStudy:
        """Return what is told of build records: as the file says, or with its levels, or as shipped.

        Raises InputError for levels of forms that the study shipped does not tell.
        """
        if self.builds is not None:
            return self.builds
        study = shipped_study()
        if not self.levels:
            return study
        with locating(file=self.path):
            forms = study.forms
            return replace(study, levels=tuple(_level(name, list(told), forms) for name, told in self.levels))


def read_study(path: Path) -> Study:
    """Return what a study file says; its paths are relative to it.

    Raises InputError naming file and place, also for a source beside draws.
    """
    content = read_bytes(path)
    document = _parse(decode(content, path), path)
    with locating(file=path):
        _known(document, ("source", "fleet", "workload", "run", *_BUILDS, "levels"), "the study")
        source = None
        if "source" in document:
            source = path.parent / values.text(document["source"], "source")
            for draw in ("fleet", "workload"):
                if draw in document:
                    raise InputError("is drawn, and the study has a source", place=draw, expected="one of the two")
        fleet, workload = (
            draw_of(document[key], key, counted, most, _DATASETS, path.parent) if key in document else None
            for key, counted, most in (("fleet", "clusters", MOST_CLUSTERS), ("workload", "jobs", MOST_JOBS))
        )
        run = run_of(document.get("run", {}), "run", path.parent)
        builds = None
        levels: tuple[tuple[str, tuple[str, ...]], ...] = ()
        if any(key in document for key in _BUILDS):
            builds = _study({key: document[key] for key in (*_BUILDS, "levels") if key in document})
        elif "levels" in document:
            listed = values.mapping(document["levels"], "levels")
            levels = tuple(
                (values.text(name, "levels"), names_of(told, f"levels.{name}")) for name, told in listed.items()
            )
    return Study(path, source, fleet, workload, run, levels, builds, hashlib.sha256(content).hexdigest())


def shipped_study() -> BuildStudy:
    """Return the study that comes with the package, on build records of the spack-build kind."""
    file = importlib.resources.files("placewise.formats") / "data" / SHIPPED
    return _study(_parse(file.read_text(encoding="utf-8"), SHIPPED))


def _parse(text: str, source: object) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a whole number of thousands of digits is a ValueError
        raise InputError(f"is not valid TOML: {error}", file=source) from error


def _study(document: dict[str, Any]) -> BuildStudy:
    _known(document, ("forms", "rules", "told", "levels"), "the study")
    forms = {name: _form(name, entry) for name, entry in values.mapping(document.get("forms"), "forms").items()}
    told = values.mapping(document.get("told"), "told")
    _known(told, ("expanding", "everything"), "told")
    return BuildStudy(
        tuple(
            _rule(values.mapping(entry, f"rules[{number}]"), forms, f"rules[{number}]")
            for number, entry in enumerate(values.sequence(document.get("rules"), "rules"))
        ),
        tuple(_level(name, entry, forms) for name, entry in values.mapping(document.get("levels"), "levels").items()),
        _chosen(told.get("expanding"), forms, "told.expanding"),
        _chosen(told.get("everything"), forms, "told.everything"),
    )


def _level(name: str, value: Any, forms: Mapping[str, Form]) -> Level:
    place = f"levels.{name}"
    with locating(place=place):
        return Level(values.text(name, "the name"), _chosen(value, forms, "told"))


def _form(name: str, value: Any) -> Form:
    place = f"forms.{name}"
    values.text(name, "forms")
    entry = values.mapping(value, place)
    _known(entry, ("subsystem", "fields"), place)
    subsystem = values.text(entry.get("subsystem"), f"{place}.subsystem")
    listed = values.sequence(entry.get("fields"), f"{place}.fields")
    with locating(place=place):
        return Form(name, subsystem, tuple(_field(one, f"fields[{number}]") for number, one in enumerate(listed)))


def _field(value: Any, place: str) -> FieldForm:
    entry = values.mapping(value, place)
    _known(entry, _FIELD_KEYS, place)
    columns = {
        key: values.text(entry[key], f"{place}.{key}") for key in ("equals", "at_least", "at_most") if key in entry
    }
    factor = values.amount(entry.get("at_most_factor", 1.0), f"{place}.at_most_factor")
    with locating(place=place):
        return FieldForm(values.text(entry.get("field"), "field"), **columns, at_most_factor=factor)


def _rule(entry: dict[str, Any], forms: Mapping[str, Form], place: str) -> Rule:
    _known(entry, ("name", "form", "published"), place)
    published = _named(entry["published"], forms, f"{place}.published") if "published" in entry else None
    return Rule(values.text(entry.get("name"), f"{place}.name"), _named(entry.get("form"), forms, place), published)


def _chosen(value: Any, forms: Mapping[str, Form], place: str) -> tuple[Form, ...]:
    return tuple(_named(name, forms, place) for name in values.sequence(value, place))


def _named(value: Any, forms: Mapping[str, Form], place: str) -> Form:
    name = values.text(value, place)
    if name not in forms:
        raise InputError("no such form", place=place, found=name, expected=f"one of {', '.join(forms)}")
    return forms[name]


def _known(entry: Mapping[str, Any], known: tuple[str, ...], place: str) -> None:
    for key in entry:
        if key not in known:
            raise InputError(f"{key!r} is not understood", place=place, expected=f"no more than {', '.join(known)}")
