"""The inner loops of matching, compiled by numba (extra ``fast``): the same bits as `kernels`.

Positions are unsigned throughout: numba wraps negative indices, and that test keeps the compiler from
using vector registers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from placewise.matching.kernels import Prefixes, Rows

_u = np.uint64


@intrinsic  # type: ignore[untyped-decorator]  # numba carries no types
def _popcount(typing_context: Any, word: Any) -> Any:  # noqa: ARG001, numba's signature
    """Return the number of ones in a word, as the processor's own instruction."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _count(flat, words, offsets, ids, everything, result):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    width = _u(words)
    for job in range(len(offsets) - 1):
        start, stop = _u(offsets[job]), _u(offsets[job + 1])
        total = _u(0)
        word = _u(0)
        # Eight words at a time stay in registers; an empty set ends the row.
        while word + _u(8) <= width:
            a, b = everything[word], everything[word + _u(1)]
            c, d = everything[word + _u(2)], everything[word + _u(3)]
            e, f = everything[word + _u(4)], everything[word + _u(5)]
            g, h = everything[word + _u(6)], everything[word + _u(7)]
            k = start
            while k < stop:
                p = _u(ids[k]) * width + word
                a &= flat[p]
                b &= flat[p + _u(1)]
                c &= flat[p + _u(2)]
                d &= flat[p + _u(3)]
                e &= flat[p + _u(4)]
                f &= flat[p + _u(5)]
                g &= flat[p + _u(6)]
                h &= flat[p + _u(7)]
                k += _u(1)
                if (a | b | c | d | e | f | g | h) == _u(0):
                    break
            total += _popcount(a) + _popcount(b) + _popcount(c) + _popcount(d)
            total += _popcount(e) + _popcount(f) + _popcount(g) + _popcount(h)
            word += _u(8)
        while word < width:
            a = everything[word]
            k = start
            while k < stop and a != _u(0):
                a &= flat[_u(ids[k]) * width + word]
                k += _u(1)
            total += _popcount(a)
            word += _u(1)
        result[job] = total


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _intersect(flat, words, offsets, ids, everything, result):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    width = _u(words)
    for job in range(len(offsets) - 1):
        for word in range(width):
            result[job, word] = everything[word]
        k = _u(offsets[job])
        stop = _u(offsets[job + 1])
        while k < stop:
            p = _u(ids[k]) * width
            for word in range(width):
                result[job, word] &= flat[p + _u(word)]
            k += _u(1)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
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


class NumbaKernels:
    """The loops compiled; the first call in a fresh installation takes seconds to compile."""

    name = "numba"

    def intersect(self, table: NDArray[np.uint64], rows: Rows, everything: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """See `Kernels.intersect`."""
        result = np.empty((len(rows.order), table.shape[1]), dtype=np.uint64)
        _intersect(table.ravel(), table.shape[1], rows.offsets, rows.ids, everything, result)
        return result

    def count(self, table: NDArray[np.uint64], rows: Rows, everything: NDArray[np.uint64]) -> NDArray[np.int64]:
        """See `Kernels.count`."""
        result = np.empty(len(rows.order), dtype=np.int64)
        _count(table.ravel(), table.shape[1], rows.offsets, rows.ids, everything, result)
        return result

    def prefixes(self, table: NDArray[np.uint64], rows: Rows) -> Prefixes:
        """See `Kernels.prefixes`."""
        bits = np.empty((len(rows.ids), table.shape[1]), dtype=np.uint64)
        reached = np.zeros(len(rows.order), dtype=np.int64)
        formed = _prefixes(table.ravel(), table.shape[1], rows.offsets, rows.ids, reached, bits)
        return Prefixes(reached, bits[:formed])
