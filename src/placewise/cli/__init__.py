"""The command line: arguments in, calls out, nothing else.

Rooms are imported inside the commands, so that ``--help`` need not load NumPy or matplotlib. The modules of
commands are imported here for what they add to the application, in the order in which its help lists them.
"""

from placewise.cli.asking import importing, matching, checking, differing, advising, placing, exporting  # noqa: F401, I001, see above
from placewise.cli.asking import vocabulary, schemas  # noqa: F401, see above
from placewise.cli.studying import studies, worth, sensitivity, comparing, near_misses, outcomes, benchmarks  # noqa: F401, see above
from placewise.cli.over_time import traces, replaying  # noqa: F401, see above
from placewise.cli.serving import server, databases, clusters, jobs, agent, nominating  # noqa: F401, see above
from placewise.cli.installation import doctor, man  # noqa: F401, see above
from placewise.cli.app import app, main

__all__ = ["app", "main"]
