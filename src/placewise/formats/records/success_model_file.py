"""A learned model of success as a JSON file: numbers and names, nothing that runs when it is read.

The file is `{"format": "placewise success model 1", ...}` with the fields of
`model.outcomes.success_model.SuccessModel`; the arrays of trees are lists, a place a node. Numbers are written so
that they are read as the same numbers.
"""

from __future__ import annotations

from pathlib import Path

from placewise.errors import InputError, locating
from placewise.formats import values
from placewise.formats.codec import Codec, Codecs
from placewise.formats.reading import parse_json, read_text
from placewise.formats.writing import write_json
from placewise.model.outcomes.success_model import SuccessModel

FORMAT = "placewise success model 1"


def write_success_model(model: SuccessModel, path: Path) -> None:
    """Write a model, whole or not at all; equal models give equal bytes.

    Raises InputError when the place cannot be written to, and for names that could not be read again.
    """
    document = _CODECS.write(model)
    # What the reader would refuse is refused before somebody relies on the file.
    _CODECS.read(SuccessModel, document, "model")
    write_json(path, {"format": FORMAT, **document})


def read_success_model(path: Path) -> SuccessModel:
    """Return the model in a file. Raises InputError naming file and place for anything that is no usable model."""
    with locating(file=path):
        document = parse_json(read_text(path), path)
        found = document.pop("format", None) if isinstance(document, dict) else document
        if found != FORMAT:
            raise InputError("does not hold a model of success", found=found, expected=f'a mapping, format "{FORMAT}"')
        return _CODECS.read(SuccessModel, document, "model")


# The value of a fact may be empty.
_CODECS = Codecs({str: Codec(str, values.text_or_nothing)})
