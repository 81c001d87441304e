import fcntl

import pytest

from placewise.formats.records.build_records import read_build_records
from placewise.prediction import fit_models


@pytest.fixture(scope="session")
def public_builds(public_data, public_cache):
    """Package, memory and duration of the 31,622 public builds."""
    with public_cache.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the second process finds what the first one parsed
        return read_build_records(public_data / "spack-build", cache=public_cache)


@pytest.fixture(scope="session")
def public_models(public_builds):
    return fit_models(public_builds.packages, public_builds.memory_bytes, public_builds.duration_s)
