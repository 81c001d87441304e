"""Sets of numbers as rows of 64-bit words, least significant bit first; padding bits are zero."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

WORD_BITS = 64
_FEW = 16


def word_count(size: int) -> int:
    """Return how many words hold `size` bits: at least one, so that a row is never empty."""
    return max(1, -(-size // WORD_BITS))


def pack(flags: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Turn (..., size) booleans into (..., words) uint64."""
    size = flags.shape[-1]
    packed = np.packbits(flags, axis=-1, bitorder="little")
    padded = np.zeros((*flags.shape[:-1], word_count(size) * 8), dtype=np.uint8)
    padded[..., : packed.shape[-1]] = packed
    return padded.view("<u8").astype(np.uint64, copy=False)


def unpack(bits: NDArray[np.uint64], size: int) -> NDArray[np.bool_]:
    """Turn (..., words) uint64 into (..., size) booleans."""
    as_bytes = np.ascontiguousarray(bits).astype("<u8", copy=False).view(np.uint8)
    return np.unpackbits(as_bytes, axis=-1, count=size, bitorder="little").view(np.bool_)


def full(size: int) -> NDArray[np.uint64]:
    """Return the (words,) set of all numbers below `size`."""
    return pack(np.ones(size, dtype=np.bool_))


def size_of(bits: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Count the members of each set: (..., words) to (...)."""
    counts: NDArray[Any] = np.bitwise_count(bits)
    if bits.shape[-1] <= 4:
        # Summing few columns one by one avoids NumPy's slow reduction over a short axis.
        total = counts[..., 0].astype(np.int64)
        for word in range(1, bits.shape[-1]):
            total += counts[..., word]
        return total
    return np.asarray(counts.sum(axis=-1, dtype=np.int64))


def first_of(bits: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return the lowest member of each set, -1 where it is empty: (sets, words) to (sets,)."""
    filled = bits != 0
    word = np.argmax(filled, axis=1)
    lowest = bits[np.arange(len(bits)), word]
    below = np.bitwise_count((lowest & -lowest) - np.uint64(1))
    return np.where(filled.any(axis=1), word * WORD_BITS + below, -1)


def member_of(bits: NDArray[np.uint64], sets: NDArray[np.int64], ranks: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the member of a rank, 0 for the lowest, of each of these sets of a (sets, words) array.

    sets, ranks : (n,) which set, and a rank below the size of that set.
    """
    ends = np.cumsum(np.bitwise_count(bits), axis=1, dtype=np.int32)
    wanted = ranks.astype(np.int32)
    word = np.count_nonzero(np.take(ends, sets, axis=0) <= wanted[:, None], axis=1)
    before = np.where(word > 0, ends[sets, word - 1], 0)
    flags = unpack(bits[sets, word][:, None], WORD_BITS)
    inside = np.argmax(np.cumsum(flags, axis=1, dtype=np.int8) > (wanted - before)[:, None], axis=1)
    return np.asarray(word * WORD_BITS + inside, dtype=np.int64)


def singletons(members: NDArray[np.int64], size: int) -> NDArray[np.uint64]:
    """Return (sets, words) sets of one member each, of none where the member is negative."""
    return pack(members[:, None] == np.arange(size))


def to_number(bits: NDArray[np.uint64]) -> int:
    """Turn one (words,) set into the number with the same bits: of one or few sets, Python's numbers are quicker."""
    return int.from_bytes(bits.astype("<u8", copy=False).tobytes(), "little")


def from_number(number: int, size: int) -> NDArray[np.bool_]:
    """Turn such a number into (size,) booleans."""
    content = np.frombuffer(number.to_bytes(-(-size // 8), "little"), dtype=np.uint8)
    return np.unpackbits(content, count=size, bitorder="little").view(np.bool_)


def members(number: int) -> list[int]:
    """List the members of a set that is given as a number, ascending."""
    if number.bit_count() > _FEW:
        return np.flatnonzero(from_number(number, number.bit_length())).tolist()
    found = []
    while number:
        lowest = number & -number
        found.append(lowest.bit_length() - 1)
        number ^= lowest
    return found
