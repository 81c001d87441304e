"""Scripts and data inside a page: the only ones that may run, and data that cannot become markup."""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from markupsafe import Markup

# The interpreter comes as a module, which cannot be imported by a script inside a page.
_IMPORT = "import { ascending, isString, DisallowedObjectProperties } from 'vega-util';"
_EXPORT = "export { expression as expressionInterpreter };"


@cache
def libraries() -> tuple[Markup, ...]:
    """Return the licences, Vega, Vega-Lite and Vega's interpreter of expressions, as scripts in this order."""
    folder = files("placewise.report.page.charts") / "libraries"
    kept = json.loads((folder / "versions.json").read_text(encoding="utf-8"))
    sources = [(one["file"], (folder / one["file"]).read_text(encoding="utf-8")) for one in kept]
    names = dict.fromkeys(one["licence_file"] for one in kept)
    licences = "\n\n".join((folder / name).read_text(encoding="utf-8") for name in (*names, "LICENSE-d3"))
    listed = ", ".join(f"{one['name']} {one['version']} ({one['licence']})" for one in kept)
    notice = f"/*! {listed}, with parts of D3 (ISC):\n\n{licences}\n*/"
    return tuple(Markup(text) for text in (notice, *(_script(name, text) for name, text in sources)))  # noqa: S704, ours


@cache
def page_script() -> Markup:
    """Return the page's own script: charts drawn, tables sorted and filtered."""
    return Markup((files("placewise.report.page.charts") / "page.js").read_text(encoding="utf-8"))  # noqa: S704, ours


def policy(scripts: Iterable[str]) -> str:
    """Return a Content-Security-Policy in which these scripts run, and nothing else runs or is loaded.

    Source: Content Security Policy Level 3, hashes of inline scripts; without 'unsafe-eval' nothing is compiled.
    """
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in scripts
    )
    run = f"script-src {hashes}; " if hashes else ""
    return f"default-src 'none'; {run}img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def json_text(document: Any) -> Markup:
    """Return a document as JSON that no parser of HTML takes for anything else; what is not finite becomes null."""
    text = json.dumps(_finite(document), ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)  # noqa: S704, it holds nothing that could be markup


def _script(name: str, text: str) -> str:
    # A map is for debugging the library, and would be looked for beside the page.
    text = "\n".join(line for line in text.split("\n") if not line.startswith("//# sourceMappingURL="))
    if not name.startswith("vega-interpreter"):
        return text
    assert _IMPORT in text
    assert _EXPORT in text
    text = text.replace(_IMPORT, "const { ascending, isString, DisallowedObjectProperties } = vega;")
    return "(() => {\n" + text.replace(_EXPORT, "vega.expressionInterpreter = expression;") + "\n})();"


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
