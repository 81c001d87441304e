import json
import logging
import multiprocessing
import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placewise.formats.cache import input_cache
from placewise.formats.cache.input_packing import pack
from placewise.formats.experiment_folder import read_experiment
from placewise.formats.fleets.cluster_features import fleet_of
from placewise.formats.jobs.jobspec_lists import parse_job_entries
from placewise.model.jobs.workload import Workload

DATA = Path(os.environ.get("PLACEWISE_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the public data are not at {DATA}")

INPUTS = (("cluster-features.json", "00"), ("jobspecs/jobspecs-0.yaml", "11"))
FLEET = fleet_of({"gray": {"gcc": "9.4", "zlib": "1.10"}, "coral": {"zlib": "1.10"}}, "f")
WORKLOAD = parse_job_entries(
    [
        {"name": "a", "package": "b", "resources": {"zlib": {"min": "1.10", "max": "2"}, "gcc": {"min": "9"}}},
        {"name": "c", "requires": [{"any": [{"gpu": {"memory": {"min": 40}}}, {"not": {"zlib": {}}}]}]},
        {"name": "\ud800é", "package_version": "1.10", "resources": {}},
    ],
    "j",
)


def same(one: Workload, other: Workload) -> bool:
    return (
        one.names == other.names
        and one.requirements == other.requirements
        and list(map(str, one.requirements)) == list(map(str, other.requirements))
        and one.offsets.dtype == other.offsets.dtype
        and one.ids.dtype == other.ids.dtype
        and one.offsets.tolist() == other.offsets.tolist()
        and one.ids.tolist() == other.ids.tolist()
        and {k: list(v) for k, v in one.columns.items()} == {k: list(v) for k, v in other.columns.items()}
        and one.shape == other.shape
    )


def store(folder, inputs=INPUTS):
    input_cache.store(folder, inputs, "reliabuild", FLEET, WORKLOAD)
    return input_cache.entry_path(folder, inputs)


def test_what_was_stored_is_loaded_equal(tmp_path):
    store(tmp_path)
    kind, fleet, workload, _ = input_cache.load(tmp_path, INPUTS)
    assert (kind, fleet) == ("reliabuild", FLEET)
    assert same(workload, WORKLOAD)
    assert fleet.clusters[0].subsystems[1] is fleet.clusters[1].subsystems[0]


names = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=5)
versions = st.sampled_from(["1", "1.2", "1.10", "2.0", "develop"])


@settings(max_examples=settings.default.max_examples // 2)
@given(
    st.dictionaries(names, st.dictionaries(names, versions, min_size=1, max_size=4), min_size=1, max_size=4),
    st.dictionaries(names, st.dictionaries(names, st.fixed_dictionaries({"min": versions}), max_size=4), min_size=1),
)
def test_any_inputs_are_loaded_as_they_were_parsed(features, jobs):
    fleet = fleet_of(features, "f")
    workload = parse_job_entries([{"name": name, "resources": wanted} for name, wanted in jobs.items()], "j")
    with tempfile.TemporaryDirectory() as folder:
        input_cache.store(Path(folder), INPUTS, "reliabuild", fleet, workload)
        _, again, jobs_again, _ = input_cache.load(Path(folder), INPUTS)
    assert again == fleet
    assert same(jobs_again, workload)


def test_equal_inputs_give_equal_bytes(tmp_path):
    one, other = store(tmp_path / "one"), store(tmp_path / "other")
    os.utime(one, (0, 0))
    assert one.name == other.name
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize(
    "other",
    [
        (("cluster-features.json", "00"), ("jobspecs/jobspecs-0.yaml", "12")),
        (("cluster-features.json", "00"), ("jobspecs/jobspecs-1.yaml", "11")),
        INPUTS[:1],
        INPUTS[::-1],
    ],
)
def test_other_inputs_are_another_entry(tmp_path, other):
    store(tmp_path)
    assert input_cache.load(tmp_path, other) is None


def test_another_format_or_release_is_another_entry(tmp_path, monkeypatch):
    store(tmp_path)
    monkeypatch.setattr(input_cache, "FORMAT", input_cache.FORMAT + 1)
    assert input_cache.load(tmp_path, INPUTS) is None
    monkeypatch.undo()
    monkeypatch.setattr("placewise.__version__", "0.0.0")
    assert input_cache.load(tmp_path, INPUTS) is None


def replace_member(path, **members):
    with np.load(path) as old:
        kept = {name: old[name] for name in old.files}
    with path.open("wb") as file:
        np.savez(file, **{**kept, **members})


def replace_by_array(path):
    with path.open("wb") as file:
        np.save(file, np.arange(3))


def flip_a_byte(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)


DAMAGES = {
    "empty": lambda path: path.write_bytes(b""),
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-40]),
    "half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "one bit": flip_a_byte,
    "foreign": lambda path: path.write_text("hello"),
    "a single array": replace_by_array,
    "pickled": lambda path: replace_member(path, ids=np.array([{}], dtype=object)),
    "other inputs": lambda path: path.write_bytes(store(path.parent, INPUTS[:1]).read_bytes()),
    "no JSON": lambda path: replace_member(path, facts=np.zeros(3, dtype=np.uint8)),
    "ids too large": lambda path: replace_member(path, ids=np.array([0, 7], dtype=np.int32)),
    "ids too small": lambda path: replace_member(path, ids=np.array([0, -1], dtype=np.int32)),
    "rows too long": lambda path: replace_member(path, offsets=np.array([0, 2, 9])),
    "too few rows": lambda path: replace_member(path, offsets=np.array([0, 2])),
    "rows that fall": lambda path: replace_member(path, offsets=np.array([0, 3, 2])),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_entry_is_logged_and_counts_as_none(tmp_path, caplog, damage):
    path = store(tmp_path)
    assert input_cache.load(tmp_path, INPUTS) is not None
    damage(path)
    with caplog.at_level(logging.WARNING):
        assert input_cache.load(tmp_path, INPUTS) is None
    assert [str(path) in record.getMessage() for record in caplog.records] == [True]


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "experiment"
    (folder / "jobspecs").mkdir(parents=True)
    (folder / "jobspecs" / "a.json").write_text('[{"name": "a", "resources": {"gcc": {"min": "9", "max": "9"}}}]')
    (folder / "cluster-features.json").write_text('{"gray": {"gcc": "9.4"}}')
    return folder


def test_a_second_reading_comes_from_the_cache_and_a_changed_input_does_not(folder, tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    first = read_experiment(folder, cache=cache)
    with monkeypatch.context() as patch:
        patch.setattr("placewise.formats.experiment_folder.workload_of", None)
        again = read_experiment(folder, cache=cache)
    assert (again.fleet, again.inputs) == (first.fleet, first.inputs)
    assert same(again.jobs, first.jobs)
    (folder / "jobspecs" / "a.json").write_text('[{"name": "b", "resources": {}}]')
    assert read_experiment(folder, cache=cache).jobs.names == ("b",)
    assert len(list(cache.iterdir())) == 2


def test_a_damaged_entry_is_replaced(folder, tmp_path, caplog):
    cache = tmp_path / "cache"
    first = read_experiment(folder, cache=cache)
    (entry,) = cache.iterdir()
    good = entry.read_bytes()
    entry.write_bytes(good[:100])
    assert same(read_experiment(folder, cache=cache).jobs, first.jobs)
    assert entry.read_bytes() == good
    assert len(caplog.records) == 1


def test_a_cache_that_cannot_be_written_to_is_logged_and_nothing_more(folder, tmp_path, caplog):
    cache = tmp_path / "cache"
    cache.write_text("a file, where a folder should be")
    assert read_experiment(folder, cache=cache).jobs.names == ("a",)
    assert "the parsed inputs cannot be cached" in caplog.text


def test_only_the_latest_entries_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(input_cache, "ENTRIES_KEPT", 3)
    other = tmp_path / "notes.npz"
    other.write_text("not ours")
    left_behind = tmp_path / ".inputs-00.npz.x.npz"
    left_behind.write_text("")
    os.utime(left_behind, (1, 1))
    paths = []
    for number in range(4):
        paths.append(store(tmp_path, (("f", str(number)),)))
        os.utime(paths[-1], (10 + number, 10 + number))
        if number == 2:
            assert input_cache.load(tmp_path, (("f", "0"),)) is not None  # the first is used again
    assert sorted(path.exists() for path in paths) == [False, True, True, True]
    assert paths[0].exists()
    assert not paths[1].exists()
    assert other.exists()
    assert not left_behind.exists()


def hammer(folder, seed):
    for number in range(30):
        inputs = (("f", str((number * seed) % 7)),)
        input_cache.store(folder, inputs, "reliabuild", FLEET, WORKLOAD)
        found = input_cache.load(folder, inputs)
        # Another process may have dropped it, but never left it half-written.
        assert found is None or same(found[2], WORKLOAD)


def test_two_processes_may_use_one_cache(tmp_path):
    context = multiprocessing.get_context("spawn")
    both = [context.Process(target=hammer, args=(tmp_path, seed)) for seed in (3, 5)]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
    assert [process.exitcode for process in both] == [0, 0]
    assert len(list(tmp_path.iterdir())) == 7


def test_the_environment_chooses_the_folder():
    assert input_cache.cache_folder({"PLACEWISE_CACHE": "off"}) is None
    assert input_cache.cache_folder({"PLACEWISE_CACHE": "elsewhere"}) == Path("elsewhere")
    assert input_cache.cache_folder({"PLACEWISE_CACHE": ""}) == input_cache.cache_folder({})
    assert input_cache.cache_folder({}).name == "placewise"


@pytest.mark.slow
@needs_data
def test_the_real_experiment_is_loaded_as_it_was_parsed(tmp_path):
    parsed = read_experiment(DATA / "reliabuild", cache=tmp_path)
    loaded = read_experiment(DATA / "reliabuild", cache=tmp_path)
    assert (loaded.fleet, loaded.inputs) == (parsed.fleet, parsed.inputs)
    assert same(loaded.jobs, parsed.jobs)


def test_a_poisoned_entry_has_another_digest_than_what_is_parsed(tmp_path):
    entry = store(tmp_path)
    digest = input_cache.digest("reliabuild", FLEET, WORKLOAD)
    assert len(digest) == 64
    assert input_cache.load(tmp_path, INPUTS)[3] == digest
    other = fleet_of({"gray": {"gcc": "9.5", "zlib": "1.10"}, "coral": {"zlib": "1.10"}}, "f")
    assert input_cache.digest("reliabuild", other, WORKLOAD) != digest
    facts, arrays = pack(other, WORKLOAD)
    replace_member(entry, packed=np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8))
    _, fleet, _, found = input_cache.load(tmp_path, INPUTS)
    assert fleet == other
    assert found != digest
    store(tmp_path)
    replace_member(entry, ids=arrays["ids"][::-1].copy())
    assert input_cache.load(tmp_path, INPUTS)[3] != digest
