"""Proofs that no cheaper set suffices: they end when they are too large, and when they are interrupted."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest
from plain_games import fleet_of, game

from placewise.model.jobs.workload import Workload
from placewise.model.requirements.requirement import version_requirement
from placewise.worth import solver
from placewise.worth.playing import Playing


def two_jobs():
    fleet = fleet_of({"a": "1", "b": "1"}, {"a": "2", "b": "1"}, {"a": "1", "b": "3"})
    wanted = [(version_requirement("a", "2", "2"),), (version_requirement("b", "3", "3"),)]
    return game(fleet, Workload.from_rows(["one", "two"], wanted))


def test_a_program_too_large_to_build_is_no_proof(monkeypatch):
    playing = Playing.of(two_jobs())
    assert solver.least_cost(playing, 0.5, [0, 1], 5.0)[0] is not None
    monkeypatch.setattr(solver, "MOST_STEPS", 1)
    assert solver.least_cost(playing, 0.5, [0, 1], 5.0) == (None, None)


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
solver = quiet_solver(600.0)
solver.passModel(model)
threading.Timer(1.0, lambda: print("proving", flush=True)).start()
solved(solver)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_proof_ends_when_interrupted():
    process = subprocess.Popen([sys.executable, "-c", _PROOF], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with process:
        assert process.stdout.readline() == b"proving\n"
        process.send_signal(signal.SIGINT)
        try:
            _, told = process.communicate(timeout=120)
        finally:
            process.kill()
    assert b"KeyboardInterrupt" in told
    assert process.returncode != 0
