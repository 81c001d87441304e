from dataclasses import replace

import numpy as np
import pytest

from placewise.model.results import (
    CurvePoint,
    Moments,
    OrderSpread,
    Results,
    Score,
    SingleSummary,
    SubsystemScore,
    UnmatchedJob,
)


def score(total, unmatched, build, joint, *, clusters=40, failures=None):
    return Score(
        total_jobs=total,
        unmatched=unmatched,
        build_success=Moments(build, 0.125 if build is not None else None),
        joint_success=joint,
        ceiling=0.4321,
        marginal_score=Moments(0.8125, 0.0625) if build is not None else Moments(None, None),
        versions_correct=1234.5,
        versions_possible=2345,
        matched_clusters=Moments(12.345, 6.5),
        clusters=clusters,
        precision=0.0987 if build is not None else None,
        recall=0.7654,
        clusters_used=33.25,
        failures=failures or {},
    )


@pytest.fixture
def full():
    """Results with every part; the numbers need not agree with each other, only be told apart."""
    return Results(
        {
            "none": score(10_506, 0, 0.015355, 0.015355, failures={"perl": 70.5, "m4": 12.0}),
            "single-subsystem": score(226_989, 0, 0.012873, 0.012873),
            "expanded-subsystems": score(168_862, 5_974, 0.19578, 0.188854),
            "all": score(10_506, 5_974, 1.0, 0.43137),
        },
        scoring="corrected",
        ceiling=0.43137254901960786,
        subsystems=(
            SubsystemScore("cmake", score(300, 3, 0.0345, 0.0341), 0.0123),
            SubsystemScore("perl", score(200, 1, 0.0678, 0.0671), 0.0456),
        ),
        single=SingleSummary(0.0166854, 0.0076811, 0.012873, 2),
        curve=tuple(CurvePoint(k, 1 - k / 20, k / 10, (1 - k / 20) * k / 10) for k in range(11)),
        last_level=0.43137,
        unmatched=tuple(UnmatchedJob(f"job{i}", 1 + i % 7, 7 + i % 3) for i in range(50)),
        orders=OrderSpread(
            np.linspace(0.1, 0.3, 101), np.full(101, 0.4), np.full(101, np.nan), np.full(101, np.nan), np.full(101, 9)
        ),
        study={"settings": {"seed": 17}, "inputs": [{"file": "cluster-features.json", "sha256": "9f" * 32}]},
    )


@pytest.fixture
def published(full):
    """What a published folder of the prior work holds: scores without a ceiling, and the unmatched jobs."""
    scores = {
        name: replace(score, joint_success=None, ceiling=None, precision=None, recall=None, clusters_used=float("nan"))
        for name, score in full.scores.items()
        if name != "all"
    }
    return Results(scores, exact=False, unmatched=full.unmatched)
