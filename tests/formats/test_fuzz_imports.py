"""A short run of what .ci/fuzz_imports does at length."""

import fuzzing_imports
import pytest


@pytest.mark.parametrize("seed", [1, 2])
def test_files_of_strangers_are_imported_or_refused_in_time(seed):
    found = fuzzing_imports.fuzz_imports(60, seed, most=400)
    assert not found.failures, found.failures[0]
    assert all(found.read.values())


def test_every_kind_is_tried():
    assert fuzzing_imports.every_kind_has_samples()
