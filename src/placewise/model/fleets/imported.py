"""What was read from the files of another tool: clusters, and an account of what is in them and what is not."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter

from placewise.errors import InputError
from placewise.model.fleets.cluster import Cluster, Fleet
from placewise.model.fleets.vocabulary import EVERY, Vocabulary


@dataclass(frozen=True, slots=True)
class Dropped:
    """Things of one kind in a file that the clusters do not hold as the file has them, for one reason.

    what : such as "externals". why : one sentence without its full stop. count : how many there are.
    places : where they are in the file, the first of them only where there are many.
    """

    what: str
    why: str
    file: str
    count: int
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """What a file does not say of a cluster: whether it has more of a subsystem than is described, and why not.

    cluster, subsystem : empty for every one. fields : whether all vertices are described, and not all fields of each.
    """

    cluster: str
    subsystem: str
    why: str
    fields: bool = False


@dataclass(frozen=True, slots=True)
class Imported:
    """The clusters of an import, by name.

    name : of all clusters together; another import of the same kind and name replaces them. vocabulary : its
    completeness is by cluster and subsystem. read : how many things of each kind were read, such as nodes.
    Raises InputError for an empty name, no cluster, two clusters of one name, and completeness of others.
    """

    name: str
    clusters: tuple[Cluster, ...]
    vocabulary: Vocabulary
    read: tuple[tuple[str, int], ...] = ()
    dropped: tuple[Dropped, ...] = ()
    unknown: tuple[Unknown, ...] = ()

    def __post_init__(self) -> None:
        if not self.name:
            raise InputError("the import has no name", expected="--name")
        if not self.clusters:
            raise InputError("holds no clusters", expected="at least one")
        object.__setattr__(self, "clusters", tuple(sorted(self.clusters, key=attrgetter("name"))))
        object.__setattr__(self, "vocabulary", _knowing_its_words(self.vocabulary))
        names = set(self.fleet().names)
        for cluster, _ in self.vocabulary.complete:
            if cluster and cluster not in names:
                raise InputError("says how complete a cluster is that is not there", found=cluster)

    def fleet(self) -> Fleet:
        """Return the clusters as a fleet."""
        return Fleet(self.clusters, self.vocabulary)


def _knowing_its_words(vocabulary: Vocabulary) -> Vocabulary:
    """Return a vocabulary in which all is known of which it says something, as in one that is read from a file."""
    known: dict[str, frozenset[str]] = {}
    for subsystem, field in (*vocabulary.kinds, *vocabulary.aliases):
        if subsystem != EVERY:
            known[subsystem] = known.get(subsystem, frozenset()) | {field}
    for _, subsystem in vocabulary.complete:
        if subsystem != EVERY:
            known.setdefault(subsystem, frozenset())
    return vocabulary.with_known(known, {})
