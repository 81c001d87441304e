"""Fleets from wherever they are described: cluster-features.json, or folders of JGF files."""

from __future__ import annotations

from pathlib import Path

from placewise.errors import InputError, locating
from placewise.formats.fleets.cluster_features import read_features
from placewise.formats.fleets.jgf import cluster_files, read_cluster
from placewise.formats.reading import entries_of, found_at
from placewise.model.cluster import Fleet

FEATURES = "cluster-features.json"
NODES = "nodes.json"


def read_fleet(path: Path) -> Fleet:
    """Read a fleet from a path.

    The path is a cluster-features.json, a folder that holds one, a folder with the JGF files of one
    cluster, or a folder of such folders. Raises InputError for anything else.
    """
    found = found_at(path)
    if found == "file":
        return read_features(path)
    if found == "nothing":
        raise InputError("does not exist", file=path, expected=f"a folder of clusters or a {FEATURES}")
    if found_at(path / FEATURES) != "nothing":
        return read_features(path / FEATURES)
    if found_at(path / NODES) != "nothing":
        return Fleet((read_cluster(path),))
    folders = [folder for folder in entries_of(path) if _holds_cluster(folder)]
    if not folders:
        raise InputError(
            "holds no clusters", file=path, expected=f"a {FEATURES}, a {NODES}, or folders that hold a {NODES} each"
        )
    clusters = [read_cluster(folder) for folder in folders]
    with locating(file=path):
        return Fleet(tuple(clusters))


def _holds_cluster(folder: Path) -> bool:
    """Whether a folder holds a cluster. Raises InputError for one that holds only parts of one."""
    if found_at(folder / NODES) != "nothing":
        return True
    parts = cluster_files(folder)
    if parts:
        raise InputError(f"holds parts of a cluster and no {NODES}", file=folder, found=parts[0].name, expected=NODES)
    return False
