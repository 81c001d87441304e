"""Runtime models as files: models.json, which is read again, and cards.csv, for people and spreadsheets.

models.json is `{format: 1, minimum_builds, folds, seed, facts, too_few: {package: builds}, packages}`, and each
package `{memory_bytes, duration_s, linear, "log-linear", validation, hierarchical, boosted, fastest_on, later}`::

    memory_bytes, duration_s  the builds, which are the nearest-neighbours model; least memory first
    linear                    {intercept, slope}: s, and s/byte
    log-linear                {intercept, slope}: of log(s) by log(byte)
    validation                {kind: {mean_absolute_error_s, root_mean_square_error_s, relative_error,
                              correlation}} for the models and the mean; null where not validated
    hierarchical, boosted     {groups: [{values, runtime_s}]}: values of the first facts; null where not fitted
    fastest_on                the values of the facts of the fastest build
    later                     as validation, over the latest builds

What follows from the builds, such as the range and the fastest runtime, is not written twice; it is
in cards.csv. Numbers are written so that they are read as the same numbers.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from pathlib import Path
from typing import Any

from placewise.errors import InputError, locating
from placewise.formats import values
from placewise.formats.codec import Codec, Codecs, Layout
from placewise.formats.reading import found_at, parse_json, read_text
from placewise.formats.table_files.spreadsheet import defused
from placewise.formats.writing import write_bytes
from placewise.model.results.runtime_models import SHOWN, CrossValidation, ModelCard, Models, PackageModels, Validation

FORMAT = 1
MODELS = "models.json"
CARDS = "cards.csv"

# What `fit` writes: names that a later run may remove.
_FIGURES = ("model-overview", "models-*")
OWNED = (MODELS, CARDS, "models.html", "img", *(f"img/{name}.{kind}" for name in _FIGURES for kind in ("png", "svg")))


def _texts(document: Any, place: str) -> tuple[str, ...]:
    return tuple(
        values.text_or_nothing(one, f"{place}[{at}]") for at, one in enumerate(values.sequence(document, place))
    )


_CODECS = Codecs(
    {
        Models: Layout(
            fields=("minimum_builds", "folds", "seed", "facts", "too_few", "by_package"),
            keys={"by_package": "packages"},
            by_name=frozenset(("too_few", "by_package")),
        ),
        PackageModels: Layout(keys={"log_linear": "log-linear"}),
        Validation: Layout(keys={"log_linear": "log-linear", "best_with_memory": "best-with-memory"}),
        # The value of what is not known of builds is empty.
        tuple[str, ...]: Codec(list, _texts),
        int: Codec(int, values.natural),
        float: Codec(float, values.finite),
    }
)
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
    document = {"format": FORMAT, **_CODECS.write(models)}
    entries = ",\n".join(f"{json.dumps(name)}: {_line(one)}" for name, one in document.pop("packages").items())
    return f'{_line(document)[:-1]},"packages":{{\n{entries}\n}}}}\n'


def models_from_json(text: str, source: object) -> Models:
    """Return the models in a JSON text. Raises InputError naming `source` and the place."""
    with locating(file=source):
        document = parse_json(text, source)
        # The format is looked at first: the fields of another would be no help.
        found = document.pop("format", None) if isinstance(document, dict) else document
        if type(found) is not int or found != FORMAT:
            raise InputError("does not hold runtime models", found=found, expected=f"a mapping with format {FORMAT}")
        return _CODECS.read(Models, document, "models")


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
    for kind in SHOWN:
        found = None if card.validation is None else card.validation.of(kind)
        for name in _ERRORS:
            row[f"{kind}_{name}"] = getattr(found, name, None)
    return row


def cards_csv(models: Models) -> str:
    """Return the cards as CSV with a header, a line for each package."""
    rows = defused(card_document(card) for card in models.cards())
    text = io.StringIO()
    if rows:
        # All text is quoted: a carriage return would begin a row otherwise.
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
        writer.writeheader()
        writer.writerows(rows)
    return text.getvalue()


def _line(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)
