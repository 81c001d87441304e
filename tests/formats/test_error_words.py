"""What readers say of wrong documents: one line for people, whatever was there in place of what they expected."""

from __future__ import annotations

import json
import re
from datetime import date

import fuzzing_documents as documents
import fuzzing_imports as imports
import pytest
import yaml
from changed_documents import changed, places
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placewise.errors import InputError, Words, in_words, kind_of, one_of
from placewise.formats.advice.expectations_file import read_expectations
from placewise.formats.fleets.fleet_source import read_fleet
from placewise.formats.fleets.imports.import_settings import ImportSettings
from placewise.formats.fleets.imports.kinds import KINDS, import_files
from placewise.formats.fleets.prices import read_prices
from placewise.formats.fleets.rainbow_config import read_rainbow_config
from placewise.formats.fleets.vocabulary.reading import read_vocabulary
from placewise.formats.jobs.job_sources import read_jobs
from placewise.formats.jobs.jobspec import parse_jobspec
from placewise.formats.profiles.profile_file import read_profile
from placewise.formats.queues.reading import read_queue_state
from placewise.formats.records.success_model_file import read_success_model
from placewise.formats.results.model_files import read_models

PYTHON = re.compile(
    r"""\b(None|True|False|NoneType|dict|str|int|float|bool|tuple|OrderedDict|datetime)\b"""
    r"""|\['|\{'|object\ at\ 0x|<class|\\\\n""",
    re.VERBOSE,
)
EXPECTATIONS = {"fleet": "f", "jobs": [{"require": "gcc@12:", "matches": ["one"], "not": ["two"], "within": "1h"}]}
SQUEUE = {
    "jobs": [
        {
            "job_id": 1,
            "partition": "p",
            "job_state": ["RUNNING"],
            "cpus": {"set": True, "infinite": False, "number": 4},
            "time_limit": {"set": True, "infinite": False, "number": 60},
            "start_time": {"set": True, "infinite": False, "number": 100},
            "submit_time": {"set": True, "infinite": False, "number": 50},
        }
    ]
}
MODELS = {"format": 1, "packages": {"a": {"memory": [1, 2], "duration": [1.0, 2.0]}}}
LISTED = [{"name": "a", "package": "b", "resources": {"zlib": {"min": "1.2", "max": "1.3"}}}]


def fleet_of(path):
    path.rename(path.with_name("cluster-features.json"))
    return read_fleet(path.parent)


def imported(kind):
    return lambda path: import_files(kind, [path], ImportSettings("x"))


READERS = {
    "jobspec": (documents.JOBSPECS, lambda path: list(read_jobs(path))),
    "jobs": ([LISTED], lambda path: list(read_jobs(path))),
    "features": ([documents.FEATURES], fleet_of),
    "vocabulary": (documents.VOCABULARIES, read_vocabulary),
    "expectations": ([EXPECTATIONS], read_expectations),
    "prices": ([{"one": 2.5}], lambda path: read_prices(path, documents.small_fleet())),
    "rainbow": ([{"clusters": [{"name": "a", "token": "b"}], "scheduler": {"secret": "s"}}], read_rainbow_config),
    "profile": ([{"format": 1, "requirements": [], "pools": [], "roots": []}], read_profile),
    "queue": ([SQUEUE], read_queue_state),
    "models": ([MODELS], read_models),
    "success model": ([{"format": "placewise success model 1", "facts": []}], read_success_model),
}
READERS |= {
    kind: ([one for one in samples if isinstance(one, dict | list)], imported(kind))
    for kind, samples in imports.SAMPLES.items()
    if kind in KINDS
}
READERS = {name: reader for name, reader in READERS.items() if reader[0]}
plain = (
    st.none() | st.booleans() | st.integers(-3, 10**9) | st.floats(allow_nan=False) | st.just("expand") | st.just("")
)
wrong = st.recursive(
    plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["nodes", "x"]), inner, max_size=3),
    max_leaves=4,
)


@pytest.mark.parametrize("reader", READERS)
@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_reader_answers_in_python(reader, data, tmp_path_factory):
    examples, read = READERS[reader]
    document = data.draw(st.sampled_from(examples))
    document = changed(document, data.draw(st.sampled_from(list(places(document)))), data.draw(wrong))
    is_json = data.draw(st.booleans()) or reader not in ("jobspec", "jobs", "vocabulary", "expectations", "rainbow")
    path = tmp_path_factory.mktemp("given") / f"document.{'json' if is_json else 'yaml'}"
    path.write_text(json.dumps(document, allow_nan=True) if is_json else yaml.safe_dump(document))
    try:
        read(path)
    except InputError as error:
        refusal = str(error)
        # What a document says itself is quoted as it is.
        assert not PYTHON.search(refusal), refusal
        assert len(refusal.splitlines()) == 1
        assert str(path.parent) in refusal
        assert error.place or error.found is not ... or error.expected, refusal


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (None, "nothing"),
        (True, "true"),
        (1.5, "1.5"),
        (float("inf"), "infinity"),
        (float("nan"), "not a number"),
        ("expand", "'expand'"),
        ("", "an empty text"),
        ("it's", '"it\'s"'),
        ([], "an empty list"),
        ({}, "an empty mapping"),
        (["expand", "nodes"], "a list of 2: expand, nodes"),
        ([1, None, True], "a list of 3: 1, nothing, true"),
        ([{"a": 1}, 2], "a list of 2, the first a mapping"),
        ({"cpu": 1, "memory": None}, "a mapping of 2: cpu, memory"),
        (list(range(20)), "a list of 20: 0, 1, 2, 3, 4 and 15 more"),
        (Words("5 clusters"), "5 clusters"),
        (date(2026, 1, 31), "the date 2026-01-31"),
        (b"ab", "2 bytes"),
        (object(), "something else"),
    ],
)
def test_what_was_found_is_said_in_words(found, words):
    assert in_words(found) == words


@given(wrong)
def test_the_kind_of_a_secret_says_nothing_of_it(value):
    assert kind_of(value) in {"nothing", "true or false", "a text", "a mapping", "a number", "a list"}


def test_an_unknown_name_gets_the_nearest_first():
    assert one_of("eazy", ("fcfs", "easy", "sjf")) == "easy, or another of fcfs, sjf"
    assert one_of("x", ("fcfs", "easy")) == "one of fcfs, easy"
    assert one_of("x", ("fcfs",)) == "fcfs"
    assert one_of(None, ("fcfs", "easy")) == "one of fcfs, easy"
    assert one_of("x", ()) == "none, since there are none"
    many = [f"cluster-{number:03}" for number in range(500)]
    assert one_of("clustr-042", many).startswith("a name such as cluster-042")
    assert one_of("x" * 10_000, many).startswith("a name such as cluster-000")


@given(st.text(max_size=70), st.lists(st.text(min_size=1, max_size=9), min_size=1, max_size=30, unique=True))
def test_all_of_a_few_names_are_listed(name, known):
    assert all(one in one_of(name, known) for one in known)


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"resources": {"r": {"type": "node"}}, "attributes": {"parameter": {"": None}}}, "attributes.parameter.''"),
        ({"resources": {"r": {"type": "node"}}, "requires": {"": 5}}, "requires.''"),
    ],
)
def test_an_empty_key_is_quoted(document, place):
    with pytest.raises(InputError) as caught:
        parse_jobspec({"version": 1, **document}, "job")
    assert place in str(caught.value)
