"""The extension of the site: it makes the reference's pages, the navigation, and links to files outside of docs."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

import command_pages
import docstrings
import navigation
import python_pages
import schema_pages
from docutils import nodes
from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

from placewise.report.words.numbers import NARROW_SPACE

ROOT = Path(__file__).parents[2]

# Made anew by each build, and not kept in the repository.
_MADE = {"reference/cli": command_pages, "reference/python": python_pages, "reference/files": schema_pages}
_FROM_THE_ROOT = {
    "README.md": "project/overview.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "CHANGELOG.md": "project/changes.md",
    "benchmarks/README.md": "project/benchmarks.md",
}
_UNIT = re.compile(r"(?<=\d) (?=(?:%|s|min|h|days)(?!\w))")
_LINK = re.compile(r"(?<=\]\()(?!\w+:|#|/)([^)#\s]+)")


def make_pages(docs: Path) -> None:
    """Write the pages of the reference, and those that are kept outside of docs, where they have changed."""
    for folder, made in _MADE.items():
        _write(docs / folder, made.pages())
    moved = {page: (ROOT / path).read_text(encoding="utf-8") for path, page in _FROM_THE_ROOT.items()}
    _write(docs / "project", {Path(page).name: led(text, page) for page, text in moved.items()})


def led(text: str, page: str) -> str:
    """Return the Markdown of a page with its links led to where pages of the site are; page : its path below docs."""
    origin = next((path for path, moved in _FROM_THE_ROOT.items() if moved == page), f"docs/{page}")

    def there(link: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(origin), link[1]))
        target = f"docs/{_FROM_THE_ROOT[path]}" if path in _FROM_THE_ROOT else path
        return posixpath.relpath(target, f"docs/{posixpath.dirname(page)}")

    titled = text.replace("# Placewise\n", "# Overview\n", 1) if page == _FROM_THE_ROOT["README.md"] else text
    return _LINK.sub(there, titled)


def _write(folder: Path, pages: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob("*.md"):
        if left.name not in pages:
            left.unlink()
    for name, text in pages.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def _read(app: Sphinx, name: str, content: list[str]) -> None:
    if Path(app.env.doc2path(name)).suffix != ".md":
        return
    text = content[0] if name.startswith("project/") else led(content[0], f"{name}.md")
    made = next((made for folder, made in _MADE.items() if name == folder), None)
    if made is not None:
        text += made.overview()
    documents = app.env.found_docs
    elsewhere = {
        document
        for other in navigation.contents_of(documents)
        if other != name
        for document in navigation.linked(Path(app.env.doc2path(other)).read_text(encoding="utf-8"), other, documents)
    }
    content[0] = text + navigation.toctrees(text, name, documents, elsewhere)


def keep_units(_: Sphinx | None, document: nodes.document) -> None:
    """Keep an amount and its unit on one line; code and output stay as they are."""
    for text in list(document.findall(nodes.Text)):
        if not isinstance(text.parent, nodes.literal | nodes.literal_block | nodes.raw):
            kept = _UNIT.sub(NARROW_SPACE, text)
            if kept != text:
                text.parent.replace(text, nodes.Text(kept))


def setup(app: Sphinx) -> dict[str, Any]:
    """Add all of it to a build."""
    app.connect("config-inited", lambda app, _: make_pages(Path(app.srcdir)))
    app.connect("source-read", _read)
    app.connect("doctree-read", keep_units)
    app.connect("autodoc-process-docstring", docstrings.with_parameters)
    app.connect("autodoc-process-signature", docstrings.without_long_signature)
    app.add_lexer("csv", TextLexer)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
