"""Whether what a job requires may be asked of all that a fleet offers."""

from __future__ import annotations

from collections.abc import Iterable

from placewise.errors import InputError, Words
from placewise.matching.fleet.index import FleetIndex
from placewise.model.requirements.requirement import Expression, Requirement, tests_of

# So few requirements are always asked of all vertices; more of them, of so many and twice those that there are.
_FEW_TESTS = 16
_VERTICES_ASKED = 40_000


def require_askable(index: FleetIndex, requirements: Iterable[Expression]) -> None:
    """Raise InputError for what asks more of the vertices of the fleet than may be asked for one job."""
    tests: dict[Requirement, None] = {}
    for one in requirements:
        if isinstance(one, Requirement):  # most are
            tests[one] = None
        else:
            tests.update(dict.fromkeys(tests_of(one)))
    if len(tests) <= _FEW_TESTS:
        return
    most, all_counted = _VERTICES_ASKED, False
    for number, test in enumerate(tests):
        most -= index.vertices_asked(test)
        if most < 0 and not all_counted:  # counting what the fleet offers takes longer than most jobs
            most, all_counted = most + 2 * index.rows, True
        if most < 0:
            raise InputError(
                "the job requires too much to be asked of all that the fleet offers",
                found=Words(f"{len(tests)} requirements"),
                expected=f"about {number} of this kind; several jobs can ask for more",
            )
