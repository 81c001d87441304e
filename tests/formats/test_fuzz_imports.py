"""A short run of what .ci/fuzz_imports does at length."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import fuzzing_imports
import pytest


@pytest.mark.parametrize("seed", [1, 2])
def test_files_of_strangers_are_imported_or_refused_in_time(seed):
    # In a process of its own: the most memory that this one ever had is not the importers' doing.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as processes:
        found = processes.submit(fuzzing_imports.fuzz_imports, 60, seed, most=400).result()
    assert not found.failures, found.failures[0]
    assert all(found.read.values())


def test_every_kind_is_tried():
    assert fuzzing_imports.every_kind_has_samples()
