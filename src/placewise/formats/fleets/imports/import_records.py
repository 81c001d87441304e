"""What imports wrote of the clusters in a fleet's folder, by the ``import.json`` of each.

A cluster of one import has its files right in its folder. One of several has the cluster that these describe together
there, for all who read it, and below ``imports/KIND`` what each kind said on its own, so that any can be imported anew
without the others.
"""

from __future__ import annotations

import glob
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from placewise.errors import InputError, locating
from placewise.formats import values
from placewise.formats.fleets.jgf.clusters import cluster_files, read_cluster
from placewise.formats.fleets.jgf.writing import cluster_documents
from placewise.formats.fleets.vocabulary.of_fleet import vocabulary_in
from placewise.formats.fleets.vocabulary.reading import VOCABULARY, vocabulary_document
from placewise.formats.fleets.vocabulary.writing import vocabulary_text
from placewise.formats.reading import entries_of, found_at, read_json
from placewise.formats.writing import json_bytes
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.joined_parts import Joined, Part
from placewise.model.fleets.vocabulary import Vocabulary

RECORD = "import.json"
PARTS = "imports"


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """Which imports wrote a cluster: the name of each, by kind. files : what they wrote right in its folder."""

    imports: Mapping[str, str]
    files: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Return the content of ``import.json``."""
        if len(self.imports) > 1:
            return {"imports": dict(self.imports), "files": list(self.files)}
        ((kind, name),) = self.imports.items()
        return {"kind": kind, "name": name, "files": list(self.files)}


def records_in(fleet: Path) -> Iterator[tuple[str, ImportRecord]]:
    """Yield the folder's name and the record of each cluster that imports wrote. Raises InputError for a broken one."""
    for path in entries_of(fleet):
        if found_at(path) == "folder" and found_at(path / RECORD) == "file":
            with locating(file=path / RECORD):
                yield path.name, _record(read_json(path / RECORD))


def _record(document: Any) -> ImportRecord:
    entry = values.mapping(document, "document")
    if "imports" in entry:
        values.exactly(entry, ("imports", "files"), "document")
        imports = values.mapping(entry["imports"], "imports")
        if not imports:
            raise InputError("lists no import", place="imports", expected="kinds and names")
    else:
        values.exactly(entry, ("kind", "name", "files"), "document")
        imports = {values.text(entry["kind"], "kind"): entry["name"]}
    files = tuple(_plain_file(one, "files") for one in values.sequence(entry["files"], "files"))
    return ImportRecord({_plain_file(kind, "kind"): values.text(name, "name") for kind, name in imports.items()}, files)


def _plain_file(value: Any, place: str) -> str:
    """Return the name of a file right in the folder: a record that says otherwise would remove other files."""
    name = values.text(value, place)
    if "/" in name or name in (".", ".."):
        raise InputError("is not the name of a file", place=place, found=name, expected="such as nodes.json")
    return name


def written(folder: Path, record: ImportRecord) -> tuple[Cluster, Vocabulary] | None:
    """Return a cluster as imports wrote it, without what others put into its folder; None where it cannot be read."""
    try:
        return _read(folder, record.files)
    except InputError:
        return None


def parts_of(folder: Path, record: ImportRecord) -> dict[str, Part]:
    """Return what each import says of a cluster, by kind. Raises InputError for what cannot be read."""
    if len(record.imports) == 1:
        return {kind: Part(kind, *_read(folder, record.files)) for kind in record.imports}
    return {kind: Part(kind, *_read(folder / PARTS / kind, None)) for kind in record.imports}


def _read(folder: Path, files: Collection[str] | None) -> tuple[Cluster, Vocabulary]:
    words = vocabulary_in(folder) if files is None or VOCABULARY in files else Vocabulary()
    return read_cluster(folder, vocabulary=words, files=files), words


def patterns_of(name: str, record: ImportRecord) -> list[str]:
    """Return patterns of all that imports wrote into the folder of a cluster."""
    escaped = glob.escape(name)
    found = [f"{escaped}/{glob.escape(file)}" for file in (*record.files, RECORD)]
    if len(record.imports) > 1:
        found += [f"{escaped}/{PARTS}{below}" for below in ("", *(f"/{glob.escape(one)}" for one in record.imports))]
        found += [f"{escaped}/{PARTS}/{glob.escape(one)}/*" for one in record.imports]
    return found


def further_files(folder: Path, record: ImportRecord) -> list[str]:
    """Return the files of a cluster that no import wrote."""
    return [path.name for path in cluster_files(folder) if path.name not in record.files]


def write_parts(joined: Joined, parts: Collection[Part], imports: Mapping[str, str], to: Path) -> None:
    """Write a cluster, and each of its parts if there are several, into a folder that nobody reads yet."""
    texts = _texts(joined.cluster, joined.words)
    texts[RECORD] = json_bytes(ImportRecord(imports, tuple(sorted(texts))).document())
    _write(texts, to)
    if len(parts) > 1:
        for part in parts:
            _write(_texts(part.cluster, part.words), to / PARTS / part.kind)


def _texts(cluster: Cluster, words: Vocabulary) -> dict[str, bytes]:
    texts = {file: json_bytes(document) for file, document in cluster_documents(cluster, words).items()}
    if vocabulary_document(words):
        texts[VOCABULARY] = vocabulary_text(words).encode()
    return texts


def _write(texts: Mapping[str, bytes], folder: Path) -> None:
    folder.mkdir(parents=True)
    for file, content in texts.items():
        (folder / file).write_bytes(content)
