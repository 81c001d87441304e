"""The figures that were worked out apart from this code, on the public data, to nine digits."""

from __future__ import annotations

import numpy as np
import pytest
from studies import run

from placewise.formats.experiment_folder import read_experiment
from placewise.matching.bits.kernels import load_kernels
from placewise.model.studies.settings import Settings


@pytest.fixture(scope="module")
def experiment(public_data, public_cache):
    return read_experiment(public_data / "reliabuild", cache=public_cache)


@pytest.fixture(scope="module")
def results(experiment):
    def figures(**options):
        return run(experiment.fleet, experiment.jobs, Settings(orders=0, **options), load_kernels("numpy")).results

    return figures


def exactly(value):
    return pytest.approx(value, rel=1e-9)


def test_the_data(experiment):
    assert len(experiment.jobs) == 10_507
    assert len(set(experiment.jobs.names)) == 10_501
    assert int((experiment.jobs.requirement_counts == 0).sum()) == 1
    assert len(experiment.jobs.requirements) == 379
    assert len(experiment.fleet.subsystem_names) == 219


@pytest.mark.parametrize(
    ("options", "jobs", "success_of_matched", "marginal"),
    [
        ({"unique": True}, 1602, 0.007677902621722845, 0.7713579205855439),
        ({"unique": True, "scoring": "published"}, 1602, 0.004076154806491885, 0.7349850866768532),
        ({}, 10506, 0.015355035217970683, 0.7931858726398477),
    ],
)
def test_none(results, options, jobs, success_of_matched, marginal):
    score = results(experiments=("none",), **options).scores["none"]
    assert score.total_jobs == jobs
    assert score.success_of_matched.mean == exactly(success_of_matched)
    assert score.marginal_score.mean == exactly(marginal)


@pytest.mark.parametrize(
    ("unique", "macro", "baseline", "pooled"),
    [
        (True, 0.014368643177320149, 0.005217944340967611, 0.004387861890287662),
        (False, 0.016685445506225954, 0.007681095133858055, None),
    ],
)
def test_single(results, unique, macro, baseline, pooled):
    single = results(experiments=("single",), unique=unique).single
    assert single.subsystems == 219
    assert single.macro == exactly(macro)
    assert single.baseline == exactly(baseline)
    assert pooled is None or single.pooled == exactly(pooled)


def test_expanding_unique(results):
    found = results(experiments=("expanding",), unique=True)
    score = found.scores["expanded-subsystems"]
    at = np.array([job.unmatched_at for job in found.unmatched])
    assert (score.total_jobs, score.unmatched) == (25_822, 1_293)
    assert score.success_of_matched.mean == exactly(0.09741581158968383)
    assert found.last_level == exactly(0.19288389513108614)
    assert found.ceiling == exactly(0.19288389513108614)
    assert at.mean() == exactly(15.957463263727766)
    assert at.std() == exactly(5.992948968507715)
    assert np.mean([job.percent_matched for job in found.unmatched]) == exactly(0.5281568992354405)


def test_expanding_all_jobs(results):
    found = results(experiments=("expanding",))
    score = found.scores["expanded-subsystems"]
    assert (score.total_jobs, score.unmatched) == (168_862, 5_974)
    assert score.success_of_matched.mean == exactly(0.19578050153922688)
    assert found.last_level == exactly(0.43137254901960786)
