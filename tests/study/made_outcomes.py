"""Records with outcomes that are made up, with a truth that is known."""

from __future__ import annotations

import json
import random

import numpy as np

from placewise.model.outcomes.outcome_records import ABSENT, Fact, OutcomeRecords


def made_rows(count=600, seed=3):
    """Rows of records in which an old cmake fails and all else says nothing."""
    chance = random.Random(seed)
    rows = []
    for number in range(count):
        package = chance.choice(["amg", "hypre", "zfp"])
        minor = chance.randrange(20)
        works = chance.random() < (0.95 if minor >= 10 else 0.1)
        dependencies = {"cmake": f"3.{minor}", "perl": f"5.{chance.randrange(12)}"}
        if chance.random() < 0.3:
            dependencies["mpich"] = f"4.{chance.randrange(3)}"
        rows.append(
            {
                "hash": f"r{number}",
                "built": works,
                "package": package,
                "version": f"1.{chance.randrange(2)}",
                "compiler": "gcc",
                "compiler_version": chance.choice(["9.3.1", "12.1.0"]),
                "variants": json.dumps({"shared": chance.random() < 0.5}),
                "dependencies": dependencies,
            }
        )
    return rows


def records_of(outcomes, packages, jobs, values=(), names=None):
    """Records from plain lists; `values` is one fact, None where a record has none."""
    rows = len(outcomes)
    facts = ()
    if values:
        known = sorted({value for value in values if value is not None})
        codes = np.array([ABSENT if value is None else known.index(value) for value in values], dtype=np.int32)
        facts = (Fact("x", "others", "text", tuple(map(str, known)), codes),)
    package_names, job_names = sorted(set(packages)), sorted(set(jobs))
    return OutcomeRecords(
        tuple(names or map(str, range(rows))),
        np.array(outcomes, dtype=np.bool_),
        tuple(map(str, package_names)),
        np.array([package_names.index(one) for one in packages], dtype=np.int32),
        tuple(map(str, job_names)),
        np.array([job_names.index(one) for one in jobs], dtype=np.int32),
        facts,
    )
