"""The names of what runs write into a results folder, and which of them a later run may remove."""

from __future__ import annotations

from placewise.formats.results.level_files import LEVELS
from placewise.formats.results.model_files import CARDS, MODELS
from placewise.formats.results.outcomes_table import OUTCOMES
from placewise.formats.results.score_tables import REASONS_CSV, SCORES_CSV
from placewise.formats.results.worth_files import (
    EVIDENCE,
    HELD_OUT,
    MINIMAL,
    PARETO,
    SENSITIVITY,
    VALUE,
    WORTH_FILES,
)

SCORES = "scores.json"
JOBS = "jobs.parquet"
JOBS_CSV = "jobs.csv"
SCENARIOS = "scenarios.json"
SCENARIO_JOBS = "scenario-jobs.parquet"
SUBSYSTEM_SCORES = "subsystem-scores.json"
UNMATCHED = "unmatched-summary.json"
UNMATCHED_RAW = "unmatched-at-raw.json"
ASSIGNMENTS = "subsystem-assignments.json"
JOBSPECS = "jobspecs.json"
SUMMARY = "summary.json"
STUDY = "study.json"

# What `plot` writes, and what `simulate` writes: names that a later run may remove.
PAGE = "report.html"
IMAGES = "img"
FIGURES = (
    "build-success",
    "marginal-score",
    "percent-matched",
    "count-unmatched",
    "order-spread",
    "trade-off",
    "level-success",
    "clusters-matched",
    "cluster-spread",
    "additional-cost",
    "additional-runtime",
    "pareto",
    "matchability",
    "cost-by-package",
    "failure-reasons",
    "model-overview",
    "per-build",
    "value-ranking",
    "sufficiency",
    "held-out",
    "pareto-levels",
    "fleet-spread",
    "sensitivity",
    "fact-values",
    "reliability",
    "choice-success",
    "rules-against-outcomes",
)
# Of replays side by side, which studies of traces have too.
TIMED_FIGURES = ("replay-scenarios", "replay-differences", "replay-values")
# The figures of each file of `worth_files`.
_PICTURED = {
    VALUE: ("value-ranking",),
    MINIMAL: ("sufficiency",),
    HELD_OUT: ("held-out",),
    PARETO: ("pareto-levels",),
    SENSITIVITY: ("sensitivity",),
    EVIDENCE: FIGURES[-4:],
}
PICTURES = (
    PAGE,
    IMAGES,
    *(f"{IMAGES}/{name}.{kind}" for name in (*FIGURES, *TIMED_FIGURES) for kind in ("png", "svg")),
)
RESULTS = (
    SCORES,
    SUBSYSTEM_SCORES,
    UNMATCHED,
    UNMATCHED_RAW,
    ASSIGNMENTS,
    JOBSPECS,
    SUMMARY,
    STUDY,
    LEVELS,
    SCORES_CSV,
    REASONS_CSV,
    OUTCOMES,
    MODELS,
    CARDS,
    SCENARIOS,
    SCENARIO_JOBS,
    *WORTH_FILES,
    *PICTURES,
)
# By what the files of an earlier run are known from others of the same name.
RUN = {STUDY: b'"placewise"'}
DRAWN = {PAGE: b"placewise"}
FITTED = {MODELS: b'"minimum_builds"'}
ASKED = b'"descriptions"'


def with_pictures(*names: str) -> tuple[str, ...]:
    """Return the names of what a command writes that asks for some of the files of `worth_files`."""
    figures = [figure for name in names for figure in _PICTURED[name]]
    return (*names, *(f"{IMAGES}/{figure}.{kind}" for figure in figures for kind in ("png", "svg")))


# What `replay` writes into its folder, and by what it is known.
REPLAY_FIGURES = (
    "replay-schedule",
    "replay-load",
    "replay-waits",
    *TIMED_FIGURES,
)
REPLAY_PICTURES = (PAGE, IMAGES, *(f"{IMAGES}/{name}.{kind}" for name in REPLAY_FIGURES for kind in ("png", "svg")))
REPLAY = (SUMMARY, JOBS, JOBS_CSV, SCENARIOS, SCENARIO_JOBS, *REPLAY_PICTURES)
REPLAYED = {SUMMARY: b'"replay"', SCENARIOS: b'"replay"'}
