"""Imported clusters written into the folder of a fleet, in place of those that the same import wrote before.

Beside a cluster's documents lie ``vocabulary.yaml``, with what the import knows of how complete it is, and
``import.json``, which says what wrote them. Files that no import wrote stay as they are.
"""

from __future__ import annotations

import glob
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from placewise.errors import InputError, locating
from placewise.formats import values
from placewise.formats.fleets.fleet_source import FEATURES, NODES
from placewise.formats.fleets.fleet_vocabulary import vocabulary_in
from placewise.formats.fleets.jgf import cluster_files, parse_containment, read_cluster
from placewise.formats.fleets.jgf_writing import cluster_documents
from placewise.formats.fleets.vocabulary_file import VOCABULARY, vocabulary_document
from placewise.formats.fleets.vocabulary_writing import vocabulary_text
from placewise.formats.reading import entries_of, found_at, read_json
from placewise.formats.writing import json_bytes, staged
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.fleet_changes import ClusterChange
from placewise.model.fleets.fleet_comparison import cluster_change
from placewise.model.fleets.imported import Imported
from placewise.model.fleets.vocabulary import EVERY, Completeness, Vocabulary

RECORD = "import.json"
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class _Record:
    """Which import wrote a cluster, and its files."""

    kind: str
    name: str
    files: tuple[str, ...]


def write_import(imported: Imported, kind: str, folder: Path, *, force: bool = False) -> tuple[ClusterChange, ...]:
    """Write the clusters of an import into the folder of a fleet, and return what became of each, by name.

    Clusters that an import of this kind and name wrote before, and that are not there any more, go; all others stay.
    What is as it was is not written again. Raises InputError, before anything is changed, for a folder that is no
    folder of clusters, and for a cluster or a file that something else wrote, unless `force` says to replace it.
    """
    _refuse_other_folder(folder)
    records = dict(_records(folder)) if found_at(folder) == "folder" else {}
    own = {name: one for name, one in records.items() if (one.kind, one.name) == (kind, imported.name)}
    clusters = {_folder_name(cluster.name): cluster for cluster in imported.clusters}
    words = _own_words(imported)
    if not force:
        _refuse_others(folder, clusters, own)
    changes: list[ClusterChange] = []
    fresh: dict[str, Cluster] = {}
    owned: list[str] = []
    for name, cluster in clusters.items():
        before = _before(folder / name) if name in records else None
        change = (
            cluster_change(None, cluster)
            if before is None
            else cluster_change(before[0], cluster, before[1], words[cluster.name], own_words=True)
        )
        changes.append(change)
        if change.what != "unchanged" or (kind, imported.name) != (records[name].kind, records[name].name):
            fresh[name] = cluster
    for name in own.keys() - clusters.keys():
        before = _before(folder / name)
        changes.append(ClusterChange(name, "gone") if before is None else cluster_change(before[0], None))
        owned.append(glob.escape(name))
        owned += [glob.escape(f"{name}/{file}") for file in _left_of(folder / name, own[name], force=force)]
    for name in (*fresh, *(own.keys() - clusters.keys())):
        files = (*records[name].files, RECORD) if name in records else ()
        owned += [glob.escape(f"{name}/{file}") for file in files]
    if fresh or owned:
        with staged(folder, owned=owned, force=True) as stage:
            for name, cluster in fresh.items():
                _write(cluster, words[cluster.name], kind, imported.name, stage / name)
    return tuple(sorted(changes, key=lambda one: one.cluster))


def _refuse_other_folder(folder: Path) -> None:
    for name in (FEATURES, NODES):
        if found_at(folder) == "folder" and found_at(folder / name) != "nothing":
            raise InputError(
                "is no folder of clusters", file=folder, found=name, expected="a new folder, or one of them"
            )


def _refuse_others(folder: Path, clusters: Mapping[str, Cluster], own: Mapping[str, _Record]) -> None:
    """Raise InputError for what something else wrote and would be replaced, and for clusters of one name."""
    wanted = "another --name, another --out, or --force to replace it"
    if found_at(folder) != "folder":
        return
    names = {cluster.name for cluster in clusters.values()}
    for path in entries_of(folder):
        if path.name in own or found_at(path / NODES) == "nothing":
            continue
        name = parse_containment(read_json(path / NODES), path / NODES)[0] or path.name
        if name in names or path.name in clusters:
            raise InputError(
                f"the cluster {name!r} is there already, and is not of this import", file=path, expected=wanted
            )
    for name, cluster in clusters.items():
        recorded = (*own[name].files, RECORD) if name in own else ()
        for file in _files_of(cluster):
            if file not in recorded and found_at(folder / name / file) != "nothing":
                raise InputError(
                    "was not written by an import", file=folder / name / file, expected="--force to replace it"
                )


def _left_of(folder: Path, record: _Record, *, force: bool) -> list[str]:
    """Return the parts of a cluster that others put into the folder of one that goes.

    Raises InputError where there are some, unless `force` says to remove them: they would be parts of no cluster.
    """
    found = [path.name for path in cluster_files(folder) if path.name not in record.files]
    if found and not force:
        raise InputError(
            "the cluster is gone, and no import wrote these parts of it",
            file=folder,
            found=found,
            expected="to remove them, or --force",
        )
    return found


def _records(folder: Path) -> Iterator[tuple[str, _Record]]:
    for path in entries_of(folder):
        if found_at(path) == "folder" and found_at(path / RECORD) == "file":
            with locating(file=path / RECORD):
                entry = values.exactly(read_json(path / RECORD), ("kind", "name", "files"), "document")
                files = [_plain_file(one) for one in values.sequence(entry["files"], "files")]
                record = _Record(values.text(entry["kind"], "kind"), values.text(entry["name"], "name"), tuple(files))
            yield path.name, record


def _plain_file(value: Any) -> str:
    """Return the name of a file right in the folder: a record that says otherwise would remove other files."""
    name = values.text(value, "files")
    if "/" in name or name in (".", ".."):
        raise InputError("is not the name of a file", place="files", found=name, expected="such as nodes.json")
    return name


def _before(folder: Path) -> tuple[Cluster, Vocabulary] | None:
    """Return a cluster as it was written, without what others added to its folder; None where it cannot be read."""
    try:
        own = vocabulary_in(folder)
        return read_cluster(folder, vocabulary=own), own
    except InputError:
        return None


def _own_words(imported: Imported) -> dict[str, Vocabulary]:
    """Return the vocabularies that lie in the folders of clusters, by cluster; their completeness names none."""
    complete: dict[str, dict[tuple[str, str], Completeness]] = {}
    for (name, subsystem), flag in imported.vocabulary.complete.items():
        complete.setdefault(name, {})[EVERY, subsystem] = flag
    of_all = complete.get(EVERY, {})
    return {
        cluster.name: replace(imported.vocabulary, complete={**of_all, **complete.get(cluster.name, {})})
        for cluster in imported.clusters
    }


def _write(cluster: Cluster, words: Vocabulary, kind: str, name: str, folder: Path) -> None:
    """Write the files of a cluster into a folder that nobody reads yet."""
    documents: dict[str, Any] = cluster_documents(cluster, words)
    texts = {file: json_bytes(document) for file, document in documents.items()}
    if vocabulary_document(words):
        texts[VOCABULARY] = vocabulary_text(words).encode()
    texts[RECORD] = json_bytes({"kind": kind, "name": name, "files": sorted(texts)})
    folder.mkdir()
    for file, content in texts.items():
        (folder / file).write_bytes(content)


def _files_of(cluster: Cluster) -> Collection[str]:
    return (*cluster_documents(cluster), VOCABULARY, RECORD)


def _folder_name(cluster: str) -> str:
    """Return the name of a cluster's folder: its own, with what no file system takes written as in addresses.

    Raises InputError for one that is too long.
    """
    values.refuse_control(cluster, "a cluster's name")
    try:
        name = quote(cluster, safe=" +@=,~()")
    except UnicodeEncodeError as error:
        raise InputError("the cluster's name cannot be that of a folder", found=cluster) from error
    if name.startswith("."):
        name = "%2E" + name[1:]
    if len(name) > _LONGEST_NAME:
        raise InputError(
            "the cluster's name is too long", found=cluster, expected=f"at most {_LONGEST_NAME} characters"
        )
    return name
