"""The jobs that a command asks about: jobspecs, requirements on the command line, or both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from placewise.cli.app import EXIT_FITS_NOWHERE, EXIT_UNKNOWN
from placewise.cli.printing import naming, say
from placewise.errors import InputError, locating

if TYPE_CHECKING:
    from placewise.matching.fleet.index import FleetIndex
    from placewise.matching.match import Match
    from placewise.matching.preferences import Scores
    from placewise.model.fleets.cluster import Fleet
    from placewise.model.jobs.job import Job

T = TypeVar("T")
REQUIRE = "--require"
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class AskedJob:
    """A job, where it is from, and what its document says that decides nothing of where it can run."""

    job: Job
    source: Path
    kept: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    def naming(self, act: Callable[[Job], T]) -> T:
        """Run something about the job, naming where it is from in what goes wrong."""
        return naming(self.source, lambda: act(self.job))

    def say_notes(self, *, verbose: bool) -> None:
        """Warn of what nobody knows; if verbose, name what is known and decides nothing here."""
        if self.unknown:
            say(f"{self.job.name}: not known, and taken as saying nothing of where it can run: {_listed(self.unknown)}")
        if verbose and self.kept:
            say(f"{self.job.name}: kept, and deciding nothing of where it can run: {_listed(self.kept)}")


@dataclass(frozen=True, slots=True)
class Answered:
    """A job asked about, and the clusters that it matches."""

    asked: AskedJob
    match: Match

    @property
    def name(self) -> str:
        """The job's name."""
        return self.asked.job.name

    @property
    def exit_code(self) -> int:
        """0 for a job that matches, 3 for one that does not, 4 for one that may."""
        if self.match:
            return 0
        return EXIT_UNKNOWN if self.match.unknown else EXIT_FITS_NOWHERE

    def nodes(self, index: FleetIndex, fleet: Fleet) -> dict[str, tuple[str, ...]]:
        """Return the nodes on which the job fits, by the name of each cluster that it matches.

        Of a cluster that counts as matching though it only may, those on which the job may fit.
        """
        from placewise.matching.fleet.fitting_nodes import fitting_nodes

        found = {}
        for position, name in zip(self.match.positions, self.match.names, strict=True):
            asked = index, self.asked.job, position, fleet.clusters[position]
            found[name] = fitting_nodes(*asked) or fitting_nodes(*asked, possible=True)
        return found

    def scores(self, index: FleetIndex) -> Scores:
        """Return what the job's wishes count on the clusters that it matches. Raises InputError as `match` does."""
        from placewise.matching.preferences import scores

        clusters = sum(1 << position for position in self.match.positions)
        return self.asked.naming(lambda job: scores(index, job, clusters))

    def refuse_incomparable(self) -> None:
        """Raise InputError where the job is not known to match or not, since there is what cannot be compared."""
        if self.match.incomparable and self.exit_code == EXIT_FITS_NOWHERE:
            first = self.match.incomparable[0]
            names = ", ".join(one.cluster for one in self.match.incomparable)
            raise InputError(
                f"{self.name} matches no cluster, and cannot be compared on {names}: {first.problem}",
                file=self.asked.source,
                place=str(first.requirement),
            )

    def say_incomparable(self) -> None:
        """Name the clusters that cannot be compared, beside the answer of the others."""
        if self.exit_code != EXIT_FITS_NOWHERE:
            for one in self.match.incomparable:
                say(f"{self.name} cannot be compared on {one.cluster}: {one.requirement}: {one.problem}")


def asked_jobs(
    jobspecs: Sequence[Path] | None, lines: Sequence[str] | None, *, separate_entries: bool
) -> list[AskedJob]:
    """Return the jobs asked about; lines are added to each, or are the only one.

    Raises InputError where there is neither, and for what cannot be read.
    """
    from placewise.formats.jobs.jobspec import Notes, read_jobspec
    from placewise.matching.deciding import required_job, with_requirements
    from placewise.model.requirements.requirement import Requirement

    required = []
    for line in lines or ():
        with locating(file=REQUIRE):
            required.append(Requirement.parse(line))
    if jobspecs:
        asked = []
        for path in jobspecs:
            notes = Notes()
            job = read_jobspec(path, separate_entries=separate_entries, notes=notes)
            asked.append(AskedJob(with_requirements(job, required), path, tuple(notes.kept), tuple(notes.unknown)))
        return asked
    if not required:
        raise InputError("no job is given", expected=f"a jobspec, or {REQUIRE} with a requirement")
    return [AskedJob(required_job(required), Path(REQUIRE))]


def limited(index: FleetIndex, asked: Sequence[AskedJob]) -> list[AskedJob]:
    """Return the jobs as they have to meet the limits of sites; see `with_limits`, and what it raises."""
    from placewise.matching.limits.site_limits import with_limits

    return [replace(one, job=one.naming(lambda job: with_limits(job, index.vocabulary))) for one in asked]


def _listed(places: Sequence[str]) -> str:
    rest = len(places) - _SHOWN
    return ", ".join(places[:_SHOWN]) + (f", and {rest:,} more" if rest > 0 else "")


def answered(index: FleetIndex, asked: Sequence[AskedJob], unknown: str) -> list[Answered]:
    """Return what each job matches, in the order asked. Raises InputError as `match` does, naming the job's source."""
    from placewise.matching.deciding import decided
    from placewise.matching.match import match

    return [Answered(one, one.naming(lambda job: decided(index, match(index, job), unknown))) for one in asked]


def exit_code(answers: Sequence[Answered]) -> int:
    """Return the exit code of several answers: that a job fits nowhere comes before that it may fit somewhere.

    Raises InputError for the first that is no answer, since there is what cannot be compared.
    """
    for answer in answers:
        answer.refuse_incomparable()
    return min((answer.exit_code for answer in answers if answer.exit_code), default=0)
