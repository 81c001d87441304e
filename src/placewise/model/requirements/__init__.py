"""What a job requires and prefers: expressions over tests of vertices."""

from __future__ import annotations

from placewise.model.requirements.requirement import Expression, Requirement


def _parse(text: str) -> Expression:
    """Return the requirement that a line of text writes; `str` of a requirement is such a text.

    Raises InputError naming the column for a text that is none.

    >>> str(Requirement.parse("gpu{vendor=amd, memory>=40} and not hdf5@:1.10"))
    'gpu{memory>=40, vendor=amd} and not hdf5@:1.10'
    """
    from placewise.model.requirements.requirement_line import parse_requirement  # noqa: PLC0415, lark is for lines only

    return parse_requirement(text)


Requirement.parse = staticmethod(_parse)
