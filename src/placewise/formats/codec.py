"""Frozen values as plain documents, by their types, and back again with every type checked.

A class is a mapping of its fields, unless a `Layout` says otherwise; a tuple is a list, an array too, with null for
NaN. What a document says beside it for people, under `description` or `descriptions`, is not read.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter, itemgetter
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import numpy as np

from placewise.errors import InputError, locating, one_of
from placewise.formats import values

T = TypeVar("T")
FOR_PEOPLE = ("description", "descriptions")


@dataclasses.dataclass(frozen=True, slots=True)
class Codec:
    """How the values of one type are written, and read, given the place for what is wrong."""

    write: Callable[[Any], Any]
    read: Callable[[Any, str], Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Layout:
    """How a class is written where it is not just a mapping of its fields.

    keys : of fields whose key in the document is another. fields : what is written, in this order; all if not given.
    derived : by key, attributes that follow from the fields; they are written after them, and not read.
    by_name : fields with a tuple of values, or of pairs, that is written as a mapping from the first field of each.
    listed : fields with a mapping that is written as a list of entries, by the keys of (key, value) there.
    row : the class is a list of its fields, and so are the rows inside it, whose items are among its own.
    description : a sentence for people, written last.
    """

    keys: Mapping[str, str] = dataclasses.field(default_factory=dict)
    fields: tuple[str, ...] = ()
    derived: Mapping[str, str] = dataclasses.field(default_factory=dict)
    by_name: frozenset[str] = frozenset()
    listed: Mapping[str, tuple[str, str]] = dataclasses.field(default_factory=dict)
    row: bool = False
    description: str = ""


class Codecs:
    """The codecs of types, made once from their annotations; of some types they are given, or a layout is."""

    def __init__(self, given: Mapping[Any, Codec | Layout] | None = None) -> None:
        given = given or {}
        self._layouts = {kind: one for kind, one in given.items() if isinstance(one, Layout)}
        self._made = _LEAVES | {kind: one for kind, one in given.items() if isinstance(one, Codec)}

    def write(self, value: Any) -> Any:
        """Return a frozen value, or a tuple of them, as mappings, lists, texts and numbers; NaN becomes null."""
        if isinstance(value, tuple | list):
            return [self.write(item) for item in value]
        return None if value is None else self.of(type(value)).write(value)

    def read(self, kind: type[T], document: Any, place: str, **given: Any) -> T:
        """Return the value of a type that a document holds; `given` are fields that the document does not hold.

        Raises InputError, naming the place, for a field that is missing, unknown or of another type.
        """
        codec = self._fields(kind, tuple(given)) if given else self.of(kind)
        document = codec.read(document, place)
        found: T = _made(kind, given | document, place) if given else document
        return found

    def of(self, kind: Any) -> Codec:
        """Return the codec of a type."""
        if kind not in self._made:
            self._made[kind] = self._make(kind)
        codec: Codec = self._made[kind]
        return codec

    def _make(self, kind: Any) -> Codec:
        if self._is_row(kind):
            row = self._row(kind)
            return Codec(row.write, row.read)
        if dataclasses.is_dataclass(kind):
            fields = self._fields(kind)
            return Codec(fields.write, lambda document, place: _made(kind, fields.read(document, place), place))
        return self._generic(get_origin(kind), get_args(kind))

    def _generic(self, origin: Any, inner: tuple[Any, ...]) -> Codec:
        if origin is types.UnionType:  # of unions there is only "or none"
            codec = self.of(inner[0])
            return Codec(
                lambda value: None if value is None else codec.write(value),
                lambda document, place: None if document is None else codec.read(document, place),
            )
        if origin is tuple:
            return _tuple(self.of(inner[0]))
        if origin is Literal:
            return Codec(lambda value: value, lambda document, place: _one_of(inner, document, place))
        if origin is np.ndarray:
            whole = issubclass(get_args(inner[1])[0], np.integer)
            return _array(np.int64 if whole else np.float64, self.of(int if whole else float))
        return _mapping(self.of(inner[0]), self.of(inner[1]))

    def _fields(self, kind: Any, given: tuple[str, ...] = ()) -> Codec:
        """Return the codec of the fields of a class as a mapping, but for those given."""
        layout, hints = self._layouts.get(kind, Layout()), get_type_hints(kind)
        declared = {field.name: field for field in dataclasses.fields(kind) if field.init and field.name not in given}
        names = [name for name in layout.fields or declared if name in declared]
        parts = [(name, layout.keys.get(name, name), self._field(layout, name, hints[name])) for name in names]
        optional = {
            name for name in names if (declared[name].default, declared[name].default_factory) != (_NONE, _NONE)
        }
        known = {key for _, key, _ in parts}.union(layout.derived, FOR_PEOPLE)

        def write(value: Any) -> dict[str, Any]:
            document = {key: codec.write(getattr(value, name)) for name, key, codec in parts}
            document |= {key: getattr(value, name) for key, name in layout.derived.items()}
            return document | {"description": layout.description} if layout.description else document

        def read(document: Any, place: str) -> dict[str, Any]:
            entry, found = values.mapping(document, place), {}
            values.refuse_unknown(entry, known, place)
            for name, key, codec in parts:
                if key in entry:
                    found[name] = codec.read(entry[key], f"{place}.{key}")
                elif name not in optional:
                    raise InputError("a field is missing", place=place, expected=key)
            return found

        return Codec(write, read)

    def _field(self, layout: Layout, name: str, hint: Any) -> Codec:
        if name in layout.by_name:
            return self._by_name(get_args(hint)[0])
        if name in layout.listed:
            return _entries(layout.listed[name], *map(self.of, get_args(hint)))
        return self.of(hint)

    def _by_name(self, kind: Any) -> Codec:
        """Return the codec of a tuple of values, or of pairs, as a mapping by the first field of each."""
        names = self.of(str)
        if get_origin(kind) is tuple:
            pairs = _mapping(names, self.of(get_args(kind)[1]))
            return Codec(lambda some: pairs.write(dict(some)), lambda one, place: tuple(pairs.read(one, place).items()))
        first = dataclasses.fields(kind)[0].name
        others = self._fields(kind, (first,))

        def read(document: Any, place: str) -> tuple[Any, ...]:
            found = []
            for name, entry in values.mapping(document, place).items():
                where = values.inside(place, name)
                found.append(_made(kind, {first: names.read(name, where), **others.read(entry, where)}, where))
            return tuple(found)

        return Codec(lambda some: {getattr(one, first): others.write(one) for one in some}, read)

    def _row(self, kind: Any) -> _Row:
        """Return how a row is written and read: a class laid out as one, or a tuple of a fixed length."""
        pairs = get_origin(kind) is tuple
        members: Iterable[tuple[Any, Any]] = enumerate(get_args(kind)) if pairs else get_type_hints(kind).items()
        parts = []
        for name, hint in members:
            part = self._row(hint) if self._is_row(hint) else self.of(get_args(hint)[0] if _is_open(hint) else hint)
            parts.append((itemgetter(name) if pairs else attrgetter(name), part, _is_open(hint)))
        return _Row(kind, pairs, tuple(parts))

    def _is_row(self, kind: Any) -> bool:
        fixed = get_origin(kind) is tuple and not _is_open(kind)
        return fixed or (kind in self._layouts and self._layouts[kind].row)


def _made(kind: Any, found: dict[str, Any] | Sequence[Any], place: str) -> Any:
    """Make a value, naming the place in what it refuses."""
    with locating(place=place):
        return kind(**found) if isinstance(found, dict) else kind(*found)


@dataclasses.dataclass(frozen=True, slots=True)
class _Row:
    """A list of what a value is made of; a part is a row again, a value, or all the values left.

    pairs : whether it is a tuple, and not a class. parts : for each how to get it from the value, its row or codec, and
    whether it takes all that is left.
    """

    kind: Any
    pairs: bool
    parts: tuple[tuple[Callable[[Any], Any], _Row | Codec, bool], ...]

    def write(self, value: Any) -> list[Any]:
        """See `Codec`."""
        written: list[Any] = []
        for value_of, part, ends in self.parts:
            one = value_of(value)
            if isinstance(part, _Row):
                written += part.write(one)
            elif ends:
                written += [part.write(item) for item in one]
            else:
                written.append(part.write(one))
        return written

    def read(self, document: Any, place: str) -> Any:
        """See `Codec`."""
        items = values.sequence(document, place)
        found, at = self.taken(items, 0, place)
        if at < len(items):
            raise InputError("has too many items", place=place, found=items, expected=f"at most {at:,}")
        return found

    def taken(self, items: list[Any], at: int, place: str) -> tuple[Any, int]:
        """Return the value of the items from a position on, and the position after it."""
        found: list[Any] = []
        for _, part, ends in self.parts:
            if isinstance(part, _Row):
                one, at = part.taken(items, at, place)
            elif ends:
                one, at = tuple(part.read(item, f"{place}[{at}]") for at, item in enumerate(items[at:], at)), len(items)
            elif at == len(items):
                raise InputError("has too few items", place=place, found=items, expected=f"at least {len(items) + 1:,}")
            else:
                one, at = part.read(items[at], f"{place}[{at}]"), at + 1
            found.append(one)
        return (tuple(found) if self.pairs else _made(self.kind, found, place)), at


def _is_open(kind: Any) -> bool:
    return get_origin(kind) is tuple and get_args(kind)[-1] is ...


def _tuple(codec: Codec) -> Codec:
    def read(document: Any, place: str) -> tuple[Any, ...]:
        entries, inner = values.sequence(document, place), codec.read
        return tuple([inner(entry, f"{place}[{number}]") for number, entry in enumerate(entries)])

    return Codec(lambda value: [codec.write(one) for one in value], read)


def _mapping(key: Codec, inner: Codec) -> Codec:
    def read(document: Any, place: str) -> dict[Any, Any]:
        entries = values.mapping(document, place).items()
        return {key.read(name, place): inner.read(entry, values.inside(place, name)) for name, entry in entries}

    return Codec(lambda value: {key.write(name): inner.write(entry) for name, entry in value.items()}, read)


def _entries(names: tuple[str, str], key: Codec, inner: Codec) -> Codec:
    """Return the codec of a mapping as a list of entries, which have its keys and its values under these names."""

    def read(document: Any, place: str) -> dict[Any, Any]:
        found = {}
        for number, one in enumerate(values.sequence(document, place)):
            where = f"{place}[{number}]"
            entry = values.exactly(one, names, where)
            found[key.read(entry[names[0]], where)] = inner.read(entry[names[1]], where)
        return found

    return Codec(lambda value: [{names[0]: key.write(k), names[1]: inner.write(v)} for k, v in value.items()], read)


def _array(kind: type[np.generic], item: Codec) -> Codec:
    def leaf(value: Any, place: str) -> Any:
        if isinstance(value, list):
            return [leaf(one, f"{place}[{number}]") for number, one in enumerate(value)]
        return np.nan if value is None and kind is np.float64 else item.read(value, place)

    def read(document: Any, place: str) -> Any:
        items = values.sequence(document, place)
        # The quick way, of long columns, is for what needs no look at each.
        plain = kind is np.float64 and set(map(type, items)) == {float}
        try:
            array = np.array(items if plain else leaf(items, place), dtype=kind)
        except ValueError as error:
            raise InputError("has rows of different lengths", place=place, expected="rows of one length") from error
        return array if not plain or (np.abs(array) <= values.LARGEST_NUMBER).all() else np.array(leaf(items, place))

    def write(array: Any) -> Any:
        return _without_nan(array.tolist()) if kind is np.float64 and np.isnan(array).any() else array.tolist()

    return Codec(write, read)


def _without_nan(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_nan(one) for one in value]
    return None if value != value else value


def _one_of(allowed: tuple[Any, ...], document: Any, place: str) -> Any:
    if document not in allowed:
        raise InputError(
            "is not one of the choices", place=place, found=document, expected=one_of(document, map(str, allowed))
        )
    return document


def _text(document: Any, place: str) -> str:
    if not isinstance(document, str):
        raise InputError("is not text", place=place, found=document, expected="text")
    return values.text(document, place)


def _as_is(value: Any) -> Any:
    return value


_NONE = dataclasses.MISSING
_LEAVES = {
    str: Codec(_as_is, _text),
    int: Codec(_as_is, values.whole),
    bool: Codec(_as_is, values.flag),
    float: Codec(_without_nan, lambda document, place: float(values.number(document, place))),
}
_PLAIN = Codecs()
to_document = _PLAIN.write
