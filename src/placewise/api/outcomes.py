"""What records of success and failure show, in one call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from placewise.formats.records.outcome_records import read_outcome_records
from placewise.model.outcomes.evidence import Evidence, EvidenceSettings
from placewise.model.outcomes.outcome_records import OutcomeRecords
from placewise.model.studies.study import Study
from placewise.study.evidence.run import evidence_of
from placewise.sweep.executors import runner


def read_outcomes(path: str | Path, **columns: str) -> OutcomeRecords:
    """Read records that succeeded or failed: .parquet, .csv, or SQLite with a table builds.

    columns : by role, the names of columns that are called otherwise, such as outcome="worked". Raises InputError
    naming file, row and column.
    """
    return read_outcome_records(Path(path), columns)


def outcomes(records: OutcomeRecords, *, rules: Study | None = None, workers: int = 1, **settings: Any) -> Evidence:
    """Say what a scheduler must know for jobs to succeed, as far as the records show it.

    rules : a study of version jobs, whose requirements are judged by what happened. settings : the fields of
    `placewise.model.outcomes.evidence.EvidenceSettings`, such as hold_out="package".
    Raises InputError for what no run takes.
    """
    with runner(workers) as where:
        return evidence_of(records, "records", EvidenceSettings(**settings), rules=rules, runner=where)
