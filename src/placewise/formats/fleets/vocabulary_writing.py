"""vocabulary.yaml written so that it reads back equal."""

from __future__ import annotations

import json
import re
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from placewise.errors import InputError
from placewise.formats.fleets.vocabulary_file import vocabulary_document
from placewise.formats.writing import write_bytes
from placewise.model.fleets.vocabulary import Vocabulary

# What no reader of YAML takes for anything but text. The rest is quoted: 1.5e5 is a number to our reader alone.
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./+-]*")


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if _PLAIN.fullmatch(text) else '"')


_Dumper.add_representer(str, _text)


def write_vocabulary(vocabulary: Vocabulary, path: Path) -> None:
    """Write a vocabulary as a file that reads back equal, whole or not at all. Raises InputError for an empty one."""
    write_bytes(path, vocabulary_text(vocabulary).encode())


def vocabulary_text(vocabulary: Vocabulary) -> str:
    """Return the text of such a file. Raises InputError for a vocabulary that says nothing."""
    document = vocabulary_document(vocabulary)
    if not document:
        raise InputError("a vocabulary that says nothing cannot be written", expected="a subsystem, a field or a flag")
    # Order is part of the text. Thousands of clusters have few vocabularies, and to write one takes a while.
    return _text_of(json.dumps(document))


@lru_cache(maxsize=64)
def _text_of(document: str) -> str:
    # Each field and each flag on a line of its own.
    text = yaml.dump(
        json.loads(document),
        Dumper=_Dumper,
        sort_keys=False,
        default_flow_style=None,
        allow_unicode=True,
        width=sys.maxsize,
    )
    return str(text)
