from dataclasses import replace

import numpy as np
import pytest
from made_results import level, score

from placewise.model.results.results import (
    CurvePoint,
    OrderSpread,
    Results,
    SingleSummary,
    SubsystemScore,
    UnmatchedJob,
)


@pytest.fixture(scope="session")
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
        name: replace(score, success=None, best_possible=None, precision=None, recall=None, clusters_used=float("nan"))
        for name, score in full.scores.items()
        if name != "all"
    }
    return Results(scores, exact=False, unmatched=full.unmatched)


@pytest.fixture(scope="session")
def build_results(full):
    """Results on build records, with the levels that the words are made for."""
    fails = {("wrong_arch",): 300.0, ("missing_compiler",): 150.0, ("wrong_arch", "missing_compiler"): 50.0}
    levels = (
        level("none", (), fails=fails, each=0.35),
        level("arch-subsystem", ("arch",), build=0.625, fails={("missing_compiler",): 375.0}),
        level("memory-subsystem", ("memory",), unmatched=1, fails=fails, each=0.4),
        level("arch-compiler", ("arch", "compiler"), build=0.75, fails={("compiler_too_old",): 250.0}),
        level("arch-exact", ("arch", "compiler-version"), unmatched=300, build=1.0, each=0.28),
        level("arch-least", ("arch", "compiler-at-least"), unmatched=150, build=1.0, each=0.21),
        level("everything", ("arch", "compiler-version", "memory"), unmatched=360, build=1.0, each=0.27),
        level("constraint-with-replacement", ("arch", "compiler-version", "memory"), unmatched=360, build=1.0),
        level(
            "constraint-without-replacement",
            ("arch", "compiler-version", "memory"),
            unmatched=360,
            full=500,
            build=1.0,
            each=0.2,
        ),
    )
    return replace(
        full,
        scores={one.name: one.score for one in levels},
        ceiling=0.85,
        subsystems=(),
        single=None,
        unmatched=None,
        levels=levels,
    )
