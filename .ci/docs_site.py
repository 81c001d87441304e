"""Build the site and fail for a warning, for what it would fetch from the network, and for what its reference lacks.

docs_site.py FOLDER: writes the site there.
"""

# ruff: noqa: INP001, T201

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "docs" / "site"))

import command_pages  # noqa: E402, lies there

import placewise  # noqa: E402
from placewise.formats import schemas  # noqa: E402

# What a browser loads by itself; a link that a reader follows may lead anywhere.
_LOADED = (
    re.compile(r"<(?:script|img|iframe|source|audio|video|embed)\b[^>]*\bsrc=[\"'](?P<url>[^\"']+)"),
    re.compile(
        r"<link\b(?=[^>]*\brel=[\"']?(?:stylesheet|preload|icon|modulepreload|preconnect))[^>]*\bhref=[\"'](?P<url>[^\"']+)"
    ),
    re.compile(r"url\(\s*[\"']?(?P<url>[^\"')]+)"),
    re.compile(r"@import\s+[\"'](?P<url>[^\"']+)"),
)
_NETWORK = re.compile(r"(?:https?:)?//")
_TAG = re.compile(r"<[^>]+>")
# The description of something in Python that says nothing of it.
_BARE = re.compile(r'<dt class="sig[^>]*\bid="([^"]+)">(?:(?!</dt>).)*</dt>\s*<dd>\s*</dd>', re.DOTALL)


def from_network(site: Path) -> Iterator[str]:
    """Yield each resource that a page or style of the site would load from the network."""
    for path in sorted(site.rglob("*")):
        if path.suffix in {".html", ".css"}:
            text = path.read_text(encoding="utf-8")
            for pattern in _LOADED[:2] if path.suffix == ".html" else _LOADED[2:]:
                for found in pattern.finditer(text):
                    if _NETWORK.match(found["url"]):
                        yield f"{path.relative_to(site)} loads {found['url']}"


def missing(site: Path) -> Iterator[str]:
    """Yield each public name, explanation, command, option and schema that the site's reference lacks."""
    for name in placewise.__all__:
        if f'id="placewise.{name}"' not in _html(site / "reference" / "python" / f"{name}.html"):
            yield f"placewise.{name}"
    for path in sorted((site / "reference" / "python").glob("*.html")):
        yield from (f"an explanation of {bare[1]}" for bare in _BARE.finditer(_html(path)))
    for words, command in command_pages.commands():
        page = _words(_html(site / "reference" / "cli" / f"{'-'.join(words)}.html"))
        wanted = [name for one in command.params if not getattr(one, "hidden", False) for name in _names(one)]
        yield from (f"placewise {' '.join(words)} {name}" for name in wanted if not _said(name, page))
    for name in schemas.NAMES:
        if schemas.id_of(name) not in _words(_html(site / "reference" / "files" / f"{name}.html")):
            yield f"the schema {name}"


def _names(parameter: Any) -> tuple[str, ...]:
    if parameter.param_type_name == "argument":
        return (parameter.metavar or parameter.name,)
    return (*parameter.opts, *parameter.secondary_opts)


def _said(name: str, page: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", page) is not None


def _html(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _words(html: str) -> str:
    return unescape(_TAG.sub("", html.replace("<br", " <br")))


def main() -> None:
    """Build, look, and say how much there is."""
    site, start = Path(sys.argv[1]), time.monotonic()
    strictly = ("-q", "-E", "-W", "--keep-going", "-j", "auto")
    command = [sys.executable, "-m", "sphinx", *strictly, str(ROOT / "docs"), str(site)]
    if subprocess.run(command, check=False).returncode:  # noqa: S603, ours
        sys.exit("the site does not build without warnings")
    if found := [*from_network(site), *(f"the reference lacks {name}" for name in missing(site))]:
        sys.exit("\n".join(found))
    pages, took_s = len([*site.rglob("*.html")]), time.monotonic() - start
    print(f"{pages} pages in {took_s:.0f} s, without warnings and without the network")


if __name__ == "__main__":
    main()
