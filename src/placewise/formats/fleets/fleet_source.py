"""Fleets from wherever they are described.

That is cluster-features.json, folders of JGF files, one graph, Flux's R, and what other tools print of their clusters,
where the content shows what it is.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from placewise.errors import InputError, locating
from placewise.formats.fleets.cluster_features import FEATURES, fleet_of
from placewise.formats.fleets.imports.import_settings import ImportSettings
from placewise.formats.fleets.imports.kinds import import_given, kind_of
from placewise.formats.fleets.jgf.clusters import cluster_files, parse_graph, read_cluster
from placewise.formats.fleets.jgf.document import is_graph
from placewise.formats.fleets.jgf.writing import NODES_FILE
from placewise.formats.fleets.resource_set import is_resource_set, parse_resource_set
from placewise.formats.fleets.vocabulary.of_fleet import completeness, joined, refuse_other_clusters, vocabulary_in
from placewise.formats.fleets.vocabulary.reading import VOCABULARY
from placewise.formats.given import Given, unpacked
from placewise.formats.parsing import garbage_collector_off
from placewise.formats.reading import STANDARD_INPUT, decode, entries_of, found_at, parse_json, read_bytes
from placewise.formats.values import refuse_control
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.vocabulary import Completeness, Vocabulary

_JSON = ("{", "[")


def read_fleet(path: Path) -> Fleet:
    """Read a fleet from a path, and its vocabulary from the vocabulary.yaml beside it, if there is one.

    The path is a cluster-features.json, a folder that holds one, a folder with the JGF files of one
    cluster, a folder of such folders, or a file with a graph or with Flux's R, which is a cluster called as the
    document says or as the file, or a file of a kind that can be imported (see `imports.kinds`). Raises InputError for
    anything else.
    """
    if path == STANDARD_INPUT:
        raise InputError("no fleet is read from here", file=path, expected="a path, since files beside it count")
    found = found_at(path)
    if found == "nothing":
        raise InputError("does not exist", file=path, expected=f"a folder of clusters or a {FEATURES}")
    if found == "file" or found_at(path / FEATURES) != "nothing":
        file = path if found == "file" else path / FEATURES
        vocabulary = vocabulary_in(file.parent)
        fleet = _fleet_of_file(file, vocabulary)
        return replace(_in(vocabulary, fleet, file.parent), vocabulary=fleet.vocabulary)
    if found_at(path / NODES_FILE) != "nothing":
        vocabulary = vocabulary_in(path)
        return _in(vocabulary, Fleet((read_cluster(path, vocabulary=vocabulary),)), path)
    folders = [folder for folder in entries_of(path) if _holds_cluster(folder)]
    if not folders:
        raise InputError(
            "holds no clusters",
            file=path,
            expected=f"a {FEATURES}, a {NODES_FILE}, or folders that hold a {NODES_FILE} each",
        )
    return _fleet_of_folders(path, folders)


def fleet_files(path: Path) -> list[Path]:
    """Return the files from which `read_fleet` makes the fleet of a path, in the order of their names."""
    if found_at(path) == "file":
        files = [path, path.parent / VOCABULARY]
    elif found_at(path / FEATURES) != "nothing":
        files = [path / FEATURES, path / VOCABULARY]
    else:
        folders = [path, *(one for one in entries_of(path) if found_at(path / NODES_FILE) == "nothing")]
        files = [path / VOCABULARY]
        for folder in folders:
            if found_at(folder / NODES_FILE) != "nothing":
                files += [folder / NODES_FILE, *cluster_files(folder), folder / VOCABULARY]
    return sorted({file for file in files if found_at(file) != "nothing"})


def vocabulary_path(path: Path) -> Path:
    """Return where the vocabulary of a fleet lies, or would, whose path is one that `read_fleet` takes."""
    return (path.parent if found_at(path) == "file" else path) / VOCABULARY


def _fleet_of_file(path: Path, vocabulary: Vocabulary) -> Fleet:
    with garbage_collector_off():
        content = unpacked(read_bytes(path), path)
        text = decode(content, path)
        if kind := "" if text.lstrip().startswith(_JSON) else kind_of(text, text=True):
            return _imported(kind, Given(path, content), vocabulary)
        document = parse_json(text, path)
        if is_resource_set(document):
            cluster = parse_resource_set(document, _name_of(path), path, vocabulary)
        elif is_graph(document):
            read = parse_graph(document, path, vocabulary)
            with locating(file=path):
                cluster = Cluster(read.name or _name_of(path), read.graph, read.subsystems())
        elif kind := kind_of(document):
            return _imported(kind, Given(path, content, document), vocabulary)
        else:
            return fleet_of(document, path, vocabulary)
    return Fleet((cluster,), vocabulary)


def _imported(kind: str, given: Given, vocabulary: Vocabulary) -> Fleet:
    """Return the clusters of a file of another tool; the vocabulary beside it counts before what the file says."""
    found = import_given(kind, [given], ImportSettings()).fleet()
    return replace(found, vocabulary=vocabulary.over(found.vocabulary))


def _name_of(path: Path) -> str:
    with locating(file=path):
        refuse_control(path.stem, "the file's name")
    return path.stem


def _fleet_of_folders(path: Path, folders: list[Path]) -> Fleet:
    of_fleet = vocabulary_in(path)
    own = {folder: vocabulary_in(folder) for folder in folders}
    vocabulary = joined(of_fleet, own)
    clusters = [read_cluster(folder, vocabulary=vocabulary) for folder in folders]
    with locating(file=path):
        fleet = Fleet(tuple(clusters))
    complete: dict[tuple[str, str], Completeness] = {}
    for cluster, (folder, said) in zip(clusters, own.items(), strict=True):
        with locating(file=folder / VOCABULARY):
            complete |= completeness(cluster.name, said)
    if of_fleet.complete or complete:
        vocabulary = replace(vocabulary, complete={**complete, **of_fleet.complete})
    return _in(vocabulary, fleet, path)


def _in(vocabulary: Vocabulary, fleet: Fleet, folder: Path) -> Fleet:
    with locating(file=folder / VOCABULARY):
        refuse_other_clusters(vocabulary, fleet.names)
    return replace(fleet, vocabulary=vocabulary)


def _holds_cluster(folder: Path) -> bool:
    """Whether a folder holds a cluster. Raises InputError for one that holds only parts of one."""
    if found_at(folder / NODES_FILE) != "nothing":
        return True
    parts = cluster_files(folder)
    if parts:
        raise InputError(
            f"holds parts of a cluster but no {NODES_FILE}", file=folder, found=parts[0].name, expected=NODES_FILE
        )
    return False
