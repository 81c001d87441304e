"""Fail when a document's example does not read, or its link leads nowhere.

Examples are fenced blocks whose opening fence says what they are: "```yaml flux" (or another dialect) is a
jobspec that must be detected as this dialect and survive being written and read again; "```yaml jobs" a list of
jobs; "```yaml builds" one of build records; "```json features" a cluster-features.json; "```json nodes" a JGF
containment graph; "```json subsystem" one of a subsystem attached to the last nodes; "```toml study" a study file;
"```yaml vocabulary" a vocabulary.yaml; "```json fluxion" and "```json resource-set" a graph and an R of Flux's;
"```yaml priorities" what a constraint policy is made of; "```csv fit" builds that runtime models are fitted to;
"```yaml expectations" a file of expectations.

    docs_examples.py FILE_OR_FOLDER...
"""

# ruff: noqa: INP001, T201

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import yaml

from placewise.errors import InputError
from placewise.formats.advice.expectations_file import read_expectations
from placewise.formats.fleets.cluster_features import fleet_of
from placewise.formats.fleets.fleet_source import read_fleet
from placewise.formats.fleets.jgf.clusters import parse_containment, parse_subsystem
from placewise.formats.fleets.vocabulary.reading import read_vocabulary
from placewise.formats.jobs.build_lists import builds_of
from placewise.formats.jobs.jobspec import dialects, jobspec_document, jobspec_text, parse_jobspec
from placewise.formats.jobs.jobspec_lists import parse_job_entries
from placewise.formats.reading import parse_yaml
from placewise.formats.records.build_records import read_build_records
from placewise.formats.studies.selection_config import read_priorities
from placewise.formats.studies.study_file import read_study_file
from placewise.selection.constraint import constraint_policy

# Readers of documents that are read as files only, and how these end.
_READERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "expectations": (".yaml", read_expectations),
    "fit": (".csv", lambda path: read_build_records(path, cache=None)),
    "fluxion": (".json", read_fleet),
    "resource-set": (".json", read_fleet),
    "priorities": (".yaml", lambda path: constraint_policy(read_priorities(path))),
    "study": (".toml", read_study_file),
    "vocabulary": (".yaml", read_vocabulary),
}

_BLOCK = re.compile(r"^```(?:yaml|json|toml|csv) (?P<kind>[\w-]+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")


def check_examples(text: str, source: Path) -> int:
    """Read every example of a document; return how many there are. Raises InputError for one that does not read."""
    graph = None
    found = list(_BLOCK.finditer(text))
    for block in found:
        kind, content = block["kind"], block["text"]
        if kind == "jobs":
            parse_job_entries(yaml.safe_load(content), source)
        elif kind == "builds":
            builds_of([(source, content.encode())])
        elif kind in _READERS:
            check_file(kind, content)
        elif kind == "features":
            fleet_of(json.loads(content), source)
        elif kind == "nodes":
            _, graph = parse_containment(json.loads(content), source)
        elif kind == "subsystem":
            if graph is None:
                raise InputError("a subsystem stands before any nodes", file=source)
            parse_subsystem(json.loads(content), "compiler", graph, source)
        else:
            check_jobspec(kind, content, source)
    return len(found)


def check_file(kind: str, content: str) -> None:
    """Read an example from a file of its own."""
    suffix, read = _READERS[kind]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"example{suffix}")
        path.write_text(content, encoding="utf-8")
        read(path)


def check_jobspec(dialect: str, content: str, source: Path) -> None:
    """Read a jobspec, see that it is of the dialect, and write and read it again."""
    document = parse_yaml(content, source)
    detected = [name for name, known in dialects().items() if known.detect(document)]
    if detected != [dialect]:
        raise InputError("is not detected as the dialect", file=source, found=detected, expected=dialect)
    job = jobspec_text(content, "example", source)
    if parse_jobspec(jobspec_document(job, dialect), "example", source) != job:
        raise InputError("does not survive being written", file=source, found=dialect)


def dead_links(text: str, source: Path) -> list[str]:
    """List the relative links of a document that lead to no file."""
    targets = [match["target"] for match in _LINK.finditer(_FENCED.sub("", text))]
    local = [target.partition("#")[0] for target in targets if "://" not in target and not target.startswith("mailto:")]
    return [target for target in local if target and not (source.parent / target).exists()]


def main() -> None:
    """Check all documents named, and those in the folders named."""
    documents = [
        document
        for name in sys.argv[1:]
        for document in (sorted(Path(name).rglob("*.md")) if Path(name).is_dir() else [Path(name)])
    ]
    examples = 0
    for document in documents:
        text = document.read_text(encoding="utf-8")
        try:
            examples += check_examples(text, document)
        except InputError as error:
            sys.exit(f"{document}: {error}")
        if dead := dead_links(text, document):
            sys.exit(f"{document}: links that lead nowhere: {', '.join(dead)}")
    print(f"{len(documents)} documents, {examples} examples")


if __name__ == "__main__":
    main()
