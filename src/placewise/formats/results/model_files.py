"""Runtime models as files: models.json, which is read again, and cards.csv, for people and spreadsheets.

models.json is `{format: 1, minimum_builds, folds, seed, too_few: {package: builds}, packages}`, and each
package `{memory_bytes, duration_s, linear, "log-linear", validation}`::

    memory_bytes, duration_s  the builds, which are the nearest-neighbours model; least memory first
    linear                    {intercept, slope}: s, and s/byte
    log-linear                {intercept, slope}: of log(s) by log(byte)
    validation                {kind: {mean_absolute_error_s, root_mean_square_error_s, relative_error,
                              correlation}} for the three kinds and the mean; null where not validated

What follows from the builds, such as the range and the fastest runtime, is not written twice; it stands
in cards.csv. Numbers are written so that they are read as the same numbers.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.formats.reading import found_at, parse_json, read_text
from placewise.formats.values import count, mapping, sequence
from placewise.formats.writing import write_bytes
from placewise.model.runtime_models import KINDS, CrossValidation, Line, ModelCard, Models, PackageModels, Validation

FORMAT = 1
MODELS = "models.json"
CARDS = "cards.csv"

# What `fit` writes: names that a later run may remove.
_FIGURES = ("model-overview", "models-*")
OWNED = (MODELS, CARDS, "models.html", "img", *(f"img/{name}.{kind}" for name in _FIGURES for kind in ("png", "svg")))

_MEAN = "mean"
_ERRORS = tuple(field.name for field in dataclasses.fields(CrossValidation))


def write_models(models: Models, folder: Path) -> None:
    """Write models.json and cards.csv, each whole or not at all; equal models give equal bytes.

    Raises InputError when the folder cannot be written to.
    """
    write_bytes(folder / MODELS, models_json(models).encode())
    write_bytes(folder / CARDS, cards_csv(models).encode(errors="backslashreplace"))


def read_models(path: Path) -> Models:
    """Return the models in a folder, or in a models.json. Raises InputError naming file, package and field."""
    file = path / MODELS if found_at(path) == "folder" else path
    return models_from_json(read_text(file), file)


def models_json(models: Models) -> str:
    """Return the text that `models_from_json` reads as these models again: a line for each package."""
    head = {
        "format": FORMAT,
        "minimum_builds": models.minimum_builds,
        "folds": models.folds,
        "seed": models.seed,
        "too_few": dict(models.too_few),
    }
    packages = ",\n".join(f"{json.dumps(one.package)}: {_line(_package_document(one))}" for one in models.by_package)
    return f'{_line(head)[:-1]},"packages":{{\n{packages}\n}}}}\n'


def models_from_json(text: str, source: object) -> Models:
    """Return the models in a JSON text. Raises InputError naming `source` and the place."""
    document = parse_json(text, source)
    try:
        return _models(document)
    except InputError as error:
        raise error.within(file=source) from None


def card_document(card: ModelCard) -> dict[str, Any]:
    """Return a card as plain values; errors of the cross-validation are named KIND_ERROR, and None without it."""
    least, most = card.memory_range_bytes
    row: dict[str, Any] = {
        "package": card.package,
        "builds": card.builds,
        "memory_least_bytes": least,
        "memory_most_bytes": most,
        "slope_s_per_byte": card.slope_s_per_byte,
        "slope_s_per_gib": card.slope_s_per_gib,
        "slope_sign": card.slope_sign,
        "exponent": card.exponent,
        "fastest_runtime_s": card.fastest_runtime_s,
        "best_memory_bytes": card.best_memory_bytes,
    }
    for kind in (*KINDS, _MEAN):
        found = None if card.validation is None else _of(card.validation, kind)
        for name in _ERRORS:
            row[f"{kind}_{name}"] = None if found is None else getattr(found, name)
    return row


def cards_csv(models: Models) -> str:
    """Return the cards as CSV with a header, a line for each package."""
    rows = [card_document(card) for card in models.cards()]
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return text.getvalue()


def _package_document(one: PackageModels) -> dict[str, Any]:
    validation = one.validation
    return {
        "memory_bytes": one.memory_bytes.tolist(),
        "duration_s": one.duration_s.tolist(),
        "linear": dataclasses.asdict(one.linear),
        "log-linear": dataclasses.asdict(one.log_linear),
        "validation": None
        if validation is None
        else {kind: dataclasses.asdict(_of(validation, kind)) for kind in (*KINDS, _MEAN)},
    }


def _of(validation: Validation, kind: str) -> CrossValidation:
    found: CrossValidation = getattr(validation, kind.replace("-", "_"))
    return found


def _models(document: object) -> Models:
    # The format is looked at first: the fields of another would be no help.
    found = document.get("format") if isinstance(document, dict) else document
    if type(found) is not int or found != FORMAT:
        raise InputError("does not hold runtime models", found=found, expected=f"a mapping with format {FORMAT}")
    parts = _fields(document, None, "format", "minimum_builds", "folds", "seed", "too_few", "packages")
    seed = parts["seed"]
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise InputError("is not a seed", place="seed", found=seed, expected="a whole number of 0 or more")
    return Models(
        tuple(_package(name, one) for name, one in mapping(parts["packages"], "packages").items()),
        tuple((name, count(n, f"too_few, {name!r}")) for name, n in mapping(parts["too_few"], "too_few").items()),
        count(parts["minimum_builds"], "minimum_builds"),
        count(parts["folds"], "folds"),
        seed,
    )


def _package(name: str, value: object) -> PackageModels:
    try:
        one = _fields(value, None, "memory_bytes", "duration_s", *KINDS[:2], "validation")
        return PackageModels(
            name,
            _column(one["memory_bytes"], "memory_bytes"),
            _column(one["duration_s"], "duration_s"),
            _straight(one["linear"], "linear"),
            _straight(one["log-linear"], "log-linear"),
            None if one["validation"] is None else _validation(one["validation"]),
        )
    except InputError as error:
        raise error.within(place=f"package {name!r}") from None


def _validation(value: object) -> Validation:
    kinds = _fields(value, "validation", *KINDS, _MEAN)
    return Validation(*(_errors(kinds[kind], f"validation, {kind}") for kind in (*KINDS, _MEAN)))


def _errors(value: object, place: str) -> CrossValidation:
    found = _fields(value, place, *_ERRORS)
    correlation = found["correlation"]
    try:
        return CrossValidation(
            _number(found["mean_absolute_error_s"], "mean_absolute_error_s"),
            _number(found["root_mean_square_error_s"], "root_mean_square_error_s"),
            _number(found["relative_error"], "relative_error"),
            None if correlation is None else _number(correlation, "correlation"),
        )
    except InputError as error:
        raise error.within(place=place) from None


def _straight(value: object, place: str) -> Line:
    found = _fields(value, place, "intercept", "slope")
    try:
        return Line(_number(found["intercept"], "intercept"), _number(found["slope"], "slope"))
    except InputError as error:
        raise error.within(place=place) from None


def _column(value: object, place: str) -> NDArray[np.float64]:
    items = sequence(value, place)
    if set(map(type, items)) <= {float}:
        return np.array(items, dtype=np.float64)
    return np.array([_number(item, f"{place}, {n}") for n, item in enumerate(items, start=1)], dtype=np.float64)


def _number(value: object, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError("is not a number", place=place, found=value, expected="a number")
    try:
        return float(value)
    except OverflowError:
        raise InputError("is too large", place=place, found=value, expected="a finite number") from None


def _fields(value: object, place: str | None, *names: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError("is not a mapping", place=place, found=value, expected="fields " + ", ".join(names))
    if value.keys() != set(names):
        raise InputError("has other fields", place=place, found=sorted(value), expected=", ".join(names))
    return value


def _line(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)
