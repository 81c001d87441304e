"""The units that jobs come in: what was drawn apart from the others, and is drawn again as a whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError
from placewise.model.studies.settings import refuse_unit

WORDS: dict[str, str] = {"root-package": "root package", "profile": "requirement profile", "row": "job"}


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """The unit of each job, where equal jobs are one.

    of_job : (jobs,) int64, 0, 1, ... copies : (units,) int64, how many equal units each stands for; None for one each.
    word : what a unit is.
    """

    of_job: NDArray[np.int64]
    word: str
    copies: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return int(self.of_job.max(initial=-1)) + 1 if self.copies is None else int(self.copies.sum())


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """By what jobs can be divided into units, equal jobs being one.

    weights : (jobs,) int64, how many jobs each stands for. profile : (jobs,) int64, the requirement profile of each:
    jobs of one profile succeed on the same clusters and for the same reasons. root : (jobs,) int64, the root package
    of each; None where jobs do not say theirs.
    """

    weights: NDArray[np.int64]
    profile: NDArray[np.int64]
    root: NDArray[np.int64] | None = None

    def units(self, unit: str | None = None) -> Units:
        """Divide the jobs; by root package if not said and jobs say theirs, else by requirement profile.

        Raises InputError for another name, and for root packages that jobs do not say.
        """
        refuse_unit(unit)
        if unit is None:
            unit = "profile" if self.root is None else "root-package"
        if unit == "row":
            return Units(np.arange(len(self.weights)), WORDS[unit], self.weights)
        of_job = self.profile if unit == "profile" else self.root
        if of_job is None:
            raise InputError("the jobs do not say their root packages", found=unit, expected="profile or row")
        return Units(of_job, WORDS[unit])
