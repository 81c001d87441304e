"""The public client of the rainbow protocol, where it is installed, in each of its dialects."""

import logging
import os
from pathlib import Path

import pytest
import structlog
from driven_client import driven_client


@pytest.fixture(scope="module", autouse=True)
def quiet_calls():
    """Log nothing of each of some ten thousand calls, as a server that was started by its command would not."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def public_clients():
    """Where the public client is installed, once for each dialect."""
    folder = os.environ.get("PLACEWISE_PUBLIC_CLIENTS")
    if not folder:
        pytest.skip("the public client is not there: .ci/public_clients FOLDER, and PLACEWISE_PUBLIC_CLIENTS=FOLDER")
    return Path(folder).resolve()


@pytest.fixture(scope="module", params=["nextgen", "task-resources"])
def dialect(request):
    """The dialect of the jobspecs."""
    return request.param


@pytest.fixture(scope="module")
def client(public_clients, dialect):
    """The client whose jobspec package speaks the dialect."""
    with driven_client(public_clients, dialect) as driven:
        yield driven
