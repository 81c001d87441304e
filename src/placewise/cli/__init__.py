"""The command line: arguments in, calls out, nothing else.

Rooms are imported inside the commands, so that ``--help`` need not load NumPy or matplotlib. The modules of
commands are imported here for what they add to the application, in the order in which its help lists them.
"""

from placewise.cli import studies, worth, sensitivity, comparing, near_misses, outcomes, replaying  # noqa: F401, I001, see above
from placewise.cli import matching, vocabulary, placing, importing, traces  # noqa: F401, see above
from placewise.cli import schemas, benchmarks, server, databases, clusters, jobs, agent  # noqa: F401, see above
from placewise.cli.app import app, main

__all__ = ["app", "main"]
