"""TOML texts, whose errors say what is wrong in few plain words."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from placewise.errors import InputError

_LONGEST = 200
# tomllib names a table by the Python value of its path.
_PATH = re.compile(r"\(('[^']*'(?:, '[^']*')*),?\)")


def parse_toml(text: str, source: object) -> dict[str, Any]:
    """Return the document of a TOML text. Raises InputError for what is none."""
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a whole number of thousands of digits is a ValueError
        problem = _PATH.sub(lambda path: ".".join(re.findall(r"'([^']*)'", path[1])), str(error))
        if len(problem) > _LONGEST:
            problem = problem[: _LONGEST - 3] + "..."
        raise InputError(f"is not valid TOML: {problem}", file=source) from None
