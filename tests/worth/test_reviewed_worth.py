"""Cases that once went wrong: settings without bounds, streams of chance in common, and work that cannot be ended."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given
from plain_games import fleet_of, fleets, game, workloads

from placewise.errors import InputError
from placewise.model.requirement import version_requirement
from placewise.model.workload import Workload
from placewise.study import orders, stage
from placewise.study.builds import choosing
from placewise.study.valuing import costs_of, worth_of
from placewise.study.varying import fleets as fleet_draws
from placewise.study.varying import sensitivity
from placewise.worth import pareto, resampling, shapley, solver, sufficiency
from placewise.worth.pareto import level_points
from placewise.worth.playing import Playing
from placewise.worth.resampling import Column, Means, Ratios
from placewise.worth.sufficiency import greedy_names, smallest_set


def two_jobs():
    fleet = fleet_of({"a": "1", "b": "1"}, {"a": "2", "b": "1"}, {"a": "1", "b": "3"})
    wanted = [(version_requirement("a", "2", "2"),), (version_requirement("b", "3", "3"),)]
    return game(fleet, Workload.from_rows(["one", "two"], wanted))


@pytest.mark.parametrize("worth", [float("inf"), 1e308, float("nan"), -1.0])
def test_a_worth_that_no_figure_can_hold_is_refused(worth):
    with pytest.raises(InputError, match="--job-worth"):
        worth_of(two_jobs(), costs={"a": 1.0}, job_worth=worth)


def test_costs_whose_sum_no_figure_can_hold_are_refused():
    with pytest.raises(InputError, match="costs"):
        costs_of(("a", "b"), {"a": 1e308, "b": 1e308})


def test_more_draws_than_memory_could_hold_are_refused():
    one = two_jobs()
    with pytest.raises(InputError, match="--resamples"):
        worth_of(one, resamples=10**18)
    with pytest.raises(InputError, match="--random-orders"):
        smallest_set(one, 0.9, random_orders=10**18)


def test_no_two_uses_of_chance_share_a_stream():
    # A seed sequence of (seed, stream) is that of (seed, stream, 0): those of pieces and of runs must not meet.
    streams = [
        orders.STREAM,
        shapley.STREAM,
        sufficiency.STREAM,
        resampling._STREAM,
        fleet_draws._STREAM,
        *sensitivity._STREAMS.values(),
        *stage._STREAMS.values(),
        stage._FIRST_ASSIGNMENTS,
        choosing._STREAM,
    ]
    assert len(set(streams)) == len(streams)


@given(fleets(), workloads())
def test_limiting_pairs_leaves_out_pairs_and_changes_none(fleet, workload):
    one = game(fleet, workload)
    path = greedy_names(one)
    every = {point.metadata: point for point in level_points(one, path)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pareto, "MOST_PAIRED", 2)
        few = {point.metadata: point for point in level_points(one, path)}
    for told, point in few.items():
        if told in every:
            assert (point.matched, point.success) == pytest.approx((every[told].matched, every[told].success))
    assert len([point for point in few.values() if point.kind == "pair"]) <= 1


def test_a_program_too_large_to_build_is_no_proof(monkeypatch):
    playing = Playing.of(two_jobs())
    assert solver.least_cost(playing, 0.5, [0, 1], 5.0)[0] is not None
    monkeypatch.setattr(solver, "MOST_STEPS", 1)
    assert solver.least_cost(playing, 0.5, [0, 1], 5.0) == (None, None)


@pytest.mark.parametrize("seed", range(5))
def test_means_are_ratios_with_one_denominator(seed):
    rng = np.random.default_rng(seed)
    units, figures, rows = 7, 3, 40
    figure, unit, value = rng.integers(figures, size=rows), rng.integers(units, size=rows), rng.normal(size=rows)
    total = rng.integers(1, 5, units).astype(float)
    means = Means.of(figure, unit, value, total, figures)
    columns = [
        Column(
            one,
            np.concatenate([unit[figure == one], np.arange(units)]),
            np.concatenate([value[figure == one], np.zeros(units)]),
            np.concatenate([np.zeros(int((figure == one).sum())), total]),
        )
        for one in range(figures)
    ]
    ratios = Ratios.of(columns, units, figures)
    for times in (None, rng.integers(0, 4, units)):
        np.testing.assert_allclose(means.values(times), ratios.values(times), rtol=1e-12)


_PROOF = """
import threading
import numpy as np
import highspy
from placewise.worth.solver import quiet_solver, solved
rng = np.random.default_rng(0)
items, rows = 400, 120
weights = rng.integers(1, 1000, (rows, items)).astype(float)
model = highspy.HighsLp()
model.num_col_, model.num_row_ = items, rows
model.col_cost_ = -rng.integers(1, 1000, items).astype(float)
model.col_lower_, model.col_upper_ = np.zeros(items), np.ones(items)
model.row_lower_ = np.full(rows, -highspy.kHighsInf)
model.row_upper_ = weights.sum(axis=1) // 3
model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
model.a_matrix_.start_ = np.arange(rows + 1, dtype=np.int32) * items
model.a_matrix_.index_ = np.tile(np.arange(items, dtype=np.int32), rows)
model.a_matrix_.value_ = weights.ravel()
model.integrality_ = [highspy.HighsVarType.kInteger] * items
solver = quiet_solver(60.0)
solver.passModel(model)
threading.Timer(1.0, lambda: print("proving", flush=True)).start()
solved(solver)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_proof_ends_when_interrupted():
    process = subprocess.Popen([sys.executable, "-c", _PROOF], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with process:
        assert process.stdout.readline() == b"proving\n"
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=40)
    assert time.monotonic() - began < 15
    assert b"KeyboardInterrupt" in told
    assert process.returncode != 0
