"""What is learned from the public builds, as an independent analysis of the same builds found it."""

import numpy as np
import pytest
from drawn_outcomes import public_records

from placewise.prediction.success import Known, fold_of, out_of_fold, scores
from placewise.prediction.success.carded import base_rate
from placewise.prediction.success.scores import log_loss


@pytest.fixture(scope="module")
def sample(public_data):
    if not (public_data / "outcomes").is_dir():
        pytest.skip("the public builds with outcomes are not there")
    return public_records(public_data)


@pytest.mark.slow
def test_success_of_public_builds_is_learned(sample):
    assert (len(sample), len(sample.packages)) == (22_430, 69)
    assert sum(fact.group == "dependency versions" for fact in sample.facts) == 119
    known = Known(tuple(fact.name for fact in sample.facts))
    fold = fold_of(sample, "none")
    p = out_of_fold(sample, known, fold, calibrate=True)
    found = scores(sample.succeeded, p, sample.package)
    assert found.auc == pytest.approx(0.954, abs=0.015)
    assert found.auc_within == pytest.approx(0.858, abs=0.015)
    assert found.calibration_error < 0.03
    assert found.log_loss <= 0.26


@pytest.mark.slow
def test_what_is_learned_says_little_of_packages_never_seen(sample):
    # Trees that lean on the package's rate say even less: it is the same for all packages never seen.
    known = Known(tuple(fact.name for fact in sample.facts), package=False)
    found, base = [], []
    for seed in range(2):
        fold = fold_of(sample, "package", seed=seed)
        p = out_of_fold(sample, known, fold)
        found.append(scores(sample.succeeded, p, sample.package))
        base.append(log_loss(sample.succeeded, base_rate(sample.succeeded, fold)))
    assert np.mean([one.auc for one in found]) == pytest.approx(0.59, abs=0.015)
    assert all(one.log_loss > rate for one, rate in zip(found, base, strict=True))
