import pytest

from placewise.formats.build_records import read_build_records
from placewise.prediction import fit_models


@pytest.fixture(scope="session")
def public_builds(public_data, public_cache):
    """Package, memory and duration of the 31,622 public builds."""
    return read_build_records(public_data / "spack-build", cache=public_cache)


@pytest.fixture(scope="session")
def public_models(public_builds):
    return fit_models(public_builds.packages, public_builds.memory_bytes, public_builds.duration_s)
