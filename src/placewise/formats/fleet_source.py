"""Fleets from wherever they are described: cluster-features.json, or folders of JGF files."""

from __future__ import annotations

from pathlib import Path

from placewise.errors import InputError
from placewise.formats.cluster_features import read_features
from placewise.formats.jgf import read_cluster
from placewise.model.cluster import Fleet

FEATURES = "cluster-features.json"
NODES = "nodes.json"


def read_fleet(path: Path) -> Fleet:
    """Read a fleet from a path.

    The path is a cluster-features.json, a folder that holds one, a folder with the JGF files of one
    cluster, or a folder of such folders. Raises InputError for anything else.
    """
    if path.is_file():
        return read_features(path)
    if not path.is_dir():
        raise InputError("does not exist", file=path, expected=f"a folder of clusters or a {FEATURES}")
    if (path / FEATURES).exists():
        return read_features(path / FEATURES)
    if (path / NODES).exists():
        return Fleet((read_cluster(path),))
    folders = sorted(folder for folder in path.iterdir() if (folder / NODES).exists())
    if not folders:
        raise InputError(
            "holds no clusters", file=path, expected=f"a {FEATURES}, a {NODES}, or folders that hold a {NODES} each"
        )
    clusters = [read_cluster(folder) for folder in folders]
    try:
        return Fleet(tuple(clusters))
    except InputError as error:
        raise error.within(file=path) from None
