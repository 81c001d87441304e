"""The site's navigation: what a page of contents links to, in its order and under its headings."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection

# The first link of a line of a list, or of a row of a table, leads to a page of this section.
_ENTRY = re.compile(r"^(?:[-*]|\d+\.|\|)\s+\[([^\]]+)\]\(([^)#\s]+\.(?:md|ipynb))(?:#[^)]*)?\)")
_HEADING = re.compile(r"^##+\s+(.+)$")
_CONTENTS = ("index", "README")


def toctrees(text: str, name: str, documents: Collection[str], elsewhere: Collection[str] = ()) -> str:
    """Return the hidden toctrees of a page of contents, one for each of its headings, and nothing for another page.

    documents : all documents. Those beside the page, and in folders without contents, come last where it does not link
    to them. elsewhere : documents that other contents lead to.
    """
    if posixpath.basename(name) not in _CONTENTS and not _has_pages(name, documents):
        return ""
    groups, listed = _groups(text, posixpath.dirname(name), documents)
    rest = sorted(_expected(name, documents) - listed - {name, *elsewhere})
    if rest:
        groups.append(("", [f"/{document}" for document in rest]))
    return "".join(_toctree(caption, entries) for caption, entries in groups if entries)


def contents_of(documents: Collection[str]) -> list[str]:
    """Return the documents that are pages of contents by their names."""
    return [document for document in documents if posixpath.basename(document) in _CONTENTS]


def linked(text: str, name: str, documents: Collection[str]) -> set[str]:
    """Return the documents to which a page's lists and tables lead."""
    return _groups(text, posixpath.dirname(name), documents)[1]


def _has_pages(name: str, documents: Collection[str]) -> bool:
    return any(document.startswith(f"{name}/") for document in documents)


def _groups(text: str, folder: str, documents: Collection[str]) -> tuple[list[tuple[str, list[str]]], set[str]]:
    groups: list[tuple[str, list[str]]] = [("", [])]
    listed: set[str] = set()
    for line in text.splitlines():
        if heading := _HEADING.match(line):
            groups.append((heading[1], []))
        elif entry := _ENTRY.match(line):
            document = posixpath.normpath(posixpath.join(folder, posixpath.splitext(entry[2])[0]))
            if document in documents and document not in listed:
                listed.add(document)
                groups[-1][1].append(f"{entry[1].replace('`', '')} </{document}>")
    return groups, listed


def _expected(name: str, documents: Collection[str]) -> set[str]:
    """Return the documents that a page of contents has to lead to: its folder's, and the contents of folders in it."""
    folder = posixpath.dirname(name) if posixpath.basename(name) in _CONTENTS else name
    found = {document for document in documents if posixpath.dirname(document) == folder}
    for below in {posixpath.dirname(document) for document in documents} - {folder}:
        if posixpath.dirname(below) == folder and below not in documents:  # else a page is its folder's contents
            contents = [f"{below}/{one}" for one in _CONTENTS if f"{below}/{one}" in documents]
            found |= set(contents or (one for one in documents if posixpath.dirname(one) == below))
    return found


def _toctree(caption: str, entries: list[str]) -> str:
    titled = f":caption: {caption}\n" if caption else ""
    return "\n\n```{toctree}\n:hidden:\n" + titled + "\n" + "".join(f"{entry}\n" for entry in entries) + "```\n"
