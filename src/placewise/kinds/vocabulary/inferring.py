"""The kinds of fields that nobody said, inferred from what is first offered."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from placewise.errors import InputError
from placewise.kinds.vocabulary.builtin import kind_of
from placewise.model.fleets.vocabulary import FieldKind, FieldName, Vocabulary
from placewise.model.scalar import Value
from placewise.model.versions.version import parse_version

# Units that follow a number in descriptions of clusters; 1.2b and 3g are versions, as Spack has them.
_PREFIX, _BINARY = "[kKMGTPE]", "[KMGTPE]i"
_BYTES = rf"{_BINARY}B?|{_PREFIX}(?:[Bb])?|[mgtpe]b|[kmgtpe]ib|B|[Bb]ytes?"
_BITS = rf"(?:{_PREFIX}|{_BINARY})?(?:bits?)|(?:{_PREFIX}|{_BINARY})b|(?:{_PREFIX}|{_BINARY})?(?:bit|b|B)/s|[KMGT]?bps"
_OTHERS = r"(?:[kMG]?Hz|[mkM]?W|[mun\u00b5]?s|min|h|[mk]?V|[m]?A|[kM]?J|k?Wh|[kMGTPE]?FLOPS|[mkc]m|kg|degC|%)"
_QUANTITY = re.compile(rf"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s?(?:{_BYTES}|{_BITS}|{_OTHERS})")
_VERSION_START = re.compile(r"v?[0-9]")
# No quantity or version that anybody writes is longer.
_LONGEST = 128
# A number that is measured in the unit that stands beside it.
_MEASURED = ("size", "value", "amount", "capacity", "total", "quantity")


def inferred(value: Value) -> FieldKind:
    """Return the kind of a field that this value is the first of."""
    if isinstance(value, bool):
        return _FLAG
    if isinstance(value, tuple):
        return _SET
    if not isinstance(value, str):
        return _NUMBER
    if len(value) > _LONGEST:
        return _TEXT
    if _QUANTITY.fullmatch(value):
        return _QUANTITIES
    return _VERSIONS if _VERSION_START.match(value) and _is_version(value) else _TEXT


def learned(vocabulary: Vocabulary, offered: Iterable[tuple[str, tuple[tuple[str, Value], ...]]]) -> Vocabulary:
    """Return the vocabulary with what vertices show that it did not know: subsystems, fields, and kinds of fields.

    offered : the subsystem and the fields with their values of each vertex, in the order in which they were offered.
    A kind that the vocabulary or the built-in one has stays. The same object is returned where nothing is new.
    """
    # The fields about which nothing is to be learned, of the subsystems that are offered: all that are known are many.
    settled: dict[str, set[str]] = {}
    known: dict[str, set[str]] = {}
    kinds: dict[FieldName, FieldKind] = {}
    for subsystem, properties in offered:
        fields = settled.get(subsystem)
        if fields is None:
            there = vocabulary.known.get(subsystem)
            if there is None:
                known[subsystem] = set()
            settled[subsystem] = fields = {
                one for one in there or () if kind_of(vocabulary, subsystem, one) is not None
            }
        for field, value in properties:
            if field in fields:
                continue
            fields.add(field)
            if field not in vocabulary.known.get(subsystem, ()):
                known.setdefault(subsystem, set()).add(field)
            if kind_of(vocabulary, subsystem, field) is None:
                kinds[subsystem, field] = _beside(field, value, dict(properties))
    if not known and not kinds:
        return vocabulary
    return vocabulary.with_known({name: frozenset(fields) for name, fields in known.items()}, kinds)


def _beside(field: str, value: Value, values: Mapping[str, Value]) -> FieldKind:
    """Return the kind of a field; a number that stands beside its unit is a quantity."""
    kind = inferred(value)
    if kind == _NUMBER and (values.get(f"{field}_unit") or (field in _MEASURED and values.get("unit"))):
        return _QUANTITIES
    return kind


def _is_version(text: str) -> bool:
    try:
        parse_version(text)
    except InputError:
        return False
    return True


_FLAG, _SET, _NUMBER, _TEXT = (FieldKind(name, inferred=True) for name in ("flag", "set", "number", "text"))
_QUANTITIES, _VERSIONS = FieldKind("quantity", inferred=True), FieldKind("version", inferred=True)
