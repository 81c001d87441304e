"""Records with outcomes from Parquet, CSV and SQLite."""

from __future__ import annotations

import csv
import json
import sqlite3
from contextlib import closing
from itertools import pairwise

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.records.outcome_records import read_outcome_records
from placewise.model.versions.version import Version

ROWS = [
    {
        "hash": "a",
        "built": True,
        "package": "zfp",
        "version": "1.10",
        "compiler": "gcc",
        "compiler_version": "9.3.1",
        "variants": {"shared": True, "patches": ["x", "y"], "std": "14"},
        "dependencies": {"cmake": "3.9", "perl": "5.34.0"},
        "cores": 8,
        "site": "north",
    },
    {
        "hash": "b",
        "built": False,
        "package": "zfp",
        "version": "1.9",
        "compiler": "gcc",
        "compiler_version": "12.1",
        "variants": {"shared": False},
        "dependencies": {"cmake": "3.10"},
        "cores": 16,
        "site": "south",
    },
    {
        "hash": "c",
        "built": True,
        "package": "amg",
        "version": "1.9",
        "compiler": "oneapi",
        "compiler_version": "9.3.1",
        "variants": {},
        "dependencies": {},
        "cores": None,
        "site": None,
    },
]


def as_text(value):
    return json.dumps(value) if isinstance(value, dict) else value


def write_parquet(path, rows):
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    if "dependencies" in columns:
        pairs = [None if one is None else list(one.items()) for one in columns["dependencies"]]
        columns["dependencies"] = pa.array(pairs, pa.map_(pa.string(), pa.string()))
    if "variants" in columns:
        columns["variants"] = [as_text(value) for value in columns["variants"]]
    pq.write_table(pa.table(columns), path)


def write_csv(path, rows):
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(rows[0])
        writer.writerows([as_text(value) for value in row.values()] for row in rows)


def write_sqlite(path, rows):
    names = ", ".join(f'"{name}"' for name in rows[0])
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(f"CREATE TABLE builds ({names})")
        marks = ", ".join("?" * len(rows[0]))
        database.executemany(f"INSERT INTO builds VALUES ({marks})", [[as_text(v) for v in r.values()] for r in rows])


WRITERS = {".parquet": write_parquet, ".csv": write_csv, ".db": write_sqlite}


def plain(records):
    """Every fact of every record as (group, name, text or None)."""
    return (
        records.names,
        records.succeeded.tolist(),
        [records.packages[code] for code in records.package],
        [records.jobs[code] for code in records.job],
        {
            (fact.group, fact.name, fact.kind): [None if code < 0 else fact.values[code] for code in fact.codes]
            for fact in records.facts
        },
    )


EXPECTED = (
    ("a", "b", "c"),
    [True, False, True],
    ["zfp", "zfp", "amg"],
    ["zfp@1.10", "zfp@1.9", "amg@1.9"],
    {
        ("package version", "package version", "version"): ["1.10", "1.9", "1.9"],
        ("compiler", "compiler", "text"): ["gcc", "gcc", "oneapi"],
        ("compiler", "compiler version", "version"): ["9.3.1", "12.1", "9.3.1"],
        ("dependency versions", "cmake", "version"): ["3.9", "3.10", None],
        ("dependency versions", "perl", "version"): ["5.34.0", None, None],
        ("variants", "variants.patches", "text"): ["x,y", None, None],
        ("variants", "variants.shared", "text"): ["true", "false", None],
        ("variants", "variants.std", "text"): ["14", None, None],
        ("others", "cores", "number"): ["8", "16", None],
        ("others", "site", "text"): ["north", "south", None],
    },
)


@pytest.mark.parametrize("suffix", WRITERS)
def test_every_format_gives_the_same_records(tmp_path, suffix):
    path = tmp_path / f"records{suffix}"
    WRITERS[suffix](path, ROWS)
    assert plain(read_outcome_records(path)) == EXPECTED


def test_columns_can_have_other_names(tmp_path):
    names = {"hash": "run", "built": "worked", "package": "app", "dependencies": "libraries"}
    rows = [{names.get(key, key): value for key, value in row.items()} for row in ROWS]
    write_csv(tmp_path / "r.csv", rows)
    roles = {"name": "run", "outcome": "worked", "package": "app", "dependencies": "libraries"}
    assert plain(read_outcome_records(tmp_path / "r.csv", roles)) == EXPECTED


def test_little_is_enough_and_any_map_is_a_family(tmp_path):
    rows = [{"success": "yes", "pkg": "a", "env": {"gpu": "v100"}}, {"success": "failed", "pkg": "b", "env": {}}]
    write_csv(tmp_path / "r.csv", rows)
    found = read_outcome_records(tmp_path / "r.csv")
    assert found.names == ("1", "2")
    assert found.jobs == ("a", "b")
    assert [(fact.group, fact.name) for fact in found.facts] == [("env", "env.gpu")]


versions = st.from_regex(r"[0-9]{1,2}(\.[0-9]{1,2}){0,2}(rc1)?", fullmatch=True)


@given(st.lists(versions | st.none(), min_size=1, max_size=8).filter(any))
def test_a_code_is_a_rank(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("ranks") / "r.csv"
    write_csv(path, [{"built": True, "package": "a", "version": text} for text in texts])
    (fact,) = read_outcome_records(path).facts
    assert [None if code < 0 else fact.values[code] for code in fact.codes] == texts
    known = [Version(value) for value in fact.values]
    assert all(one <= other for one, other in pairwise(known))


def test_what_is_no_version_is_text(tmp_path):
    write_csv(tmp_path / "r.csv", [{"built": 1, "package": "a", "dependencies": {"x": "not a version"}}])
    (fact,) = read_outcome_records(tmp_path / "r.csv").facts
    assert fact.kind == "text"


def test_a_column_that_is_named_like_a_dependency_is_named_with_its_group(tmp_path):
    write_csv(tmp_path / "r.csv", [{"built": 1, "package": "a", "dependencies": {"mpi": "4"}, "mpi": "x"}])
    assert [fact.name for fact in read_outcome_records(tmp_path / "r.csv").facts] == ["mpi", "others.mpi"]


GOOD = {"built": True, "package": "a"}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([GOOD | {"built": "perhaps"}], "row 1, column built: is not an outcome"),
        ([GOOD, GOOD | {"built": ""}], "row 2, column built: is not an outcome"),
        ([GOOD | {"built": 2}], "is not an outcome"),
        ([GOOD, GOOD | {"package": ""}], "row 2, column package: is not text"),
        ([GOOD | {"package": "a\x1bb"}], "control character"),
        ([{"built": True}], "no column for the package"),
        ([{"package": "a"}], "no column for the outcome"),
        ([GOOD | {"success": True}], "several columns could be the outcome"),
        ([GOOD | {"dependencies": "cmake"}], "is not a column of maps"),
        ([GOOD | {"variants": '{"a": 1, "a": 2}'}], "column variants"),
        ([GOOD | {"variants": "{"}], "JSON"),
        ([GOOD | {"variants": '{"a": {"b": 1}}'}], "is not a plain value"),
        ([GOOD | {"variants": '{"": 1}'}], "is not text"),
        ([GOOD | {"variants": json.dumps({"a" * 300: 1})}], "too long"),
    ],
)
def test_what_cannot_be_read_is_one_error_that_names_its_place(tmp_path, rows, said):
    path = tmp_path / "r.csv"
    write_csv(path, rows)
    with pytest.raises(InputError) as error:
        read_outcome_records(path)
    assert said in str(error.value)
    assert str(path) in str(error.value)


def test_a_table_of_nothing_and_what_is_no_table_are_refused(tmp_path):
    (tmp_path / "r.csv").write_text("built,package\n")
    (tmp_path / "r.parquet").write_bytes(b"PAR1 and no more")
    (tmp_path / "r.txt").write_text("built")
    (tmp_path / "r.db").write_bytes(b"no database")
    for name, said in (
        ("r.csv", "holds no records"),
        ("r.parquet", "readable"),
        ("r.txt", "no known extension"),
        ("r.db", "SQLite"),
        ("none.csv", "No such file"),
        ("none.db", "does not exist"),
    ):
        with pytest.raises(InputError, match=said):
            read_outcome_records(tmp_path / name)


def test_unknown_roles_and_columns_are_refused(tmp_path):
    write_csv(tmp_path / "r.csv", [GOOD])
    for roles, said in (({"planet": "built"}, "no such role"), ({"outcome": "planet"}, "no column for the outcome")):
        with pytest.raises(InputError, match=said):
            read_outcome_records(tmp_path / "r.csv", roles)


def test_a_map_with_a_key_twice_is_refused(tmp_path):
    pairs = pa.array([[("cmake", "3"), ("cmake", "4")]], pa.map_(pa.string(), pa.string()))
    pq.write_table(pa.table({"built": [True], "package": ["a"], "dependencies": pairs}), tmp_path / "r.parquet")
    with pytest.raises(InputError, match="twice"):
        read_outcome_records(tmp_path / "r.parquet")


def test_more_facts_than_fit_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("placewise.formats.records.outcome_records.MOST_VALUES", 10)
    rows = [GOOD | {"variants": json.dumps({f"v{number}": 1})} for number in range(8)]
    write_csv(tmp_path / "r.csv", rows)
    with pytest.raises(InputError, match="too many facts"):
        read_outcome_records(tmp_path / "r.csv")
