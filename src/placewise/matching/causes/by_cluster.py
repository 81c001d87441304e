"""The causes of each cluster that does not match, gathered from an explanation that groups them by requirement."""

from __future__ import annotations

from placewise.matching.causes.why_not import WhyNot
from placewise.model.requirements.requirement import tests_of

TOO_SMALL = "cannot host the resources asked for, whatever the requirements"


def lines_by_cluster(answer: WhyNot) -> dict[str, tuple[str, ...]]:
    """Return the causes of each cluster that does not match, or may, each as one line a person can read."""
    found: dict[str, dict[str, None]] = {}
    for there in (*(there for one in answer.blocked for there in one.causes), *answer.apart):
        for cluster in there.clusters:
            found.setdefault(cluster, {}).update(dict.fromkeys(map(str, there.causes)))
    for unknown in answer.unknown:
        found.setdefault(unknown.cluster, {}).update(dict.fromkeys(map(str, unknown.facts)))
    for incomparable in answer.incomparable:
        found.setdefault(incomparable.cluster, {}).setdefault(incomparable.problem)
    for cluster in answer.too_small:
        found.setdefault(cluster, {}).setdefault(TOO_SMALL)
    return {cluster: tuple(lines) for cluster, lines in found.items()}


def subsystems_by_cluster(answer: WhyNot) -> dict[str, tuple[str, ...]]:
    """Return the subsystems that keep each cluster from meeting a requirement, each once."""
    found: dict[str, dict[str, None]] = {}
    for one in answer.blocked:
        named = {
            cluster: [name for cause in there.causes for name in cause.subsystem.split("|") if name]
            for there in one.causes
            for cluster in there.clusters
        }
        every = [test.subsystem for test in tests_of(one.requirement)]
        for cluster in one.clusters:
            found.setdefault(cluster, {}).update(dict.fromkeys(named.get(cluster) or every))
    for there in answer.apart:
        for cluster in there.clusters:
            names = [name for cause in there.causes for name in cause.subsystem.split("|") if name]
            found.setdefault(cluster, {}).update(dict.fromkeys(names))
    return {cluster: tuple(names) for cluster, names in found.items()}
