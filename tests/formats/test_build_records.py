import sqlite3
import time
from contextlib import closing
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placewise.errors import InputError
from placewise.formats.experiment_folder import read_experiment, write_experiment
from placewise.formats.fleets.build_features import build_fleet_of
from placewise.formats.jobs.build_lists import builds_of
from placewise.formats.records.build_records import NAMES, read_build_records
from placewise.formats.table_files import sqlite_table
from placewise.model.jobs.records import Measurements

ROWS = [("llvm", 7.5e9, 3336.25), ("camp", 1.0, 0.5), ("llvm", 8e9, 1e-3)]
HEADER = ("package", "memory", "duration")


def write_csv(path, rows, header=HEADER):
    pyarrow.csv.write_csv(table(rows, header), path)


def write_parquet(path, rows, header=HEADER):
    pyarrow.parquet.write_table(table(rows, header), path)


def write_sqlite(path, rows, header=HEADER):
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(f"CREATE TABLE builds ({', '.join(header)})")
        database.executemany(f"INSERT INTO builds VALUES ({', '.join('?' * len(header))})", rows)


def table(rows, header):
    return pa.table(dict(zip(header, zip(*rows, strict=True), strict=True)))


WRITERS = {".csv": write_csv, ".parquet": write_parquet, ".db": write_sqlite, ".sqlite": write_sqlite}
WRITERS |= {".sqlite3": write_sqlite, ".CSV": write_csv}


def listed(found):
    assert isinstance(found, Measurements)
    assert found.memory_bytes.dtype == found.duration_s.dtype == np.float64
    return list(zip(found.packages, found.memory_bytes.tolist(), found.duration_s.tolist(), strict=True))


def refused(path):
    with pytest.raises(InputError) as caught:
        read_build_records(path, cache=None)
    assert caught.value.file == str(path)
    return str(caught.value)[len(str(path)) :].lstrip(":, ")


@pytest.mark.parametrize("suffix", WRITERS)
def test_every_format_gives_the_same_builds(tmp_path, suffix):
    path = tmp_path / f"builds of? #1{suffix}"
    WRITERS[suffix](path, ROWS)
    assert listed(read_build_records(path, cache=None)) == ROWS
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


finite = st.floats(min_value=0, exclude_min=True, allow_infinity=False)
packages = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=5)


@given(st.lists(st.tuples(packages, finite, finite), min_size=1, max_size=5))
def test_any_builds_are_read_as_they_were_written(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("builds")
    for suffix in (".csv", ".parquet", ".db"):
        WRITERS[suffix](folder / f"b{suffix}", rows)
        assert listed(read_build_records(folder / f"b{suffix}", cache=None)) == rows


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".db"])
@pytest.mark.parametrize("place", range(3))
def test_columns_have_other_names_and_any_order_and_others_are_ignored(tmp_path, suffix, place):
    for number, name in enumerate(list(NAMES.values())[place]):
        header = [*HEADER[:place], name, *HEADER[place + 1 :]]
        path = tmp_path / f"{number}{suffix}"
        rows = [(*row[::-1], "x" if n else 1, None) for n, row in enumerate(ROWS)]
        if suffix == ".parquet":
            rows = [(*row[:-2], str(row[-2]), row[-1]) for row in rows]
        if suffix == ".csv":
            lines = [[*header[::-1], "more", "memory_max"], *([*row[:-1], ""] for row in rows)]
            path.write_text("\n".join(",".join(map(str, line)) for line in lines))
        else:
            WRITERS[suffix](path, rows, (*header[::-1], "more", "memory_max"))
        assert listed(read_build_records(path, cache=None)) == ROWS


def test_a_column_that_is_ignored_may_change_its_type_far_down_a_csv(tmp_path):
    path = tmp_path / "b.csv"
    path.write_text("package,memory,duration,note\n" + "llvm,1,2,3\n" * 200_000 + "llvm,1,2,slow\n")
    assert len(read_build_records(path, cache=None)) == 200_001


BAD_NUMBERS = [0, -1.5, float("nan"), float("inf"), "many", None]


@pytest.mark.parametrize("bad", BAD_NUMBERS)
@pytest.mark.parametrize(("column", "name"), [(1, "memory"), (2, "duration")])
@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".db"])
def test_a_bad_number_is_refused_by_row_and_column(tmp_path, suffix, column, name, bad):
    rows = [list(row) for row in ROWS]
    rows[1][column] = bad
    if isinstance(bad, str):  # one column of Parquet has one type
        rows[0][column] = rows[2][column] = "1" if suffix == ".csv" else "more"
    path = tmp_path / f"b{suffix}"
    WRITERS[suffix](path, rows)
    row = 2 if suffix == ".csv" or not isinstance(bad, str) else 1
    said = refused(path)
    assert said.startswith(f"row {row}, column {name}: is not a ")
    assert "np.float64" not in said


@pytest.mark.parametrize("bad", ["1_000", "1e999", "0x10", "1,0", ""])
def test_a_number_in_csv_that_is_none_is_refused(tmp_path, bad):
    path = tmp_path / "b.csv"
    path.write_text(f'package,memory,duration\nllvm,1,2\nllvm,1,"{bad}"\n')
    assert refused(path).startswith("row 2, column duration: is not a ")


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".db"])
def test_a_package_without_a_name_is_refused(tmp_path, suffix):
    WRITERS[suffix](tmp_path / f"b{suffix}", [*ROWS, ("", 1.0, 1.0)])
    assert refused(tmp_path / f"b{suffix}").startswith("row 4, column package: is not text")


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".db"])
def test_a_source_lacks_a_column_or_has_it_twice(tmp_path, suffix):
    write = WRITERS[suffix]
    write(tmp_path / f"one{suffix}", [row[:2] for row in ROWS], HEADER[:2])
    assert refused(tmp_path / f"one{suffix}").startswith("has no column for the duration; expected duration_s or")
    write(tmp_path / f"two{suffix}", [(*row, 1.0) for row in ROWS], (*HEADER, "mem_mean"))
    assert refused(tmp_path / f"two{suffix}").startswith("several columns could be the memory")


def test_numbers_may_be_of_any_type(tmp_path):
    for number, kind in enumerate((pa.int8(), pa.uint64(), pa.float16(), pa.decimal128(9, 2))):
        one = Decimal(2) if pa.types.is_decimal(kind) else np.float16(2) if kind == pa.float16() else 2
        columns = {"package": pa.array(["a"]).dictionary_encode(), "memory": pa.array([one], kind), "duration": [1]}
        pyarrow.parquet.write_table(pa.table(columns), tmp_path / f"{number}.parquet")
        assert listed(read_build_records(tmp_path / f"{number}.parquet", cache=None)) == [("a", 2.0, 1.0)]
    write_sqlite(tmp_path / "b.db", [("a", 2, 1)])
    assert listed(read_build_records(tmp_path / "b.db", cache=None)) == [("a", 2.0, 1.0)]


def test_a_view_will_do_and_a_database_is_not_written_to(tmp_path):
    path = tmp_path / "b.db"
    write_sqlite(path, ROWS)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("ALTER TABLE builds RENAME TO raw")
        database.execute("CREATE VIEW builds AS SELECT package, memory * 2 AS mem_mean, duration FROM raw")
    path.chmod(0o444)
    before = path.read_bytes()
    assert [row[1] for row in listed(read_build_records(path, cache=None))] == [1.5e10, 2.0, 1.6e10]
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("b.csv", b"", "is not valid CSV"),
        ("b.csv", b"package,memory,duration\n", "holds no builds"),
        ("b.csv", b"package,memory,duration\na,1\n", "is not valid CSV"),
        ("b.csv", b"package,memory,duration\na,1,2\n\xff,1,2\n", "is not valid CSV"),
        ("b.csv", b"package,package,memory,duration\na,b,1,2\n", "several columns could be the package"),
        ("b.parquet", b"", "is not valid Parquet"),
        ("b.parquet", b"PAR1" + b"x" * 40 + b"PAR1", "is not valid Parquet"),
        ("b.db", b"", "has no table builds"),
        ("b.db", b"no database " * 100, "is not a readable SQLite database"),
        ("b.txt", b"", "has no known extension; expected .csv, .parquet"),
        ("b", b"", "has no known extension"),
    ],
)
def test_a_file_of_something_else_is_refused(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    message = refused(tmp_path / name)
    assert message.startswith(said)
    assert "\n" not in message


@pytest.mark.parametrize("name", ["b.csv", "b.parquet", "b.db", "b.txt", "folder"])
def test_a_source_that_does_not_exist_is_refused_and_not_made(tmp_path, name):
    assert "does not exist" in refused(tmp_path / name) or "No such file" in refused(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_databases_without_builds_are_refused(tmp_path):
    write_sqlite(tmp_path / "b.db", [])
    assert refused(tmp_path / "b.db").startswith("holds no builds")
    with closing(sqlite3.connect(tmp_path / "c.db")) as database, database:
        database.execute("CREATE TABLE build (package, memory, duration)")
    assert refused(tmp_path / "c.db").startswith("has no table builds")
    write_sqlite(tmp_path / "d.db", [])
    with closing(sqlite3.connect(tmp_path / "d.db")) as database, database:
        database.execute("INSERT INTO builds VALUES (CAST(x'ff' AS TEXT), 1, 1)")
    assert refused(tmp_path / "d.db").startswith("is not a readable SQLite database")


def test_an_experiment_folder_of_builds_will_do_and_another_will_not(tmp_path):
    text = (
        '[{"name": "a", "package": "llvm", "attributes": {"duration": 2}, "resources": {"arch": {"arch": "x"},'
        ' "compiler": {"compiler_name": "gcc", "compiler_version": "9"},'
        ' "memory": {"mem_max": 3, "mem_mean": 2.5, "mem_min": 1}}}]'
    )
    features = {"gray": {"memory": 7, "arch": "x", "compiler": "gcc", "compiler_version": "9"}}
    records = builds_of([(tmp_path / "a.json", text.encode())])
    write_experiment(build_fleet_of(features, "f"), records, tmp_path / "builds")
    assert listed(read_build_records(tmp_path / "builds", cache=tmp_path / "cache")) == [("llvm", 2.5, 2.0)]
    assert len(list((tmp_path / "cache").iterdir())) == 1
    (tmp_path / "versions" / "jobspecs").mkdir(parents=True)
    (tmp_path / "versions" / "cluster-features.json").write_text('{"gray": {"gcc": "9"}}')
    (tmp_path / "versions" / "jobspecs" / "a.json").write_text('[{"name": "a", "resources": {}}]')
    assert refused(tmp_path / "versions").startswith("holds an experiment of the kind reliabuild")


@pytest.mark.slow
def test_the_real_builds_are_the_same_from_every_source(public_data, tmp_path):
    records = read_experiment(public_data / "spack-build", cache=None).jobs
    found = read_build_records(public_data / "spack-build", cache=None)
    rows = listed(found)
    assert len(rows) == 31_622
    assert rows == listed(records.measurements())
    for suffix in (".csv", ".parquet", ".db"):
        WRITERS[suffix](tmp_path / f"b{suffix}", rows, ("package", "mem_mean", "duration"))
        assert listed(read_build_records(tmp_path / f"b{suffix}", cache=None)) == rows


FOREVER = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT "
VIEWS = {
    "steps": FOREVER + "'a' AS package, i AS memory, i AS duration FROM n WHERE i < 0",
    "rows": FOREVER + "'a' AS package, i AS memory, i AS duration FROM n",
    "texts": FOREVER + "hex(zeroblob(8000000)) AS package, i AS memory, i AS duration FROM n",
    "one value": "SELECT hex(zeroblob(500000000)) AS package, 1 AS memory, 1 AS duration",
}


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_that_never_ends_is_one_error(tmp_path, view, monkeypatch):
    monkeypatch.setattr(sqlite_table, "_STEPS", 2_000_000)
    monkeypatch.setattr(sqlite_table, "MOST_VALUES", 30_000)
    monkeypatch.setattr(sqlite_table, "LARGEST_BYTES", 1 << 26)
    path = tmp_path / "b.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(f"CREATE VIEW builds AS {VIEWS[view]}")
    started = time.monotonic()
    said = {
        "steps": "takes too long",
        "rows": "builds is too large",
        "texts": "builds is too large",
        "one value": "too big",
    }
    assert said[view] in refused(path)
    assert time.monotonic() - started < 30


def test_a_database_is_only_read(tmp_path):
    path = tmp_path / "b.db"
    write_sqlite(path, ROWS)
    before = path.read_bytes()
    assert len(read_build_records(path, cache=None)) == len(ROWS)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["b.db"]
    with closing(sqlite3.connect(path)) as database:
        sqlite_table._bound(database, 0)
        with pytest.raises(sqlite3.Error, match="readonly"):
            database.execute("DELETE FROM builds")


def test_a_large_table_is_read_whole(tmp_path):
    path = tmp_path / "b.db"
    write_sqlite(path, [("llvm", 1.0 + row, 2.0) for row in range(50_000)])
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("ALTER TABLE builds RENAME TO kept")
        database.execute("CREATE VIEW builds AS SELECT * FROM kept ORDER BY memory DESC")
    assert len(read_build_records(path, cache=None).packages) == 50_000


OUTCOMES = ("package", "memory", "duration", "arch", "compiler", "succeeded")


@pytest.mark.parametrize(
    ("write", "name"), [(write_csv, "b.csv"), (write_parquet, "b.parquet"), (write_sqlite, "b.db")]
)
def test_of_outcomes_only_what_succeeded_and_was_measured_is_a_build(tmp_path, write, name):
    rows = [
        ("llvm", 1e9, 5.0, None, "gcc", 1),
        ("llvm", 1e9, 7.0, None, "gcc", 0),
        ("llvm", None, 9.0, None, "gcc", 1),
        ("zlib", 2e9, None, None, "", 1),
        ("zlib", 2e9, 3.0, None, "", 1),
    ]
    write(tmp_path / name, rows, OUTCOMES)
    builds = read_build_records(tmp_path / name, cache=None)
    assert (builds.packages, builds.left_out) == (("llvm", "zlib"), 3)
    assert builds.duration_s.tolist() == [5.0, 3.0]
    # A fact that is known of no build is none.
    assert builds.facts == {"compiler": ("gcc", "")}
    write(tmp_path / name.replace("b", "c", 1), [*rows, ("zlib", -1.0, 3.0, None, "", 0)], OUTCOMES)
    with pytest.raises(InputError, match="row 6"):
        read_build_records(tmp_path / name.replace("b", "c", 1), cache=None)
    write(tmp_path / name.replace("b", "d", 1), rows[1:4], OUTCOMES)
    with pytest.raises(InputError, match="succeeded"):
        read_build_records(tmp_path / name.replace("b", "d", 1), cache=None)
