"""What subsystems teach beyond a vocabulary."""

from __future__ import annotations

from collections.abc import Iterable

from placewise.kinds.inferring import learned
from placewise.model.resources import Subsystem
from placewise.model.scalar import Value
from placewise.model.vocabulary import Vocabulary


def taught_by(subsystems: Iterable[Subsystem], vocabulary: Vocabulary) -> Vocabulary:
    """Return the subsystems, fields and kinds that a vocabulary does not know yet."""
    listed = list(subsystems)
    # Only these are looked at: what is known of all others is long.
    known = {one.name: vocabulary.known[one.name] for one in listed if one.name in vocabulary.known}
    before = Vocabulary(vocabulary.kinds, vocabulary.aliases, known)
    after = learned(before, _vertices(listed))
    if after is before:
        return Vocabulary()
    new = {name: fields for name, fields in after.known.items() if fields != known.get(name)}
    kinds = {field: kind for field, kind in after.kinds.items() if field not in vocabulary.kinds}
    return Vocabulary(kinds=kinds, known=new)


def _vertices(subsystems: Iterable[Subsystem]) -> Iterable[tuple[str, tuple[tuple[str, Value], ...]]]:
    for subsystem in subsystems:
        yield subsystem.name, ()
        for vertex in subsystem.vertices:
            yield subsystem.name, vertex.properties
