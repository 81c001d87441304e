"""Match algorithms by name: which kinds of conditions a request allows its jobs to have."""

from __future__ import annotations

from placewise.errors import InputError, one_of
from placewise.model.jobs.job import Job
from placewise.model.requirements.predicates import Contains, Equals, InNumericRange, InVersionRange, OneOf, Within
from placewise.model.requirements.requirement import tests_of

_EVERYTHING = "match"
_KINDS: dict[str, tuple[type, ...]] = {
    "range": (Within, InVersionRange, InNumericRange),
    "equals": (Equals, OneOf, Contains),
}
MATCHERS = (_EVERYTHING, *_KINDS)


def check_matcher(name: str) -> str:
    """Return the name of a match algorithm. Raises InputError for an unknown one."""
    if name not in MATCHERS:
        raise InputError("no such match algorithm", found=name, expected=one_of(name, MATCHERS))
    return name


def refuse_what_is_not_judged(job: Job, matcher: str) -> None:
    """Raise InputError for a condition that a match algorithm does not judge, since it must not count as met.

    Conditions are looked at wherever they stand, in `or` and `not` too.
    """
    kinds = _KINDS.get(matcher)
    if kinds is None:
        return
    for requirement in job.requirements:
        for test in tests_of(requirement):
            for condition in test.conditions:
                if not isinstance(condition.predicate, kinds):
                    raise InputError(
                        f"the match algorithm {matcher!r} does not judge this condition",
                        place=f"requirement on {test.subsystem!r}",
                        found=str(condition),
                        expected=f"the algorithm {_EVERYTHING}, or conditions of its kind only",
                    )
