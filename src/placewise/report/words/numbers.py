"""How numbers and names out of files are written."""

from __future__ import annotations

import math
from collections.abc import Sequence

from placewise.model.scalar import counted

MISSING = "-"
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"
_LONGEST_NAME = 60


def shown(name: str, longest: int = _LONGEST_NAME) -> str:
    """Return a name out of a file fit to be shown: control characters would break an SVG or steer a terminal."""
    text = "".join(c if c.isprintable() else REPLACEMENT for c in name)
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def distinct(texts: Sequence[str], longest: int = 40) -> list[str]:
    """Return names fit to be shown, numbered where cutting them short makes them equal."""
    found: list[str] = []
    taken: set[str] = set()
    for text in texts:
        name, number_ = shown(text, longest), 1
        label = name
        while label in taken:
            number_ += 1
            label = f"{name} ({number_})"
        taken.add(label)
        found.append(label)
    return found


def share(value: float | None, digits: int = 4) -> str:
    """Write a share in percent with so many significant digits: 0.0153550 is 1.536 %."""
    if value is None or math.isnan(value):
        return MISSING
    return f"{_significant(100 * value, digits)}{NARROW_SPACE}%"


def signed_share(value: float | None) -> str:
    """Write a change of a share, with its sign."""
    # The same sum in another order may differ in the last digits.
    return share(None) if value is None else f"{'+' if round(value, 12) > 0 else ''}{share(round(value, 12) + 0.0)}"


def number(value: float | None, digits: int = 4) -> str:
    """Write a number with thousands separators: whole if it is, else with so many significant digits."""
    if value is None or math.isnan(value):
        return MISSING
    if value == int(value):
        return f"{int(value):,}"
    return _significant(value, digits)


def amount(value: float, digits: int = 4) -> str:
    """Write an amount to so many digits, without dropping any before the point."""
    return f"{value:,.0f}" if abs(value) >= 1000 else number(value, digits)


def jobs(count: int) -> str:
    """Write how many jobs."""
    return counted(count, "job")


def listed(parts: Sequence[str]) -> str:
    """Write parts one after another: a, b and c."""
    return " and ".join(part for part in (", ".join(parts[:-1]), *parts[-1:]) if part)


def _significant(value: float, digits: int) -> str:
    if value == 0:
        return "0"
    # Rounding first: 9.9996 has one digit before the point, its rounded form two.
    rounded = float(f"{value:.{digits - 1}e}")
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(rounded))))
    # 100 that is exact is written so, 99.999 as 100.0.
    whole = math.isclose(value, round(value), rel_tol=1e-12)
    return f"{rounded:,.{0 if whole else min(decimals, 12)}f}"
