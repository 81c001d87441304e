"""Long lines broken between words; quick to import, since errors are printed so too."""

from __future__ import annotations

from rich.cells import cell_len

PIPED_WIDTH = 100
"""How many columns a line takes at most in a file or pipe."""


def wrapped(text: str, width: int, *, hanging: str = "    ") -> list[str]:
    """Return a line as lines of a width at most; what has no blank, such as a name or a number, stays whole.

    hanging : what the second line and those after it begin with, beyond what the first begins with.
    """
    if cell_len(text) <= width:
        return [text]
    indent = text[: len(text) - len(text.lstrip(" "))]
    lines: list[str] = []
    line = ""
    # Not at every white space: the narrow space between a number and its unit joins them.
    for word in text.strip(" ").split(" "):
        begins = indent if not lines else indent + hanging
        if line and cell_len(begins) + cell_len(line) + 1 + cell_len(word) > width:
            lines.append(begins + line.rstrip(" "))
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, (indent + hanging if lines else indent) + line]
