"""`outcomes.parquet`: one row for each job and level, nothing summarised away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from placewise.errors import InputError, Words, locating
from placewise.formats import values
from placewise.formats.reading import found_at
from placewise.formats.table_files.parquet_files import reading_parquet
from placewise.formats.writing import replacing
from placewise.model.results.results import OutcomeTable
from placewise.model.studies.study import WITH_REPLACEMENT, WITHOUT_REPLACEMENT

OUTCOMES = "outcomes.parquet"

_NAMES = pa.dictionary(pa.int32(), pa.string())
_COLUMNS = {
    "experiment": (_NAMES, "the experiment, as in scores.json"),
    "job": (_NAMES, "name of the job"),
    "profile": (pa.int32(), "which distinct set of outcome rules decides the job, 0, 1, ..."),
    "package": (_NAMES, "the root package of the job, where jobs name theirs"),
    "level": (pa.int32(), "how many subsystems the submission has metadata on"),
    "subsystem": (_NAMES, "the subsystem that got metadata last (null: none, or all at once)"),
    "matched": (pa.int32(), "clusters that match"),
    "feasible": (pa.int32(), "clusters on which the job can succeed"),
    "success": (pa.float64(), "probability of success; 0 where nothing matches"),
    "points": (pa.float64(), "expected number of outcome rules that hold"),
    "possible": (pa.int32(), "outcome rules of the job"),
    "cluster": (_NAMES, "the cluster assigned (null: an expectation over the matches, or no match)"),
    "additional_runtime_s": (
        pa.float64(),
        "expected runtime beyond that of the package's fastest builds, in s (NaN: not predicted)",
    ),
    "additional_cost": (
        pa.float64(),
        "that in hours times the price of the cluster (NaN: not predicted, or no price)",
    ),
}
_COSTS = ("additional_runtime_s", "additional_cost")


def write_outcomes(
    path: Path,
    tables: Sequence[OutcomeTable],
    jobs: Sequence[str],
    profiles: NDArray[np.int64],
    packages: Sequence[str] | None,
    subsystems: Sequence[str],
    clusters: Sequence[str],
) -> None:
    """Write outcome tables as one Parquet file, whole or not at all; the names are those that the tables number.

    profiles : (jobs,) which distinct set of outcome rules decides each job. packages : (jobs,) the root package of
    each; None where jobs do not say theirs.
    """
    costed = [name for name in _COSTS if tables and getattr(tables[0], name) is not None]
    rooted = () if packages is None else ("package",)
    # Numbered here: Arrow's own ways load its compute library.
    numbers = {name: number for number, name in enumerate(dict.fromkeys(packages or ()))}
    package = np.array([numbers[name] for name in packages or ()], dtype=np.int32)
    package_names = pa.array(list(numbers), pa.string())
    schema = pa.schema(
        pa.field(name, kind, metadata={"description": about})
        for name, (kind, about) in _COLUMNS.items()
        if name not in (*_COSTS, "package") or name in (*costed, *rooted)
    )
    job_names, subsystem_names, cluster_names = (pa.array(list(n), pa.string()) for n in (jobs, subsystems, clusters))
    experiments = pa.array([table.experiment for table in tables], pa.string())
    # Names repeat and gain from dictionaries; trying one on every column of numbers doubles the time.
    names = [field.name for field in schema if field.type == _NAMES]
    options = {"compression": "zstd", "use_dictionary": names}
    # Opened here, since Arrow takes only names that are UTF-8.
    with (
        replacing(path) as temporary,
        temporary.open("wb") as file,
        pq.ParquetWriter(file, schema, **options) as writer,
    ):
        for number, table in enumerate(tables):
            columns = [
                _named(np.full(len(table.job), number), experiments),
                _named(table.job, job_names),
                pa.array(profiles[table.job].astype(np.int32)),
                *(() if packages is None else (_named(package[table.job], package_names),)),
                pa.array(table.level, pa.int32()),
                _named(table.subsystem, subsystem_names),
                pa.array(table.matched.astype(np.int32)),
                pa.array(table.feasible.astype(np.int32)),
                pa.array(table.success),
                pa.array(table.points),
                pa.array(table.possible.astype(np.int32)),
                _named(table.cluster, cluster_names),
            ]
            columns += [pa.array(getattr(table, name)) for name in costed]
            writer.write_table(pa.table(columns, schema=schema))


def _named(numbers: NDArray[np.integer], names: pa.Array) -> pa.DictionaryArray:
    """Turn numbers into names; a negative number is a null."""
    numbers = numbers.astype(np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(numbers, mask=numbers < 0), names)


@dataclass(frozen=True, slots=True, eq=False)
class ExperimentSums:
    """The rows of one experiment added up by the name of their job, each array (names,); 0 where a name has none.

    copies : jobs of the name. submissions : rows. matched : those that some cluster matches. assigned : those that
    are given a cluster, which is all that match where outcomes are expectations. success : summed over rows.
    last : success at the last level at which something matches, summed over the copies.
    """

    copies: NDArray[np.float64]
    submissions: NDArray[np.float64]
    matched: NDArray[np.float64]
    assigned: NDArray[np.float64]
    success: NDArray[np.float64]
    last: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class OutcomeSums:
    """An outcomes table added up by experiment and name of job.

    names : distinct, as Arrow strings, since there may be millions. profiles : (names,) which distinct set of outcome
    rules decides the jobs of each name, packages : (names,) the number of their root package; None where the table does
    not say.
    """

    names: pa.Array
    profiles: NDArray[np.int64] | None
    packages: NDArray[np.int64] | None
    experiments: dict[str, ExperimentSums]

    def places_in(self, other: OutcomeSums) -> NDArray[np.int64]:
        """Return (names,) the position of each name in another table, -1 where it is not there."""
        return _places(self.names, other.names)


def read_outcome_sums(path: Path) -> OutcomeSums:
    """Add up an outcomes table by experiment and job, one row group in memory at a time.

    Raises InputError for no file, one that is not Parquet or cut short, other columns, and values that no run writes.
    """
    if found_at(path) != "file":
        raise InputError("does not exist", file=path, expected=f"the {OUTCOMES} of a results folder")
    experiments, jobs, subsystems, roots = _Names(), _Names(), _Names(), _Names()
    adding: dict[int, _Adding] = {}
    profiles, packages = np.full(0, -1, dtype=np.int64), np.full(0, -1, dtype=np.int64)
    with locating(file=path), reading_parquet(), pq.ParquetFile(path) as file:
        columns = _columns(file.schema_arrow)
        for number in range(file.num_row_groups):
            table = file.read_row_group(number, columns=columns, use_threads=False)
            table.validate(full=True)
            with locating(place=f"row group {number + 1}"):
                of, job = experiments.codes(table["experiment"]), jobs.codes(table["job"])
                rows = _Rows.of(table, job, subsystems.codes(table["subsystem"]))
                _refuse_null("experiment", of < 0)
                found = np.unique(of).tolist()
                for experiment in found:
                    some = rows if len(found) == 1 else rows.where(of == experiment)
                    adding.setdefault(experiment, _Adding()).add(some, len(jobs.names))
            profiles = _grown(profiles, len(jobs.names), -1)
            if "profile" in columns:
                profiles[job] = _numbers(table, "profile")
            packages = _grown(packages, len(jobs.names), -1)
            if "package" in columns:
                packages[job] = roots.codes(table["package"])
                _refuse_null("package", packages[job] < 0)
        for name in experiments.names.to_pylist():
            values.refuse_control(name, "experiment")
    chosen = (WITH_REPLACEMENT, WITHOUT_REPLACEMENT)
    sums = {
        name: adding[number].sums(len(jobs.names), chosen=name in chosen)
        for number, name in enumerate(experiments.names.to_pylist())
    }
    return OutcomeSums(
        jobs.names,
        profiles if "profile" in columns else None,
        packages if "package" in columns else None,
        sums,
    )


class _Names:
    """Names numbered in the order in which they are met."""

    def __init__(self) -> None:
        self.names = pa.array([], pa.string())

    def codes(self, column: pa.ChunkedArray) -> NDArray[np.int64]:
        """Return (rows,) the number of each name, -1 for null."""
        array = column.unify_dictionaries().combine_chunks()
        if not pa.types.is_dictionary(array.type):
            array = array.dictionary_encode()
        texts = array.dictionary.cast(pa.string())
        new = texts.filter(pa.array(_places(texts, self.names) < 0)).drop_null().unique()
        if len(new):
            self.names = pa.concat_arrays([self.names, new])
        places = np.append(_places(texts, self.names), -1)
        found: NDArray[np.int64] = places[array.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False)]
        return found


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Some rows, in the order of the file."""

    job: NDArray[np.int64]
    subsystem: NDArray[np.int64]
    level: NDArray[np.int64]
    matched: NDArray[np.bool_]
    assigned: NDArray[np.bool_]
    success: NDArray[np.float64]

    @classmethod
    def of(cls, table: pa.Table, job: NDArray[np.int64], subsystem: NDArray[np.int64]) -> _Rows:
        _refuse_null("job", job < 0)
        level, matched, success = (_numbers(table, name) for name in ("level", "matched", "success"))
        wrong = np.flatnonzero(~((success >= 0) & (success <= 1 + 1e-9)))
        if len(wrong):
            raise InputError("is not a probability", place="success", found=float(success[wrong[0]]), expected="0 to 1")
        assigned = table["cluster"].is_valid().to_numpy()
        return cls(job, subsystem, level.astype(np.int64), matched > 0, assigned, success)

    def where(self, chosen: NDArray[np.bool_]) -> _Rows:
        return _Rows(
            self.job[chosen],
            self.subsystem[chosen],
            self.level[chosen],
            self.matched[chosen],
            self.assigned[chosen],
            self.success[chosen],
        )


class _Adding:
    """The sums of one experiment as they grow, and its last row so far."""

    def __init__(self) -> None:
        self.added = np.zeros((6, 0))
        self.first_subsystem = np.zeros(0, dtype=np.int64)
        self.row = (-1, -1, 0.0)

    def add(self, rows: _Rows, names: int) -> None:
        job = rows.job
        self.added = np.pad(self.added, ((0, 0), (0, names - self.added.shape[1])))
        self.first_subsystem = _grown(self.first_subsystem, names, -2)
        unseen = np.flatnonzero(self.first_subsystem[job] == -2)[::-1]
        # Assignment with repeated indices keeps the last, which reversed is the first row of each name.
        self.first_subsystem[job[unseen]] = rows.subsystem[unseen]
        before, below, less = (
            np.append(previous, values)[:-1]
            for previous, values in zip(self.row, (job, rows.level, rows.success), strict=True)
        )
        goes_on = (job == before) & (rows.level == below + 1)
        if ((rows.level > 1) & (rows.subsystem >= 0) & ~goes_on).any():
            raise InputError("the rows of a job are not next to each other", expected="rows as simulate writes them")
        weights = (
            rows.subsystem == self.first_subsystem[job],  # one such row for each job
            np.ones(len(job)),
            rows.matched,
            rows.assigned,
            rows.success,
            # Summed along a job, the gains come to the success at its last level with a match.
            np.where(rows.matched, rows.success - np.where(goes_on, less, 0.0), 0.0),
        )
        self.added += np.stack([np.bincount(job, weight, minlength=names) for weight in weights])
        self.row = (int(job[-1]), int(rows.level[-1]), float(rows.success[-1]))

    def sums(self, names: int, *, chosen: bool) -> ExperimentSums:
        """Return the sums. chosen : whether each job was given one cluster, or none, by a policy."""
        found = np.pad(self.added, ((0, 0), (0, names - self.added.shape[1])))
        if not (chosen or found[3].any()):
            found[3] = found[2]
        return ExperimentSums(*found)


def _places(names: pa.Array, among: pa.Array) -> NDArray[np.int64]:
    import pyarrow.compute as pc  # noqa: PLC0415, makes a function of each of hundreds, and no writer needs one

    found = pc.index_in(names, value_set=among, skip_nulls=True).fill_null(-1)
    places: NDArray[np.int64] = found.to_numpy(zero_copy_only=False).astype(np.int64)
    return places


def _grown(array: NDArray[np.int64], length: int, filling: int) -> NDArray[np.int64]:
    return np.pad(array, (0, length - len(array)), constant_values=filling)


def _numbers(table: pa.Table, name: str) -> NDArray[np.float64]:
    _refuse_null(name, table[name].is_null().to_numpy())
    found: NDArray[np.float64] = table[name].to_numpy().astype(np.float64)
    return found


def _refuse_null(name: str, null: NDArray[np.bool_]) -> None:
    if null.any():
        raise InputError("a value is missing", place=name, found=None, expected="a value in each row")


_READ = {
    "experiment": ("text", pa.types.is_string),
    "job": ("text", pa.types.is_string),
    "level": ("whole numbers", pa.types.is_integer),
    "subsystem": ("text", pa.types.is_string),
    "matched": ("whole numbers", pa.types.is_integer),
    "success": ("numbers", pa.types.is_floating),
    "cluster": ("text", pa.types.is_string),
    "profile": ("whole numbers", pa.types.is_integer),
    "package": ("text", pa.types.is_string),
}


def _columns(schema: pa.Schema) -> list[str]:
    """Return the columns to read. Raises InputError for one that is missing, or of another type."""
    for name, (what, fits) in _READ.items():
        if name not in schema.names:
            if name in ("profile", "package"):  # not of every job, and not in tables of older versions
                continue
            raise InputError(f"has no column {name!r}", found=Words(", ".join(schema.names)), expected=f"an {OUTCOMES}")
        kind = schema.field(name).type
        if not fits(kind.value_type if pa.types.is_dictionary(kind) else kind):
            raise InputError("is of another type", place=f"column {name!r}", found=Words(kind), expected=what)
    return [name for name in _READ if name in schema.names]
