"""Hypothesis profiles, by HYPOTHESIS_PROFILE.

`few` for the lowest versions, `default`, `thorough` for CI's second stage, `fuzz` for a long search.
"""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("few", deadline=None, max_examples=5)
settings.register_profile("default", deadline=None, max_examples=20)
settings.register_profile("thorough", deadline=None, max_examples=60)
settings.register_profile("fuzz", deadline=None, max_examples=5000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(scope="session")
def public_data():
    """The public data, which lies beside the project or where PLACEWISE_DATA says."""
    folder = Path(os.environ.get("PLACEWISE_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not (folder / "reliabuild").is_dir():
        pytest.skip("the public data is not there: set PLACEWISE_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def public_cache(tmp_path_factory, worker_id):
    """A cache that all processes of one run of the tests share, so that the public data is parsed once."""
    own = tmp_path_factory.getbasetemp()
    return (own if worker_id == "master" else own.parent) / "public-cache"
