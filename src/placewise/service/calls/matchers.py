"""Match algorithms by name: which kinds of conditions a request allows its jobs to have."""

from __future__ import annotations

from placewise.errors import InputError
from placewise.model.job import Job
from placewise.model.predicates import Equals, InNumericRange, InVersionRange, OneOf

_EVERYTHING = "match"
_KINDS: dict[str, tuple[type, ...]] = {
    "range": (InVersionRange, InNumericRange),
    "equals": (Equals, OneOf),
}
MATCHERS = (_EVERYTHING, *_KINDS)


def check_matcher(name: str) -> str:
    """Return the name of a match algorithm. Raises InputError for an unknown one."""
    if name not in MATCHERS:
        raise InputError("no such match algorithm", found=name, expected=" or ".join(MATCHERS))
    return name


def refuse_what_is_not_judged(job: Job, matcher: str) -> None:
    """Raise InputError for a condition that a match algorithm does not judge, since it must not count as met."""
    kinds = _KINDS.get(matcher)
    if kinds is None:
        return
    for requirement in job.requirements:
        for condition in requirement.conditions:
            if not isinstance(condition.predicate, kinds):
                raise InputError(
                    f"the match algorithm {matcher!r} does not judge this condition",
                    place=f"requirement on {requirement.subsystem!r}",
                    found=str(condition),
                    expected=f"the algorithm {_EVERYTHING}, or conditions of its kind only",
                )
