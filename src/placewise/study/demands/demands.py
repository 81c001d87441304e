"""The one place where it matters what a study has: version jobs, records or a model become questions and a truth."""

from __future__ import annotations

from placewise.errors import InputError
from placewise.matching.bits.kernels import Kernels
from placewise.model.jobs.records import Records
from placewise.model.studies.study import TIMED, Study
from placewise.study.demands.asked import Demands


def demands_of(study: Study, kernels: Kernels) -> Demands:
    """Return the questions and rules of the jobs that take part.

    Raises InputError for an empty fleet, no jobs, and names that no question has.
    """
    if not len(study.fleet):
        raise InputError("the fleet has no clusters", expected="at least one")
    if study.trace is not None:
        raise InputError("a trace is replayed, and has no other experiment", found=study.source, expected=TIMED)
    if study.truth is not None:
        from placewise.study.demands.model_demands import ModelDemands  # noqa: PLC0415, likewise

        return ModelDemands.of(study, study.truth, kernels)
    if isinstance(study.jobs, Records):
        if study.settings.unknown == "yes":
            raise InputError("--unknown yes has no effect for records", found="yes", expected="no")
        # As little as is needed is loaded: the two kinds share neither statistics nor readers.
        from placewise.study.demands.record_demands import RecordDemands  # noqa: PLC0415

        return RecordDemands.of(study, study.jobs, kernels)
    from placewise.study.demands.version_demands import VersionDemands  # noqa: PLC0415

    return VersionDemands.of(study, study.jobs, kernels)
