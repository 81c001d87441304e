"""The vocabulary of a fleet, from the files beside the descriptions of its clusters."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TypeVar

from placewise.errors import InputError
from placewise.formats.fleets.vocabulary.reading import VOCABULARY, read_vocabulary
from placewise.formats.reading import found_at
from placewise.model.fleets.vocabulary import EVERY, Completeness, FieldName, Vocabulary

T = TypeVar("T")


def vocabulary_in(folder: Path) -> Vocabulary:
    """Return the vocabulary of a folder's vocabulary.yaml; an empty one where there is none."""
    path = folder / VOCABULARY
    return Vocabulary() if found_at(path) == "nothing" else read_vocabulary(path)


def joined(of_fleet: Vocabulary, of_clusters: Mapping[Path, Vocabulary]) -> Vocabulary:
    """Return the vocabulary of a fleet of folders, of which some have a vocabulary.yaml of their own.

    What the fleet's says counts before what the clusters' say; of completeness these say nothing here (see
    `completeness`). Raises InputError for two that contradict each other, where the fleet's does not decide.
    """
    found = of_fleet
    sources: dict[FieldName, Path] = {}
    for folder, own in of_clusters.items():
        for name in {**own.kinds, **own.aliases}:
            first = sources.setdefault(name, folder)
            if not _agree(name, of_fleet.kinds, found.kinds, own.kinds) or not _agree(
                name, of_fleet.aliases, found.aliases, own.aliases
            ):
                of = f"{name[0]!r}" if name[0] else "every subsystem"
                raise InputError(
                    f"the field {name[1]!r} of {of} has another meaning in {first / VOCABULARY}",
                    file=folder / VOCABULARY,
                    expected="the same meaning in both, or a vocabulary.yaml of the fleet that decides",
                )
        found = found.over(Vocabulary(own.kinds, own.aliases, own.known))
    return found


def completeness(name: str, own: Vocabulary) -> dict[tuple[str, str], Completeness]:
    """Return how complete a cluster is described, as its own vocabulary says: for each subsystem, empty for every one.

    Raises InputError for a vocabulary that speaks of another cluster.
    """
    refuse_other_clusters(own, (name,))
    general = {(name, subsystem): flag for (cluster, subsystem), flag in own.complete.items() if cluster == EVERY}
    return general | {key: flag for key, flag in own.complete.items() if key[0] == name}


def refuse_other_clusters(vocabulary: Vocabulary, names: Collection[str]) -> None:
    """Raise InputError for a vocabulary that speaks of a cluster that is not there: its name may be misspelt."""
    for cluster, _ in vocabulary.complete:
        if cluster and cluster not in names:
            close = difflib.get_close_matches(cluster, list(names)[:500], n=3)
            expected = f"a cluster of the fleet, such as {', '.join(close)}" if close else "a cluster of the fleet"
            raise InputError("no cluster has this name", place="clusters", found=cluster, expected=expected)


def _agree(
    name: FieldName, decided: Mapping[FieldName, T], one: Mapping[FieldName, T], other: Mapping[FieldName, T]
) -> bool:
    return name in decided or name not in one or name not in other or one[name] == other[name]
