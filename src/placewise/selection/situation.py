"""What a policy may look at beside the candidates: load, chance, and named numbers about jobs and clusters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from placewise.errors import InputError, Words

Numbers: TypeAlias = NDArray[np.float64] | NDArray[np.int64] | NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Situation:
    """The numbers beside a block of candidate sets.

    load : (clusters,) int64, the jobs that each cluster has been given so far.
    draws : (jobs,) float64 in [0, 1), the only source of chance.
    values : numbers or booleans by name, each of a shape that broadcasts to (jobs, clusters): a cluster's
        state such as cost_per_node_hour is (clusters,), a job's parameter (jobs, 1), and what depends on
        both, such as predicted_runtime_s and predicted_cost, (jobs, clusters). NaN is a number not known.
    cluster_names : the clusters' names, for errors only; may be left out.

    Raises InputError for a value of another shape or kind.
    """

    load: NDArray[np.int64]
    draws: NDArray[np.float64]
    values: Mapping[str, Numbers] = field(default_factory=dict)
    cluster_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, value in self.values.items():
            if value.dtype.kind not in "bif":
                raise InputError(
                    f"{name!r} is not a number",
                    found=Words(f"values of type {value.dtype}"),
                    expected="numbers or booleans",
                )
            shape = (1,) * (2 - value.ndim) + value.shape
            if len(shape) > 2 or shape[0] not in {1, self.jobs} or shape[1] not in {1, self.clusters}:
                raise InputError(
                    f"{name!r} has the wrong shape",
                    found=value.shape,
                    expected=f"{(self.clusters,)}, {(self.jobs, 1)} or {(self.jobs, self.clusters)}",
                )
        object.__setattr__(self, "values", MappingProxyType(dict(self.values)))

    @property
    def jobs(self) -> int:
        """How many jobs the block has."""
        return len(self.draws)

    @property
    def clusters(self) -> int:
        """How many clusters there are."""
        return len(self.load)

    def value(self, name: str, policy: str) -> Numbers:
        """Return what a policy needs by name. Raises InputError where it is not there."""
        try:
            return self.values[name]
        except KeyError:
            raise InputError(
                f"the policy {policy!r} needs {name!r}, which is not known here",
                found=Words(", ".join(sorted(self.values)) or "no values"),
            ) from None

    def of(
        self,
        rows: slice | NDArray[np.int64],
        *,
        load: NDArray[np.int64] | None = None,
        values: Mapping[str, Numbers] | None = None,
    ) -> Situation:
        """Return the situation of some of the jobs, with another load and with further values for them."""
        kept = {
            name: value[rows] if value.ndim == 2 and len(value) == self.jobs else value
            for name, value in self.values.items()
        }
        return Situation(
            self.load if load is None else load, self.draws[rows], kept | dict(values or {}), self.cluster_names
        )

    def describe(self, cluster: int) -> str:
        """Name a cluster in an error, by its position where it has no name."""
        return repr(self.cluster_names[cluster]) if self.cluster_names else f"at position {cluster}"
