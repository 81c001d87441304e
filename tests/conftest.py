"""Hypothesis profiles, by HYPOTHESIS_PROFILE.

`few` for the lowest versions, `default`, `thorough` for the slow tests, `fuzz` for a long search.
"""

import gc
import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("few", deadline=None, max_examples=5)
settings.register_profile("default", deadline=None, max_examples=20)
settings.register_profile("thorough", deadline=None, max_examples=60)
settings.register_profile("fuzz", deadline=None, max_examples=5000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

# Thousands of tests are kept in memory, and looking through them for garbage took a tenth of the processors' time, and
# a third while they were collected. Garbage is looked for all the same, only not after every 700 objects.
gc.set_threshold(20_000, 20, 20)

# Some environments say that nothing compiled is kept. Here each of hundreds of processes would then compile all of
# Placewise, and each of pytest's all tests.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


# Of the files that take longest: begun last, one process would work at them alone.
_FIRST = (
    "cli/test_json_output.py",
    "guides/test_guides.py",
    "cli/test_database_commands.py",
    "report/page/test_page_in_browser.py",
    "cli/test_checking_page.py",
    "api/test_python_surface.py",
    "cli/test_commands.py",
    "report/drawn/test_level_figures.py",
    "cli/test_build_commands.py",
    "service/test_heavy_work.py",
    "service/test_processes.py",
)


def pytest_xdist_auto_num_workers(config):
    """One process more than there are cores, since many tests wait: for servers, leases, browsers."""
    del config
    return 1 + (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def pytest_addoption(parser):
    """Add the option for a quicker look at other versions of the libraries: all that is called is called once."""
    parser.addoption("--first-case", action="store_true", help="of each parametrized test run its first case alone")


def pytest_collection_modifyitems(config, items):
    """Begin with what takes longest, and leave out what --first-case does."""
    items.sort(key=lambda item: not item.nodeid.startswith(tuple(f"tests/{name}" for name in _FIRST)))
    if config.getoption("--first-case"):
        first = {}
        for item in items:
            first.setdefault(item.nodeid.partition("[")[0], item)
        kept = set(map(id, first.values()))
        config.hook.pytest_deselected(items=[item for item in items if id(item) not in kept])
        items[:] = first.values()


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
