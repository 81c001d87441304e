"""vocabulary.yaml written so that it reads back equal."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from placewise.errors import InputError
from placewise.formats.fleets.vocabulary.reading import vocabulary_document
from placewise.formats.writing import write_bytes
from placewise.formats.yaml_writing import yaml_text
from placewise.model.fleets.vocabulary import Vocabulary


def write_vocabulary(vocabulary: Vocabulary, path: Path) -> None:
    """Write a vocabulary as a file that reads back equal, whole or not at all. Raises InputError for an empty one."""
    write_bytes(path, vocabulary_text(vocabulary).encode())


def vocabulary_text(vocabulary: Vocabulary) -> str:
    """Return the text of such a file. Raises InputError for a vocabulary that says nothing."""
    document = vocabulary_document(vocabulary)
    if not document:
        raise InputError("an empty vocabulary cannot be written", expected="a subsystem, a field or a flag")
    # Order is part of the text. Thousands of clusters have few vocabularies, and to write one takes a while.
    return _text_of(json.dumps(document))


@lru_cache(maxsize=64)
def _text_of(document: str) -> str:
    # Each field and each flag on a line of its own.
    return yaml_text(json.loads(document))
