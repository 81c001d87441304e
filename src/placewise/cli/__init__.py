"""The command line: arguments in, calls out, nothing else.

Rooms are imported inside the commands, so that ``--help`` need not load NumPy or matplotlib. The modules of
commands are imported here for what they add to the application, in the order in which its help lists them.
"""

from placewise.cli import (  # noqa: F401, see above
    agent,
    benchmarks,
    clusters,
    comparing,
    databases,
    jobs,
    matching,
    near_misses,
    placing,
    replaying,
    sensitivity,
    server,
    studies,
    traces,
    vocabulary,
    worth,
)
from placewise.cli.app import app, main

__all__ = ["app", "main"]
