"""Print one fenced block of the README by its name, so that CI runs what newcomers paste.

A block's name follows its language on the opening fence, as in "```sh install". Every block in sh or Python has
one of the names below, each once: a command that CI does not run does not stand in the README.

    readme_commands.py README.md NAME
"""

# ruff: noqa: INP001

from __future__ import annotations

import re
import sys
from pathlib import Path

NAMES = ("install", "test", "example", "import", "before", "worth", "history", "api", "service", "builds")
_BLOCK = re.compile(r"^```(?P<language>\w*) ?(?P<name>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(markdown: str) -> dict[str, str]:
    """Return the blocks in sh or Python by name. Exits when one has no known name, or a name of its own is missing."""
    found: dict[str, str] = {}
    for block in _BLOCK.finditer(markdown):
        if block["language"] in ("sh", "bash", "console", "python"):
            if block["name"] not in NAMES or block["name"] in found:
                sys.exit(f"a block in {block['language']} is named {block['name']!r}; expected each of {NAMES} once")
            found[block["name"]] = block["text"]
    missing = [name for name in NAMES if name not in found]
    if missing:
        sys.exit(f"the README has no block named {', '.join(missing)}")
    return found


def main() -> None:
    """Print the block that the arguments ask for."""
    path, name = sys.argv[1:]
    sys.stdout.write(blocks(Path(path).read_text(encoding="utf-8"))[name])


if __name__ == "__main__":
    main()
