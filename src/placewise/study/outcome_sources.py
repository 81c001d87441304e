"""Studies whose file says that a model, or records, decide what happens."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from placewise.errors import InputError, locating
from placewise.formats.reading import read_bytes
from placewise.formats.records.outcome_records import read_outcome_records
from placewise.formats.studies.study_file import StudyFile
from placewise.model.jobs.described_records import described_by_needs, environment_facts
from placewise.model.jobs.workload import Workload
from placewise.model.outcomes.outcome_model import PACKAGE, Described, OutcomeModel, OutcomeTruth, facts_named
from placewise.model.outcomes.outcome_records import OutcomeRecords
from placewise.model.studies.settings import Settings
from placewise.model.studies.study import Study
from placewise.prediction.success.observed_outcomes import ObservedOutcomes
from placewise.synthesis.environments import draw_environments, draw_recorded_jobs

DEFAULT_CLUSTERS = 100
DEFAULT_JOBS = 1_000


def of_outcomes(file: StudyFile, settings: Settings, given: Callable[[], Study]) -> Study:
    """Return the study of a file with a model, or records, as its truth.

    given : reads fleet and jobs where they are not drawn from records. Raises InputError for jobs without a package.
    """
    assert file.outcome.path is not None
    reading = _Reading()
    model, names = _model(file, reading)
    fleet, workload = file.fleet, file.workload
    if fleet is None or fleet.records is None or workload is None or workload.records is None:
        study = given()
        with locating(file=file.path):
            if not isinstance(study.jobs, Workload):
                problem = "build records have rules of their own, and a model of outcomes says nothing of them"
                raise InputError(problem, found=study.source, expected="version jobs, or records with outcomes")
            truth = OutcomeTruth(model, names, described_by_workload(study.jobs))
    else:
        seeds = [settings.seed if one.seed is None else one.seed for one in (fleet, workload)]
        clusters, jobs = fleet.count or DEFAULT_CLUSTERS, workload.count or DEFAULT_JOBS
        pool = reading.records(fleet.records)
        with locating(file=file.path):
            drawn, described = draw_recorded_jobs(reading.records(workload.records), jobs, seeds[1])
            of_fleet = draw_environments(pool, clusters, seeds[0], fleet.draw)
            truth = OutcomeTruth(model, names, described, (pool, fleet.draw))
            said = f"{clusters} clusters drawn with seed {seeds[0]}, {jobs} jobs drawn with seed {seeds[1]}"
            study = Study(of_fleet, drawn, settings=replace(settings, slack=0.0), source=f"{file.path.name}: {said}")
    hashes = ((file.path.name, file.sha256), *reading.hashes(), *study.hashes)
    with locating(file=file.path):
        return replace(study, settings=settings, truth=truth, levels=file.levels, hashes=hashes)


class _Reading:
    """Records that are read once, whoever asks for them."""

    def __init__(self) -> None:
        self._read: dict[Path, OutcomeRecords | None] = {}

    def records(self, path: Path) -> OutcomeRecords:
        found = self._read.get(path)
        if found is None:
            found = self._read[path] = read_outcome_records(path)
        return found

    def noted(self, path: Path) -> Path:
        """Note a file that is not of records."""
        self._read.setdefault(path, None)
        return path

    def hashes(self) -> tuple[tuple[str, str], ...]:
        return tuple((path.name, hashlib.sha256(read_bytes(path)).hexdigest()) for path in self._read)


def _model(file: StudyFile, reading: _Reading) -> tuple[OutcomeModel, dict[str, tuple[str, ...]]]:
    path, facts = file.outcome.path, file.outcome.facts
    assert path is not None
    if file.outcome.source == "model":
        # With the reader of models, which few studies have.
        from placewise.formats.records.success_model_file import read_success_model  # noqa: PLC0415
        from placewise.prediction.success.model_outcomes import ModelOutcomes  # noqa: PLC0415

        learned = ModelOutcomes(read_success_model(reading.noted(path)))
        with locating(file=file.path, place="outcome.facts"):
            return learned, facts_named(learned, facts)
    records = reading.records(path)
    with locating(file=path):
        whole = ObservedOutcomes(records, tuple(environment_facts(records)))
    with locating(file=file.path, place="outcome.facts"):
        names = facts_named(whole, facts)
    return ObservedOutcomes(records, tuple(fact for some in names.values() for fact in some)), names


def described_by_workload(jobs: Workload) -> Described:
    """Return what is known of jobs that were not drawn from records: package, version, and what they ask for."""
    columns = jobs.columns
    packages = columns.get(PACKAGE)
    if packages is None or not all(isinstance(name, str) for name in packages):
        raise InputError("the jobs do not say their package, which a model looks at", expected=f"a column {PACKAGE!r}")
    versions = columns.get("package_version", [None] * len(jobs))
    about = [requirement.subsystem for requirement in jobs.requirements]
    needs = [{about[one] for one in jobs.row(job).tolist()} for job in range(len(jobs))]
    return described_by_needs(packages, [None if one is None else str(one) for one in versions], needs)
