"""Order files, fleets from folders, and outcome tables without rows."""

from __future__ import annotations

import numpy as np
import pyarrow.parquet as pq
import pytest

from placewise.errors import InputError
from placewise.formats.fleets.fleet_source import read_fleet
from placewise.formats.fleets.jgf.clusters import write_cluster
from placewise.formats.results.outcomes_table import write_outcomes
from placewise.formats.studies.order_file import read_order
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.resources import ResourceGraph, Vertex, package_subsystem
from placewise.model.results.results import OutcomeTable


@pytest.mark.parametrize(
    ("text", "names"),
    [("b\na\n", ("b", "a")), ("# first\n\n  a  \nb", ("a", "b")), ('["x y", "z"]', ("x y", "z")), ("[7]", ("7",))],
)
def test_an_order(tmp_path, text, names):
    (tmp_path / "order").write_text(text)
    assert read_order(tmp_path / "order") == names


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("# only\n", "names no subsystem"),
        ("a\nb\na", "line 3"),
        ('["a", "a"]', "entry 2"),
        ("[1.5]", "entry 1"),
        ("[", "JSON"),
    ],
)
def test_a_bad_order(tmp_path, text, said):
    (tmp_path / "order").write_text(text)
    with pytest.raises(InputError) as caught:
        read_order(tmp_path / "order")
    assert said in str(caught.value)
    assert "order" in str(caught.value)


def test_a_fleet_of_one_cluster_or_of_folders(tmp_path):
    graph = ResourceGraph((Vertex("0", "cluster"), Vertex("1", "node", 0)))
    clusters = [Cluster(name, graph, (package_subsystem("zlib", "1.2"),)) for name in ("b", "a")]
    for cluster in clusters:
        write_cluster(cluster, tmp_path / cluster.name)
    (tmp_path / "notes").mkdir()
    assert read_fleet(tmp_path / "b").clusters == (clusters[0],)
    assert read_fleet(tmp_path).clusters == (clusters[1], clusters[0])


def test_two_folders_of_one_cluster(tmp_path):
    for folder in ("x", "y"):
        write_cluster(Cluster("same"), tmp_path / folder)
    with pytest.raises(InputError, match="same"):
        read_fleet(tmp_path)


def test_an_outcome_table_without_rows(tmp_path):
    whole, real = np.zeros(0, dtype=np.int64), np.zeros(0)
    table = OutcomeTable(
        "none", whole, whole.astype(np.int32), whole.astype(np.int32), whole, whole, real, real, whole, whole
    )
    write_outcomes(tmp_path / "o.parquet", [table], [], whole, None, [], [])
    assert pq.read_table(tmp_path / "o.parquet").num_rows == 0
