"""jobspecs/*.yaml: the jobs of an experiment, many a file, each with a range of versions for each package.

The format is that of the prior work (rainbow-experiments, reliabuild): each file is a list of
``{name, package, package_version, resources: {package: {min, max}}}``. Bounds are included; one of
them may be missing, which leaves that end open. Besides or in place of `resources` a job may have `requires`,
a list of entries as in a jobspec; what `resources` says of a package is one more entry of that list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import numpy as np

from placewise.errors import InputError, locating
from placewise.formats import values
from placewise.formats.reading import decode, entries_of, parse_json, parse_yaml, read_bytes
from placewise.formats.requirements.entries import read_entries
from placewise.formats.requirements.reading import Reading
from placewise.formats.requirements.rows import REQUIRES
from placewise.model.jobs.workload import Workload, first_conflict
from placewise.model.requirements.requirement import Expression, Requirement, version_requirement

SUFFIXES = (".yaml", ".yml", ".json")
COLUMNS = ("package", "package_version")

_USUAL_FIELDS = frozenset(("name", *COLUMNS, "resources"))
FIELDS = _USUAL_FIELDS | {REQUIRES}
BOUNDS = frozenset(("min", "max"))
# Enough jobs to drown the cost of a step, few enough to stay in the processor's cache.
_BLOCK = 256

_T = TypeVar("_T")

Documents: TypeAlias = Sequence[tuple[object, Any]]


def jobspec_files(folder: Path) -> list[Path]:
    """Return the jobspec files (.yaml, .yml, .json; not hidden) of a folder in natural order: 2 before 10.

    Raises InputError when the folder cannot be listed.
    """
    files = [path for path in entries_of(folder) if path.suffix in SUFFIXES and not path.name.startswith(".")]
    return sorted(files, key=_natural)


def read_jobspecs(folder: Path) -> Workload:
    """Return the jobs of every jobspec file of a folder, in the files' natural order.

    Raises InputError naming file, job and package.
    """
    return workload_of([(path, parse_jobspecs(read_bytes(path), path)) for path in jobspec_files(folder)])


def parse_jobspecs(content: bytes, path: Path) -> Any:
    """Return the document in a jobspec file's content, read as JSON or YAML by the path's suffix."""
    parse = parse_json if path.suffix == ".json" else parse_yaml
    return parse(decode(content, path), path)


def parse_job_entries(entries: list[dict[str, Any]], source: object) -> Workload:
    """Return the workload of jobs given as one parsed list. Raises InputError as `read_jobspecs` does."""
    return workload_of([(source, entries)])


def workload_of(documents: Documents) -> Workload:
    """Return the workload of parsed jobspec lists, each with the source to name in errors.

    Columns: package and package_version, text or None. Jobs without resources are kept. Jobs that are
    equal in name and requirements are kept and count. Raises InputError naming source, job and package.
    """
    for source, entries in documents:
        if not isinstance(entries, list):
            raise InputError("is not a list of jobs", file=source, found=entries, expected="a list of jobs")
    if not any(entries for _, entries in documents):
        raise InputError("there are no jobs", file=documents[0][0] if documents else None, expected="at least one job")
    try:
        workload = _in_bulk(list(chain.from_iterable(entries for _, entries in documents)))
    except (InputError, LookupError, TypeError, AttributeError):
        workload = _one_by_one(documents)
    _refuse_conflicts(workload, documents)
    return workload


class _Numbers(dict[tuple[Any, Any, Any], int]):
    """Numbers of requirements by package, minimum and maximum as written; what is new is checked and numbered."""

    __slots__ = ("requirements",)

    def __init__(self) -> None:
        super().__init__()
        self.requirements: dict[Expression, int] = {}

    def number_of(self, requirement: Expression) -> int:
        """Return the number of a requirement, the next one if it is new."""
        return self.requirements.setdefault(requirement, len(self.requirements))

    def __missing__(self, key: tuple[Any, Any, Any]) -> int:
        # Two texts can mean one range: 1.2 is 1-2.
        number = self.number_of(_range(*key))
        # As keys 1, 1.0 and True are one, so only what is exactly as written is remembered.
        if {str, type(None)}.issuperset(map(type, key)):
            self[key] = number
        return number


def _range(package: Any, *bounds: Any) -> Requirement:
    """Return the requirement of one package with its bounds as written. Raises InputError for anything else."""
    if type(package) is not str:
        raise InputError("a package is not text", found=package, expected="text")
    values.refuse_control(package, None)
    texts = [
        None if bound is None else values.version_text(bound, name)
        for name, bound in zip(("min", "max"), bounds, strict=True)
    ]
    if texts == [None, None]:
        raise InputError("gives no bound", expected="min, max or both")
    return version_requirement(package, *texts)


def _in_bulk(jobs: list[Any]) -> Workload:
    """Read jobs that are written as usual; any error means only that `_one_by_one` has to look."""
    if set(map(type, jobs)) != {dict} or not all(map(_USUAL_FIELDS.issuperset, jobs)):
        raise TypeError
    names = list(map(itemgetter("name"), jobs))
    columns = {column: [job.get(column) for job in jobs] for column in COLUMNS}
    if set(map(type, names)) != {str} or "" in names or values.any_control(names):
        raise TypeError
    for column in columns.values():
        if not set(map(type, column)) <= {str, type(None)} or "" in column:
            raise TypeError
        if values.any_control(set(column) - {None}):
            raise TypeError
    if not {type(job["resources"]) for job in jobs} <= {dict, type(None)}:
        raise TypeError
    resources = [job["resources"] or {} for job in jobs]
    lengths = np.fromiter(map(len, resources), dtype=np.int64, count=len(jobs))
    numbers = _Numbers()
    ids = np.fromiter(chain.from_iterable(_numbered(resources, numbers)), dtype=np.int32, count=int(lengths.sum()))
    return Workload.from_flat(tuple(names), tuple(numbers.requirements), lengths, ids, columns)


def _numbered(resources: list[dict[str, dict[str, str]]], numbers: _Numbers) -> Iterator[Iterator[int]]:
    minimum, maximum = itemgetter("min"), itemgetter("max")
    for start in range(0, len(resources), _BLOCK):
        block = resources[start : start + _BLOCK]
        ranges = list(chain.from_iterable(map(dict.values, block)))
        # Each has both bounds, or itemgetter raises, so two fields each means no others.
        if sum(map(len, ranges)) != 2 * len(ranges):
            raise TypeError
        yield map(
            numbers.__getitem__,
            zip(chain.from_iterable(block), map(minimum, ranges), map(maximum, ranges), strict=True),
        )


def _one_by_one(documents: Documents) -> Workload:
    """Read jobs with every check, so that an error can name its place."""
    numbers = _Numbers()
    names: list[str] = []
    rows: list[list[int]] = []
    columns: dict[str, list[str | None]] = {column: [] for column in COLUMNS}
    for source, entries in documents:
        for position, job in enumerate(entries, start=1):
            with locating(file=source):
                names.append(_name(job, position))
                place = f"job {names[-1]!r}"
                for column in COLUMNS:
                    columns[column].append(_optional(job, column, place))
                rows.append(_row(job, place, numbers))
    lengths = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
    ids = np.fromiter(chain.from_iterable(rows), dtype=np.int32, count=int(lengths.sum()))
    return Workload.from_flat(tuple(names), tuple(numbers.requirements), lengths, ids, columns)


def _name(job: Any, position: int) -> str:
    place = f"job {position}"
    if "name" not in values.mapping(job, place):
        raise InputError("has no name", place=place, expected="a name")
    return values.text(job["name"], f"{place}, name")


def _optional(job: dict[str, Any], field: str, place: str) -> str | None:
    value = job.get(field)
    return None if value is None else values.version_text(value, f"{place}, {field}")


def _row(job: dict[str, Any], place: str, numbers: _Numbers) -> list[int]:
    values.refuse_unknown(job, FIELDS, place)
    if REQUIRES in job:
        entries = read_entries(job[REQUIRES], f"{place}, {REQUIRES}", Reading())
        for requirement in _ranges(job, place, _range):
            entries.add(requirement)
        return [numbers.number_of(part) for part in entries.expressions()]
    if "resources" not in job:
        raise InputError("has no resources", place=place, expected="resources (empty if none are needed), or requires")
    return list(_ranges(job, place, lambda *key: numbers[key]))


def _ranges(job: dict[str, Any], place: str, of: Callable[[Any, Any, Any], _T]) -> Iterator[_T]:
    """Yield what a function makes of each package and its bounds, which it may refuse."""
    if job.get("resources") is None:
        return
    for package, bounds in values.mapping(job["resources"], f"{place}, resources").items():
        where = f"{place}, package {package!r}"
        values.refuse_unknown(values.mapping(bounds, where), BOUNDS, where)
        with locating(place=where):
            try:
                yield of(package, bounds.get("min"), bounds.get("max"))
            except TypeError:  # a list or mapping, which cannot be looked up
                raise InputError("a bound is not text", found=bounds, expected="versions") from None


def _refuse_conflicts(workload: Workload, documents: Documents) -> None:
    conflict = first_conflict(workload)
    if conflict is None:
        return
    where = [(source, position) for source, entries in documents for position in range(1, len(entries) + 1)]
    (one, first), (other, second) = (where[job] for job in conflict)
    raise InputError(
        f"two jobs are named {workload.names[conflict[0]]!r} and ask for different things",
        file=other,
        place=f"job {second}, and job {first} of {one}",
        expected="a name of its own for each set of requirements (equal jobs may share one, and all count)",
    )


def _natural(path: Path) -> tuple[list[str | int], str]:
    parts = re.split(r"([0-9]+)", path.name)
    return [int(part) if part.isdigit() and part.isascii() else part for part in parts], path.name
