"""What is typical of a fleet and of its jobs, in figures only: synthetic ones are drawn from it."""

from __future__ import annotations

from dataclasses import dataclass

from placewise.model.studies.build_profile import BuildFleet, BuildJobs
from placewise.model.studies.version_profile import VersionFleet, VersionJobs


@dataclass(frozen=True, slots=True)
class Profile:
    """The statistics of an experiment: of its fleet and of its jobs, both about versions or both about builds.

    fleet : of what clusters have. jobs : of what jobs ask for.

    Raises InputError for jobs and a fleet that do not go together.
    """

    fleet: VersionFleet | BuildFleet
    jobs: VersionJobs | BuildJobs

    def __post_init__(self) -> None:
        self.jobs.refuse_fleet(self.fleet)

    @property
    def kind(self) -> str:
        """What the profile is about: ``versions`` or ``builds``."""
        return self.jobs.kind
