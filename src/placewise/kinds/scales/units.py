"""Units: sizes in bytes and bits by a table, all others by pint, which is loaded when one of them is met."""

from __future__ import annotations

import functools
import re
import threading
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

LONGEST = 32
"""Of so many characters is a unit at most."""

_SHAPE = re.compile(r"[A-Za-z\u00b5\u03bc\u00b0%]+(?:/[A-Za-z]+)?")
_BIT = (("bit", "1"),)
_BIT_RATE = (("bit", "1"), ("second", "-1"))


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: x of it are `scale` * x + `offset` of the units that `dimension` names with their powers."""

    scale: Fraction
    dimension: tuple[tuple[str, str], ...]
    offset: Fraction = Fraction(0)


def _sizes() -> dict[str, Unit]:
    """Return bytes and bits, and their rates, by how they are written.

    Prefixes are decimal and those with an i are binary. K, M, G, Ki, Mi and Gi alone are bytes, as in Kubernetes; so
    are kb, mb and gb, all in lower case. Mb and Gb are bits.
    """
    sizes = {"bit": 1, "bits": 1, "b": 8, "B": 8, "byte": 8, "bytes": 8, "Byte": 8, "Bytes": 8, "k": 8000}
    rates = {"bit": 1, "B": 8, "b": 1}
    for power, letter in enumerate("KMGTPE", start=1):
        decimal, binary = 1000**power, 1024**power
        spellings = (letter, "k") if letter == "K" else (letter,)
        for prefix in spellings:
            for bits in ("bit", "bits", "b"):
                sizes[prefix + bits] = decimal
            rates |= {f"{prefix}bit": decimal, f"{prefix}b": decimal, f"{prefix}B": 8 * decimal}
            sizes[prefix + "B"] = 8 * decimal
        for bits in ("bit", "bits", "b"):
            sizes[f"{letter}i{bits}"] = binary
        rates |= {f"{letter}ibit": binary, f"{letter}ib": binary, f"{letter}iB": 8 * binary}
        sizes[letter] = 8 * decimal
        sizes[f"{letter}i"] = sizes[f"{letter}iB"] = sizes[f"{letter.lower()}ib"] = 8 * binary
        sizes[f"{letter.lower()}b"] = 8 * decimal
    # What a lower-case kb/s is, writers do not agree on.
    del rates["kb"], rates["b"]
    found = {text: Unit(Fraction(bits), _BIT) for text, bits in sizes.items()}
    found |= {f"{text}/s": Unit(Fraction(bits), _BIT_RATE) for text, bits in rates.items()}
    return found


_SIZES = _sizes()
_LOCK = threading.Lock()


def unit_of(text: str) -> Unit | None:
    """Return the unit that a text names; None for what is no unit, and for units such as dBm that are no multiples."""
    return _SIZES.get(text) or (_by_pint(text) if len(text) <= LONGEST and _SHAPE.fullmatch(text) else None)


@functools.lru_cache(maxsize=1024)
def _by_pint(text: str) -> Unit | None:
    # A registry builds itself as it is asked.
    with _LOCK:
        registry, errors = _registry()
        try:
            zero, one = (registry.Quantity(Fraction(x), text).to_root_units() for x in range(2))
            dimension = tuple(sorted((name, str(Fraction(power))) for name, power in one.unit_items()))
            scale, offset = Fraction(one.magnitude - zero.magnitude), Fraction(zero.magnitude)
            if scale <= 0:
                return None
        except errors:
            return None
    return Unit(scale, dimension, offset)


@functools.cache
def _registry() -> tuple[Any, tuple[type[Exception], ...]]:
    import pint  # noqa: PLC0415, half a second, for those who compare such units only

    registry: Any = pint.UnitRegistry(non_int_type=Fraction)
    registry.define("FLOPS = [floating_point_rate] = _ = flops")
    # Texts that are no units fail in many ways inside.
    return registry, (pint.errors.PintError, AttributeError, TypeError, ValueError, AssertionError, LookupError)
