"""Imported clusters written into the folder of a fleet, in place of those that the same import wrote before.

Beside a cluster's documents lie ``vocabulary.yaml``, with what the import knows of how complete it is, and
``import.json``, which says what wrote them. Files that no import wrote stay as they are. Imports of several kinds
describe a cluster of one name together.
"""

from __future__ import annotations

import glob
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from placewise.errors import InputError
from placewise.formats import values
from placewise.formats.fleets.cluster_features import FEATURES
from placewise.formats.fleets.imports.import_records import (
    RECORD,
    ImportRecord,
    further_files,
    parts_of,
    patterns_of,
    records_in,
    write_parts,
    written,
)
from placewise.formats.fleets.jgf.clusters import parse_containment
from placewise.formats.fleets.jgf.writing import NODES_FILE, cluster_file_names
from placewise.formats.fleets.vocabulary.reading import VOCABULARY
from placewise.formats.reading import entries_of, found_at, read_json
from placewise.formats.writing import staged
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.fleet_changes import ClusterChange
from placewise.model.fleets.fleet_comparison import cluster_change
from placewise.model.fleets.imported import Imported
from placewise.model.fleets.joined_parts import Joined, Part, joined_parts
from placewise.model.fleets.vocabulary import EVERY, Completeness, Vocabulary

_LONGEST_NAME = 200


def write_import(imported: Imported, kind: str, folder: Path, *, force: bool = False) -> tuple[ClusterChange, ...]:
    """Write the clusters of an import into the folder of a fleet, and return what became of each, by name.

    What an import of this kind and name wrote before, and what is not there any more, goes; all else stays. A cluster
    that an import of another kind wrote is described by both from then on (see `joined_parts`). What is as it was is
    not written again. Raises InputError, before anything is changed, for a folder that is no folder of clusters, for a
    cluster or a file that something else wrote, and for a cluster whose machines two kinds describe, unless `force`
    says to replace what is there.
    """
    _refuse_other_folder(folder)
    records = dict(records_in(folder)) if found_at(folder) == "folder" else {}
    own = {name: one for name, one in records.items() if one.imports.get(kind) == imported.name}
    clusters = {_folder_name(cluster.name): cluster for cluster in imported.clusters}
    words = _own_words(imported)
    if not force:
        _refuse_others(folder, clusters, records, kind, imported.name)
    changes: list[ClusterChange] = []
    fresh: list[_Planned] = []
    owned: list[str] = []
    for name in (*clusters, *(own.keys() - clusters.keys())):
        record, cluster = records.get(name), clusters.get(name)
        part = None if cluster is None else Part(kind, cluster, words[cluster.name])
        planned = _planned(name, folder / name, record, part, kind, imported.name, force=force)
        if planned is None:
            assert record is not None
            before = written(folder / name, record)
            changes.append(ClusterChange(name, "gone") if before is None else cluster_change(before[0], None))
            owned += [glob.escape(name), *patterns_of(name, record)]
            owned += [glob.escape(f"{name}/{file}") for file in _left_of(folder / name, record, force=force)]
            continue
        changes.append(planned.change)
        if planned.is_new:
            fresh.append(planned)
            owned += [] if record is None else patterns_of(name, record)
    if fresh or owned:
        with staged(folder, owned=owned, force=True) as stage:
            for one in fresh:
                write_parts(one.joined, one.parts, one.imports, stage / one.name)
    return tuple(sorted(changes, key=lambda one: one.cluster))


@dataclass(frozen=True, slots=True)
class _Planned:
    """A cluster that is to be written: into which folder, of which parts, by which imports.

    is_new : whether it is not there as it is to be. change : what is different for whoever reads it.
    """

    name: str
    parts: tuple[Part, ...]
    imports: Mapping[str, str]
    joined: Joined
    change: ClusterChange
    is_new: bool


def _planned(
    name: str, folder: Path, record: ImportRecord | None, part: Part | None, kind: str, called: str, *, force: bool
) -> _Planned | None:
    """Return what is to be written of a cluster, whose part of this kind is `part`; None where nothing of it is left.

    Raises InputError for two parts with machines, and for files that no import wrote, unless `force` replaces them.
    """
    imports: dict[str, str] = {} if record is None else dict(record.imports)
    alone = imports.keys() <= {kind}
    there = {} if record is None or alone else _there(folder, record, force=force)
    others = {one: said for one, said in there.items() if one != kind}
    if force and part is not None and part.has_machines:
        others = {one: said for one, said in others.items() if not said.has_machines}
    parts = (*others.values(), *(() if part is None else (part,)))
    if not parts:
        return None
    joined = joined_parts(parts)
    now = {one: called if one == kind else imports[one] for one in sorted(said.kind for said in parts)}
    if not force:
        known = () if record is None else (*record.files, RECORD)
        _refuse_files(
            folder, [one for one in (*cluster_file_names(joined.cluster), VOCABULARY, RECORD) if one not in known]
        )
    if record is None or len(imports) != 1 or not there:
        before = None if record is None else written(folder, record)
    else:  # the only part was read already, and is the cluster
        before = next((said.cluster, said.words) for said in there.values())
    if before is None:
        change = cluster_change(None, joined.cluster)
    else:
        change = cluster_change(before[0], joined.cluster, before[1], joined.words, own_words=True)
    is_new = change.what != "unchanged" or now != imports or (not alone and part != there.get(kind))
    return _Planned(name, parts, now, joined, replace(change, overlaps=joined.overlaps), is_new)


def _there(folder: Path, record: ImportRecord, *, force: bool) -> dict[str, Part]:
    """Return the parts of a cluster. Raises InputError for what cannot be read, unless `force` does without it."""
    try:
        return parts_of(folder, record)
    except InputError:
        if not force:
            raise
        return {}


def _refuse_other_folder(folder: Path) -> None:
    for name in (FEATURES, NODES_FILE):
        if found_at(folder) == "folder" and found_at(folder / name) != "nothing":
            raise InputError(
                "is not a folder of clusters", file=folder, found=name, expected="a new folder, or a folder of clusters"
            )


def _refuse_others(
    folder: Path, clusters: Mapping[str, Cluster], records: Mapping[str, ImportRecord], kind: str, called: str
) -> None:
    """Raise InputError for clusters of one name that something else wrote: no import, or another one of this kind."""
    if found_at(folder) != "folder":
        return
    names = {cluster.name for cluster in clusters.values()}
    for path in entries_of(folder):
        record = records.get(path.name)
        mine = None if record is None else record.imports.get(kind)
        joins = record is not None and mine is None and path.name in clusters
        if mine == called or joins or found_at(path / NODES_FILE) == "nothing":
            continue
        name = parse_containment(read_json(path / NODES_FILE), path / NODES_FILE)[0] or path.name
        if name in names or path.name in clusters:
            raise InputError(
                f"the cluster {name!r} already exists, and this import did not write it",
                file=path,
                expected="another --name, another --out, or --force to replace it",
            )


def _refuse_files(folder: Path, names: Iterable[str]) -> None:
    for name in names:
        if found_at(folder / name) != "nothing":
            raise InputError("was not written by an import", file=folder / name, expected="--force to replace it")


def _left_of(folder: Path, record: ImportRecord, *, force: bool) -> list[str]:
    """Return the parts of a cluster that others put into the folder of one that goes.

    Raises InputError where there are some, unless `force` says to remove them: they would be parts of no cluster.
    """
    found = further_files(folder, record)
    if found and not force:
        raise InputError(
            "the cluster is gone, but its folder holds files that no import wrote",
            file=folder,
            found=found,
            expected="no such files, or --force to remove them",
        )
    return found


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


def _folder_name(cluster: str) -> str:
    """Return the name of a cluster's folder: its own, with what no file system takes written as in addresses.

    Raises InputError for one that is too long.
    """
    values.refuse_control(cluster, "a cluster's name")
    try:
        name = quote(cluster, safe=" +@=,~()")
    except UnicodeEncodeError as error:
        raise InputError(
            "the cluster's name cannot be a folder name", found=cluster, expected="Unicode text"
        ) from error
    if name.startswith("."):
        name = "%2E" + name[1:]
    if len(name) > _LONGEST_NAME:
        raise InputError(
            "the cluster's name is too long", found=cluster, expected=f"at most {_LONGEST_NAME} characters"
        )
    return name
