"""Fail unless CITATION.cff has what version 1.2.0 of the format requires, and the version that the package has.

citation.py CITATION.cff
"""

# ruff: noqa: INP001, T201

from __future__ import annotations

import sys
from pathlib import Path

import yaml

import placewise

REQUIRED = ("cff-version", "message", "title", "authors")


def main() -> None:
    """Check the document."""
    document = yaml.safe_load(Path(sys.argv[1]).read_text(encoding="utf-8"))
    missing = [key for key in REQUIRED if not document.get(key)]
    if missing or document["cff-version"] != "1.2.0":
        sys.exit(f"lacks {missing}, or is of version {document.get('cff-version')} rather than 1.2.0")
    if document["version"] != placewise.__version__:
        sys.exit(f"cites version {document['version']}; the package is {placewise.__version__}")
    print(f"cites {document['title']} {document['version']}")


if __name__ == "__main__":
    main()
