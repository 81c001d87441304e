"""What somebody expects of a fleet: for each of some jobs, the clusters that match, and what is known of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypeAlias

Key: TypeAlias = Literal["matches", "unknown", "because", "success_at_least", "starts_within"]
"""What an entry can say of its job."""

RESOURCES = "resources"
"""The cause of a cluster that cannot host the resources asked for, whatever the requirements."""
TOGETHER = "together"
"""The cause of a cluster that meets each requirement, but not together on the nodes that the job needs."""


@dataclass(frozen=True, slots=True)
class These:
    """Exactly these clusters match, and it is known of all others that they do not; none is a case of it."""

    clusters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one cluster matches, whichever."""


@dataclass(frozen=True, slots=True)
class Among:
    """Some clusters match, and of others it is known that they do not; nothing is said of the rest."""

    at_least: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


Matches: TypeAlias = These | Some | Among


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is expected of one job. None, or nothing, where nothing is said.

    job : its jobspec, as written. require : a requirement of it, in one line. One of the two may be missing.
    unknown : the clusters of which it is not known whether they match. any_unknown : these may be any.
    because : subsystems, RESOURCES or TOGETHER: each cluster that does not match has a cause among them, and each of
        them is the cause of some cluster.
    success_at_least : the least success of the job. starts_within_s : the longest wait until it would start somewhere.
    lines : the line of the entry (under "") and of each key in the file, from 1; empty for one that is in no file.
    """

    job: str = ""
    require: str = ""
    matches: Matches | None = None
    unknown: tuple[str, ...] | None = None
    any_unknown: bool = False
    because: tuple[str, ...] = ()
    success_at_least: float | None = None
    starts_within_s: float | None = None
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lines", MappingProxyType(dict(self.lines)))

    @property
    def name(self) -> str:
        """The job as the file names it."""
        return " and ".join(part for part in (self.job, self.require) if part)

    @property
    def says(self) -> bool:
        """Whether anything is expected."""
        return bool(
            self.matches is not None
            or self.unknown is not None
            or self.because
            or self.success_at_least is not None
            or self.starts_within_s is not None
        )

    def line(self, key: str = "") -> int:
        """Return the line of a key, or else that of the entry; 1 for one that is in no file."""
        return self.lines.get(key, self.lines.get("", 1))


@dataclass(frozen=True, slots=True)
class Expectations:
    """What a file expects of a fleet.

    path : the file. fleet, model, queue : other files, where they are found from here; None where it names none.
    """

    path: Path
    jobs: tuple[Expectation, ...]
    fleet: Path | None = None
    model: Path | None = None
    queue: Path | None = None
