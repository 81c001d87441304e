"""Quantities as Kubernetes writes them."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from placewise.errors import InputError

_AMOUNT = re.compile(r"([0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:(m|k|[KMGTPE]i|[MGTPE])|[eE]([+-]?[0-9]{1,2}))?")
_POWER: dict[str, Fraction | int] = {"m": Fraction(1, 1000), "k": 1000, "": 1}
for _number, _letter in enumerate("KMGTPE", 1):
    _POWER |= {_letter: 1000**_number, f"{_letter}i": 1024**_number}


def amount(value: Any, place: str) -> Fraction:
    """Return a quantity of Kubernetes, such as 3920m, 16Gi or 1e3. Raises InputError for anything else."""
    written = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
    match = _AMOUNT.fullmatch(written) if isinstance(written, str) and len(written) <= 64 else None
    if match is None:
        raise InputError("is not a Kubernetes quantity", place=place, found=value, expected="such as 3920m or 16Gi")
    scale = Fraction(10) ** int(match[3]) if match[3] else Fraction(_POWER[match[2] or ""])
    return Fraction(match[1]) * scale
