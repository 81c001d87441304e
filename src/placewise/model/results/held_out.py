"""How choices of metadata fare on jobs and fleets that they were not made on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError, one_of
from placewise.model.results.worth import refuse_shape

HOLD_OUT = ("root-package", "profile", "fleet")
"""What can be held out: half of the root packages or of the requirement profiles, or the fleet, which is drawn anew."""
IN_SAMPLE = "none"
"""Nothing is held out: a choice is judged by what it was made on."""


@dataclass(frozen=True, slots=True, eq=False)
class HeldOutSet:
    """What a smallest set reaches that was chosen on one part and judged on another.

    over : what was held out. count : (splits,) how many subsystems were chosen on the first part.
    share : (splits,) of the ceiling of the second part that they reach there.
    """

    over: str
    count: NDArray[np.float64]
    share: NDArray[np.float64]

    def __post_init__(self) -> None:
        refuse_shape(self.share, self.count.shape, "share")


@dataclass(frozen=True, slots=True, eq=False)
class HeldOutCurve:
    """What the first few subsystems by some ranking reach, ranked on one part and judged on another.

    over : what was held out. ranking : by what they are ranked.
    share : (splits, sizes) of the ceiling of the second part, with metadata on the first so many.
    """

    over: str
    ranking: str
    share: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """Choices of metadata judged on jobs and fleets that they were not made on, beside the same in sample.

    sets : smallest sets. curves : rankings of subsystems.
    target : the share of the ceiling that sets are chosen to reach. sizes : of the curves: how many subsystems have
    metadata. left_out : what was asked for and could not be, and why.
    """

    target: float
    sizes: tuple[int, ...]
    sets: tuple[HeldOutSet, ...]
    curves: tuple[HeldOutCurve, ...]
    left_out: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for curve in self.curves:
            refuse_shape(curve.share, (len(curve.share), len(self.sizes)), "share")

    def set_over(self, over: str) -> HeldOutSet | None:
        """Return the sets with one thing held out; None where it was not."""
        return next((one for one in self.sets if one.over == over), None)


def refuse_hold_out(names: tuple[str, ...]) -> None:
    """Raise InputError for what cannot be held out."""
    for name in names:
        if name not in HOLD_OUT:
            raise InputError("cannot be held out", found=name, expected=one_of(name, HOLD_OUT))
