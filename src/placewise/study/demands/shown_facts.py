"""What a model says of the jobs of a study where it is shown some facts of an environment, each worked out once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from placewise.model.outcomes.outcome_model import Described, OutcomeModel

_Part: TypeAlias = tuple[tuple[str, ...], tuple[str | None, ...]]
_MOST_KEPT = 1 << 24
"""Probabilities remembered, of 8 bytes each."""


@dataclass(frozen=True, eq=False)
class ShownFacts:
    """p by some facts of environments, for the same jobs on one fleet after another.

    What facts say does not depend on the fleet that is asked about: what is not shown of a cluster may be as it is of
    any cluster of the study, redrawn or not. So few of the facts of another fleet are new.

    described : kinds of jobs. among : the environments of the study's own fleet.
    """

    model: OutcomeModel
    described: Described
    among: Described
    _found: dict[_Part, NDArray[np.float64]] = field(default_factory=dict, repr=False)

    def __reduce__(self) -> tuple[type[ShownFacts], tuple[object, ...]]:
        """Send it to another process without what it remembers."""
        return ShownFacts, (self.model, self.described, self.among)

    def of(self, parts: Sequence[Described]) -> list[NDArray[np.float64]]:
        """Return for each part, environments by some facts, (kinds, environments) p; NaN where nothing is known."""
        if len(self._found) * max(1, len(self.described)) > _MOST_KEPT:
            self._found.clear()
        new: dict[tuple[str, ...], dict[tuple[str | None, ...], None]] = {}
        for part in parts:
            rows = new.setdefault(part.facts, {})
            rows.update((row, None) for row in part.rows if (part.facts, row) not in self._found)
        asked = [Described(facts, tuple(rows)) for facts, rows in new.items() if rows]
        if asked:
            for part, p in zip(asked, self.model.restricted(self.described, asked, self.among), strict=True):
                self._found.update(((part.facts, row), p[:, at]) for at, row in enumerate(part.rows))
        return [np.stack([self._found[part.facts, row] for row in part.rows], axis=1) for part in parts]
