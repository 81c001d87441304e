"""What an import left out, on a terminal."""

from io import StringIO

import pytest
from rich.console import Console

from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.imported import Dropped, Imported
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.report.terminal.fleets.imports import print_import


@pytest.mark.parametrize(
    ("file", "where"),
    [("/dev/fd/63", "AllocMem"), ("/proc/self/fd/12", "AllocMem"), ("a/nodes.txt", "nodes.txt: AllocMem")],
)
def test_the_number_of_a_pipe_is_not_shown_as_a_file(file, where):
    dropped = Dropped("keys", "changes", file, 1, ("AllocMem",))
    imported = Imported("ours", (Cluster("ours"),), Vocabulary(), dropped=(dropped,))
    written = StringIO()
    print_import(imported, (), Console(file=written, width=100))
    row = next(line for line in written.getvalue().splitlines() if "AllocMem" in line)
    assert row.split("  ")[-2:] == [where, "changes"]
