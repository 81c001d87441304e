"""A job while it is made of another scheduler's document."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from placewise.model.jobs.imported_job import ImportedJob
from placewise.model.jobs.job import Job, ResourceGroup, ResourceRequest
from placewise.model.requirements.predicates import Equals
from placewise.model.requirements.requirement import AllOf, Condition, Expression, Requirement, equality
from placewise.model.scalar import Scalar

MEANINGLESS = "decides nothing of where the job can run"
UNKNOWN = "is not understood, and may be a demand"
ELSEWHERE = "limits where the job can run, and the fleet cannot say it"


@dataclass(slots=True)
class Draft:
    """What is gathered of a job."""

    name: str
    file: str
    groups: list[ResourceGroup] = field(default_factory=list)
    requirements: list[Expression] = field(default_factory=list)
    attributes: dict[str, Scalar] = field(default_factory=dict)
    left_out: dict[tuple[str, str], None] = field(default_factory=dict)

    def leave_out(self, place: str, why: str) -> None:
        """Note what is not in the job."""
        self.left_out[place, why] = None

    def done(self) -> ImportedJob:
        """Return the job; what is required holds of all groups. Raises InputError for what no job can ask for."""
        groups = self.groups or [ResourceGroup()]
        # What must hold together are several requirements, as documents have them.
        required = tuple(
            part for one in self.requirements for part in (one.parts if isinstance(one, AllOf) else (one,))
        )
        whole = tuple(ResourceGroup(one.shape, (*one.requirements, *required)) for one in groups)
        job = Job(self.name, whole, attributes=tuple(self.attributes.items()))
        return ImportedJob(job, self.file, tuple(self.left_out))


def fact(subsystem: str, **fields: str) -> Requirement:
    """Return the requirement of a vertex whose fields are these texts."""
    return Requirement(subsystem, tuple(Condition(name, equality(name, text)) for name, text in fields.items()))


def label(name: str, value: str) -> Requirement:
    """Return the requirement of a property with a value, or of one without."""
    conditions = [Condition("name", Equals(name)), *([Condition("value", Equals(value))] if value else [])]
    return Requirement("property", tuple(conditions))


def machine_parts(
    cores: int, memory_bytes: int = 0, gpus: Iterable[tuple[str, int]] = ()
) -> tuple[ResourceRequest, ...]:
    """Return what is asked for inside of a node or slot; gpus : models, empty for any, and how many of each."""
    parts = [ResourceRequest("core", cores)] if cores else []
    if memory_bytes:
        parts.append(ResourceRequest("memory", memory_bytes, unit="B"))
    for model, count in gpus:
        wanted = (fact("gpu", model=model),) if model else ()
        if count:
            parts.append(ResourceRequest("gpu", count, requirements=wanted))
    return tuple(parts)
