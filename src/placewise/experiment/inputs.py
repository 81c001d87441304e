"""Where fleet and workload come from: an experiment folder, or a draw of the shipped profile."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from placewise.errors import InputError
from placewise.formats.experiment_folder import BuildExperiment, read_experiment
from placewise.formats.profile_file import shipped_profile
from placewise.model.cluster import Fleet
from placewise.model.workload import Workload
from placewise.synthesis import draw_fleet, draw_workload

DEFAULT_CLUSTERS = 100
DEFAULT_JOBS = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """A fleet and a workload with their provenance: a sentence, and (file, SHA-256) of every document."""

    fleet: Fleet
    workload: Workload
    source: str
    hashes: tuple[tuple[str, str], ...] = ()


def gather(source: Path | None, seed: int, cache: Path | None) -> Inputs:
    """Return the inputs of a run; without a source, the embedded default: a draw of the shipped profile.

    Raises InputError for a source that is neither an experiment folder nor absent.
    """
    if source is None:
        profile = shipped_profile()
        return Inputs(
            draw_fleet(profile, DEFAULT_CLUSTERS, seed),
            draw_workload(profile, DEFAULT_JOBS, seed),
            f"the shipped profile, {DEFAULT_CLUSTERS} clusters and {DEFAULT_JOBS} jobs drawn with seed {seed}",
        )
    if not source.exists():
        raise InputError("does not exist", file=source, expected="an experiment folder")
    if source.is_file():
        raise InputError(
            "is a file", file=source, expected="an experiment folder (study files come with a later release)"
        )
    experiment = read_experiment(source, cache=cache)
    if isinstance(experiment, BuildExperiment):
        raise InputError(
            f"experiments of the kind {experiment.kind} can be read, but not yet simulated",
            file=source,
            expected="the kind reliabuild: jobs that ask for versions of packages",
        )
    return Inputs(experiment.fleet, experiment.workload, str(source), experiment.inputs)
