"""The inner loops of matching, compiled by numba (extra ``fast``): the same bits as `kernels`.

Sets are combined as vectors of eight words, then of four, two and one for what is left. Numba has no name for
a vector and its optimiser does not find these, so one short loop is handed to LLVM as such, which fits it to
the registers of the processor. To look after each step whether the set is empty costs more than it saves.

Positions are unsigned throughout: numba wraps negative indices, and takes a branch each to do so.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from placewise.matching.bits.rows import EqualRows, Prefixes, Rows

_u = np.uint64


def _meet_vectors(lanes: int, context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    word = ir.IntType(64)
    vector = ir.VectorType(word, lanes)
    _, _, width, first, _, start, stop, _, _, at = arguments
    sets, ids, everything, result = (
        context.make_array(signature.args[i])(context, builder, arguments[i]).data for i in (1, 4, 7, 8)
    )

    def words(array: Any, position: Any) -> Any:
        return builder.bitcast(builder.gep(array, [position]), vector.as_pointer())

    def call(name: str, returned: Any, argument: Any) -> Any:
        kind = ir.FunctionType(returned, [vector])
        function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.{name}.v{lanes}i64")  # type: ignore[no-untyped-call]
        return builder.call(function, [argument])

    members = cgutils.alloca_once(builder, vector)  # type: ignore[no-untyped-call]
    builder.store(builder.load(words(everything, first), align=8), members)
    from_first = builder.gep(sets, [first])
    with cgutils.for_range_slice(builder, start, stop, ir.Constant(word, 1), intp=word) as (k, _):
        number = builder.zext(builder.load(builder.gep(ids, [k])), word)
        found = builder.load(words(from_first, builder.mul(number, width)), align=8)
        builder.store(builder.and_(builder.load(members), found), members)
    met = builder.load(members)
    builder.store(met, words(result, at), align=8)
    return call("vector.reduce.add", word, call("ctpop", vector, met))


def _meet_typed(_, lanes, sets, width, first, ids, start, stop, everything, result, at):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    signature = types.uint64(lanes, sets, width, first, ids, start, stop, everything, result, at)
    return signature, functools.partial(_meet_vectors, lanes.literal_value)


_meet: Any = intrinsic(prefer_literal=True)(_meet_typed)
"""In compiled code: intersect `lanes` words (a literal) of one row's sets; nothing is checked.

The arguments after it: the sets laid end to end, their width in words, the first word to combine; ids, and where
the row starts and stops in them; the set of everything; an array to write to, and where. All numbers are uint64.
Returns the size of what was written.
"""


def _zeros_below(_, word):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        del context, signature
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.uint64(word), generate


_lowest: Any = intrinsic(_zeros_below)
"""In compiled code: the position of the lowest bit of a word, which is not 0."""


@njit(cache=True, nogil=True, inline="always")
def _meet_row(flat, width, ids, start, stop, everything, result, at):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    size, word = _u(0), _u(0)
    while word + _u(8) <= width:
        size += _meet(8, flat, width, word, ids, start, stop, everything, result, at + word)
        word += _u(8)
    if width & _u(4):
        size += _meet(4, flat, width, word, ids, start, stop, everything, result, at + word)
        word += _u(4)
    if width & _u(2):
        size += _meet(2, flat, width, word, ids, start, stop, everything, result, at + word)
        word += _u(2)
    if width & _u(1):
        size += _meet(1, flat, width, word, ids, start, stop, everything, result, at + word)
    return size


@njit(cache=True, nogil=True)
def _meet_rows(flat, width, offsets, ids, everything, result, stride, sizes):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    for job in range(len(sizes)):
        start, stop, at = _u(offsets[job]), _u(offsets[job + 1]), _u(job) * stride
        sizes[job] = _meet_row(flat, width, ids, start, stop, everything, result, at)


@njit(cache=True, nogil=True)
def _meet_and_look(flat, width, offsets, ids, everything, met, sizes, firsts):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    for job in range(len(sizes)):
        start, stop = _u(offsets[job]), _u(offsets[job + 1])
        size = _meet_row(flat, width, ids, start, stop, everything, met, _u(0))
        sizes[job], firsts[job] = size, -1
        if size:
            word = _u(0)
            while met[word] == _u(0):
                word += _u(1)
            firsts[job] = word * _u(64) + _lowest(met[word])


@njit(cache=True, nogil=True)
def _equal_rows(offsets, ids, slots, hashes, first, of_row):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    found = 0
    for row in range(len(of_row)):
        start, stop = _u(offsets[row]), _u(offsets[row + 1])
        mixed = stop - start
        for k in range(start, stop):
            mixed = (mixed ^ _u(ids[k])) * _u(0x9E3779B97F4A7C15)
            mixed ^= mixed >> _u(32)
        slot = mixed & _u(len(slots) - 1)
        while True:
            kind = slots[slot]
            if kind < 0:
                slots[slot], hashes[found], first[found], of_row[row] = found, mixed, row, found
                found += 1
                break
            if hashes[kind] == mixed:
                other = _u(offsets[first[kind]])
                same = _u(offsets[first[kind] + 1]) - other == stop - start
                at = _u(0)
                while same and at < stop - start:
                    same = ids[other + at] == ids[start + at]
                    at += _u(1)
                if same:
                    of_row[row] = kind
                    break
            slot = (slot + _u(1)) & _u(len(slots) - 1)
    return found


@njit(cache=True, nogil=True)
def _prefixes(flat, words, offsets, ids, reached, bits):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    width = _u(words)
    row = 0
    for job in range(len(offsets) - 1):
        start, stop = offsets[job], offsets[job + 1]
        for k in range(start, stop):
            p = _u(ids[k]) * width
            union = _u(0)
            for word in range(width):
                members = flat[p + _u(word)]
                if k > start:
                    members &= bits[row - 1, word]
                bits[row, word] = members
                union |= members
            row += 1
            reached[job] += 1
            if union == _u(0):
                break
    return row


def _each(
    table: NDArray[np.uint64], rows: Rows, everything: NDArray[np.uint64], result: NDArray[np.uint64], *, stride: int
) -> NDArray[np.int64]:
    """Write the sets of all jobs to `result`, `stride` words apart, and return (jobs,) their sizes."""
    sizes = np.empty(len(rows), dtype=np.int64)
    _meet_rows(table.ravel(), _u(table.shape[1]), rows.offsets, rows.ids, everything, result, _u(stride), sizes)
    return sizes


class NumbaKernels:
    """The loops compiled; the first call in a fresh installation takes seconds to compile."""

    name = "numba"

    def intersect(self, table: NDArray[np.uint64], rows: Rows, everything: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """See `Kernels.intersect`."""
        result = np.empty((len(rows), table.shape[1]), dtype=np.uint64)
        _each(table, rows, everything, result.ravel(), stride=table.shape[1])
        return result

    def count(self, table: NDArray[np.uint64], rows: Rows, everything: NDArray[np.uint64]) -> NDArray[np.int64]:
        """See `Kernels.count`."""
        # Without a stride each job's set overwrites the last one's.
        return _each(table, rows, everything, np.empty(table.shape[1], dtype=np.uint64), stride=0)

    def count_and_first(
        self, table: NDArray[np.uint64], rows: Rows, everything: NDArray[np.uint64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """See `Kernels.count_and_first`."""
        sizes, firsts = np.empty((2, len(rows)), dtype=np.int64)
        width, met = _u(table.shape[1]), np.empty(table.shape[1], dtype=np.uint64)
        _meet_and_look(table.ravel(), width, rows.offsets, rows.ids, everything, met, sizes, firsts)
        return sizes, firsts

    def equal_rows(self, rows: Rows) -> EqualRows:
        """See `Kernels.equal_rows`."""
        # At most half full, so that a free slot is near; a power of two, so that a mask finds one.
        slots = np.full(1 << max(4, (2 * len(rows)).bit_length()), -1, dtype=np.int32)
        hashes = np.empty(len(rows), dtype=np.uint64)
        first, of_row = np.empty((2, len(rows)), dtype=np.int64)
        found = _equal_rows(rows.offsets, rows.ids, slots, hashes, first, of_row)
        return EqualRows(first[:found].copy(), of_row)

    def prefixes(self, table: NDArray[np.uint64], rows: Rows) -> Prefixes:
        """See `Kernels.prefixes`."""
        bits = np.empty((len(rows.ids), table.shape[1]), dtype=np.uint64)
        reached = np.zeros(len(rows), dtype=np.int64)
        formed = _prefixes(table.ravel(), table.shape[1], rows.offsets, rows.ids, reached, bits)
        return Prefixes(reached, bits[:formed])
