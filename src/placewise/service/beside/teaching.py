"""What subsystems teach beyond a vocabulary."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from placewise.kinds.vocabulary.inferring import learned
from placewise.matching.clusters.cluster_facts import CLUSTER
from placewise.matching.fleet.known_names import USUAL_TYPES
from placewise.model.fleets.cluster import Cluster
from placewise.model.fleets.resources import Subsystem
from placewise.model.fleets.vocabulary import Vocabulary
from placewise.model.scalar import Value

MOST_FACTS = 10_000


def taught_by(subsystems: Iterable[Subsystem], vocabulary: Vocabulary) -> Vocabulary:
    """Return the subsystems, fields and kinds that a vocabulary does not know yet."""
    listed = list(subsystems)
    # Only what is said of these is looked at: what is known of all others is long.
    fields = {(one.name, field) for one in listed for vertex in one.vertices for field, _ in vertex.properties}
    kinds = {name: kind for name in fields if (kind := vocabulary.kind_of(*name)) is not None}
    known = {one.name: vocabulary.known[one.name] for one in listed if one.name in vocabulary.known}
    before = Vocabulary(kinds=kinds, known=known)
    after = learned(before, _vertices(listed))
    if after is before:
        return Vocabulary()
    return Vocabulary(
        kinds={name: kind for name, kind in after.kinds.items() if name not in kinds},
        known={name: some for name, some in after.known.items() if some != known.get(name)},
    )


def taught_by_cluster(cluster: Cluster, state: Iterable[str], vocabulary: Vocabulary) -> Vocabulary:
    """Return what a cluster teaches: its subsystems, the types of its resources, and the fields of its state.

    What states say is a fact of the cluster itself; of strangers no more than MOST_FACTS are remembered.
    """
    taught = taught_by(cluster.subsystems, vocabulary)
    types = frozenset(vertex.type for vertex in cluster.graph.vertices) - vocabulary.types - USUAL_TYPES
    return replace(taught, types=types).over(taught_by_state(state, vocabulary))


def taught_by_state(fields: Iterable[str], vocabulary: Vocabulary) -> Vocabulary:
    """Return the fields of a state that a vocabulary does not know yet, as facts of a cluster."""
    known = vocabulary.known.get(CLUSTER, frozenset())
    new = sorted(set(fields) - known)[: max(0, MOST_FACTS - len(known))]
    return Vocabulary(known={CLUSTER: frozenset(new)}) if new else Vocabulary()


def _vertices(subsystems: Iterable[Subsystem]) -> Iterable[tuple[str, tuple[tuple[str, Value], ...]]]:
    for subsystem in subsystems:
        yield subsystem.name, ()
        for vertex in subsystem.vertices:
            yield subsystem.name, vertex.properties
