import hashlib
import logging
import os

import numpy as np
import pytest

from placewise.errors import InputError
from placewise.formats.cache import input_cache
from placewise.formats.experiment_folder import (
    Experiment,
    read_experiment,
    write_experiment,
)
from placewise.formats.fleets.build_features import build_fleet_of
from placewise.model.jobs.records import BUILD_COLUMNS, Records

GRAY = {"memory": 7, "cost_per_node_hour": 4.2, "arch": "x86", "compiler": "gcc", "compiler_version": "7.5.0"}
FLEET = build_fleet_of({"gray": GRAY, "coral": {**GRAY, "nodes_free": 3}}, "f")
RECORDS = Records.of_builds(
    ("1", "é", "1"),
    ("llvm", "camp", "llvm"),
    ("x86", "arm", "x86"),
    ("gcc", "gcc", "gcc"),
    ("11", "1.10", "11"),
    *(np.array([high, high / 3, high]) for high in (5e9, 0.3)),
    np.array([0.0, 0.05, 0.0]),
    np.array([1e-5, 2e22, 1e-5]),
    np.array([np.nan, 5.0, np.nan]),
)


FIELDS = ("names", *BUILD_COLUMNS)


def column(records, name):
    return records.names if name == "names" else records.columns[name]


def same(one, other):
    return type(one) is type(other) and all(
        (a.dtype == b.dtype and a.tobytes() == b.tobytes()) if isinstance(a, np.ndarray) else a == b
        for a, b in ((column(one, name), column(other, name)) for name in FIELDS)
    )


@pytest.fixture
def folder(tmp_path):
    write_experiment(FLEET, RECORDS, tmp_path / "experiment")
    return tmp_path / "experiment"


def test_an_experiment_reads_back_as_it_was_written(folder):
    experiment = read_experiment(folder, cache=None)
    assert isinstance(experiment, Experiment)
    assert experiment.fleet == FLEET
    assert same(experiment.jobs, RECORDS)
    files = ["cluster-features.json", "jobspecs/jobspecs-3.yaml"]
    assert experiment.inputs == tuple((f, hashlib.sha256((folder / f).read_bytes()).hexdigest()) for f in files)


def test_files_keep_the_order_of_the_builds(tmp_path):
    one = RECORDS.select(np.array([1]))
    names = tuple(map(str, range(2500)))
    many = one.select(np.zeros(2500, dtype=np.int64))
    many = Records.of_builds(names, *(column(many, name) for name in FIELDS[1:]))
    write_experiment(FLEET, many, tmp_path)
    assert sorted(path.name for path in (tmp_path / "jobspecs").iterdir()) == [
        *("jobspecs-1000.yaml", "jobspecs-2000.yaml", "jobspecs-2500.yaml")
    ]
    assert same(read_experiment(tmp_path, cache=None).jobs, many)


def test_nothing_is_written_where_something_cannot_be(tmp_path, folder):
    bad = Records.of_builds(*(column(RECORDS, name) for name in FIELDS[:-1]), np.array([-1.0, 1.0, -1.0]))
    with pytest.raises(InputError, match="memory_global_best_runtime"):
        write_experiment(FLEET, bad, tmp_path / "new")
    assert not (tmp_path / "new").exists()
    before = {path: path.read_bytes() for path in folder.rglob("*.*")}
    with pytest.raises(InputError, match="already exists"):
        write_experiment(FLEET, RECORDS.select(np.array([0])), folder)
    assert {path: path.read_bytes() for path in folder.rglob("*.*")} == before


def test_a_second_reading_comes_from_the_cache_and_a_changed_input_does_not(folder, tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    first = read_experiment(folder, cache=cache)
    with monkeypatch.context() as patch:
        patch.setattr("placewise.formats.experiment_folder.builds_of", None)
        again = read_experiment(folder, cache=cache)
    assert (again.fleet, again.inputs) == (first.fleet, first.inputs)
    assert same(again.jobs, first.jobs)
    path = folder / "jobspecs" / "jobspecs-3.yaml"
    path.write_text(path.read_text().replace("camp", "clamp"))
    assert read_experiment(folder, cache=cache).jobs.texts("packages") == ("llvm", "clamp", "llvm")


def test_equal_inputs_give_equal_bytes(folder, tmp_path):
    entries = []
    for name in ("one", "other"):
        read_experiment(folder, cache=tmp_path / name)
        entries += (tmp_path / name).iterdir()
    os.utime(entries[0], (0, 0))
    assert entries[0].read_bytes() == entries[1].read_bytes()


DAMAGES = {
    "codes too large": lambda m: m["codes"].__setitem__((0, 0), 2),
    "codes too small": lambda m: m["codes"].__setitem__((4, 0), -1),
    "too few codes": lambda m: m.update(codes=m["codes"][:4]),
    "too few builds": lambda m: m.update(codes=m["codes"][:, :2]),
    "too few numbers": lambda m: m.update(numbers=m["numbers"][:4]),
    "other numbers": lambda m: m.update(numbers=m["numbers"].astype(np.float32)),
    "negative numbers": lambda m: m.update(numbers=-m["numbers"]),
    "pickled": lambda m: m.update(codes=np.array([{}], dtype=object)),
    "no codes": lambda m: m.pop("codes"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_entry_is_logged_and_read_anew(folder, tmp_path, caplog, damage):
    cache = tmp_path / "cache"
    read_experiment(folder, cache=cache)
    (entry,) = cache.iterdir()
    good = entry.read_bytes()
    with np.load(entry) as old:
        members = dict(old.items())
    damage(members)
    with entry.open("wb") as file:
        np.savez(file, **members)
    with caplog.at_level(logging.WARNING):
        assert same(read_experiment(folder, cache=cache).jobs, RECORDS)
    assert "not usable" in caplog.text
    assert entry.read_bytes() == good


def test_a_fleet_of_another_kind_is_not_cached_with_builds(tmp_path, caplog):
    other = build_fleet_of({"gray": GRAY}, "f").clusters[0]
    fleet = type(FLEET)((type(other)("gray"),))
    input_cache.store(tmp_path, (("f", "0"),), "spack-build", fleet, RECORDS)
    assert "cannot be cached" in caplog.text
    assert input_cache.load(tmp_path, (("f", "0"),)) is None


@pytest.mark.slow
def test_the_real_experiment_is_loaded_as_it_was_parsed(public_data, tmp_path):
    parsed = read_experiment(public_data / "spack-build", cache=tmp_path)
    loaded = read_experiment(public_data / "spack-build", cache=tmp_path)
    assert (loaded.fleet, loaded.inputs) == (parsed.fleet, parsed.inputs)
    assert same(loaded.jobs, parsed.jobs)
    assert len(loaded.jobs) == 31_622
    assert len(loaded.inputs) == 33
