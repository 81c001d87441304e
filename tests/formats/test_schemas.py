"""JSON Schemas held against the readers: what the one accepts the other reads, but for what no schema can say."""

from __future__ import annotations

import dataclasses
import json
import re
import tomllib
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from schema_documents import READERS, VALID, in_documentation, mutated, soup

from placewise.errors import InputError
from placewise.formats.fleets.vocabulary.reading import FIELD
from placewise.formats.jobs.jobspec import parse_jobspec
from placewise.formats.profiles.profile_file import SHIPPED, profile_from_json
from placewise.formats.reading import parse_yaml
from placewise.formats.schemas import DIALECT, NAMES, schema
from placewise.formats.studies.study_file import KEYS
from placewise.formats.studies.study_settings import SETTINGS
from placewise.model.studies.settings import BOUNDS, Settings

ANY = NAMES
ENTRIES = ("jobspec", "jobs", "profile")
GRAPHS = ("graph", "subsystem", "resource-set")

UNSAYABLE = {
    "a document is not too large or too deep": (
        ("jobspec", "jobs", "profile", "resource-set", "subsystem"),
        (
            ".* (is|are) nested too deeply|(an expression has )?too many|stands for too many|holds too many|"
            ".* too much|vertices inside others attach to too many"
        ),
    ),
    "a text is a version, or a range of versions": (
        ("jobspec", "jobs", "builds", "cluster-features", "profile"),
        "not a version|is not a range of versions",
    ),
    "two bounds are in order": (
        ("jobspec", "jobs", "builds", "profile", "resource-set"),
        "the minimum .*exceeds the maximum|exceeds mem_max|the range of memory",
    ),
    "what entries say together can be of one vertex": (ENTRIES, "one .* cannot meet both"),
    "entries speak of one vertex or of two": (
        ENTRIES,
        "'.*' occurs in a list and in an|the label .* occurs in two",
    ),
    "a name is one that stands elsewhere in the document": (
        ("jobspec", "study", "resource-set", *GRAPHS),
        (
            "names no resource of the jobspec|names no list of|the task's slot|no resource has the label of|"
            "names no group|no such question|"
            "no such experiment|an edge names an unknown vertex|names a rank that does not exist"
        ),
    ),
    "a name is one that stands in other documents, or that a plugin has": (
        ("study", "prices"),
        (
            "no such policy|only preferred leaves a choice|no such column|"
            "gives the price of a cluster|the bounds of .* are of different kinds|"
            "at_most_factor is for columns|equality is for text columns"
        ),
    ),
    "a name stands once, however it is written": (
        (
            "jobspec",
            "jobs",
            "builds",
            "study",
            "scenarios",
            "expectations",
            "order",
            "priorities",
            "subsystem",
            "graph",
            "resource-set",
            "profile",
        ),
        (
            "a name occurs twice|a subsystem occurs twice|the attribute .* is in two sections|"
            "two vertices share an id|"
            "two priorities have one number|two scenarios have one name|two jobs are named|"
            "gives a rank twice|the field has two values|"
            "a (pool|stack|need) .* twice|one package is in two pools|the .* are not distinct|"
            "releases of .* overlap|two requirements are one"
        ),
    ),
    "a text is a length of time": (("expectations",), "is not a duration|is too long a wait"),
    "a cluster is expected once": (("expectations",), "the cluster '.*' is both in at_least and in not"),
    "edges make a tree": (
        GRAPHS,
        "the graph has .* roots|vertex .* lies in both|vertices contain each other|an edge puts",
    ),
    "a vertex' id is not one of the other graph": (("subsystem",), "a vertex of the subsystem has the id"),
    "what a field can hold is said by the vocabulary": (
        ("graph", "subsystem", "resource-set"),
        "the (version|text) of .* is written as a number|the version of .* has an epoch",
    ),
    "there is a host for each rank": (("resource-set",), "does not name a host for each rank"),
    "some node can meet the constraints": (("jobspec",), "no node can meet this"),
    "what runs inside of resources asks for a part of them": (
        ("jobspec",),
        "asks for more than the resources that contain it",
    ),
    "named resources go together": (
        ("jobspec",),
        (
            "no resource is scheduled|some alternatives have a resource type|it is unclear which resources the task|"
            "the durations differ"
        ),
    ),
    "a word is no other word misspelt": (("jobspec",), ".* is unknown, and could be a requirement"),
    "a word is a unit": (("vocabulary",), "is not a unit"),
    "a name is no other name itself": (("vocabulary",), "is an alias of an alias"),
    "the last step alone selects": (("priorities",), "steps follow the one that selects"),
    "numbers go together": (
        ("profile",),
        (
            "there are not as many quantiles|a pick of the pool of .* has the wrong length|"
            "no such (requirement|platform)|correlations and shifts|the quantiles of|the probabilities are|"
            "a need names several|a stack needs|the requirement is not one range|releases name a requirement"
        ),
    ),
}
"""Why a reader may refuse what its schema accepts: of which documents, and how the error begins."""

WRITTEN = "is not a set of ids|is not a list of hosts|is not a usable count"
"""How the errors begin of texts that hold numbers, which have to be in order."""


@cache
def validator(name):
    return Draft202012Validator(schema(name))


def read(name, document, folder):
    """What is wrong with a document, if anything."""
    try:
        READERS[name](document, folder)
    except InputError as error:
        return error
    return None


def in_whole_numbers(value):
    """A document with 1 for 1.0, which are one number in JSON, and not in YAML and TOML."""
    if isinstance(value, dict):
        return {key: in_whole_numbers(one) for key, one in value.items()}
    if isinstance(value, list):
        return list(map(in_whole_numbers, value))
    return int(value) if isinstance(value, float) and value.is_integer() else value


def reason(name, document, error, folder):
    """Why no schema could say what a reader refuses; None where one could."""
    for why, (names, problems) in UNSAYABLE.items():
        if name in names and re.match(problems, error.problem):
            return why
    if re.match(WRITTEN, error.problem) and isinstance(error.found, str) and _out_of_order(error.found):
        return "numbers of a text are in order"
    if name in ("graph", "resource-set") and _of_several(document) and re.search(r"graph\.nodes|vertex", str(error)):
        return "a vertex lies in the containment tree"
    if name == "priorities" and "priorities, " in str(error) and isinstance(document, dict):
        return "a text is YAML of some form"
    whole = in_whole_numbers(document)
    if repr(whole) != repr(document):
        error = read(name, whole, folder)
        return "1.0 is not a whole number" if error is None or reason(name, whole, error, folder) else None
    return None


def _out_of_order(text):
    """Whether a text of ids, hosts or counts has a number that is not above the one before it."""
    numbers = list(map(int, re.findall("[0-9]+", str(text))))
    return any(one >= other for one, other in pairwise(numbers))


def _of_several(document):
    """Whether a graph has edges of another subsystem than containment."""
    graph = document.get("graph") or (document.get("scheduling") or {}).get("graph") or {}
    said = [edge["metadata"] for edge in graph.get("edges", ()) if edge.get("metadata")]
    named = [one.get("subsystem") or one.get("name") or "containment" for one in said]
    return any(one != "containment" and (isinstance(one, str) or one.keys() != {"containment"}) for one in named)


def hold(name, document, folder):
    """Hold a schema against the reader; return what became of the document."""
    error = read(name, document, folder)
    wrong = next(validator(name).iter_errors(document), None)
    if error is None:
        assert wrong is None, f"{name} reads, and the schema says {wrong.message[:300]}: {json.dumps(document)[:2000]}"
        return "read"
    if wrong is not None:
        return "refused"
    why = reason(name, document, error, folder)
    assert why, f"{name}: the schema accepts what is refused: {error}: {json.dumps(document)[:2000]}"
    return why


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("documents")


@pytest.mark.parametrize("name", NAMES)
def test_each_is_a_schema_of_its_draft_under_a_name_of_its_own(name):
    found = schema(name)
    Draft202012Validator.check_schema(found)
    assert (found["$schema"], found["$id"]) == (DIALECT, f"urn:placewise:schema:{name}")
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert schema(name) == found


def test_an_unknown_name_is_one_error():
    with pytest.raises(InputError, match="no such schema"):
        schema("jobspecs")


@pytest.mark.parametrize("name", NAMES)
def test_valid_documents_are_accepted_and_read(name, folder):
    assert {hold(name, document, folder) for document in VALID[name]} == {"read"}


def test_the_documentation_s_documents_are_accepted_and_read(folder):
    found = Counter(hold(name, document, folder) for name, document in in_documentation())
    assert found["read"] == found.total() >= 9


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=4)
@given(seed=st.integers(0, 2**32 - 1))
def test_what_the_schema_accepts_is_read_and_the_other_way_round(name, seed, folder):
    random = Random(seed)
    for _ in range(12):
        hold(name, mutated(random, name), folder)
    for _ in range(3):
        hold(name, soup(random, name), folder)


def _in_a_jobspec(form, text):
    """A jobspec with a text as a count, in constraints, or as a key of requirements."""
    node = {"type": "node", "count": 1}
    if form in ("count", "gpu"):
        return {"version": 1, "resources": [node, {"type": "gpu" if form == "gpu" else "node", "count": text}]}
    if form in ("properties", "hostlist", "ranks"):
        constraints = {"or": [{"properties": ["x"]}, {form: [text]}]}
        return {"version": 1, "resources": [node], "attributes": {"system": {"constraints": constraints}}}
    value = 1.5 if "float" in form else {"x_version": 1} if "fields" in form else "1"
    if form.startswith("task"):
        return {"version": 1, "task": {"resources": {"s": {text: value}, "io": {"match": [{text: value}]}}}}
    entry = {"name": "s", "field": text, "match": value} if form.startswith("long") else {text: value}
    return {"version": 1, "resources": {"a": {"requires": entry if form.startswith("mapping") else [entry]}}}


_FORMS = [
    "count",
    "gpu",
    "properties",
    "hostlist",
    "ranks",
    *(f"{where} {what}" for where in ("task", "long", "mapping", "entry") for what in ("float", "fields", "text")),
]
_texts = st.text("0123-,[]+:*^n& .", max_size=8) | st.lists(
    st.sampled_from(["version", "release", "_", "-", ".", "a", "\n", "match", "as"]), max_size=5
).map("".join)


@pytest.mark.parametrize("form", _FORMS)
@given(text=_texts)
def test_texts_and_keys_of_a_jobspec_are_accepted_where_they_are_read(form, text, folder):
    hold("jobspec", _in_a_jobspec(form, text), folder)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_many_documents_are_accepted_where_they_are_read(name, folder):
    random = Random(0)
    found = Counter(hold(name, mutated(random, name), folder) for _ in range(3000))
    assert found["read"] > 100
    assert found["refused"] > 100


def test_the_files_of_the_documentation_are_accepted():
    folder = Path(__file__).parents[2]
    for path in [*(folder / "docs" / "examples").glob("*.toml"), *(folder / "src").rglob("*-study.toml")]:
        document = tomllib.loads(path.read_text())
        validator("scenarios" if document.keys() & {"policies", "scenarios"} else "study").validate(document)


def test_shipped_profiles_are_accepted():
    for file in SHIPPED.values():
        (path,) = (Path(__file__).parents[2] / "src").rglob(file)
        validator("profile").validate(json.loads(path.read_text()))


def test_public_documents_are_accepted(public_data):
    flux = public_data / "fleets" / "flux"
    files = {
        "resource-set": [flux / "fluke.R", flux / "tiny_rv1exec.json"],
        "graph": [flux / "tiny.json", *public_data.glob("*/clusters/*/nodes.json")],
        "subsystem": sorted(public_data.glob("*/clusters/*/*-subsystem.json"))[:12],
        "state": sorted(public_data.glob("*/cluster-state.json")),
        "cluster-features": sorted(public_data.glob("*/cluster-features.json")),
        "rainbow-config": sorted(public_data.glob("*/rainbow-config.yaml")),
        "priorities": sorted(public_data.glob("*/rainbow-config.yaml")),
        "jobs": sorted((public_data / "reliabuild" / "jobspecs").iterdir())[::40],
        "builds": sorted((public_data / "spack-build" / "jobspecs").iterdir())[::60],
    }
    for name, paths in files.items():
        assert paths, name
        for path in paths:
            text = path.read_text()
            document = parse_yaml(text, path) if path.suffix == ".yaml" else json.loads(text)
            for part in (document[:5] if isinstance(document, list) else document, document)[: 1 + (len(text) < 10**5)]:
                validator(name).validate(part)


def test_every_key_that_a_reader_takes_is_described():
    study = schema("study")["properties"]
    assert study.keys() >= set(KEYS)
    assert all(study[key] for key in KEYS), "a key of study files has no schema in formats/schemas/studies.py"
    run = study["run"]["properties"]
    assert run.keys() >= SETTINGS.keys()
    assert all(run[key] for key in SETTINGS)
    field = schema("vocabulary")["properties"]["fields"]["additionalProperties"]["properties"]
    assert list(field) == list(FIELD)
    assert all(field.values())


def test_bounds_of_settings_are_those_of_the_runs():
    fields = {field.name for field in dataclasses.fields(Settings)}
    for option, (least, most) in BOUNDS.items():
        name = "first" if option == "jobs" else option
        assert name in fields
        for value in (least, most):
            Settings(**{name: value})
        for value in (least - 1, most + 1):
            with pytest.raises(InputError, match=option.replace("_", "-")):
                Settings(**{name: value})


def test_a_field_of_a_task_s_subsystem_may_be_false_or_0_or_empty():
    for value in (False, 0, ""):
        document = {"version": 1, "task": {"resources": {"gpu": {"shared": value}}}}
        assert len(parse_jobspec(document, "job").requirements) == 1
    for nothing in ({}, {"match": []}, {"match": [], "range": []}):
        with pytest.raises(InputError, match="no conditions"):
            parse_jobspec({"version": 1, "task": {"resources": {"gpu": nothing}}}, "job")


@pytest.mark.parametrize("name", ["", "a\nb", "\x1b[2J"])
def test_a_subsystem_of_a_task_is_named_as_elsewhere(name):
    with pytest.raises(InputError, match="task.resources"):
        parse_jobspec({"version": 1, "task": {"resources": {name: {"match": [{"type": "x"}]}}}}, "job")


@pytest.mark.parametrize("document", ["1", "1.0", "true", "[]", "null", '"x"'])
def test_what_is_no_profile_is_one_error(document):
    with pytest.raises(InputError, match="is not a profile"):
        profile_from_json(document, "x.json")


def test_it_is_the_schema_that_says_what_is_wrong():
    wrong = {
        "jobspec": ("version: 1\nresources: [{type: node, cuont: 1}]", "cuont"),
        "vocabulary": ("subsystems: {gpu: {fields: {memory: {kind: quantitiy}}}}", "quantitiy"),
        "study": ("run: {scoring: corected}", "corected"),
        "priorities": ("[{priority: 1, steps: [{choose: first}]}]", "choose"),
    }
    for name, (text, said) in wrong.items():
        found = [one.message for one in _leaves(validator(name).iter_errors(yaml.safe_load(text)))]
        assert any(said in message for message in found), (name, found)


def _leaves(errors):
    for error in errors:
        yield from _leaves(error.context) if error.context else (error,)
